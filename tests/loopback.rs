//! The loopback under everything that browsers, scanners and attackers on one machine send to a port: nothing of it
//! ends the wait, blocks it, is believed, or is seen again anywhere.

use std::net::{IpAddr, TcpStream};
use std::thread;
use std::time::Duration;

use crate::neighbours::{
    Callback, FAMILIES, MARKER, OCCUPATIONS, STRAYS, Stray, connect, get, read_to_end, reset, said, talk,
};
use crate::support::{Ended, Home};
use crate::tenant::{Fault, Options, Place, Tenant, When, browser};

/// Sends it over one family and checks what comes back.
fn send((name, status, request): &Stray, callback: &Callback, family: IpAddr) {
    let answer = talk(callback.address(family), &request(callback));
    if *status == 0 && answer.is_empty() {
        return;
    }
    let expected: &[u16] = if *status == 0 { &[413, 431] } else { &[*status] };
    let context = format!("{name} over {family}: {answer:?}");
    assert!(expected.iter().any(|status| answer.starts_with(&format!("HTTP/1.1 {status} "))), "{context}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{context}");
    let (head, body) = answer.split_once("\r\n\r\n").expect(&context);
    assert!(head.lines().any(|line| line.eq_ignore_ascii_case("connection: close")), "{context}");
    assert_eq!(body, "", "{context}");
    assert_nothing_is_seen_again(&answer, callback, &context);
}

fn assert_nothing_is_seen_again(text: &str, callback: &Callback, context: &str) {
    assert!(!text.contains(MARKER), "{context}");
    assert!(!text.contains(&callback.state), "{context}");
}

/// Signs in over this family while `disturb` does its worst, and holds on to what that leaves open.
fn sign_in(home: &Home, family: IpAddr, disturb: impl FnOnce(&Callback) -> Vec<TcpStream>) -> Ended {
    let mut login = home.start(&["login", "--no-browser", "-vvv"]);
    let url = login.sign_in_url();
    let callback = Callback::of(&url);
    let code = callback.code();
    let held = disturb(&callback);
    let page = callback.deliver(family, &code);
    let ended = login.end().succeeds();
    drop(held);
    assert!(page.contains("<h1>Signed in</h1>"), "{page}");
    // The state is in the address that is printed and nowhere else.
    assert_nothing_is_seen_again(&ended.stderr.replace(&url, ""), &callback, &ended.stderr);
    assert!(!ended.stderr.contains(&code), "{}", ended.stderr);
    ended
}

#[test]
fn no_stray_request_keeps_the_true_answer_from_coming() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for stray in STRAYS {
        for family in FAMILIES {
            sign_in(&home, family, |callback| {
                send(stray, callback, family);
                Vec::new()
            });
        }
    }
    let logins = STRAYS.len() * FAMILIES.len();
    assert_eq!(tenant.count(|request| request.is_token()), logins, "one code is redeemed in each");
}

#[test]
fn nothing_that_stays_open_keeps_the_true_answer_from_coming() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for (_, occupy) in OCCUPATIONS {
        for family in FAMILIES {
            sign_in(&home, family, |callback| occupy(callback, family));
        }
    }
}

#[test]
fn everything_at_once_does_not_either() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for family in FAMILIES {
        sign_in(&home, family, |callback| {
            let mut held = Vec::new();
            for family in FAMILIES {
                held.extend(OCCUPATIONS.iter().flat_map(|(_, occupy)| occupy(callback, family)));
                STRAYS.iter().for_each(|stray| send(stray, callback, family));
            }
            held
        });
    }
}

/// Cookies belong to a host, whatever its port, so those of every other program on `localhost` come too.
#[test]
fn other_programs_cookies_do_not_matter() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let long = format!("session={}", MARKER.repeat(5_000));
    let many = vec![("Cookie", "a=b"); 150];
    for mode in ["form_post", "query"] {
        for cookies in
            [&[("Cookie", "name=José")][..], &[("Cookie", "a=\u{feff}ü\u{9b}")], &[("Cookie", &long)], &many]
        {
            let mut login = home.start(&["login", "--no-browser", "--response-mode", mode]);
            let callback = Callback::of(&login.sign_in_url());
            let address = callback.address(FAMILIES[0]);
            let redirect = talk(address, &with(cookies, &answer_in(mode, &callback)));
            assert!(redirect.starts_with("HTTP/1.1 303 "), "{mode}, {cookies:?}: {redirect}");
            let page = talk(address, &with(cookies, &get(&callback, "GET", "/done")));
            assert!(page.contains("<h1>Signed in</h1>"), "{page}");
            login.end().succeeds();
        }
    }
}

fn answer_in(mode: &str, callback: &Callback) -> Vec<u8> {
    let code = callback.code();
    let query = format!("/?code={code}&state={}", callback.state);
    if mode == "query" { get(callback, "GET", &query) } else { callback.answer(&code) }
}

