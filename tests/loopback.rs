//! The loopback under everything that browsers, scanners and attackers on one machine send to a port: nothing of it
//! ends the wait, blocks it, is believed, or is seen again anywhere.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use crate::support::callback::{connect, post, read_to_end, talk};
use crate::support::{Callback, Ended, Home};
use crate::tenant::{Fault, Options, Place, Tenant, When, browser};

/// A browser takes `localhost` for either.
const FAMILIES: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// In every value that is sent, and in nothing that comes back.
const MARKER: &str = "mArKeR7Qz";

/// A whole request that is not the answer, and the status it gets; 0 when the connection may break first.
type Stray = (&'static str, u16, fn(&Callback) -> Vec<u8>);

const STRAYS: &[Stray] = &[
    ("a favicon", 404, |c| get(c, "GET", "/favicon.ico")),
    ("an OPTIONS", 405, |c| get(c, "OPTIONS", "/")),
    ("a HEAD", 404, |c| get(c, "HEAD", "/")),
    ("a GET", 404, |c| get(c, "GET", "/")),
    ("a GET with the right state", 404, |c| get(c, "GET", &format!("/?code={MARKER}&state={}", c.state))),
    ("a PUT with the right state", 405, |c| {
        let form = String::from_utf8(c.answer(MARKER)).expect("ASCII");
        form.replacen("POST", "PUT", 1).into_bytes()
    }),
    ("another path with the right state", 404, |c| {
        post(&format!("/{MARKER}"), &[("Host", &c.host())], &answer(c))
    }),
    ("a foreign host", 404, |c| post("/", &[("Host", "rebound.example")], &answer(c))),
    ("a foreign host at our port", 404, |c| {
        post("/", &[("Host", &format!("rebound.example:{}", c.port))], &answer(c))
    }),
    ("no host", 404, |c| post("/", &[], &answer(c))),
    ("a foreign origin", 404, |c| {
        post("/", &[("Host", &c.host()), ("Origin", &format!("https://{MARKER}.example"))], &answer(c))
    }),
    ("a script's request", 404, |c| {
        post("/", &[("Host", &c.host()), ("Sec-Fetch-Mode", "no-cors")], &answer(c))
    }),
    ("a wrong state", 400, |c| c.post(&format!("code={MARKER}&state={MARKER}"))),
    ("a state that is almost right", 400, |c| c.post(&format!("code={MARKER}&state={}", &c.state[..42]))),
    ("no state", 400, |c| c.post(&format!("code={MARKER}"))),
    ("a foreign error", 400, |c| {
        c.post(&format!("error=access_denied&error_description={MARKER}&state={MARKER}"))
    }),
    ("an error without a state", 400, |c| c.post(&format!("error=access_denied&error_description={MARKER}"))),
    ("two codes", 400, |c| c.post(&format!("code={MARKER}&code={MARKER}&state={}", c.state))),
    ("two states", 400, |c| c.post(&format!("code={MARKER}&state={0}&state={0}", c.state))),
    ("the right state and nothing more", 400, |c| c.post(&format!("state={}", c.state))),
    ("another issuer", 400, |c| {
        c.post(&format!("code={MARKER}&state={}&iss=https%3A%2F%2F{MARKER}.example", c.state))
    }),
    ("another content type", 415, |c| {
        let form = String::from_utf8(c.answer(MARKER)).expect("ASCII");
        form.replace("application/x-www-form-urlencoded", "text/plain").into_bytes()
    }),
    ("markup and line ends", 400, |c| {
        let value = format!("%3Cscript%3E{MARKER}%3C%2Fscript%3E%0D%0ASet-Cookie:%20{MARKER}");
        c.post(&format!("error={value}&error_description={value}&state={value}"))
    }),
    ("an address with markup", 404, |c| {
        get(c, "GET", &format!("/%0d%0aLocation:%20http://{MARKER}/\"><script>{MARKER}</script>"))
    }),
    ("a pair of requests at once", 404, |c| [get(c, "GET", "/favicon.ico"), c.answer(MARKER)].concat()),
    ("chunks", 400, |c| {
        let head = format!("POST / HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n", c.host());
        [head.as_bytes(), format!("9\r\n{MARKER}\r\n0\r\n\r\n").as_bytes()].concat()
    }),
    ("two lengths", 400, |c| post("/", &[("Host", &c.host()), ("Content-Length", "7")], &answer(c))),
    ("a body of 1 MiB", 0, |c| c.post(&format!("state={}&code={}", c.state, MARKER.repeat(1 << 17)))),
    ("a header of 100 KiB", 0, |c| {
        post("/", &[("Host", &c.host()), ("Cookie", &MARKER.repeat(12_000))], &answer(c))
    }),
    ("a thousand headers", 0, |c| post("/", &vec![("Cookie", MARKER); 1000], &answer(c))),
    ("no HTTP", 400, |_| format!("{MARKER}\r\n\r\n").into_bytes()),
];

/// What stays open until the true answer has come.
type Occupation = (&'static str, fn(&Callback, IpAddr) -> Vec<TcpStream>);

const OCCUPATIONS: &[Occupation] = &[
    ("32 connections in advance", |c, family| (0..32).map(|_| connect(c.address(family))).collect()),
    ("a TLS hello", |c, family| vec![said(c, family, &tls_hello())]),
    ("half a form", |c, family| {
        let form = c.answer(&MARKER.repeat(10));
        vec![said(c, family, &form[..form.len() - 40])]
    }),
    ("a head without end", |c, family| {
        let mut stream = said(c, family, format!("POST / HTTP/1.1\r\nHost: {}\r\n", c.host()).as_bytes());
        for letter in format!("Cookie: {MARKER}").bytes() {
            stream.write_all(&[letter]).expect("it is listened to");
        }
        vec![stream]
    }),
    ("an answer that nobody reads", |c, family| vec![said(c, family, &get(c, "GET", "/favicon.ico"))]),
    ("a request that is cut off", |c, family| {
        let stream = said(c, family, &c.post(&format!("code={MARKER}&state={MARKER}")));
        // With nothing left to linger for, closing sends RST instead of FIN.
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("the option is known");
        Vec::new()
    }),
    ("a request that is half closed", |c, family| {
        let stream = said(c, family, &get(c, "GET", "/favicon.ico"));
        stream.shutdown(std::net::Shutdown::Write).expect("it is open");
        vec![stream]
    }),
];

fn get(callback: &Callback, method: &str, target: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nX-Note: {MARKER}\r\n\r\n", callback.host())
        .into_bytes()
}

fn answer(callback: &Callback) -> Vec<u8> {
    format!("code={MARKER}&state={}", callback.state).into_bytes()
}

fn said(callback: &Callback, family: IpAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(callback.address(family));
    stream.write_all(bytes).expect("it is listened to");
    stream
}

/// The start of a handshake, with more announced than is sent.
fn tls_hello() -> Vec<u8> {
    let head = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    [&head[..], &[0x2a; 120]].concat()
}

/// Sends it over one family and checks what comes back.
fn send((name, status, request): &Stray, callback: &Callback, family: IpAddr) {
    let answer = talk(callback.address(family), &request(callback));
    if *status == 0 && answer.is_empty() {
        return;
    }
    let expected = if *status == 0 { 413 } else { *status };
    let context = format!("{name} over {family}: {answer:?}");
    assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{context}");
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

/// Signs in while `disturb` does its worst, and holds on to what that leaves open.
fn sign_in(home: &Home, disturb: impl FnOnce(&Callback) -> Vec<TcpStream>) -> Ended {
    let mut login = home.start(&["login", "--no-browser", "-vvv"]);
    let url = login.sign_in_url();
    let callback = Callback::of(&url);
    let held = disturb(&callback);
    let page = browser::sign_in(&url).expect("the browser gets its last page");
    let ended = login.end().succeeds();
    drop(held);
    assert!(page.html.contains("<h1>Signed in</h1>"), "{}", page.html);
    // The state is in the address that is printed and nowhere else.
    assert_nothing_is_seen_again(&ended.stderr.replace(&url, ""), &callback, &ended.stderr);
    ended
}

#[test]
fn no_stray_request_keeps_the_true_answer_from_coming() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for stray in STRAYS {
        for family in FAMILIES {
            sign_in(&home, |callback| {
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
            sign_in(&home, |callback| occupy(callback, family));
        }
    }
}

#[test]
fn everything_at_once_does_not_either() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    sign_in(&home, |callback| {
        let mut held = Vec::new();
        for family in FAMILIES {
            held.extend(OCCUPATIONS.iter().flat_map(|(_, occupy)| occupy(callback, family)));
            STRAYS.iter().for_each(|stray| send(stray, callback, family));
        }
        held
    });
}

/// macOS gives a process no more than 256 files unless it is told otherwise.
#[cfg(not(target_os = "macos"))]
#[test]
fn three_hundred_idle_connections_do_not_either() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    for family in FAMILIES {
        sign_in(&home, |callback| (0..300).map(|_| connect(callback.address(family))).collect());
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
