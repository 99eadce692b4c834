//! `m365d explain`, which needs nothing but itself, and the same words as the hint of a command that the tenant refused.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Ended, Home};
use crate::tenant::{Fault, GrantRefusal, Options, Place, Tenant, When, browser, directory};

const CONSENT: &str = "https://login.microsoftonline.com/TENANT/adminconsent?client_id=CLIENT_ID";

/// The codes that were explained.
fn codes(ended: &Ended) -> Vec<String> {
    let array = ended.json();
    array.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_form_in_which_people_have_an_error_is_understood() {
    let home = Home::empty();
    let pasted = "error: AADSTS65001: The user or administrator has not consented (invalid_grant)\nAADSTS65001 · \
        Trace ID 12345678-0000-4000-8000-000000000000 · Timestamp 2026-11-22 10:00:00Z";
    for arguments in [
        &["AADSTS65001"][..],
        &["65001"],
        &["aadsts65001:"],
        &["AADSTS65001", "65001"],
        &[pasted],
        &["https://login.microsoftonline.com/error?code=65001"],
        &["AADSTS65001:", "The", "user", "has", "not", "consented", "12345"],
    ] {
        assert_eq!(codes(&home.run(&[&["explain"], arguments].concat()).succeeds()), ["AADSTS65001"]);
    }
    let input = json!({ "error": "invalid_grant", "error_description": pasted, "error_codes": [65001] });
    let piped = home.run_with_input(&["explain", "-"], input.to_string().as_bytes()).succeeds();
    assert_eq!(codes(&piped), ["AADSTS65001"]);
    let latin = home.run_with_input(&["explain", "-"], b"\xe9chec AADSTS50076").succeeds();
    assert_eq!(codes(&latin), ["AADSTS50076"]);

    assert_eq!(codes(&home.run(&["explain", "50105", "16000"]).succeeds()), ["AADSTS50105", "AADSTS16000"]);
    let named = home.run(&["explain", r#"{"error":"invalid_grant","suberror":"bad_token"}"#]).succeeds();
    assert_eq!(codes(&named), ["invalid_grant", "bad_token"]);
}

#[test]
fn each_format_has_what_it_means_who_mends_it_how_and_where_to_read_on() {
    let home = Home::empty();
    let object = json!({
        "code": "AADSTS65001",
        "meaning": "Nobody has consented to what the application asks for.",
        "who": "you",
        "what_to_do": format!("m365d login, and accept; if you may not, an administrator opens this and grants admin consent: {CONSENT}"),
        "page": "https://login.microsoftonline.com/error?code=65001",
    });
    assert_eq!(home.run(&["explain", "65001"]).succeeds().json(), json!([object]));
    let lines = home.run(&["explain", "65001", "50105", "-o", "ndjson"]).succeeds().stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]), (2, &object));
    let csv = home.run(&["explain", "65001", "-o", "csv"]).succeeds().stdout;
    assert!(csv.starts_with("code,meaning,who,what_to_do,page\nAADSTS65001,Nobody has"), "{csv}");
    let table = home.run(&["explain", "65001", "-o", "table"]).succeeds().stdout;
    for line in [
        "Code        AADSTS65001\n",
        "Fixed by    you\n",
        &format!("consent: {CONSENT}\n"),
        "See         https://",
    ] {
        assert!(table.contains(line), "{line:?} is not in: {table}");
    }
}

#[test]
fn a_pasted_error_keeps_its_identifiers_and_its_application() {
    let tenant = Tenant::start(Options::default());
    let id = "cccccccc-0000-4000-8000-000000000009";
    let pasted = format!(
        "AADSTS65001: The user has not consented to use the application with ID '{id}' named 'other'. \
         Trace ID: 12345678-0000-4000-8000-000000000000 Correlation ID: 87654321-0000-4000-8000-000000000000 \
         Timestamp: 2026-11-22 10:00:00Z"
    );
    let shown = Home::of(&tenant).run(&["explain", &pasted, "-o", "table"]).succeeds().stdout;
    assert!(shown.contains(&format!("adminconsent?client_id={id}\n")), "{shown}");
    assert!(!shown.contains(directory::CLIENT_ID), "{shown}");
    let identifiers = "\n\nTrace ID        12345678-0000-4000-8000-000000000000\n\
        Correlation ID  87654321-0000-4000-8000-000000000000\nTimestamp       2026-11-22 10:00:00Z\n";
    assert!(shown.ends_with(identifiers), "{shown}");
}

