//! `m365d token inspect`: tokens as people have them, and whether what they say is true.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Ended, Home};
use crate::tenant::{AccessTokenFlaw, Options, Tenant, directory};

fn inspect(home: &Home, token: impl AsRef<[u8]>, arguments: &[&str]) -> Ended {
    home.run_with_input(&[&["token", "inspect", "-"], arguments].concat(), token.as_ref())
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The token with another header or payload and the signature that it had.
fn tamper(token: &str, part: usize, change: impl FnOnce(&mut Value)) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    let mut json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts[part]).unwrap()).unwrap();
    change(&mut json);
    parts[part] = URL_SAFE_NO_PAD.encode(json.to_string());
    parts.join(".")
}

/// Not verified, said so where people and programs look, and what the token says shown all the same.
#[track_caller]
fn is_not_verified(inspected: Ended, why: &str) {
    let inspected = inspected.fails_with(1).says("error: not verified: ").says(why).says("\n\nhint: ");
    assert_eq!(inspected.stderr.matches(why).count(), 1, "{}", inspected.stderr);
    assert_eq!(inspected.json()["verified"], json!(false));
}

#[cfg(unix)]
#[test]
fn a_token_does_not_steer_the_terminal() {
    let home = Home::empty();
    let payload = URL_SAFE_NO_PAD.encode("{\"upn\":\"ana\u{202e}\u{9b}2J@evil.example\"}");
    fs::write(home.path("token"), format!("{}.{payload}.", URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}")))
        .unwrap();
    for (format, name) in [("json", "ana\\u202e\\u009b2J@"), ("table", "ana\u{fffd}\u{fffd}2J@")] {
        let words = ["token", "inspect", "token", "-o", format];
        let shown = home.start_on_terminal(&words, 80).end().succeeds().stderr;
        assert!(shown.contains(name) && !shown.contains(['\u{202e}', '\u{9b}']), "{shown:?}");
    }
}

#[test]
fn the_session_s_token_is_shown_and_called_not_verified() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let inspected = home.run(&["token", "inspect"]).succeeds().says("not verified");
    let shown = inspected.json();
    assert_eq!(shown["verified"], json!(false));
    assert_eq!(shown["api"], json!("Microsoft 365 Defender"));
    assert_eq!(shown["tenant"], json!(directory::TENANT_ID));
    assert_eq!(shown["client_id"], json!(directory::CLIENT_ID));
    assert_eq!(shown["username"], json!(directory::ANA.upn));
    assert_eq!(shown["kind"], json!("delegated"));
    assert_eq!(shown["scp"], json!(["Incident.Read", "AdvancedHunting.Read"]));
    assert_eq!(shown["not_permitted"], json!(["updating incidents (add Incident.ReadWrite)"]));
    assert_eq!(shown["expired"], json!(false));
    assert_eq!(shown["version"], json!("1.0"));

    let table = home.run(&["token", "inspect", "-o", "table"]).succeeds().stdout;
    let verdict = table.lines().find(|line| line.starts_with("Signature")).unwrap();
    assert!(verdict.contains("not verified"), "{table}");
    assert!(!table.contains(home.grant()["access_token"].as_str().unwrap()));
    assert_eq!(home.run(&["token", "inspect", "-o", "ndjson"]).succeeds().stdout.lines().count(), 1);
    assert!(home.run(&["token", "inspect", "-o", "csv"]).succeeds().stdout.contains("\nTenant,"));
}

#[test]
fn a_token_is_read_however_it_was_copied() {
    let tenant = Tenant::start(Options::default());
    let token = tenant.issue_access_token(|_| {});
    // Neither a session nor a setting is needed to look at a token.
    let home = Home::empty();
    let wrapped: Vec<_> = token.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    for bytes in [
        token.clone().into_bytes(),
        format!("{token}\n").into_bytes(),
        format!("Bearer {token}\r\n").into_bytes(),
        format!("Authorization: bearer {token}").into_bytes(),
        format!("\"{token}\"").into_bytes(),
        format!("'Bearer {token}'\n").into_bytes(),
        format!("\u{feff}{token}").into_bytes(),
        utf16(&format!("\u{feff}{token}\r\n")),
        utf16(&format!("Bearer {token}\r\n")),
        wrapped.join("\n").into_bytes(),
        wrapped.join("\r\n").into_bytes(),
        utf16(&format!("\u{feff}{}\r\n", wrapped.join("\r\n"))),
    ] {
        let shown = inspect(&home, &bytes, &[]).succeeds().says("not verified").json();
        assert_eq!(shown["tenant"], json!(directory::TENANT_ID));

        fs::write(home.path("token.txt"), &bytes).unwrap();
        assert_eq!(home.run(&["token", "inspect", "token.txt"]).succeeds().json(), shown);
    }
}

