//! Answers that are a little off, as services and what stands before them send them: read as far as they make sense, and
//! never to a person's cost.

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::{Fault, Options, Place, Tenant, When};

fn words(body: Value) -> Fault {
    Fault::Words { status: 400, body }
}

#[test]
fn an_empty_refresh_token_does_not_take_the_good_one_s_place() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    for nothing in [json!(""), json!(null), json!(7)] {
        let (before, token) = (home.session(), home.grant()["access_token"].clone());
        home.let_the_token_end_in(0);
        let nothing = json!({"refresh_token": nothing, "id_token": nothing});
        tenant.inject(Place::Token, When::Next(1), Fault::Amended(nothing));
        home.run(&["token"]).succeeds();
        assert_ne!(home.grant()["access_token"], token);
        assert_eq!(home.session()["refresh_token"], before["refresh_token"]);
    }
}

#[test]
fn a_refusal_is_one_whatever_stands_beside_its_error() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.let_the_token_end_in(0);
    for beside in [
        json!({"suberror": 7}),
        json!({"suberror": null, "error_description": ["AADSTS50173: so it is"]}),
        json!({"error_description": {"text": "AADSTS50173"}, "error_codes": "50173", "claims": 7}),
        json!({"error_description": null, "trace_id": [], "timestamp": 0, "correlation_id": {}}),
    ] {
        let mut body = beside.clone();
        body["error"] = json!("invalid_grant");
        tenant.inject(Place::Token, When::Next(1), words(body));
        home.run(&["token"]).fails_with(3).says("hint: m365d login");
    }
    tenant.inject(Place::Token, When::Next(1), words(json!({"error": 7})));
    home.run(&["token"]).fails_with(8);
}

#[test]
fn a_lifetime_of_any_form_signs_in() {
    let tenant = Tenant::start(Options::default());
    for lifetime in
        [json!("3600.0"), json!(" 3600 "), json!(""), json!(true), json!(-1), json!(null), json!({})]
    {
        let home = Home::of(&tenant);
        tenant.inject(Place::Token, When::Next(1), Fault::Amended(json!({"expires_in": lifetime})));
        home.login(&[]).succeeds();
        let grant = home.grant();
        let lasts = grant["expires_on"].as_i64().unwrap() - grant["received_on"].as_i64().unwrap();
        assert!((3599..=3601).contains(&lasts), "{lifetime}: {lasts}");
    }
}

#[test]
fn an_access_token_of_nothing_is_none() {
    let tenant = Tenant::start(Options::default());
    tenant.inject(Place::Token, When::Next(1), Fault::Amended(json!({"access_token": ""})));
    Home::of(&tenant).login(&[]).fails_with(8).says("the token is empty");
}

#[test]
fn a_device_s_answer_is_read_as_far_as_it_makes_sense() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let login = |timeout: &str, fields: &Value| {
        tenant.inject(Place::DeviceCode, When::Next(1), Fault::Amended(fields.clone()));
        home.run(&["login", "--device-code", "--timeout", timeout])
    };
    let odd = json!({
        "user_code": 123_456, "interval": "1.0", "expires_in": true, "verification_uri_complete": ["https://x.example"],
    });
    login("1s", &odd).fails_properly(3).says("and enter the code  123456\n").says("within 1 s");

    for bad in [
        json!({"user_code": "  "}),
        json!({"user_code": "A".repeat(65)}),
        json!({"device_code": ""}),
        json!({"verification_uri": "https://microsoft.com@evil.example/"}),
        json!({"verification_uri": "https://:x@evil.example/"}),
    ] {
        login("1s", &bad).fails_properly(8).does_not_say("evil.example").does_not_say("To sign in");
    }
    let over = login("1s", &json!({"expires_in": 0})).fails_properly(3);
    over.says("a code that had expired when it came").does_not_say("To sign in");
    login("20s", &json!({"expires_in": 1})).fails_properly(3).says("within 1 second\n");
}

#[test]
fn nobody_is_told_more_than_can_be_read() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.let_the_token_end_in(0);
    let long = "nobody reads this ".repeat(10_000);
    let body = json!({"error": "invalid_grant", "error_description": long, "trace_id": long});
    tenant.inject(Place::Token, When::Next(1), words(body));
    let ended = home.run(&["token"]).fails_with(3).says("nobody reads this").says("…");
    assert!(ended.stderr.len() < 5_000, "{} bytes", ended.stderr.len());
}

#[test]
fn a_service_does_not_steer_the_terminal_of_whoever_wants_to_know_more() {
    let tenant = Tenant::start(Options { incidents: 1, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let message = "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\u{202e}a\r\nb";
    let body = json!({"error": {"code": "Unauthorized\u{1b}[8m", "message": message}});
    tenant.inject(Place::List, When::Next(1), Fault::Words { status: 401, body });
    let ended = home.run(&["incidents", "list", "-vvv"]).succeeds().says("; renewing the access token");
    let steers = |character: &char| character.is_control() && *character != '\n' || *character == '\u{202e}';
    assert_eq!(ended.stderr.chars().find(steers), None, "{:?}", ended.stderr);
}
