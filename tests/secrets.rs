//! No secret is in any output at any verbosity, and in no file but the session's.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use url::Url;

use crate::support::{Ended, Home};
use crate::tenant::{
    ClaimsChallenge, Fault, GrantRefusal, Options, Place, StepUp, Tenant, Wants, When, browser,
};

/// Long enough that nothing has it by accident, short enough to find a secret that was cut.
const PART: usize = 20;

/// Every part of every secret there is.
struct Secrets(HashSet<Vec<u8>>);

impl Secrets {
    fn of(all: &[String]) -> Self {
        let parts = all.iter().flat_map(|secret| secret.as_bytes().windows(PART));
        Self(parts.map(<[u8]>::to_vec).collect())
    }

    fn found_in<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.windows(PART).find(|part| self.0.contains(*part))
    }

    #[track_caller]
    fn are_not_in(&self, what: &str, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if let Some(part) = self.found_in(bytes) {
            panic!("{what} has {:?}: {}", String::from_utf8_lossy(part), String::from_utf8_lossy(bytes));
        }
    }

    #[track_caller]
    fn are_not_said(&self, what: &str, ended: &Ended) {
        self.are_not_in(what, &ended.stdout);
        self.are_not_in(what, &ended.stderr);
    }

    /// Goes through a folder and everything below it; `allowed` are those files that may hold a secret.
    #[track_caller]
    fn are_not_below(&self, folder: &Path, allowed: &[&Path]) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.are_not_below(&path, allowed);
            } else if !allowed.contains(&path.as_path()) {
                self.are_not_in(&path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
}

/// A sign-in at full verbosity: what the program said without the address, which has to be there, and the address's
/// parameters.
fn login(home: &Home, arguments: &[&str]) -> (Ended, String, HashMap<String, String>) {
    let mut login = home.start(&[&["login", "--no-browser", "-vvv"], arguments].concat());
    let address = login.sign_in_url();
    let page = browser::sign_in(&address).unwrap().html;
    let mut ended = login.end();
    assert_eq!(ended.stderr.matches(&address).count(), 1, "once, as a line of its own");
    ended.stderr = ended.stderr.replace(&address, "");
    (ended, page, Url::parse(&address).unwrap().query_pairs().into_owned().collect())
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    // An access token, a refresh token and an ID token, the code and the verifier.
    assert_eq!(tenant.secrets().len(), 5);
    let secrets = Secrets::of(&tenant.secrets());
    for secret in tenant.secrets() {
        assert!(secret.len() > PART);
        let cut = format!("... {} ...", &secret[secret.len() - PART..]);
        assert!(secrets.found_in(cut.as_bytes()).is_some());
    }
    assert!(secrets.found_in(home.run(&["token"]).succeeds().stdout.as_bytes()).is_some());
    assert!(secrets.found_in(&fs::read(home.session_file()).unwrap()).is_some());
}

#[test]
fn a_sign_in_shows_no_secret_in_either_mode() {
    let tenant = Tenant::start(Options { incidents: 10, ..Options::default() });
    for mode in ["form_post", "query"] {
        let home = Home::of(&tenant);
        let (ended, page, parameters) = login(&home, &["--response-mode", mode]);
        let ended = ended.succeeds();
        let secrets = Secrets::of(&tenant.secrets());
        secrets.are_not_said(mode, &ended);
        // In the address and nowhere else.
        let in_address = ["state", "nonce", "code_challenge"].map(|name| parameters[name].clone());
        let in_address = Secrets::of(&in_address);
        in_address.are_not_said(mode, &ended);
        for secrets in [&secrets, &in_address] {
            secrets.are_not_in("the page", &page);
            secrets.are_not_in("the address", parameters["redirect_uri"].as_bytes());
            secrets.are_not_below(&home.path(""), &[&home.session_file()]);
        }
    }
}

#[test]
fn a_failed_sign_in_shows_no_secret() {
    let tenant = Tenant::start(Options::default());
    for fault in
        [Fault::TruncatedJson, Fault::TruncatedBody, Fault::AnswerLost, Fault::UnknownError, Fault::Html]
    {
        let home = Home::of(&tenant);
        tenant.inject(Place::Token, When::Every(1), fault.clone());
        let (ended, page, _) = login(&home, &[]);
        assert_ne!(ended.code, 0, "{fault:?}");
        tenant.clear_faults();
        let secrets = Secrets::of(&tenant.secrets());
        secrets.are_not_said(fault.name(), &ended);
        secrets.are_not_in("the page", page);
        secrets.are_not_below(&home.path(""), &[]);
    }
}

#[test]
fn the_session_s_file_holds_what_a_refresh_needs_and_no_other_secret() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let kept = [&home.grant()["access_token"], &home.session()["refresh_token"]]
        .map(|secret| secret.as_str().unwrap().to_owned());
    let spent: Vec<_> = tenant.secrets().into_iter().filter(|secret| !kept.contains(secret)).collect();
    assert_eq!(spent.len(), 3, "the code, the verifier and the ID token");
    let stored = fs::read_to_string(home.session_file()).unwrap();
    for secret in spent {
        // The headers of all of the tenant's tokens are alike; their ends are not.
        assert!(!stored.contains(&secret[secret.len() - PART..]));
    }
}