/// The request with more headers.
fn with(headers: &[(&str, &str)], request: &[u8]) -> Vec<u8> {
    let end_of_line = request.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    [&request[..end_of_line], headers.as_bytes(), &request[end_of_line..]].concat()
}

/// RFC 9207: a mix-up of authorities is not believed, and not kept from the person either.
#[test]
fn an_answer_that_names_another_authority_is_not_taken_and_said_once() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let ended = sign_in(&home, FAMILIES[0], |callback| {
        for _ in 0..2 {
            let mixed_up =
                format!("code={MARKER}&state={}&iss=https%3A%2F%2Felsewhere.example", callback.state);
            let refused = talk(callback.address(FAMILIES[0]), &callback.post(&mixed_up));
            assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
        }
        Vec::new()
    });
    assert_eq!(ended.stderr.matches("names another authority").count(), 1, "{}", ended.stderr);
}

#[test]
fn an_authority_may_call_itself_otherwise_than_its_address() {
    let tenant = Tenant::start(Options::default());
    tenant.change(|options| options.public_url = Some("https://id.example".to_owned()));
    let home = Home::of(&tenant);
    let mut login = home.start(&["login", "--no-browser"]);
    let callback = Callback::of(&login.sign_in_url());
    let iss = format!("https%3A%2F%2Fid.example%2F{}%2Fv2.0", crate::tenant::directory::TENANT_ID);
    let answer = format!("code={}&state={}&iss={iss}", callback.code(), callback.state);
    let redirect = talk(callback.address(FAMILIES[0]), &callback.post(&answer));
    assert!(redirect.starts_with("HTTP/1.1 303 "), "{redirect}");
    drop(talk(callback.address(FAMILIES[0]), &get(&callback, "GET", "/done")));
    login.end().succeeds().does_not_say("warning");
}

#[test]
fn cookies_without_end_are_refused_and_said_once() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let ended = sign_in(&home, FAMILIES[0], |callback| {
        for _ in 0..3 {
            let refused = talk(
                callback.address(FAMILIES[0]),
                &with(&[("Cookie", &MARKER.repeat(8_000))], &callback.answer(MARKER)),
            );
            assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431 "), "{refused}");
        }
        Vec::new()
    });
    assert_eq!(ended.stderr.matches("too many cookies for localhost").count(), 1, "{}", ended.stderr);
}

#[test]
fn the_answer_over_both_families_at_once_counts_once() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let mut login = home.start(&["login", "--no-browser"]);
    let callback = Callback::of(&login.sign_in_url());
    let answer = callback.answer(&callback.code());
    let both = FAMILIES.map(|family| {
        let (address, answer) = (callback.address(family), answer.clone());
        thread::spawn(move || talk(address, &answer))
    });
    let mut answers = both.map(|one| one.join().expect("an answer"));
    answers.sort();
    assert!(answers[0].starts_with("HTTP/1.1 303 "), "{answers:?}");
    assert!(answers[1].starts_with("HTTP/1.1 404 "), "{answers:?}");
    login.end().succeeds();
    assert_eq!(tenant.count(|request| request.is_token()), 1);
}

/// Closed by the person, or crashed.
#[test]
fn a_browser_that_is_gone_before_its_page_has_signed_in_all_the_same() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for family in FAMILIES {
        let mut login = home.start(&["login", "--no-browser"]);
        let callback = Callback::of(&login.sign_in_url());
        tenant.inject(Place::Token, When::Next(1), Fault::Delay(Duration::from_millis(200)));
        let asked = tenant.count(|request| request.is_token());
        let stream = said(&callback, family, &callback.answer(&callback.code()));
        let more = |requests: &[crate::tenant::Recorded]| {
            requests.iter().filter(|request| request.is_token()).count() > asked
        };
        assert!(tenant.wait_until(more, Duration::from_secs(60)), "the answer has been taken");
        reset(stream);
        login.end().succeeds().says("Signed in as");
    }
}

/// macOS gives a process no more than 256 files unless it is told otherwise.
#[cfg(not(target_os = "macos"))]
#[test]
fn three_hundred_idle_connections_do_not_either() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for family in FAMILIES {
        sign_in(&home, family, |callback| (0..300).map(|_| connect(callback.address(family))).collect());
    }
}

