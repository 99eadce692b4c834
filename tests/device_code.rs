//! `m365d login --device-code`: the code is entered in a browser elsewhere, while the program asks whether that has
//! happened, as often as it may.

use std::time::Duration;

use crate::support::{Ended, Home, Running};
use crate::tenant::browser::Decision;
use crate::tenant::{DeviceAnswer, Fault, IdTokenFlaw, Options, Place, RetryAfter, Tenant, When, browser};

const PATIENCE: Duration = Duration::from_secs(60);

/// A tenant that may be asked every second.
fn tenant() -> Tenant {
    Tenant::start(Options { device_interval: 1, ..Options::default() })
}

fn start(home: &Home, arguments: &[&str]) -> Running {
    home.start(&[&["login", "--device-code"], arguments].concat())
}

/// Reads the address and the code, and does in the browser what somebody decides.
fn enter(login: &mut Running, decision: Decision) -> browser::Page {
    let address = login.sign_in_url();
    let line = login.wait_for(|line| line.starts_with("and enter the code  "));
    let code = line.rsplit(' ').next().expect("a code");
    browser::enter_code(&address, code, decision).expect("the browser gets its last page")
}

fn sign_in(home: &Home, arguments: &[&str]) -> Ended {
    let mut login = start(home, arguments);
    let page = enter(&mut login, Decision::Accept);
    assert!(page.html.contains("You have signed in on your device"), "{}", page.html);
    login.end()
}

#[test]
fn a_code_that_is_entered_elsewhere_signs_in() {
    let tenant = tenant();
    let home = Home::of(&tenant);
    let ended = sign_in(&home, &[]).succeeds().says("Signed in as ana@northwind.example (Ana Analyst)");
    assert_eq!(ended.stdout, "", "stdout is only data");
    assert_eq!(tenant.hasty_polls(), 0);
    // The session is one like any other.
    let before = home.run(&["token"]).succeeds().stdout;
    home.let_the_token_end_in(1);
    assert_ne!(home.run(&["token"]).succeeds().stdout, before);
    assert_eq!(tenant.refreshes(), 1);
}

#[test]
fn quiet_says_the_address_and_the_code_and_nothing_else() {
    let tenant = tenant();
    let ended = sign_in(&Home::of(&tenant), &["--quiet"]).succeeds();
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let page = format!("{}/devicelogin", tenant.authority());
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1] == page && lines[2].starts_with("and enter the code  "), "{lines:?}");
}

#[test]
fn what_a_device_gets_is_read_in_every_form() {
    for answer in [DeviceAnswer::Old, DeviceAnswer::Complete, DeviceAnswer::Least] {
        let tenant = tenant();
        tenant.change(|options| options.device_answer = answer);
        if answer == DeviceAnswer::Least {
            // Unsaid, it is five seconds, and whoever comes sooner is told to slow down.
            tenant.change(|options| options.device_interval = 5);
        }
        sign_in(&Home::of(&tenant), &[]).succeeds();
        assert_eq!(tenant.hasty_polls(), 0, "{answer:?}");
    }
}

#[test]
fn a_page_without_tls_on_another_machine_is_shown_to_nobody() {
    let tenant = tenant();
    tenant.change(|options| options.device_answer = DeviceAnswer::InsecurePage);
    start(&Home::of(&tenant), &["--timeout", "5s"]).end().fails_properly(8).does_not_say("login.example");
}

#[test]
fn whoever_is_told_to_slow_down_does_so_for_good() {
    let tenant = tenant();
    tenant.change(|options| options.slow_downs = 1);
    let home = Home::of(&tenant);
    let mut login = start(&home, &[]);
    let polls = |count| {
        move |requests: &[crate::tenant::Recorded]| {
            requests.iter().filter(|request| request.is_poll() && request.settled).count() >= count
        }
    };
    // The tenant wants another five seconds before each of them; the second finds the code not entered yet.
    assert!(tenant.wait_until(polls(2), PATIENCE));
    enter(&mut login, Decision::Accept);
    login.end().succeeds();
    assert_eq!(tenant.hasty_polls(), 0);
    assert_eq!(tenant.count(|request| request.is_poll()), 3);
}

