//! The sign-in in a real browser: what a person presses, where they end, what the browser keeps of it, and what pages
//! of other people can do meanwhile.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;

use crate::support::{Callback, Chromium, Home, Running};
use crate::tenant::{Options, Tenant};

const MODES: [&str; 2] = ["form_post", "query"];

/// A tenant in which nobody has consented to anything.
fn before_consent() -> Tenant {
    Tenant::start(Options { consented: Vec::new(), ..Options::default() })
}

fn start(home: &Home, mode: &str) -> (Running, String) {
    let mut login = home.start(&["login", "--no-browser", "--response-mode", mode, "-vv"]);
    let url = login.sign_in_url();
    (login, url)
}

/// The page where the journey ends: the loopback's, with nothing in its address and nothing to complain about.
#[track_caller]
fn ends_on_our_page(chromium: &Chromium, url: &str, heading: &str) {
    chromium.wait_for(heading);
    let ours = format!("http://localhost:{}/done", Callback::of(url).port);
    assert_eq!(chromium.address(), ours);
    assert_eq!(chromium.evaluate("document.title"), format!("{heading} · m365d"));
    // Nobody who is linked or embedded there learns where the person came from.
    assert_eq!(
        chromium.evaluate("document.links.length + document.scripts.length + document.images.length"),
        0
    );
    assert_eq!(chromium.complaints(), Vec::<String>::new());
    // The pages that *Back* leads to: the empty tab, the tenant's, ours.
    let entries = chromium.entries();
    assert_eq!(entries.last(), Some(&ours));
    assert!(entries.iter().all(|entry| !entry.contains("code=") && !entry.contains("error=")), "{entries:?}");
}

fn signs_in(chromium: &Chromium, url: &str) {
    chromium.open(url);
    chromium.wait_for("Sign in to m365d");
    chromium.press("sign-in");
    chromium.wait_for("Permissions requested");
    chromium.press("accept");
    ends_on_our_page(chromium, url, "Signed in");
}

#[test]
#[ignore = "needs Chromium and chromedriver"]
fn a_person_signs_in_and_no_code_stays_in_the_address_or_the_history() {
    for mode in MODES {
        let tenant = before_consent();
        let home = Home::of(&tenant);
        let chromium = Chromium::start();
        let (login, url) = start(&home, mode);
        signs_in(&chromium, &url);
        login.end().succeeds().says("Signed in as ana@");

        let secrets = tenant.secrets();
        let files = chromium.quit_and_find(&secrets);
        // Whatever Chromium keeps: history, restorable tabs with what was posted in them, cache. In query mode the
        // address that redirects to the last page was visited too, and its history says so.
        let expected = if mode == "query" { vec![Path::new("Default/History")] } else { Vec::new() };
        let known = |file: &PathBuf| !file.starts_with("segmentation_platform");
        assert_eq!(files.into_iter().filter(known).collect::<Vec<_>>(), expected, "{mode}");
    }
}

#[test]
#[ignore = "needs Chromium and chromedriver"]
fn a_person_cancels_or_declines_and_ends_on_our_page() {
    let tenant = before_consent();
    let chromium = Chromium::start();
    for mode in MODES {
        let home = Home::of(&tenant);
        let (login, url) = start(&home, mode);
        chromium.open(&url);
        chromium.press("cancel");
        ends_on_our_page(&chromium, &url, "Not signed in");
        login.end().fails_with(3).says("AADSTS65004").says("hint: m365d login");

        let (login, url) = start(&home, mode);
        chromium.open(&url);
        chromium.press("sign-in");
        chromium.wait_for("Permissions requested");
        chromium.press("cancel");
        ends_on_our_page(&chromium, &url, "Not signed in");
        login.end().fails_with(4).says("AADSTS65004").says("grants admin consent");
    }
}

/// A page of somebody else's, at an origin of its own on this machine, so that the browser keeps nothing it sends from
/// reaching the loopback. Serves one page until the test ends.
fn foreign_page(html: String) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let length = html.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n");
            let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n{html}").as_bytes());
        }
    });
    address
}