#[test]
fn what_is_no_token_is_one_clear_error() {
    let home = Home::empty();
    let garbage: Vec<u8> =
        (0..2_u32 << 20).map(|byte| (byte.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    inspect(&home, "", &[]).fails_properly(1).says("there is no token in the input");
    inspect(&home, "\r\n \"\" \n", &[]).fails_properly(1).says("there is no token in the input");
    for input in [b"hello".as_slice(), b"a.b.c", b"..", b"{\"access_token\":\"x\"}", b"Bearer ", &garbage] {
        inspect(&home, input, &[]).fails_properly(1);
        inspect(&home, input, &["--verify"]).fails_properly(1);
    }
    let payload = URL_SAFE_NO_PAD.encode("[1,2]");
    inspect(&home, format!("e30.{payload}.e30"), &[]).fails_properly(1).says("not a JWT");
    home.run(&["token", "inspect", "no-such-file"])
        .fails_properly(1)
        .says("cannot read no-such-file: No such file");
    home.run(&["token", "inspect", "."]).fails_properly(1).says("cannot read .: ");
    for part in ["Bearer-eyJhbGciOi", &"1.AX".repeat(30)] {
        home.run(&["token", "inspect", part]).fails_properly(1).does_not_say(part);
    }
    // A slip that would put the token into the error, and from there into a log.
    let tenant = Tenant::start(Options::default());
    let token = tenant.issue_access_token(|_| ());
    let refused =
        home.run(&["token", "inspect", &token]).fails_properly(2).says("that is a token, not a file");
    assert!(!refused.stderr.contains(&token[..20]));
    // Without a file it is the session's token, and there is none.
    home.run(&["token", "inspect"]).fails_properly(2).says("no tenant");
}

#[test]
fn signed_out_there_is_no_token_to_inspect() {
    let tenant = Tenant::start(Options::default());
    Home::of(&tenant).run(&["token", "inspect"]).fails_properly(3);
}

#[test]
fn tokens_of_both_versions_are_verified_against_the_authority_s_keys() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let verified = |inspected: Ended| {
        let inspected = inspected.succeeds().does_not_say("not verified");
        assert_eq!(inspected.json()["verified"], json!(true));
    };
    verified(home.run(&["token", "inspect", "--verify"]));
    assert_eq!(tenant.count(|request| request.path.ends_with("/discovery/keys")), 1);

    let version_2 = tenant.issue_access_token(|claims| {
        claims["iss"] = json!(format!("{}/{}/v2.0", tenant.authority(), directory::TENANT_ID));
        claims["aud"] = json!(directory::DEFENDER.app_id);
        claims["ver"] = json!("2.0");
        let client_id = claims.remove("appid").unwrap();
        claims.insert("azp".to_owned(), client_id);
    });
    verified(inspect(&home, version_2, &["--verify"]));
    assert_eq!(tenant.count(|request| request.path.ends_with("/discovery/v2.0/keys")), 1);
    verified(inspect(&home, tenant.issue_application_token(&["Incident.Read.All"]), &["--verify"]));
}

#[test]
fn a_token_that_somebody_else_made_is_not_verified() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let good = tenant.issue_access_token(|_| {});
    let verify = |token: String| inspect(&home, token, &["--verify"]);

    let more = tamper(&good, 1, |claims| claims["scp"] = json!("Incident.ReadWrite"));
    is_not_verified(verify(more), "the signature is not the authority's");
    let unknown = tamper(&good, 0, |header| header["kid"] = json!("nobody-s-key"));
    is_not_verified(verify(unknown), "no key for this token (kid nobody-s-key)");
    let symmetric = tamper(&good, 0, |header| header["alg"] = json!("HS256"));
    is_not_verified(verify(symmetric), "not signed with RS256");
    let none = tamper(&good, 0, |header| header["alg"] = json!("none"));
    verify(none.clone()).fails_with(1);
    let unsigned = none.rsplit_once('.').unwrap().0.to_owned() + ".";
    verify(unsigned).fails_with(1);
    verify(good).succeeds();
}

#[test]
fn a_key_that_the_authority_never_published_verifies_nothing() {
    let tenant =
        Tenant::start(Options { access_token_flaw: Some(AccessTokenFlaw::ForeignKey), ..Options::default() });
    let home = Home::signed_in(&tenant);
    home.run(&["token", "inspect"]).succeeds();
    is_not_verified(home.run(&["token", "inspect", "--verify"]), "the signature is not the authority's");
}