#[test]
fn no_command_but_token_shows_a_secret() {
    let tenant = Tenant::start(Options { incidents: 150, token_lifetime: Some(200), ..Options::default() });
    let home = Home::signed_in(&tenant);
    fs::write(home.path("a-token"), home.run(&["token"]).succeeds().stdout).unwrap();
    let mut said = Vec::new();
    for arguments in [
        &["status"][..],
        &["status", "-o", "table"],
        &["token", "inspect"],
        &["token", "inspect", "--verify"],
        &["token", "inspect", "--verify", "-o", "csv", "a-token"],
        &["incidents", "list", "--all"],
        &["incidents", "list", "-o", "table"],
        &["incidents", "list", "-o", "csv", "--status", "active"],
    ] {
        said.push((format!("{arguments:?}"), home.run(&[arguments, &["-vvv"]].concat()).succeeds()));
    }
    let token = home.run(&["token", "-vvv"]).succeeds();
    let secrets = Secrets::of(&tenant.secrets());
    for (what, ended) in &said {
        secrets.are_not_said(what, ended);
    }
    secrets.are_not_in("token's stderr", &token.stderr);
    secrets.are_not_below(&home.path(""), &[&home.session_file(), &home.path("a-token")]);
    home.run(&["logout", "-vvv"]).succeeds();
    secrets.are_not_below(&home.path(""), &[&home.path("a-token")]);
}

#[test]
fn a_claims_challenge_shows_no_secret() {
    for step_up in [StepUp::Silent, StepUp::Person, StepUp::Ignored] {
        let tenant = Tenant::start(Options { incidents: 10, step_up, ..Options::default() });
        let home = Home::signed_in(&tenant);
        let challenge = ClaimsChallenge::new(Wants::Context("c1"));
        tenant.change(|options| options.claims_challenge = Some(challenge));
        let list = home.run(&["incidents", "list", "-vvv"]);
        assert_eq!(list.code, if step_up == StepUp::Silent { 0 } else { 3 });
        let claims = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19";
        let (signed_in, page, _) = login(&home, &["--claims", claims]);
        let secrets = Secrets::of(&tenant.secrets());
        for ended in [&list, &signed_in.succeeds()] {
            secrets.are_not_said(&format!("{step_up:?}"), ended);
        }
        secrets.are_not_in("the page", page);
        secrets.are_not_below(&home.path(""), &[&home.session_file()]);
    }
}

#[test]
fn no_failing_refresh_shows_a_secret() {
    let tenant = Tenant::start(Options { token_lifetime: Some(200), ..Options::default() });
    let home = Home::signed_in(&tenant);
    home.let_the_token_end_in(0);
    let mut said = Vec::new();
    for why in [
        GrantRefusal::Revoked,
        GrantRefusal::MfaRequired,
        GrantRefusal::ConsentWithdrawn,
        GrantRefusal::Unknown,
    ] {
        tenant.refuse_grants(why);
        said.push(home.run(&["token", "-vvv"]));
    }
    tenant.accept_grants();
    // The truncated ones carry a part of a new token.
    for fault in [Fault::TruncatedJson, Fault::Html, Fault::Redirect { location: "/elsewhere".to_owned() }] {
        tenant.inject(Place::Token, When::Every(1), fault);
        said.push(home.run(&["token", "-vvv"]));
        tenant.clear_faults();
    }
    for (fault, passes) in [(Fault::TruncatedBody, true), (Fault::AnswerLost, true), (Fault::Transient, true)]
    {
        tenant.inject(Place::Token, When::Next(1), fault);
        let list = home.run(&["incidents", "list", "-vvv"]);
        assert_eq!(list.code == 0, passes, "{list:?}");
        said.push(list);
        home.let_the_token_end_in(0);
        tenant.clear_faults();
    }
    for fault in
        [Fault::Unauthorized, Fault::Forbidden, Fault::Redirect { location: "https://e.example/".to_owned() }]
    {
        tenant.inject(Place::List, When::Every(1), fault);
        said.push(home.run(&["incidents", "list", "-vvv"]));
        tenant.clear_faults();
    }
    let secrets = Secrets::of(&tenant.secrets());
    for ended in &said {
        secrets.are_not_said("a failure", ended);
    }
    assert!(said.iter().filter(|ended| ended.code != 0).count() >= 10);
    secrets.are_not_below(&home.path(""), &[&home.session_file()]);
}

/// Some services quote what they refuse.
#[test]
fn what_a_service_repeats_of_a_request_is_not_repeated_to_the_person() {
    let tenant = Tenant::start(Options { device_interval: 1, ..Options::default() });
    let regular = Home::signed_in(&tenant);
    let newcomer = Home::of(&tenant);
    let mut said = Vec::new();
    tenant.inject(Place::Token, When::Every(1), Fault::Echo);
    said.push(login(&newcomer, &[]).0.fails_with(3).says("[redacted]"));
    said.push(newcomer.run(&["login", "--device-code", "-vvv"]).fails_with(3).says("[redacted]"));
    tenant.inject(Place::List, When::Every(1), Fault::Echo);
    said.push(regular.run(&["incidents", "list", "-vvv"]).fails_with(1).says("[redacted]"));
    regular.let_the_token_end_in(0);
    said.push(regular.run(&["token", "-vvv"]).fails_with(3).says("[redacted]"));
    let secrets = Secrets::of(&tenant.secrets());
    for ended in &said {
        secrets.are_not_said("a refusal", ended);
    }
}

#[test]
fn a_damaged_session_is_not_quoted() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let file = home.session_file();
    let whole = fs::read_to_string(&file).unwrap();
    let secrets = Secrets::of(&tenant.secrets());
    for damage in [
        whole.replacen("\"access_token\":\"", "\"access_token\":7, \"x\":\"", 1),
        whole.replacen("\"expires_on\":", "\"expires_on\":\"soon\", \"x\":", 1),
        whole[..whole.len() - 30].to_owned(),
    ] {
        assert_ne!(damage, whole);
        fs::write(&file, damage).unwrap();
        secrets.are_not_said("a damaged session", &home.run(&["token", "-vvv"]).fails_properly(3));
    }
}
