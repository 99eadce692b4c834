//! The loopback as a raw socket sees it: the bytes are the test's own, with nothing made good by an HTTP library.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use url::{Url, form_urlencoded};

use super::MARKER;

/// Longer than anything takes; a socket that is silent for this long fails the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where an answer is awaited, and what the printed address tells about it.
#[derive(Debug, Clone)]
pub struct Callback {
    pub port: u16,
    pub state: String,
    url: Url,
}

impl Callback {
    /// Reads the address that the program printed.
    pub fn of(printed: &str) -> Self {
        let url = Url::parse(printed).expect("an address");
        let value = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs.find(|(other, _)| other == name).expect("the parameter is there").1.into_owned()
        };
        let redirect_uri = Url::parse(&value("redirect_uri")).expect("an address");
        Self { port: redirect_uri.port().expect("a port"), state: value("state"), url: url.clone() }
    }

    /// An authorization code, fetched as a browser would, but not delivered.
    pub fn code(&self) -> String {
        // In this mode the code is in the header of an answer; how it is delivered is the test's business.
        let question = self.url.query().expect("a query").replace("=form_post", "=query");
        let (host, tenant) = (self.url.authority(), self.url.path().split('/').nth(1).expect("a tenant"));
        let address = host.parse().expect("the tenant's address");
        let page = talk(
            address,
            format!(
                "GET {}?{question} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
                self.url.path()
            )
            .as_bytes(),
        );
        let (_, flow) = page.split_once("name=\"flow\" value=\"").expect("the sign-in page");
        let flow = flow.split('"').next().expect("a value");
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("flow", flow), ("press", "sign-in")])
            .finish();
        let target = format!("/{tenant}/login");
        let answer = talk(
            address,
            post(&target, &[("Host", host), ("Connection", "close")], body.as_bytes()).as_slice(),
        );
        let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).expect("a redirect");
        let location = Url::parse(location).expect("an address");
        location.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
    }

    /// The answer that the program waits for, as a browser posts it.
    pub fn answer(&self, code: &str) -> Vec<u8> {
        self.post(&format!("code={code}&state={}", self.state))
    }

    /// The address that the browser ends on in query mode, not delivered.
    pub fn address_with(&self, code: &str) -> String {
        format!("http://localhost:{}/?code={code}&state={}&session_state=x", self.port, self.state)
    }

    /// Brings the true answer over this family, and follows it to the last page.
    pub fn deliver(&self, family: IpAddr, code: &str) -> String {
        let redirect = talk(self.address(family), &self.answer(code));
        assert!(redirect.starts_with("HTTP/1.1 303 "), "{redirect}");
        talk(self.address(family), &get(self, "GET", "/done"))
    }

    /// A form for the loopback, from nobody that it would not listen to.
    pub fn post(&self, body: &str) -> Vec<u8> {
        post("/", &[("Host", &self.host()), ("Origin", "null")], body.as_bytes())
    }

    /// What a browser names in `Host`.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The address of one family.
    pub fn address(&self, family: IpAddr) -> SocketAddr {
        SocketAddr::new(family, self.port)
    }
}

/// A form in the body of a request.
pub fn post(target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "POST {target} HTTP/1.1\r\n{headers}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A request without a body.
pub fn get(callback: &Callback, method: &str, target: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nX-Note: {MARKER}\r\n\r\n", callback.host())
        .into_bytes()
}

/// A socket that is connected.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.set_write_timeout(Some(PATIENCE)).expect("a limit");
    stream
}

/// Sends a request and reads all that comes until the other side closes.
pub fn talk(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = connect(address);
    // Whoever refuses a request need not have read all of it.
    let _ = stream.write_all(request);
    read_to_end(stream)
}

/// All that comes until the other side closes, in whatever manner.
pub fn read_to_end(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
        {
            panic!("the socket was not closed; it said {:?}", String::from_utf8_lossy(&answer))
        }
        _ => String::from_utf8(answer).expect("UTF-8"),
    }
}
