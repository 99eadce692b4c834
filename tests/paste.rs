//! `m365d login --paste`: a person carries the answer from a browser that is elsewhere.

use std::fs;

use crate::support::{Callback, Home, OnTerminal};
use crate::tenant::{Options, Tenant, browser};

const WAITS: &str = "Waiting for that address";

/// On a terminal, and about to read from it.
fn start(home: &Home, arguments: &[&str]) -> (OnTerminal, Callback) {
    let mut login = home.start_on_terminal(&[&["login", "--paste"], arguments].concat(), 80);
    let callback = Callback::of(&login.sign_in_url());
    login.wait_for(WAITS);
    (login, callback)
}

#[test]
fn the_address_that_the_browser_ended_on_signs_in() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let (mut login, callback) = start(&home, &["-vvv"]);
    let code = callback.code();
    login.type_in(&format!("{}\n", callback.address_with(&code)));
    let shown = login.end().succeeds().says("Signed in as ana@northwind.example").does_not_say("warning");
    home.run(&["token"]).succeeds();

    // Neither the terminal nor the program repeats it.
    for secret in tenant.secrets() {
        let parts = secret.as_bytes().windows(20);
        parts.for_each(|part| assert!(!shown.stderr.contains(std::str::from_utf8(part).unwrap())));
    }
    assert_eq!(shown.stderr.matches(&callback.state).count(), 1, "in the address to open");
}

#[test]
fn a_pipe_is_as_good_as_a_terminal() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for end in ["\n", "\r\n", ""] {
        let mut login = home.start(&["login", "--paste", "--quiet"]);
        let callback = Callback::of(&login.sign_in_url());
        login.type_in(&format!("{}{end}", callback.address_with(&callback.code())));
        let ended = login.end().succeeds();
        assert_eq!(ended.stdout, "");
        assert_eq!(ended.stderr.lines().count(), 3, "quiet says what has to be done: {}", ended.stderr);
    }
}

#[test]
fn a_long_address_in_pieces_is_put_together() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let (mut login, callback) = start(&home, &[]);
    // More than a terminal takes in a line, and the code is what the end of a line cuts.
    let (code, state) = (callback.code(), &callback.state);
    let address =
        format!("\"http://localhost/?session_state={}&state={state}&code={code}\"", "x".repeat(6000));
    let lines: Vec<&str> = address.as_bytes().chunks(72).map(|l| std::str::from_utf8(l).unwrap()).collect();
    login.type_in(&format!("  {}\r\n", lines.join("\n  ")));
    login.end().succeeds().says("Signed in").does_not_say("not it");
}

#[test]
fn what_is_not_the_answer_is_explained_and_asked_for_again() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let mut login = home.start_on_terminal(&["login", "--paste"], 80);
    let url = login.sign_in_url();
    let callback = Callback::of(&url);
    login.wait_for(WAITS);
    let (port, state) = (callback.port, &callback.state);
    for (pasted, why) in [
        (String::new(), "there is nothing in it"),
        ("yes\u{15}yes".to_owned(), "it is not the address that the browser ended on"),
        (url.clone(), "it is an address of the sign-in page"),
        (format!("http://localhost:{port}/?code=abc"), "it has no `state`"),
        (format!("http://localhost:{port}/?code=abc&state=abc"), "its `state` belongs to another sign-in"),
        (format!("http://localhost:{port}/?error=access_denied&state=abc"), "its `state` belongs to another"),
        (format!("http://localhost:{port}/?state={state}"), "it has no `code`"),
        (format!("http://localhost:{port}/?code=a&code=b&state={state}"), "it has a parameter twice"),
        (format!("?code=a&state={state}&iss=https%3A%2F%2Fevil.example"), "it comes from another authority"),
        ("x".repeat(70_000), "it is too long"),
    ] {
        login.type_in(&format!("{pasted}\n"));
        login.wait_for(&format!("That is not it: {why}"));
        login.clear();
    }
    assert_eq!(tenant.count(|request| request.is_token()), 0);
    // What stands behind the question mark is enough, and a slip of the finger can be undone.
    let address = callback.address_with(&callback.code());
    login.type_in(&format!("{}!\u{7f}\n", address.split_once('?').unwrap().1));
    login.end().succeeds();
}

#[test]
fn a_refusal_is_pasted_like_an_answer() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let (mut login, callback) = start(&home, &[]);
    let refusal = "error=access_denied&error_description=AADSTS65004%3A+User+declined+to+consent.";
    login.type_in(&format!("http://localhost/?{refusal}&state={}\n", callback.state));
    login.end().fails_with(4).says("AADSTS65004");
}

#[test]
fn when_nothing_more_can_come_the_last_reason_is_the_error() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    home.run(&["login", "--paste"]).fails_properly(3).says("there is nothing in it");
    home.run_with_input(&["login", "--paste"], b"?code=abc&state=abc")
        .fails_properly(3)
        .says("error: no answer was pasted: its `state` belongs to another sign-in");
    let (mut login, _) = start(&home, &[]);
    // Ctrl-D
    login.type_in("\u{4}");
    login.end().fails_with(3).says("no answer was pasted");
}

#[test]
fn neither_the_time_limit_nor_ctrl_c_waits_for_the_terminal() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let (login, _) = start(&home, &["--timeout", "1s"]);
    login
        .end()
        .fails_with(3)
        .says("nothing that fits was pasted within 1 s")
        .says("m365d login --paste, and paste the address in time");

    let (mut login, _) = start(&home, &[]);
    login.type_in("half an addr");
    login.signal("INT");
    login.end().fails_with(130);
}

#[test]
fn whatever_ends_it_leaves_the_terminal_and_the_temporary_folder_as_they_were() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let folder = home.path("tmp");
    fs::create_dir(&folder).unwrap();
    let home = home.with("TMPDIR", folder.to_str().unwrap());
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let (login, _) = start(&home, &[]);
        assert!(!login.is_as_usual());
        login.signal(signal);
        login.end().fails_with(code);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "{signal}");
    }
}

#[test]
fn a_signal_in_the_middle_of_something_leaves_the_terminal_as_it_was() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let _lock = home.hold_the_lock();
    let (mut login, callback) = start(&home, &[]);
    login.type_in(&format!("{}\n", callback.address_with(&callback.code())));
    login.wait_for("waiting for another m365d");
    login.signal("TERM");
    login.end().fails_with(143);
}

/// On the same machine after all, or through a forwarded port.
#[test]
fn a_browser_that_reaches_the_loopback_needs_nobody_to_paste() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let (mut login, _) = start(&home, &[]);
    let page = browser::sign_in(&login.sign_in_url()).unwrap();
    assert!(page.html.contains("<h1>Signed in</h1>"), "{}", page.html);
    assert_eq!(page.url.query(), None);
    login.end().succeeds();
}
