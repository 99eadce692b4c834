//! Claims challenges: what an API or the authority wants besides, met silently or with one exact command.

use std::collections::HashSet;
use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::refresh::at_once;
use crate::support::{Ended, Home};
use crate::tenant::{
    ClaimsChallenge, Fault, GrantRefusal, HeaderForm, Options, Place, Recorded, RefreshReuse, StepUp, Tenant,
    Wants, When, directory,
};

const ALL: &[&str] = &["incidents", "list", "--all"];
const C1: Wants = Wants::Context("c1");
const HINT: &str = "hint: m365d login ";

/// A tenant with 250 incidents whose API wants something from now on, of somebody who is signed in.
fn challenged(wants: Wants, step_up: StepUp) -> (Tenant, Home) {
    let tenant = Tenant::start(Options { incidents: 250, step_up, ..Options::default() });
    let home = Home::signed_in(&tenant);
    tenant.change(|options| options.claims_challenge = Some(ClaimsChallenge::new(wants)));
    (tenant, home)
}

#[track_caller]
fn is_whole(ended: &Ended) {
    assert_eq!(ended.code, 0, "{ended:?}");
    let json = ended.json();
    let ids: HashSet<_> =
        json.as_array().unwrap().iter().map(|incident| incident["incidentId"].as_u64()).collect();
    assert_eq!((ids.len(), json.as_array().unwrap().len()), (250, 250));
}

/// The arguments of the command in the hint, read as a shell would.
#[track_caller]
fn command(failed: &Ended) -> Vec<String> {
    let hint =
        failed.stderr.lines().find(|line| line.starts_with(HINT)).unwrap_or_else(|| panic!("{failed:?}"));
    shlex::split(hint).unwrap().split_off(3)
}

/// Runs the command in the hint, with Ana at the browser.
#[track_caller]
fn obey(home: &Home, failed: &Ended) {
    let arguments = command(failed);
    home.login(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).succeeds().says("Signed in");
}

fn claims(request: &Recorded) -> Value {
    serde_json::from_str(request.claims.as_deref().expect("claims")).unwrap()
}

fn is_challenge(request: &Recorded) -> bool {
    request.is_list() && request.status == Some(401)
}

#[test]
fn every_request_declares_that_challenges_are_handled_and_nothing_else() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    home.run(&["token"]).succeeds();
    let requests = tenant.take_requests(|request| request.is_authorize() || request.is_token());
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert_eq!(claims(&request), json!({"access_token": {"xms_cc": {"values": ["cp1"]}}}), "{request:?}");
    }
}

#[test]
fn a_challenge_is_met_silently_although_the_stored_token_is_good_for_an_hour() {
    let (tenant, home) = challenged(C1, StepUp::Silent);
    let before = home.grant()["access_token"].clone();
    is_whole(&home.run(ALL));
    assert_ne!(home.grant()["access_token"], before);
    assert_eq!((tenant.refreshes(), tenant.count(is_challenge)), (1, 1));
    let refresh = tenant.take_requests(Recorded::is_refresh).remove(0);
    let expected = json!({"acrs": {"essential": true, "value": "c1"}, "xms_cc": {"values": ["cp1"]}});
    assert_eq!(claims(&refresh), json!({ "access_token": expected }));

    // What was got for it is kept.
    is_whole(&home.run(ALL));
    assert_eq!((tenant.refreshes(), tenant.count(is_challenge)), (0, 1));
}

#[test]
fn a_token_from_before_an_event_is_replaced_by_one_from_after_it() {
    let tenant = Tenant::start(Options { incidents: 250, ..Options::default() });
    let home = Home::signed_in(&tenant);
    tenant.advance(60);
    let challenge = ClaimsChallenge::new(Wants::IssuedSince(tenant.now()));
    tenant.change(|options| options.claims_challenge = Some(challenge));
    is_whole(&home.run(ALL));
    assert_eq!((tenant.refreshes(), tenant.count(is_challenge)), (1, 1));
}

#[test]
fn in_the_middle_of_a_list_it_goes_on_where_it_stopped() {
    for nth in 1..=3 {
        let tenant = Tenant::start(Options { incidents: 250, step_up: StepUp::Silent, ..Options::default() });
        let home = Home::signed_in(&tenant);
        tenant.inject(Place::List, When::Nth(nth), Fault::PolicyChange(ClaimsChallenge::new(C1)));
        is_whole(&home.run(ALL));
        // Six as ever, and one again.
        assert_eq!((tenant.lists(), tenant.count(is_challenge), tenant.refreshes()), (7, 1, 1), "{nth}");
    }
}

#[test]
fn in_the_middle_of_a_list_that_takes_the_person_it_breaks_off() {
    let tenant = Tenant::start(Options { incidents: 250, ..Options::default() });
    let home = Home::signed_in(&tenant);
    tenant.inject(Place::List, When::Nth(2), Fault::PolicyChange(ClaimsChallenge::new(C1)));
    let broken = home.run(ALL).fails_with(9).says("the list breaks off after 100 incidents");
    assert!(serde_json::from_str::<Value>(&broken.stdout).is_err(), "not valid JSON");
    obey(&home, &broken);
    is_whole(&home.run(ALL));
}