#[test]
fn an_error_of_the_api_is_told_apart() {
    let home = Home::empty();
    for text in ["403", "429 Too Many Requests", r#"{"error":{"code":"Forbidden","message":"no"}}"#] {
        home.run(&["explain", text])
            .fails_properly(5)
            .says("not an Entra ID error")
            .says("m365d status")
            .says("m365d doctor");
    }
    assert_eq!(
        codes(&home.run(&["explain", "65001", "aadsts50011"]).succeeds()),
        ["AADSTS65001", "AADSTS50011"]
    );
}

#[test]
fn the_settings_fill_in_the_advice_and_none_are_needed() {
    let advice = |home: &Home, arguments: &[&str]| {
        let explained =
            home.run(&[&["explain", "65001"], arguments].concat()).succeeds().does_not_say("error");
        explained.json()[0]["what_to_do"].as_str().unwrap().to_owned()
    };
    let tenant = Tenant::start(Options::default());
    let filled = format!(
        "{}/{}/adminconsent?client_id={}",
        tenant.authority(),
        directory::TENANT_ID,
        directory::CLIENT_ID
    );
    assert!(advice(&Home::of(&tenant), &[]).ends_with(&filled));
    assert!(tenant.requests().is_empty());

    let given = advice(&Home::empty(), &["--tenant", "contoso.com"]);
    assert!(given.ends_with("/contoso.com/adminconsent?client_id=CLIENT_ID"), "{given}");
    let broken = Home::empty();
    fs::create_dir_all(broken.config_dir()).unwrap();
    fs::write(broken.config_dir().join("config.toml"), "][").unwrap();
    assert!(advice(&broken, &[]).ends_with(CONSENT));
    let homeless = Home::empty().without("M365D_CONFIG_DIR").with("HOME", "");
    assert!(advice(&homeless, &[]).ends_with(CONSENT));
    assert!(!Home::empty().config_dir().exists());
}

#[test]
fn what_is_not_known_is_said_with_microsofts_page_after_what_is() {
    let home = Home::empty();
    let unknown = home.run(&["explain", "AADSTS99999", "65001", "12345"]).fails_with(5);
    assert_eq!(codes(&unknown), ["AADSTS65001"]);
    unknown
        .says("error: m365d does not know AADSTS99999, AADSTS12345\n")
        .says("hint: Microsoft may know more: https://login.microsoftonline.com/error?code=99999 https://");
    for nothing in ["hello", "", " ", "AADSTS", "AADSTSx", "0", "123", "99999999999"] {
        home.run(&["explain", nothing]).fails_properly(2).says("there is no error code in that");
    }
    home.run_with_input(&["explain", "-"], b"").fails_properly(2);
}

#[test]
fn without_an_argument_all_are_listed() {
    let home = Home::empty();
    let all = codes(&home.run(&["explain"]).succeeds());
    assert!(all.len() > 100, "{}", all.len());
    let table = home.run(&["explain", "-o", "table"]).succeeds().stdout;
    assert_eq!(table.lines().count(), all.len());
    assert!(all.iter().all(|code| table.contains(&format!("{code} "))));
    assert!(
        table.contains(
            "\nAADSTS65001                 Nobody has consented to what the application asks for. (you)\n"
        ),
        "{table}"
    );
}

