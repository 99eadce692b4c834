//! When and how a session renews its access token, and that no failure of that costs the session.

use std::collections::HashSet;
use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::support::{Home, Running, now};
use crate::tenant::{
    AccessTokenFlaw, Fault, GrantRefusal, IdTokenFlaw, Options, Place, RefreshReuse, Tenant, ThrottleBody,
    When,
};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_token_that_is_over_is_renewed_once_and_then_used_without_asking() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let first = home.session();
    let first_grant = home.grant();
    tenant.change(|options| options.token_lifetime = None);

    let renewed = home.run(&["token"]).succeeds();
    assert_eq!(tenant.refreshes(), 1);
    assert_ne!(renewed.stdout, first_grant["access_token"]);
    assert_eq!(renewed.stdout, home.grant()["access_token"]);
    assert_ne!(home.session()["refresh_token"], first["refresh_token"]);
    // What identifies the session is what it was.
    for kept in ["key", "account"] {
        assert_eq!(home.session()[kept], first[kept], "{kept}");
    }
    for kept in ["resource", "requested_scopes"] {
        assert_eq!(home.grant()[kept], first_grant[kept], "{kept}");
    }

    assert_eq!(home.run(&["token"]).succeeds().stdout, renewed.stdout);
    assert_eq!(tenant.refreshes(), 1);
}

#[test]
fn a_token_is_renewed_five_minutes_before_its_end_and_not_earlier() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.let_the_token_end_in(360);
    home.run(&["token"]).succeeds();
    assert_eq!(tenant.refreshes(), 0);
    home.let_the_token_end_in(299);
    home.run(&["token"]).succeeds();
    assert_eq!(tenant.refreshes(), 1);
}

#[test]
fn a_token_from_the_future_is_renewed_since_the_clock_was_set_back() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.change_grant(|grant| {
        grant["received_on"] = json!(now() + 3600);
        grant["expires_on"] = json!(now() + 7200);
    });
    home.run(&["token"]).succeeds();
    assert_eq!(tenant.refreshes(), 1);
    assert!(home.grant()["received_on"].as_i64().unwrap() <= now());
}

const PROCESSES: usize = 200;

/// Rotates refresh tokens, ends the grant of who uses one twice, and takes its time.
fn strict_and_slow(token_lifetime: Option<u64>) -> Tenant {
    Tenant::start(Options {
        incidents: 10,
        token_lifetime,
        token_delay: Duration::from_millis(400),
        refresh_reuse: RefreshReuse::RevokesGrant,
        ..Options::default()
    })
}

/// The test holds the session's lock until every process has found the token wanting, so that all of them need the
/// refresh at the same moment, however slow the machine.
pub fn at_once(processes: usize, home: &Home, arguments: &[&str]) -> Vec<Running> {
    #[cfg(unix)]
    open_as_many_files_as_may_be();
    let lock = home.hold_the_lock();
    let mut all: Vec<_> = (0..processes).map(|_| home.start(arguments)).collect();
    for process in &mut all {
        process.wait_for(|line| line.contains("waiting for another m365d"));
    }
    drop(lock);
    all
}

/// Every process has three pipes to this one, and a process starts with 256 files on macOS and 1,024 on Linux.
#[cfg(unix)]
fn open_as_many_files_as_may_be() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    // macOS takes no more than this, whatever it says.
    const MOST: u64 = 10_240;
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum.map_or(MOST, |maximum| maximum.min(MOST)).max(limit.current.unwrap_or(MOST));
    setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..limit }).expect("more files");
}

#[test]
fn two_hundred_processes_that_need_a_refresh_at_once_cause_exactly_one() {
    let tenant = strict_and_slow(Some(1));
    let home = Home::signed_in(&tenant);
    tenant.change(|options| options.token_lifetime = None);

    let all = at_once(PROCESSES, &home, &["token", "-vv"]);
    let tokens: HashSet<_> = all.into_iter().map(|process| process.end().succeeds().stdout).collect();
    assert_eq!(tokens.len(), 1, "all print the same token");
    assert_eq!(tenant.refreshes(), 1);
    assert_nobody_is_signed_out(&tenant, &home);
}

#[test]
fn two_hundred_lists_that_are_refused_at_once_cause_exactly_one_refresh() {
    let tenant = strict_and_slow(None);
    let home = Home::signed_in(&tenant);
    tenant.expire_access_tokens();

    for process in at_once(PROCESSES, &home, &["incidents", "list", "-vv"]) {
        assert_eq!(process.end().succeeds().json().as_array().unwrap().len(), 10);
    }
    assert_eq!(tenant.refreshes(), 1);
    assert_eq!(tenant.count(|request| request.is_list() && request.status == Some(401)), PROCESSES);
    assert_nobody_is_signed_out(&tenant, &home);
}

