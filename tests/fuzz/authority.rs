//! An answer of the token endpoint or of that for device codes, over HTTP: its status and headers, an empty line, its
//! body.

use std::cell::LazyCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use m365d::auth::authorization_code::{Attempt, Request, ResponseMode, Who};
use m365d::auth::device_code::{self, Pending};
use m365d::auth::{Authority, Error, TokenEndpoint, Tokens};
use m365d::http;
use m365d::token::AuthorizationCode;
use reqwest::Client;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use url::Url;

/// Long enough not to stand in an error by chance.
const TELLING: usize = 16;

thread_local! {
    static AUTHORITY: LazyCell<Answering> = LazyCell::new(Answering::start);
}

pub fn holds(input: &[u8]) {
    let end = input.windows(2).position(|bytes| bytes == b"\n\n").unwrap_or(input.len());
    let (head, body) = (&input[..end], input.get(end + 2..).unwrap_or_default());
    let answer = answer(head, body);
    let (tokens, device_code) = AUTHORITY.with(|authority| {
        authority.gives(answer);
        (authority.redeem(), authority.device_code())
    });
    match tokens {
        Ok(tokens) => {
            let token = tokens.access_token.expose();
            assert!(!token.is_empty() && token.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            let other = || "other".to_owned();
            let others = Tokens {
                access_token: other().into(),
                refresh_token: tokens.refresh_token.as_ref().map(|_| other().into()),
                id_token: tokens.id_token.as_ref().map(|_| other().into()),
                expires_on: tokens.expires_on,
                scopes: tokens.scopes.clone(),
                clock_offset: tokens.clock_offset,
            };
            super::assert_alike(&tokens, &others);
        }
        Err(error) => assert_untold(&format!("{error} {error:?}"), body),
    }
    match device_code {
        Some(Ok(pending)) => {
            assert_untold(&format!("{pending:?}"), body);
            assert!(!pending.user_code.is_empty() && pending.lifetime <= Duration::from_secs(24 * 3600));
            let complete = pending.verification_uri_complete.as_ref();
            for page in [Some(&pending.verification_uri), complete].into_iter().flatten() {
                assert!(page.scheme() == "https" || page.scheme() == "http", "{page}");
            }
        }
        Some(Err(error)) => assert_untold(&format!("{error} {error:?}"), body),
        None => {}
    }
}

fn assert_untold(said: &str, body: &[u8]) {
    for secret in secrets_in(body) {
        assert!(!said.contains(&secret), "{said}");
    }
}

/// The secrets in a body, unless they stand in another of its fields as well.
fn secrets_in(body: &[u8]) -> Vec<String> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = value.to_string();
    ["access_token", "refresh_token", "id_token", "device_code"]
        .iter()
        .filter_map(|name| value[name].as_str())
        .filter(|token| token.len() >= TELLING && text.matches(token).count() == 1)
        .map(str::to_owned)
        .collect()
}

/// The answer as HTTP has it, whatever the input says about its length.
fn answer(head: &[u8], body: &[u8]) -> Vec<u8> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.parse().ok()).unwrap_or(200_u16);
    let status = match status {
        // These have no body.
        ..=199 | 204 | 304 | 600.. => 200,
        status => status,
    };
    let mut answer = format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n", body.len()).into_bytes();
    for line in lines.take(50) {
        let Some((name, value)) = line.split_once(':') else { continue };
        let of_the_connection = ["content-length", "transfer-encoding", "connection", "trailer", "upgrade"];
        let name = HeaderName::from_bytes(name.as_bytes()).ok();
        if let Some(name) = name.filter(|name| !of_the_connection.contains(&name.as_str()))
            && HeaderValue::from_str(value).is_ok()
        {
            answer.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    answer.extend_from_slice(b"\r\n");
    answer.extend_from_slice(body);
    answer
}

/// A token endpoint that gives the answer that it has been told.
struct Answering {
    runtime: Runtime,
    client: Client,
    authority: Authority,
    next: Arc<Mutex<Vec<u8>>>,
}

impl Answering {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let next = Arc::<Mutex<Vec<u8>>>::default();
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a port");
        let address = listener.local_addr().expect("an address");
        let base = Url::parse(&format!("http://{address}")).expect("a URL");
        runtime.spawn(listen(listener, Arc::clone(&next)));
        let client = http::client(&[&base], None).expect("a client");
        Self { runtime, client, authority: Authority::new(base, &[], "contoso.com"), next }
    }

    fn gives(&self, answer: Vec<u8>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    fn redeem(&self) -> Result<Tokens, Error> {
        let request = Request {
            scopes: vec!["openid".to_owned()],
            redirect_uri: "http://localhost:1".to_owned(),
            mode: ResponseMode::FormPost,
            claims: None,
            who: Who::Anybody,
        };
        let attempt = Attempt::new(&self.authority, "client", request)?;
        let endpoint = TokenEndpoint::new(&self.authority, "client", &self.client, &|_, _| ())?;
        let code = AuthorizationCode::from("c-1".to_owned());
        self.runtime.block_on(attempt.redeem(&endpoint, &code))
    }

    /// `None` when the answer means that it is to be asked again later.
    fn device_code(&self) -> Option<Result<Pending, Error>> {
        let waits = Notify::new();
        let waiting = |_: &str, _| waits.notify_one();
        let endpoint = TokenEndpoint::new(&self.authority, "client", &self.client, &waiting).ok()?;
        self.runtime.block_on(async {
            tokio::select! {
                pending = device_code::request(&endpoint, &[], None) => Some(pending),
                () = waits.notified() => None,
            }
        })
    }
}

async fn listen(listener: TcpListener, next: Arc<Mutex<Vec<u8>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&next)));
    }
}

async fn serve(mut stream: TcpStream, next: Arc<Mutex<Vec<u8>>>) {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
        if is_whole(&request) {
            request.clear();
            let answer = next.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }
}

fn is_whole(request: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(head)) = parsed.parse(request) else { return false };
    let length = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| str::from_utf8(header.value).ok()?.parse().ok());
    request.len() >= head + length.unwrap_or(0_usize)
}