/// The worst case: the page knows the port and the `state`. All that it lacks is the authority's origin.
#[test]
#[ignore = "needs Chromium and chromedriver"]
fn a_page_of_another_origin_cannot_end_the_sign_in() {
    for mode in MODES {
        let tenant = before_consent();
        let home = Home::of(&tenant);
        let chromium = Chromium::start();
        let (mut login, url) = start(&home, mode);
        let Callback { port, state, .. } = Callback::of(&url);
        let fetches = foreign_page(format!(
            "<!doctype html><link rel=icon href=data:,><h1>Elsewhere</h1>
<img src='http://localhost:{port}/?error=access_denied&state={state}'>
<iframe src='http://localhost:{port}/?error=access_denied&state=guessed'></iframe>
<script>
const answer = new URLSearchParams({{ error: 'access_denied', state: '{state}' }});
const ask = (host, options) => fetch('http://' + host + ':{port}/', {{ body: answer, ...options }});
Promise.allSettled([
    ask('localhost', {{ method: 'POST', mode: 'no-cors' }}),
    ask('127.0.0.1', {{ method: 'POST', mode: 'cors' }}),
    ask('[::1]', {{ method: 'PUT' }}),
    fetch('http://localhost:{port}/?' + answer, {{ mode: 'no-cors' }}),
]).then(() => document.querySelector('h1').textContent = 'Asked');
</script>"
        ));
        let posts = foreign_page(format!(
            "<!doctype html><link rel=icon href=data:,><form method=POST action='http://localhost:{port}/'>
<input name=code value=forged><input name=state value='{state}'></form><script>document.forms[0].submit()</script>"
        ));

        // What a person does who looks where the address leads; a favicon is asked for as well.
        chromium.open(&format!("http://localhost:{port}/"));
        chromium.open(&fetches);
        chromium.wait_for("Asked");
        chromium.open(&posts);
        chromium.wait_until_at(&format!("http://localhost:{port}/"));
        let stray =
            |login: &mut Running| login.wait_for(|line| line.contains("a stray request on the loopback"));
        // The look, two fetches and their kin that need no preflight, a preflight, and the form.
        (0..6).for_each(|_| drop(stray(&mut login)));

        chromium.complaints();
        signs_in(&chromium, &url);
        login.end().succeeds().says("Signed in as ana@").does_not_say("forged");
        assert_eq!(tenant.count(|request| request.is_token()), 1, "no other code was redeemed");
    }
}

const DEVICES: [(&str, u32, u32); 2] = [("desk", 1280, 800), ("phone", 360, 740)];

/// The contrast of two colours (WCAG 2.2, section 1.4.3) of everything that has a text of its own; text that is less
/// than opaque is mixed with what is behind it.
const LEAST_CONTRAST: &str = "(() => {
    const parse = colour => {
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return { rgb: [r, g, b], alpha: a / 255 };
    };
    const over = (top, opacity, below) => top.rgb.map((c, i) => c * top.alpha * opacity + below[i] * (1 - top.alpha * opacity));
    const luminance = rgb => rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        const below = element.parentElement ? behind(element.parentElement) : parse('Canvas').rgb;
        return over(parse(getComputedStyle(element).backgroundColor), 1, below);
    };
    const own = element => [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    return Math.min(...[...document.body.querySelectorAll('*')].filter(own).filter(e => e.offsetParent).map(element => {
        const background = behind(element), style = getComputedStyle(element);
        const pair = [luminance(over(parse(style.color), Number(style.opacity), background)), luminance(background)];
        return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    }));
})()";

/// Leaves pictures in `target/tmp/pages`, for a person to look at.
#[test]
#[ignore = "needs Chromium and chromedriver"]
fn every_page_is_readable_in_light_and_dark_on_a_desk_and_on_a_phone() {
    let tenant = before_consent();
    let home = Home::of(&tenant);
    let chromium = Chromium::start();
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&pictures).unwrap();
    let look = |page: &str| {
        for (device, width, height) in DEVICES {
            for colours in ["light", "dark"] {
                let name = format!("{page}-{device}-{colours}");
                chromium.become_a(width, height, colours);
                chromium.picture(&pictures.join(&name).with_extension("png"));
                let fits = "document.documentElement.scrollWidth <= window.innerWidth";
                assert_eq!(chromium.evaluate(fits), true, "{name} is too wide");
                let dark = "matchMedia('(prefers-color-scheme: dark)').matches";
                assert_eq!(chromium.evaluate(dark), colours == "dark");
                let contrast = chromium.evaluate(LEAST_CONTRAST).as_f64().expect("a number");
                assert!(contrast >= 4.5, "{name} has a contrast of {contrast}");
            }
        }
    };

    let (login, url) = start(&home, "form_post");
    chromium.open(&url);
    chromium.wait_for("Sign in to m365d");
    look("sign-in");
    chromium.press("sign-in");
    chromium.wait_for("Permissions requested");
    look("consent");
    chromium.press("accept");
    chromium.wait_for("Signed in");
    login.end().succeeds();
    look("signed-in");

    let (login, url) = start(&home, "form_post");
    chromium.open(&url);
    chromium.press("cancel");
    chromium.wait_for("Not signed in");
    login.end().fails_with(3);
    look("not-signed-in");

    chromium.open(&url.replace("localhost%3A", "elsewhere.example%3A"));
    chromium.wait_for("Sorry, but we’re having trouble signing you in.");
    look("problem");
}