/// Exit codes follow from `error` and `suberror`, words from the number.
#[test]
fn a_refused_renewal_is_explained_for_this_tenant_and_application() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let consent = format!(
        "{}/{}/adminconsent?client_id={}",
        tenant.authority(),
        directory::TENANT_ID,
        directory::CLIENT_ID
    );
    let check_tenant = format!(
        "check the tenant ({}) and that its cloud is the one of {}: m365d login --tenant TENANT --cloud CLOUD",
        directory::TENANT_ID,
        tenant.authority()
    );
    let assign = format!("Enterprise applications › {} › Users and groups", directory::CLIENT_ID);
    for (refusal, code, words) in [
        (GrantRefusal::ConsentWithdrawn, 4, consent.as_str()),
        (GrantRefusal::MfaRequired, 3, "m365d login"),
        (
            GrantRefusal::Numbered(53003),
            3,
            "a device code may be what is blocked: use the browser (m365d login)",
        ),
        (GrantRefusal::Numbered(53000), 3, "use a device that your organisation manages"),
        (GrantRefusal::Numbered(50105), 3, &assign),
        (GrantRefusal::Numbered(50055), 3, "change your password, then m365d login"),
        (GrantRefusal::Numbered(90002), 1, &check_tenant),
        (GrantRefusal::Numbered(700_016), 1, "check both: m365d login --tenant TENANT --client-id CLIENT_ID"),
        (GrantRefusal::Numbered(7_000_218), 1, "Allow public client flows"),
        (
            GrantRefusal::Numbered(650_057),
            4,
            "Add a permission › APIs my organization uses › Microsoft Threat Protection › Delegated permissions › Incident.Read",
        ),
        (GrantRefusal::Numbered(500_011), 4, "it has no Microsoft 365 Defender"),
        // No number, so it is the error that speaks.
        (GrantRefusal::Unknown, 3, "hint: m365d login\n"),
    ] {
        home.let_the_token_end_in(-60);
        tenant.refuse_grants(refusal);
        home.run(&["token"])
            .fails_properly(code)
            .says("\nAADSTS")
            .says(" · Trace ID ")
            .says(" · Correlation ID ")
            .says(" · Timestamp ")
            .says(words);
    }
}

/// Help desks can find an error that has passed as well.
#[test]
fn an_authority_that_stays_busy_is_quoted_with_its_identifiers() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    tenant.inject(Place::Token, When::Next(1), Fault::Transient);
    let mut login = home.start(&["login", "--no-browser"]);
    browser::sign_in(&login.sign_in_url()).expect("the browser gets its last page");
    login
        .end()
        .fails_with(8)
        .says("\nAADSTS90033 · Trace ID ")
        .says("hint: run the command again in a few minutes");
    assert_eq!(tenant.count(|request| request.is_token()), 1, "a code is good for one attempt");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_long_texts_break_between_words() {
    let home = Home::empty();
    let shown = on_terminal(&home, &["explain", "50105", "99999"], 60);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(
        lines,
        [
            "Code        AADSTS50105",
            "Meaning     You are not assigned to the application, and it",
            "            admits assigned users only.",
            "Fixed by    your administrator",
            "What to do  ask an administrator: Entra admin center ›",
            "            Enterprise applications › CLIENT_ID › Users and",
            "            groups › Add user; then m365d login",
            "See         https://login.microsoftonline.com/error?code=50105",
            "error: m365d does not know AADSTS99999",
            "",
            "hint: Microsoft may know more:",
            "      https://login.microsoftonline.com/error?code=99999",
        ]
    );
}

/// What a terminal of so many columns gets to show.
#[cfg(unix)]
fn on_terminal(home: &Home, arguments: &[&str], columns: u16) -> String {
    use std::fs::{File, OpenOptions};
    use std::io::Read;
    use std::os::unix::ffi::OsStrExt;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{Winsize, tcsetwinsize};

    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let name = std::path::Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let theirs = OpenOptions::new().read(true).write(true).open(name).unwrap();
    tcsetwinsize(&theirs, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let mut command = home.command(&[arguments, &["--color", "never"]].concat());
    command.stdout(theirs.try_clone().unwrap()).stderr(theirs);
    let mut child = command.spawn().unwrap();
    // The last users of the terminal are the program and its streams in `command`.
    drop(command);
    let (mut ours, mut shown, mut piece) = (File::from(ours), Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = ours.read(&mut piece) {
        shown.extend_from_slice(&piece[..length]);
    }
    child.wait().unwrap();
    String::from_utf8(shown).unwrap()
}