/// The refresh token that is stored is good for the next refresh.
#[track_caller]
fn assert_nobody_is_signed_out(tenant: &Tenant, home: &Home) {
    let refreshes = tenant.refreshes();
    home.let_the_token_end_in(0);
    home.run(&["token"]).succeeds();
    assert_eq!(tenant.refreshes(), refreshes + 1);
}

#[test]
fn the_new_refresh_token_is_saved_before_the_access_token_is_used() {
    let tenant = Tenant::start(Options {
        token_lifetime: Some(1),
        refresh_reuse: RefreshReuse::RevokesGrant,
        ..Options::default()
    });
    let home = Home::signed_in(&tenant);
    let before = home.session();
    tenant.change(|options| options.token_lifetime = None);
    tenant.inject(Place::List, When::Next(1), Fault::Hang);

    let list = home.start(&["incidents", "list"]);
    assert!(tenant.wait_until(|log| log.iter().any(|request| request.is_list()), PATIENCE));
    // The access token is on its way: if the program dies now, what replaces the used refresh token is on the disk.
    assert_ne!(home.session()["refresh_token"], before["refresh_token"]);
    list.kill();
    home.let_the_token_end_in(0);
    home.run(&["token"]).succeeds();
}

#[test]
fn a_renewed_session_that_cannot_be_kept_after_all_is_used_with_a_warning() {
    let tenant = strict_and_slow(Some(1));
    let home = Home::signed_in(&tenant);
    tenant.change(|options| options.token_lifetime = None);
    let file = home.session_file();

    let token = home.start(&["token"]);
    assert!(tenant.wait_until(|log| log.iter().any(|request| request.is_refresh()), PATIENCE));
    // No file can be put in the place of a folder.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let token =
        token.end().succeeds().says("warning: the renewed session is not kept").does_not_say("unchanged");
    assert!(tenant.secrets().contains(&token.stdout));
    assert_eq!(home.session_files(".new"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_refresh_for_somebody_else_is_refused_and_the_session_stays() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let stored = fs::read(home.session_file()).unwrap();
    for (access_token, id_token, why) in [
        (Some(AccessTokenFlaw::OtherUser), None, "mallory@northwind.example"),
        (Some(AccessTokenFlaw::WrongTenant), None, "the `tid` of its access token"),
        (None, Some(IdTokenFlaw::WrongTenant), "the `tid` of its ID token"),
        (None, Some(IdTokenFlaw::WrongAudience), "the `aud` of its ID token"),
    ] {
        tenant.change(|options| {
            options.access_token_flaw = access_token;
            options.id_token_flaw = id_token;
        });
        for command in [&["token"][..], &["incidents", "list"]] {
            home.run(command).fails_properly(3).says("somebody else's session").says(why).says("m365d login");
            assert_eq!(fs::read(home.session_file()).unwrap(), stored, "{why}");
        }
    }
    tenant.change(|options| (options.access_token_flaw, options.id_token_flaw) = (None, None));
    home.run(&["token"]).succeeds();
}

#[test]
fn who_waits_for_another_m365d_is_told() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let lock = home.hold_the_lock();
    let mut token = home.start(&["token"]);
    token
        .wait_for(|line| line.contains("waiting for another m365d, which holds ") && line.ends_with(".lock"));
    drop(lock);
    token.end().succeeds();
}

#[test]
fn a_refused_grant_asks_for_a_sign_in_and_keeps_the_session_as_it_is() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let stored = fs::read(home.session_file()).unwrap();
    for (why, number, code) in [
        (GrantRefusal::Revoked, "AADSTS50173", 3),
        (GrantRefusal::Expired, "AADSTS700082", 3),
        (GrantRefusal::SignInFrequency, "AADSTS70043", 3),
        (GrantRefusal::MfaRequired, "AADSTS50076", 3),
        (GrantRefusal::ConsentWithdrawn, "AADSTS65001", 4),
        (GrantRefusal::Unknown, "AADSTS99999", 3),
    ] {
        tenant.refuse_grants(why);
        let asked = tenant.refreshes();
        let refused = home.run(&["token"]).fails_properly(code);
        let lines: Vec<_> = refused.stderr.lines().collect();
        assert!(lines[0].starts_with(&format!("error: the session is over: {number}: ")), "{lines:?}");
        for identifier in [number, "Trace ID ", "Correlation ID ", "Timestamp "] {
            assert!(lines[1].contains(identifier), "{why:?}: {lines:?}");
        }
        assert!(lines[3].contains("m365d login"), "{why:?}: {lines:?}");
        assert_eq!(tenant.refreshes(), asked + 1, "what is final is not asked twice");
        assert_eq!(fs::read(home.session_file()).unwrap(), stored, "{why:?}");
    }
    // So that a refusal that is taken back costs nobody a sign-in.
    tenant.accept_grants();
    home.run(&["token"]).succeeds();
}

#[test]
fn a_list_whose_session_is_over_says_so_like_any_other_command() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    tenant.expire_access_tokens();
    tenant.refuse_grants(GrantRefusal::Revoked);
    home.run(&["incidents", "list"]).fails_properly(3).says("AADSTS50173").says("m365d login");
}