#[test]
fn a_challenge_is_read_in_every_form_that_the_standards_allow() {
    for header in
        [HeaderForm::AmongOthers, HeaderForm::SeveralLines, HeaderForm::Unquoted, HeaderForm::UrlSafe]
    {
        let (tenant, home) = challenged(C1, StepUp::Silent);
        tenant.change(|options| options.claims_challenge.as_mut().unwrap().header = header);
        is_whole(&home.run(ALL));
        assert_eq!(tenant.refreshes(), 1, "{header:?}");
    }
    let (tenant, home) = challenged(C1, StepUp::Silent);
    tenant.change(|options| options.claims_challenge.as_mut().unwrap().status = StatusCode::FORBIDDEN);
    is_whole(&home.run(ALL));
    assert_eq!(tenant.count(|request| request.status == Some(403)), 1);
}

#[test]
fn a_challenge_that_cannot_be_read_is_a_refusal_like_any_other() {
    for header in [HeaderForm::Overlong, HeaderForm::NotBase64, HeaderForm::NotJson, HeaderForm::Unterminated]
    {
        let (tenant, home) = challenged(C1, StepUp::Silent);
        tenant.change(|options| options.claims_challenge.as_mut().unwrap().header = header);
        let failed = home.run(ALL).fails_properly(3);
        assert!(
            failed.stderr.ends_with("\nhint: m365d login; if it stays so: m365d doctor\n"),
            "{header:?}: {failed:?}"
        );
        assert_eq!(tenant.refreshes(), 1, "{header:?}");
        for refresh in tenant.take_requests(Recorded::is_refresh) {
            assert_eq!(claims(&refresh), json!({"access_token": {"xms_cc": {"values": ["cp1"]}}}));
        }
    }
}

#[test]
fn a_challenge_that_takes_the_person_ends_with_the_command_that_meets_it() {
    let (tenant, home) = challenged(C1, StepUp::Person);
    let stored = home.session();
    let failed =
        home.run(ALL).fails_properly(3).says("asks for more than this sign-in has").says("AADSTS50076");
    assert_eq!(tenant.refreshes(), 1);
    assert_eq!(home.session(), stored, "which other calls may still use");

    obey(&home, &failed);
    // What the API asked for, and what the authority then asked for.
    let expected = json!({
        "acrs": {"essential": true, "value": "c1"},
        "capolids": {"essential": true, "values": ["7f1d2c9e-5b3a-4e68-9c04-d1a6b87e35f2"]},
        "xms_cc": {"values": ["cp1"]},
    });
    let sign_in = tenant.take_requests(|request| request.is_authorize() || request.is_token()).split_off(3);
    assert_eq!(sign_in.len(), 2);
    for request in sign_in {
        assert_eq!(claims(&request), json!({ "access_token": expected }), "{request:?}");
    }
    assert_ne!(home.grant()["access_token"], stored["grants"][0]["access_token"]);

    let challenges = tenant.count(is_challenge);
    is_whole(&home.run(ALL));
    assert_eq!((tenant.count(is_challenge), tenant.refreshes()), (challenges, 0));
    // A token that is renewed without having been challenged does not name the context, but the session has it.
    tenant.expire_access_tokens();
    is_whole(&home.run(ALL));
    assert_eq!(tenant.refreshes(), 2);
}

#[test]
fn the_command_repeats_the_settings_of_the_one_that_failed() {
    let tenant = Tenant::start(Options { incidents: 250, ..Options::default() });
    // Nothing is remembered of these, so the command has to name them.
    let home = Home::of(&tenant).without("M365D_TENANT").without("M365D_CLIENT_ID");
    let settings = ["--tenant", directory::TENANT_ID, "--client-id", directory::CLIENT_ID];
    home.login(&settings).succeeds();
    std::fs::remove_file(home.config_dir().join("config.toml")).unwrap();
    tenant.change(|options| options.claims_challenge = Some(ClaimsChallenge::new(C1)));

    let list = [ALL, &settings].concat();
    let failed = home.run(&list).fails_properly(3);
    assert_eq!(command(&failed)[..4], settings);
    obey(&home, &failed);
    is_whole(&home.run(&list));
}

#[test]
fn an_api_that_is_never_content_is_not_asked_for_ever() {
    let (tenant, home) = challenged(C1, StepUp::Ignored);
    let failed = home.run(ALL).fails_properly(3).says("asks for more than this sign-in has").says("HTTP 401");
    assert_eq!((tenant.refreshes(), tenant.lists()), (1, 2));
    let expected = json!({"access_token": {"acrs": {"essential": true, "value": "c1"}}});
    let [flag, claims] = &command(&failed)[..] else { panic!("{failed:?}") };
    assert_eq!(flag, "--claims");
    tenant.change(|options| options.claims_challenge = None);
    obey(&home, &failed);
    let asked = tenant.take_requests(Recorded::is_authorize).pop().unwrap().claims.unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&asked).unwrap()["access_token"]["acrs"],
        expected["access_token"]["acrs"]
    );
    assert!(claims.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{claims}");
}

