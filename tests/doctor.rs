//! `m365d doctor`: what it finds when all is well, and each thing that is not, with its remedy.

use std::fs;

use serde_json::Value;

use crate::support::{Ended, Home};
use crate::tenant::{Fault, GrantRefusal, Options, Place, RetryAfter, Tenant, ThrottleBody, When};

/// Everything that a token can permit.
fn all_permissions() -> Options {
    let all = || ["Incident.Read", "Incident.ReadWrite", "AdvancedHunting.Read"].map(str::to_owned).to_vec();
    Options { registered: all(), consented: all(), ..Options::default() }
}

/// The finding of one check.
#[track_caller]
fn finding(ended: &Ended, check: &str) -> Value {
    let findings = ended.json();
    let found: Vec<_> =
        findings.as_array().unwrap().iter().filter(|finding| finding["check"] == check).collect();
    let [finding] = found[..] else { panic!("{check}: {findings}") };
    finding.clone()
}

/// One check says `verdict`, with these words in what it found and in its remedy.
#[track_caller]
fn says(ended: &Ended, check: &str, verdict: &str, detail: &str, remedy: &str) {
    let finding = finding(ended, check);
    assert_eq!(finding["verdict"], verdict, "{finding}");
    assert!(finding["detail"].as_str().unwrap().contains(detail), "{finding}");
    assert!(finding["remedy"].as_str().unwrap_or_default().contains(remedy), "{finding}");
}

/// The exit code and the words of a patient who is not well.
#[track_caller]
fn is_not_well(home: &Home) -> Ended {
    home.run(&["doctor"]).fails_with(1).says("checks found something").says("hint: ")
}

#[test]
fn all_is_well_and_nothing_secret_is_said() {
    let tenant = Tenant::start(all_permissions());
    let home = Home::signed_in(&tenant);
    let before = fs::read(home.session_file()).unwrap();
    let well = home.run(&["doctor", "-vvv"]).succeeds();
    for finding in well.json().as_array().unwrap() {
        assert!(["ok", "note", "skipped"].contains(&finding["verdict"].as_str().unwrap()), "{finding}");
        assert_eq!(finding["remedy"].is_null(), finding["verdict"] != "note", "{finding}");
    }
    for check in [
        "loopback 127.0.0.1",
        "loopback ::1",
        "session files",
        "lock",
        "settings",
        "proxy",
        "clock",
        "authority",
        "API",
        "session",
        "permissions",
        "incidents",
    ] {
        assert_eq!(finding(&well, check)["verdict"], "ok");
    }
    let table = home.run(&["doctor", "-o", "table"]).succeeds().stdout;
    assert!(table.contains("ok       session ") && table.contains("ana@northwind.example"), "{table}");
    for secret in tenant.secrets() {
        for text in [&well.stdout, &well.stderr, &table] {
            assert!(!text.contains(&secret[..20]));
        }
    }
    assert_eq!(tenant.refreshes(), 0);
    assert_eq!(fs::read(home.session_file()).unwrap(), before);
    let with_token =
        tenant.requests().into_iter().filter(|request| request.is_list() && request.authorization_present);
    let queries: Vec<_> = with_token.map(|request| request.query).collect();
    assert_eq!(queries, ["$top=1", "$top=1"], "the cheapest, once in each run");
}

#[test]
fn the_browser_that_was_named_is_not_there() {
    let tenant = Tenant::start(all_permissions());
    let home = Home::signed_in(&tenant);
    says(&home.run(&["doctor"]), "browser", "ok", "M365D_BROWSER", "");
    let home = home.with("M365D_BROWSER", "/nowhere/browser --new-window");
    says(&is_not_well(&home), "browser", "problem", "cannot be found", "M365D_BROWSER");
}

/// A server has neither: it works all the same, unless a store was asked for.
#[cfg(target_os = "linux")]
#[test]
fn there_is_no_credential_store_and_no_display() {
    let tenant = Tenant::start(all_permissions());
    let home = Home::signed_in(&tenant).without("M365D_BROWSER");
    says(&home.run(&["doctor"]).succeeds(), "browser", "note", "display", "m365d login");
    says(&home.run(&["doctor"]).succeeds(), "credential store", "skipped", "M365D_STORE", "");
    let home = home.with("M365D_STORE", "auto");
    says(&home.run(&["doctor"]).succeeds(), "credential store", "note", "plain file", "--store file");
    let home = home.with("M365D_STORE", "keyring");
    says(&is_not_well(&home), "credential store", "problem", "", "--store file");
}

#[test]
fn nobody_is_signed_in() {
    let tenant = Tenant::start(Options::default());
    let patient = is_not_well(&Home::of(&tenant));
    says(&patient, "session", "problem", "nobody is signed in", "m365d login");
    says(&patient, "permissions", "skipped", "no session", "");
}

#[test]
fn the_settings_are_missing() {
    let patient = is_not_well(&Home::empty());
    says(&patient, "settings", "problem", "no tenant", "m365d login --tenant TENANT");
    for check in ["authority", "API", "session", "permissions"] {
        says(&patient, check, "skipped", "the settings", "");
    }
}