#[test]
fn whoever_declines_is_not_signed_in() {
    let tenant = tenant();
    let home = Home::of(&tenant);
    let mut login = start(&home, &[]);
    let page = enter(&mut login, Decision::Cancel);
    assert!(page.html.contains("You have not signed in"), "{}", page.html);
    login.end().fails_properly(3).says("declined").says("hint: m365d login --device-code");
    assert_eq!(home.session_files(".json").len(), 0);
}

#[test]
fn a_code_that_nobody_enters_expires() {
    let tenant = tenant();
    let mut login = start(&Home::of(&tenant), &[]);
    login.wait_for(|line| line.starts_with("and enter the code"));
    tenant.advance(901);
    login.end().fails_properly(3).says("the code has expired").says("within 15 minutes");

    // The program does not need to be told.
    tenant.change(|options| options.device_lifetime = 1);
    tenant.inject(Place::Token, When::Every(1), Fault::Unavailable { retry_after: None });
    start(&Home::of(&tenant), &[]).end().fails_properly(3).says("the code has expired");
}

#[test]
fn nobody_waits_longer_than_was_said() {
    let tenant = tenant();
    let ended = start(&Home::of(&tenant), &["--timeout", "2s"]).end().fails_properly(3);
    ended
        .says("at most 2 seconds")
        .says("the code was not entered within 2 s")
        .says("hint: m365d login --device-code");

    let until_the_end_of_time = Some(RetryAfter::Seconds(u64::MAX));
    tenant.inject(Place::Token, When::Every(1), Fault::Unavailable { retry_after: until_the_end_of_time });
    let ended = start(&Home::of(&tenant), &["--timeout", "2s"]).end().fails_properly(3);
    ended.says("within 2 s");
}

#[test]
fn an_application_that_may_not_do_this_is_told_apart() {
    let tenant = tenant();
    tenant.change(|options| options.public_client_flows = false);
    start(&Home::of(&tenant), &[])
        .end()
        .fails_properly(1)
        .says("AADSTS7000218")
        .says("Allow public client flows")
        .does_not_say("redirect URI");
}

#[test]
fn trouble_that_passes_is_waited_out() {
    let tenant = tenant();
    let home = Home::of(&tenant);
    tenant.inject(Place::DeviceCode, When::Next(1), Fault::Transient);
    let in_between = [
        Fault::Unavailable { retry_after: Some(RetryAfter::Seconds(1)) },
        Fault::Reset,
        Fault::Throttle { retry_after: None, body: crate::tenant::ThrottleBody::Documented },
    ];
    let faults = in_between.len();
    for fault in in_between {
        tenant.inject(Place::Token, When::Next(1), fault);
    }
    let ended = sign_in(&home, &[]).succeeds();
    assert_eq!(ended.stderr.matches("asking again").count(), 1 + faults, "{}", ended.stderr);
}

#[test]
fn trouble_that_does_not_pass_is_an_error_at_once() {
    let tenant = tenant();
    tenant.inject(Place::DeviceCode, When::Next(1), Fault::Html);
    start(&Home::of(&tenant), &[]).end().fails_properly(8);
    tenant.inject(Place::Token, When::Next(1), Fault::Html);
    start(&Home::of(&tenant), &[]).end().fails_properly(8);
    tenant.inject(Place::Token, When::Next(1), Fault::UnknownError);
    start(&Home::of(&tenant), &[]).end().fails_properly(3).says("AADSTS99999");
}