#[test]
fn query_mode_takes_the_answer_from_nobody_else_either() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let mut login = home.start(&["login", "--no-browser", "--response-mode", "query", "-vvv"]);
    let url = login.sign_in_url();
    let callback = Callback::of(&url);
    let right = format!("code={MARKER}&state={}", callback.state);
    let strays: [Stray; 5] = [
        ("a form with the right state", 405, |c| c.answer(MARKER)),
        ("the last page before its time", 404, |c| get(c, "GET", "/done")),
        ("a HEAD with the right state", 404, |c| {
            get(c, "HEAD", &format!("/?code={MARKER}&state={}", c.state))
        }),
        ("a wrong state", 400, |c| get(c, "GET", &format!("/?code={MARKER}&state={MARKER}"))),
        ("a foreign error", 400, |c| get(c, "GET", &format!("/?error=access_denied&state={MARKER}"))),
    ];
    for family in FAMILIES {
        strays.iter().for_each(|stray| send(stray, &callback, family));
        let foreign = format!("GET /?{right} HTTP/1.1\r\nHost: rebound.example:{}\r\n\r\n", callback.port);
        let answer = talk(callback.address(family), foreign.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }
    let page = browser::sign_in(&url).expect("the browser gets its last page");
    assert!(page.html.contains("<h1>Signed in</h1>"), "{}", page.html);
    login.end().succeeds().does_not_say(MARKER);
}

/// Fetches the code itself, so that the answer comes over this family and as raw bytes.
#[test]
fn the_last_page_keeps_nothing_runs_nothing_and_tells_nobody() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for family in FAMILIES {
        for mode in ["form_post", "query"] {
            let mut login = home.start(&["login", "--no-browser", "--response-mode", mode]);
            let callback = Callback::of(&login.sign_in_url());
            let code = callback.code();
            let query = format!("/?code={code}&state={}", callback.state);
            let answer = if mode == "query" { get(&callback, "GET", &query) } else { callback.answer(&code) };
            let redirect = talk(callback.address(family), &answer);
            assert!(redirect.starts_with("HTTP/1.1 303 "), "{redirect}");
            assert!(redirect.contains("\r\nLocation: /done\r\n"), "{redirect}");
            let last = talk(callback.address(family), &get(&callback, "GET", "/done"));
            login.end().succeeds().says("Signed in");

            assert!(last.starts_with("HTTP/1.1 200 ") && last.contains("<h1>Signed in</h1>"), "{last}");
            for page in [&redirect, &last] {
                let (head, _) = page.split_once("\r\n\r\n").unwrap();
                let has = |header: &str| head.lines().any(|line| line.starts_with(header));
                assert!(has("Content-Security-Policy: default-src 'none';"), "{head}");
                assert!(has("Cache-Control: no-store"), "{head}");
                assert!(has("Referrer-Policy: no-referrer"), "{head}");
                assert!(has("X-Content-Type-Options: nosniff"), "{head}");
                assert!(has("Connection: close"), "{head}");
                assert!(!page.contains(&code) && !page.contains(&callback.state), "{page}");
            }
        }
    }
}

#[test]
fn the_page_comes_after_the_tokens_and_an_answer_counts_once() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for family in FAMILIES {
        tenant.take_requests(|_| true);
        tenant.inject(Place::Token, When::Next(1), Fault::Delay(Duration::from_secs(1)));
        let mut login = home.start(&["login", "--no-browser"]);
        let callback = Callback::of(&login.sign_in_url());
        let answer = callback.answer(&callback.code());
        let first = said(&callback, family, &answer);
        let asked = |requests: &[crate::tenant::Recorded]| requests.iter().any(|request| request.is_token());
        assert!(tenant.wait_until(asked, Duration::from_secs(60)), "the code is being redeemed");

        // Again, over the other family too: the answer has been taken.
        for family in FAMILIES {
            let again = talk(callback.address(family), &answer);
            assert!(again.starts_with("HTTP/1.1 404 "), "{again}");
        }
        first.set_nonblocking(true).unwrap();
        let page_is_here = first.peek(&mut [0]).is_ok();
        // Looked at in this order, a slow machine cannot make this fail, only a page that came before the tokens.
        let tokens_are_out = tenant.count(|request| request.is_token() && !request.settled) == 0;
        assert!(tokens_are_out || !page_is_here, "the page came before the tokens");

        first.set_nonblocking(false).unwrap();
        let redirect = read_to_end(first);
        assert!(redirect.starts_with("HTTP/1.1 303 "), "{redirect}");
        let page = talk(callback.address(family), &get(&callback, "GET", "/done"));
        assert!(page.contains("<h1>Signed in</h1>"), "{page}");
        login.end().succeeds();
        assert_eq!(tenant.count(|request| request.is_token()), 1, "a code is redeemed once");
    }
}

/// The port is closed when the program has ended, however many are still connected.
#[test]
fn nobody_listens_any_more_when_nobody_came_in_time() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let mut login = home.start(&["login", "--no-browser", "--timeout", "3s"]);
    let callback = Callback::of(&login.sign_in_url());
    let held: Vec<TcpStream> = FAMILIES
        .iter()
        .flat_map(|family| OCCUPATIONS.iter().flat_map(|(_, occupy)| occupy(&callback, *family)))
        .collect();
    login.end().fails_with(3);
    for family in FAMILIES {
        assert!(TcpStream::connect(callback.address(family)).is_err(), "{family}");
    }
    drop(held);
}