#[test]
fn without_a_refresh_token_the_challenge_is_in_the_command_all_the_same() {
    let (tenant, home) = challenged(C1, StepUp::Person);
    home.change_session(|session| session["refresh_token"] = Value::Null);
    let failed = home.run(ALL).fails_properly(3).says("offline_access");
    assert_eq!(tenant.refreshes(), 0);
    obey(&home, &failed);
    is_whole(&home.run(ALL));
}

#[test]
fn what_the_authority_asks_for_at_a_refresh_is_in_the_command_too() {
    let tenant = Tenant::start(Options { token_lifetime: Some(1), ..Options::default() });
    let home = Home::signed_in(&tenant);
    tenant.refuse_grants(GrantRefusal::MfaRequired);
    let failed = home.run(&["token"]).fails_properly(3).says("AADSTS50076");
    obey(&home, &failed);
    let expected = json!({"essential": true, "values": ["7f1d2c9e-5b3a-4e68-9c04-d1a6b87e35f2"]});
    let request = tenant.take_requests(Recorded::is_authorize).pop().unwrap();
    assert_eq!(claims(&request)["access_token"]["capolids"], expected);
    home.run(&["token"]).succeeds();

    // Where it asks for nothing, there is nothing to carry.
    tenant.refuse_grants(GrantRefusal::Revoked);
    let failed = home.run(&["token"]).fails_properly(3);
    assert!(failed.stderr.ends_with("\nhint: m365d login\n"), "{failed:?}");
}

#[test]
fn a_silent_attempt_that_fails_for_now_does_not_fall_back_on_the_challenged_token() {
    let (tenant, home) = challenged(C1, StepUp::Silent);
    tenant.inject(Place::Token, When::Every(1), Fault::Html);
    home.run(ALL).fails_properly(8);
    assert_eq!(tenant.lists(), 1);
    tenant.clear_faults();
    is_whole(&home.run(ALL));
}

#[test]
fn twenty_processes_that_are_challenged_at_once_cause_exactly_one_refresh() {
    let tenant = Tenant::start(Options {
        incidents: 10,
        token_delay: Duration::from_millis(200),
        refresh_reuse: RefreshReuse::RevokesGrant,
        step_up: StepUp::Silent,
        ..Options::default()
    });
    let home = Home::signed_in(&tenant);
    tenant.change(|options| options.claims_challenge = Some(ClaimsChallenge::new(C1)));
    for process in at_once(20, &home, &["incidents", "list", "-vv"]) {
        assert_eq!(process.end().succeeds().json().as_array().unwrap().len(), 10);
    }
    assert_eq!((tenant.refreshes(), tenant.count(is_challenge)), (1, 20));
}

#[test]
fn a_token_that_somebody_else_has_got_meanwhile_is_tried_and_then_the_challenge_met() {
    let (tenant, home) = challenged(C1, StepUp::Silent);
    let lock = home.hold_the_lock();
    let mut list = home.start(&["incidents", "list", "--all", "-vv"]);
    list.wait_for(|line| line.contains("waiting for another m365d"));
    // Another process has renewed the token, but knew nothing of a challenge.
    let other = tenant.issue_access_token(|claims| drop(claims.insert("xms_cc".into(), json!(["cp1"]))));
    home.change_grant(|grant| grant["access_token"] = json!(other));
    drop(lock);
    is_whole(&list.end());
    assert_eq!((tenant.count(is_challenge), tenant.refreshes()), (2, 1));
}

#[test]
fn claims_are_given_as_base64_or_as_json() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let json = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    let base64 = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19";
    for given in [json, base64] {
        home.login(&["--claims", given]).succeeds();
        let request = tenant.take_requests(Recorded::is_authorize).pop().unwrap();
        assert_eq!(claims(&request)["access_token"]["acrs"]["value"], "c1", "{given}");
    }
}

#[test]
fn claims_that_make_no_sense_are_refused_before_anybody_sees_a_browser() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let (long, no_object) = ("e".repeat(11_000), "neither a JSON object nor the base64 of one");
    for (given, says) in [
        ("", no_object),
        ("{", no_object),
        ("[1]", no_object),
        ("bm8gSlNPTg", no_object),
        (&long, "longer than 8192 bytes"),
    ] {
        let refused = home.run(&["login", "--no-browser", "--claims", given]).fails_with(2);
        assert_eq!(refused.says("--claims").says(says).stdout, "");
    }
    assert!(tenant.requests().is_empty());
}

#[test]
fn a_token_of_28_hours_is_used_for_28_hours() {
    let day = 28 * 3600;
    let tenant = Tenant::start(Options { token_lifetime: Some(day), incidents: 250, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let status = home.run(&["status"]).succeeds().json();
    assert!(home.grant()["expires_on"].as_i64().unwrap() >= crate::support::now() + 100_000, "{status}");
    home.run(&["token", "--min-valid", "27h"]).succeeds();
    is_whole(&home.run(ALL));
    assert_eq!(tenant.refreshes(), 0);
}