#[test]
fn a_failure_that_passes_is_asked_again() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    for fault in [
        Fault::Transient,
        Fault::Unavailable { retry_after: None },
        Fault::Throttle { retry_after: None, body: ThrottleBody::Documented },
        Fault::InternalServerError,
        Fault::Reset,
        Fault::AnswerLost,
        Fault::TruncatedBody,
    ] {
        let asked = tenant.refreshes();
        tenant.inject(Place::Token, When::Next(1), fault.clone());
        home.run(&["token"]).succeeds().says("asking again in");
        assert_eq!(tenant.refreshes(), asked + 2, "{fault:?}");
        tenant.clear_faults();
    }
}

#[test]
fn an_answer_that_is_not_the_authority_s_costs_nothing() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    home.let_the_token_end_in(0);
    let stored = fs::read(home.session_file()).unwrap();
    let elsewhere = Fault::Redirect { location: "https://elsewhere.example/".to_owned() };
    for fault in [Fault::Html, Fault::TruncatedJson, elsewhere, Fault::EndlessBody] {
        tenant.inject(Place::Token, When::Every(1), fault.clone());
        home.run(&["token"]).fails_properly(8);
        assert_eq!(fs::read(home.session_file()).unwrap(), stored, "{fault:?}");
        tenant.clear_faults();
    }
    home.run(&["token"]).succeeds();
}

#[test]
fn a_service_that_stays_busy_exits_8_and_the_next_command_works_once_it_is_over() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let stored = fs::read(home.session_file()).unwrap();
    tenant.inject(Place::Token, When::Every(1), Fault::Transient);
    home.run(&["token"]).fails_properly(8).says("AADSTS90033").says("nothing is lost");
    assert!(tenant.refreshes() > 2, "{}", tenant.refreshes());
    assert_eq!(fs::read(home.session_file()).unwrap(), stored);
    tenant.clear_faults();
    home.run(&["token"]).succeeds();
}

#[test]
fn a_network_that_stays_down_exits_7_and_the_next_command_works_once_it_is_up() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let stored = fs::read(home.session_file()).unwrap();
    tenant.inject(Place::Token, When::Every(1), Fault::Reset);
    home.run(&["token"]).fails_properly(7).says("no answer from 127.0.0.1");
    assert_eq!(fs::read(home.session_file()).unwrap(), stored);
    tenant.clear_faults();
    home.run(&["token"]).succeeds();
}

#[test]
fn a_token_of_the_last_minutes_is_used_with_a_warning_when_the_renewal_fails_for_now() {
    let tenant = Tenant::start(Options { incidents: 10, token_lifetime: Some(235), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let stored = home.grant()["access_token"].clone();
    tenant.inject(Place::Token, When::Every(1), Fault::Html);
    let token = home.run(&["token"]).succeeds().says("warning: ").says("valid for another 4 min");
    assert_eq!(token.stdout, stored);
    let list = home.run(&["incidents", "list"]).succeeds().says("warning: ");
    assert_eq!(list.json().as_array().unwrap().len(), 10);
    // Who has asked for more than that is not served with less.
    home.run(&["token", "--min-valid", "10m"]).fails_properly(8);
}

#[test]
fn a_token_that_the_service_has_refused_is_not_used_for_its_last_minutes() {
    let tenant = Tenant::start(Options { token_lifetime: Some(235), ..Options::default() });
    let home = Home::signed_in(&tenant);
    tenant.expire_access_tokens();
    tenant.inject(Place::Token, When::Every(1), Fault::Html);
    home.run(&["incidents", "list"]).fails_properly(8);
}

#[test]
fn without_a_refresh_token_the_session_lasts_as_long_as_its_access_token() {
    let tenant =
        Tenant::start(Options { token_lifetime: Some(235), no_refresh_token: true, ..Options::default() });
    let home = Home::of(&tenant);
    home.login(&[]).succeeds().says("no refresh token");
    let status = home.run(&["status"]).succeeds().json();
    assert_eq!(status["renewable"], json!(false));

    let token = home.run(&["token"]).succeeds().says("warning: ").says("another 4 min");
    assert_eq!(token.stdout, home.grant()["access_token"]);
    home.let_the_token_end_in(0);
    home.run(&["token"]).fails_properly(3).says("offline_access").says("hint: m365d login");
    assert_eq!(tenant.refreshes(), 0);
}

#[test]
fn a_refresh_that_brings_no_new_refresh_token_leaves_the_old_one_in_use() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    let old = home.session()["refresh_token"].clone();
    tenant.change(|options| options.no_refresh_token = true);
    for refreshes in 1..=2 {
        home.run(&["token"]).succeeds();
        assert_eq!(tenant.refreshes(), refreshes);
        assert_eq!(home.session()["refresh_token"], old);
    }
}