#[test]
fn an_id_token_that_is_not_the_answer_signs_nobody_in() {
    let tenant = tenant();
    for flaw in [
        IdTokenFlaw::Missing,
        IdTokenFlaw::WrongAudience,
        IdTokenFlaw::WrongTenant,
        IdTokenFlaw::WrongIssuer,
        IdTokenFlaw::Expired,
    ] {
        tenant.change(|options| options.id_token_flaw = Some(flaw));
        let home = Home::of(&tenant);
        sign_in(&home, &[]).fails_properly(1);
        assert_eq!(home.session_files(".json").len(), 0, "{flaw:?}");
    }
}

#[test]
fn no_secret_is_said() {
    let tenant = tenant();
    let ended = sign_in(&Home::of(&tenant), &["-vvv"]).succeeds();
    // The device code and three tokens.
    assert_eq!(tenant.secrets().len(), 4);
    for secret in tenant.secrets() {
        let parts = secret.as_bytes().windows(20);
        parts.for_each(|part| assert!(!ended.stderr.contains(std::str::from_utf8(part).unwrap())));
    }
}

#[test]
fn one_way_is_chosen_at_a_time() {
    let tenant = tenant();
    let home = Home::of(&tenant);
    for other in ["--paste", "--no-browser", "--browser=lynx", "--response-mode=query"] {
        home.run(&["login", "--device-code", other]).fails_with(2);
    }
}

#[cfg(unix)]
mod on_a_terminal {
    use qrcode::{Color, EcLevel, QrCode};

    use super::*;

    /// What is shown above the words.
    fn picture(home: &Home, arguments: &[&str], columns: u16) -> Vec<String> {
        let arguments = [&["login", "--device-code", "--timeout", "1s"], arguments].concat();
        let mut login = home.start_on_terminal(&arguments, columns);
        login.wait_for("and enter the code");
        let ended = login.end().fails_with(3);
        let (picture, _) = ended.stderr.split_once("To sign in").expect("the words");
        picture.split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// The modules that lines of half blocks are made of, dark ones true, row by row.
    fn modules(lines: &[String]) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in lines {
            let line = line.strip_prefix("\u{1b}[38;5;16m\u{1b}[48;5;231m").expect("black on white");
            let line = line.strip_suffix("\u{1b}[0m").expect("and no further");
            rows.push(line.chars().map(|block| "█▀".contains(block)).collect());
            rows.push(line.chars().map(|block| "█▄".contains(block)).collect());
        }
        rows
    }

    #[test]
    fn a_wide_terminal_shows_the_address_as_a_qr_code() {
        for answer in [DeviceAnswer::Documented, DeviceAnswer::Complete] {
            let tenant = tenant();
            tenant.change(|options| options.device_answer = answer);
            let lines = picture(&Home::of(&tenant), &[], 80);
            let rows = modules(&lines);
            let mut address = format!("{}/devicelogin", tenant.authority());
            if answer == DeviceAnswer::Complete {
                address += &format!("?otc={}", tenant.user_code().unwrap());
            }
            let code = QrCode::with_error_correction_level(&address, EcLevel::L).unwrap();
            let width = code.width();
            // Four light modules on each side, as a scanner needs.
            let framed = rows[0].len();
            assert_eq!(framed, width + 8);
            for (y, row) in rows.iter().enumerate() {
                for (x, dark) in row.iter().enumerate() {
                    let inside = (4..width + 4).contains(&x) && (4..width + 4).contains(&y);
                    let expected = inside && code[(x.wrapping_sub(4), y.wrapping_sub(4))] == Color::Dark;
                    assert_eq!(*dark, expected, "{x}, {y}");
                }
            }
            assert!(rows.len() >= framed);
        }
    }

    #[test]
    fn where_it_could_not_be_read_there_is_none() {
        let tenant = tenant();
        let none: Vec<String> = Vec::new();
        assert_eq!(picture(&Home::of(&tenant), &[], 30), none, "too narrow");
        assert_eq!(picture(&Home::of(&tenant), &["--color", "never"], 80), none);
        assert_eq!(picture(&Home::of(&tenant), &["--quiet"], 80), none);
        assert_eq!(picture(&Home::of(&tenant).with("NO_COLOR", "1"), &[], 80), none);
    }
}
