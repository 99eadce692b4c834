//! Whole requests that are not the answer.

use super::{Callback, MARKER, get, post};

/// A whole request that is not the answer, and the status it gets; 0 when the connection may break first.
pub type Stray = (&'static str, u16, fn(&Callback) -> Vec<u8>);

pub const STRAYS: &[Stray] = &[
    ("a favicon", 404, |c| get(c, "GET", "/favicon.ico")),
    ("an OPTIONS", 405, |c| get(c, "OPTIONS", "/")),
    ("a HEAD", 404, |c| get(c, "HEAD", "/")),
    ("a GET", 404, |c| get(c, "GET", "/")),
    ("a GET with the right state", 404, |c| get(c, "GET", &format!("/?code={MARKER}&state={}", c.state))),
    ("a PUT with the right state", 405, |c| {
        let form = String::from_utf8(c.answer(MARKER)).expect("ASCII");
        form.replacen("POST", "PUT", 1).into_bytes()
    }),
    ("the last page before its time", 404, |c| get(c, "GET", "/done")),
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
        let form = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked";
        let head = format!("POST / HTTP/1.1\r\nHost: {}\r\n{form}\r\n\r\n", c.host());
        let body = answer(c);
        let length = format!("{:x}\r\n", body.len());
        [head.as_bytes(), length.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat()
    }),
    ("two lengths", 400, |c| post("/", &[("Host", &c.host()), ("Content-Length", "7")], &answer(c))),
    ("a body of 1 MiB", 0, |c| c.post(&format!("state={}&code={}", c.state, MARKER.repeat(1 << 17)))),
    ("a header of 100 KiB", 0, |c| {
        post("/", &[("Host", &c.host()), ("Cookie", &MARKER.repeat(12_000))], &answer(c))
    }),
    ("a wrong state with a cookie that is not ASCII", 400, |c| {
        post("/", &[("Cookie", "name=José"), ("Host", &c.host())], &wrong_answer())
    }),
    ("a host that is not ASCII", 400, |c| post("/", &[("Host", &format!("{} ü", c.host()))], &answer(c))),
    ("an origin that is not ASCII", 400, |c| {
        post("/", &[("Host", &c.host()), ("Origin", "https://ü.example")], &answer(c))
    }),
    ("an address that is not ASCII", 400, |c| post("/ü", &[("Host", &c.host())], &answer(c))),
    ("a ticket of one's own, and an upgrade", 400, |c| {
        let own = [("m365d-ticket", MARKER), ("Connection", "upgrade"), ("Upgrade", "h2c")];
        post("/", &[&own[..], &[("Host", &c.host())]].concat(), &wrong_answer())
    }),
    ("a thousand headers", 0, |c| post("/", &vec![("Cookie", MARKER); 1000], &answer(c))),
    ("a TLS ClientHello", 400, |_| client_hello()),
    ("no HTTP", 400, |_| format!("{MARKER}\r\n\r\n").into_bytes()),
];

fn wrong_answer() -> Vec<u8> {
    format!("code={MARKER}&state={MARKER}").into_bytes()
}

fn answer(callback: &Callback) -> Vec<u8> {
    format!("code={MARKER}&state={}", callback.state).into_bytes()
}

/// The first message of a handshake (RFC 8446, section 4.1.2), as a browser sends it that was told to use https.
fn client_hello() -> Vec<u8> {
    let random = [0x2a; 32];
    let extensions = [
        // server_name: localhost
        &[0, 0, 0, 14, 0, 12, 0, 0, 9][..],
        b"localhost",
        // supported_versions: 1.3
        &[0, 43, 0, 3, 2, 3, 4],
    ]
    .concat();
    let body = [
        &[3, 3][..],
        &random,
        // No session, one cipher suite, no compression.
        &[0, 0, 2, 0x13, 1, 1, 0],
        &(extensions.len() as u16).to_be_bytes(),
        &extensions,
    ]
    .concat();
    let handshake = [&[1, 0][..], &(body.len() as u16).to_be_bytes(), &body].concat();
    [&[0x16, 3, 1][..], &(handshake.len() as u16).to_be_bytes(), &handshake].concat()
}