#[test]
fn the_configuration_cannot_be_read() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    fs::create_dir_all(home.config_dir()).unwrap();
    fs::write(home.config_dir().join("config.toml"), "[profile.a").unwrap();
    let ended = is_not_well(&home);
    says(&ended, "settings", "problem", "config.toml is not right", "correct it");
}

#[test]
fn a_permission_is_missing() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    home.login(&["--scope", "AdvancedHunting.Read"]).succeeds();
    let patient = is_not_well(&home);
    says(&patient, "permissions", "problem", "does not permit reading incidents", "m365d login");
    // What most people do not need is no disease.
    let home = Home::signed_in(&tenant);
    let well = home.run(&["doctor"]).succeeds();
    says(&well, "permissions", "note", "updating incidents", "Grant admin consent");
}

#[test]
fn the_clocks_are_apart() {
    let tenant = Tenant::start(all_permissions());
    let home = Home::signed_in(&tenant);
    for offset in [-1200, 1200] {
        tenant.change(|options| options.clock_offset = offset);
        says(&is_not_well(&home), "clock", "problem", "the authority's", "set this computer's clock");
    }
}

#[test]
fn a_session_that_is_over_shows_whether_it_can_be_renewed() {
    let tenant = Tenant::start(all_permissions());
    let home = Home::signed_in(&tenant);
    home.let_the_token_end_in(-60);
    home.run(&["doctor"]).succeeds();
    assert_eq!(tenant.refreshes(), 1);

    home.let_the_token_end_in(-60);
    tenant.refuse_grants(GrantRefusal::Revoked);
    says(&is_not_well(&home), "session", "problem", "AADSTS50173", "m365d login");
}

#[test]
fn nobody_answers_or_somebody_else_does() {
    let tenant = Tenant::start(all_permissions());
    let home = Home::signed_in(&tenant);
    tenant.inject(Place::Discovery, When::Every(1), Fault::Reset);
    let patient = is_not_well(&home);
    says(&patient, "authority", "problem", "no answer from 127.0.0.1", "check the connection");
    says(&patient, "clock", "skipped", "does not answer", "");
    tenant.clear_faults();
    tenant.inject(Place::List, When::Every(1), Fault::Html);
    says(&is_not_well(&home), "API", "problem", "HTTP 200", "M365D_API_URL");
}

#[cfg(unix)]
#[test]
fn others_may_read_the_session() {
    use std::os::unix::fs::PermissionsExt;
    let tenant = Tenant::start(all_permissions());
    let home = Home::signed_in(&tenant);
    let lock = home.session_file().with_extension("lock");
    fs::set_permissions(&lock, fs::Permissions::from_mode(0o666)).unwrap();
    let patient = is_not_well(&home);
    says(&patient, "session files", "problem", lock.to_str().unwrap(), "chmod go= ");

    // Whoever could write there has chosen the name.
    let odd = lock.with_file_name("x;touch PWNED $(id)");
    fs::write(&odd, "").unwrap();
    fs::set_permissions(&odd, fs::Permissions::from_mode(0o666)).unwrap();
    says(&is_not_well(&home), "session files", "problem", "PWNED", "x;touch PWNED $(id)'");
}

#[test]
fn somebody_holds_the_lock_and_something_was_set_aside() {
    let tenant = Tenant::start(all_permissions());
    let home = Home::signed_in(&tenant);
    fs::write(home.session_file(), "not a session").unwrap();
    home.run(&["status"]).fails_with(3);
    home.login(&[]).succeeds();
    let lock = home.hold_the_lock();
    let well = home.run(&["doctor"]).succeeds();
    says(&well, "lock", "note", ".lock", "end that process");
    says(&well, "session files", "note", ".damaged-", "nothing has to be done");
    drop(lock);
}

#[test]
fn one_incident_is_read_for_what_only_the_api_can_tell() {
    let tenant = Tenant::start(all_permissions());
    let home = Home::signed_in(&tenant).with("M365D_GRAPH_URL", tenant.graph_url());
    says(&home.run(&["doctor"]).succeeds(), "incidents", "ok", "read one incident", "");
    tenant.inject(Place::List, When::Nth(2), Fault::Forbidden);
    says(
        &is_not_well(&home),
        "incidents",
        "problem",
        "does not permit this: HTTP 403",
        "a role in Defender itself",
    );
    tenant.clear_faults();
    let (retry_after, body) = (Some(RetryAfter::Seconds(60)), ThrottleBody::Documented);
    tenant.inject(Place::List, When::Nth(2), Fault::Throttle { retry_after, body });
    says(&home.run(&["doctor"]).succeeds(), "incidents", "note", "is busy", "later");
    tenant.clear_faults();
    home.run(&["logout"]).succeeds();
    says(&is_not_well(&home), "incidents", "skipped", "the check \"session\" has failed", "");

    let nothing = Tenant::start(Options { incidents: 0, ..Options::default() });
    let home = Home::signed_in(&nothing).with("M365D_GRAPH_URL", nothing.graph_url());
    for api in ["defender", "graph"] {
        let well = home.run(&["doctor", "--api", api]).succeeds();
        says(&well, "incidents", "ok", "none that your roles let you see", "");
    }
    let home = home.with("M365D_ENDPOINT_URL", nothing.endpoint_url());
    says(&home.run(&["doctor", "--api", "endpoint"]), "machines", "ok", "read one machine", "");
}