#[test]
fn a_good_signature_over_wrong_claims_verifies_nothing() {
    type Change = fn(&mut serde_json::Map<String, Value>);
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let cases: [(Change, &str); 6] = [
        (|claims| claims["iss"] = json!("https://sts.windows.net/other/"), "from another issuer"),
        (|claims| claims["exp"] = json!(1_700_000_000), "it has expired"),
        (|claims| claims["nbf"] = json!(7_000_000_000_i64), "not valid yet"),
        (|claims| claims["aud"] = json!("https://elsewhere.example"), "for another audience"),
        (|claims| drop(claims.remove("exp")), "it has no `exp`"),
        (|claims| drop(claims.remove("tid")), "which tenant"),
    ];
    for (change, why) in cases {
        is_not_verified(inspect(&home, tenant.issue_access_token(change), &["--verify"]), why);
    }
}

#[test]
fn a_tenant_in_a_token_cannot_change_where_keys_are_asked_for() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let before = tenant.requests().len();
    for tid in ["../..", "a/b", "x?y=z", "@elsewhere.example", ""] {
        let token = tenant.issue_access_token(|claims| claims["tid"] = json!(tid));
        is_not_verified(inspect(&home, token, &["--verify"]), "which tenant");
    }
    assert_eq!(tenant.requests().len(), before, "nothing was asked");
}

#[test]
fn a_key_that_was_withdrawn_verifies_nothing_any_more() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.run(&["token", "inspect", "--verify"]).succeeds();
    tenant.rotate_keys();
    is_not_verified(home.run(&["token", "inspect", "--verify"]), "publishes no key for this token");
    inspect(&home, tenant.issue_access_token(|_| {}), &["--verify"]).succeeds();
}

#[test]
fn a_graph_token_is_decoded_and_cannot_be_verified_by_design() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let token = tenant.issue_graph_token();
    let shown = inspect(&home, &token, &[]).succeeds().says("not verified").json();
    assert_eq!(shown["api"], json!("Microsoft Graph"));
    assert_eq!(shown["scp"], json!(["openid", "profile", "User.Read", "email"]));
    let table = inspect(&home, &token, &["-o", "table"]).succeeds().stdout;
    assert!(table.contains("cannot be verified by anyone but Graph, by design"), "{table}");
    let before = tenant.requests().len();
    is_not_verified(
        inspect(&home, &token, &["--verify"]),
        "cannot be verified by anyone but Graph, by design",
    );
    assert_eq!(tenant.requests().len(), before, "asking would not help");
}

#[test]
fn keys_that_cannot_be_had_are_no_verdict() {
    use crate::tenant::{Fault, Place, When};
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    for (fault, code) in
        [(Fault::InternalServerError, 8), (Fault::Html, 8), (Fault::EndlessBody, 8), (Fault::Reset, 7)]
    {
        tenant.inject(Place::Keys, When::Every(1), fault.clone());
        let failed =
            home.run(&["token", "inspect", "--verify"]).fails_with(code).says("error: ").says("hint: ");
        assert_eq!(failed.json()["verified"], json!(false), "{fault:?}");
        tenant.clear_faults();
    }
}

#[test]
fn a_required_permission_is_looked_for_in_scp_and_in_roles() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let application = tenant.issue_application_token(&["Incident.Read.All"]);
    home.run(&["token", "inspect", "--require", "Incident.Read"]).succeeds();
    home.run(&["token", "inspect", "--require", "Incident.Read", "--require", "AdvancedHunting.Read"])
        .succeeds();
    inspect(&home, &application, &["--require", "Incident.Read.All"]).succeeds();

    home.run(&["token", "inspect", "--require", "Incident.Read", "--require", "Incident.ReadWrite"])
        .fails_with(4)
        .says("error: the token has no permission Incident.ReadWrite in its scp")
        .says("hint: ")
        .says("Delegated permissions › Incident.ReadWrite")
        .says("Grant admin consent");
    inspect(&home, &application, &["--require", "Incident.ReadWrite.All"])
        .fails_with(4)
        .says("error: the token has no permission Incident.ReadWrite.All in its roles")
        .says("Application permissions › Incident.ReadWrite.All");
    // A part of a name is not the name.
    home.run(&["token", "inspect", "--require", "Incident"]).fails_with(4);
    inspect(&home, &application, &["--require", "Incident.Read"]).fails_with(4);
    // Who asks for both gets the worse news: whatever the token says, it is not to be believed.
    let forged = tamper(&application, 1, |claims| claims["roles"] = json!(["Incident.ReadWrite.All"]));
    inspect(&home, forged, &["--verify", "--require", "Incident.ReadWrite.All"]).fails_with(1);
}
