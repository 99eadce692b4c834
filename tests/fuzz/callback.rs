//! What a socket of the loopback or a person brings: read within limits, and believed only if it is the true answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use m365d::auth::authorization_code::ResponseMode;
use m365d::auth::loopback::callback::{Expected, JUDGED, Request, Verdict};
use m365d::auth::loopback::whole_request::{self, MAX_BODY, MAX_HEAD, Refusal};
use m365d::auth::{Authority, pasted};
use tokio::io::{AsyncRead, ReadBuf};
use url::{Url, form_urlencoded};

const STATE: &str = "s-1";

pub fn holds(input: &[u8]) {
    let pieces = if input.len() < 512 { 1 } else { 1000 };
    let whole = read(input, usize::MAX);
    assert_eq!(whole.is_ok(), read(input, pieces).is_ok_and(|request| whole.as_ref() == Ok(&request)));
    if let Ok(request) = whole {
        judge(&request);
    }
    paste(&String::from_utf8_lossy(input));
}

fn read(bytes: &[u8], pieces: usize) -> Result<Vec<u8>, Refusal> {
    let mut client = Client { rest: bytes, pieces };
    let mut reading = Box::pin(whole_request::read(&mut client));
    let Poll::Ready(read) = reading.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the client always has something to say");
    };
    drop(reading);
    let taken = bytes.len() - client.rest.len();
    assert!(taken <= 2 * (MAX_HEAD + MAX_BODY), "{taken} bytes were asked for");
    read
}

/// Sends some bytes in pieces, and goes.
struct Client<'a> {
    rest: &'a [u8],
    pieces: usize,
}

impl AsyncRead for Client<'_> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        let client = self.get_mut();
        let length = client.pieces.min(client.rest.len()).min(buffer.remaining());
        let (now, later) = client.rest.split_at(length);
        buffer.put_slice(now);
        client.rest = later;
        Poll::Ready(Ok(()))
    }
}

fn judge(admitted: &[u8]) {
    let mut headers = [httparse::EMPTY_HEADER; 300];
    let mut parsed = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(head)) = parsed.parse(admitted) else {
        panic!("what is admitted is a request");
    };
    let body = &admitted[head..];
    // Written anew, a line may be longer by a space and a carriage return.
    assert!(head <= 2 * MAX_HEAD && body.len() <= MAX_BODY);
    let (method, target) = (parsed.method.unwrap_or_default(), parsed.path.unwrap_or_default());
    assert!(admitted.starts_with(method.as_bytes()), "the ticket is put behind the first line");

    // The server behind the gate takes no others, and may understand them in its own way.
    assert!(admitted[..head].is_ascii());
    let is_known =
        |name: &str| name == "Content-Length" || JUDGED.contains(&name.to_ascii_lowercase().as_str());
    assert!(parsed.headers.iter().all(|header| is_known(header.name)));
    let text = |header: &httparse::Header<'_>| str::from_utf8(header.value).unwrap_or_default().to_owned();
    let values: Vec<_> = parsed.headers.iter().map(|header| (header.name, text(header))).collect();
    let headers: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let request = Request { method, target, headers, body };
    for mode in [ResponseMode::FormPost, ResponseMode::Query] {
        let verdict = expected(mode).judge(&request);
        match &verdict {
            Verdict::Answer(outcome) => {
                let parameters = match mode {
                    ResponseMode::FormPost => body,
                    ResponseMode::Query => target.split_once('?').map_or("", |(_, query)| query).as_bytes(),
                };
                assert_eq!(method, if mode == ResponseMode::Query { "GET" } else { "POST" });
                let all = |wanted: &str| -> Vec<_> {
                    let pairs = form_urlencoded::parse(parameters);
                    pairs.filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).collect()
                };
                assert_eq!(all("state"), [STATE]);
                match outcome {
                    Ok(code) => {
                        assert!(!code.expose().is_empty() && all("error").is_empty());
                        assert_eq!(all("code"), [code.expose()]);
                        assert_eq!(format!("{verdict:?}"), "Answer(Ok(AuthorizationCode([redacted])))");
                    }
                    Err(error) => assert_eq!(all("error"), [error.error.as_str()]),
                }
            }
            Verdict::ForeignIssuer => {}
            Verdict::Done => assert_eq!(method, "GET"),
            Verdict::Stray(status) => assert!((400..500).contains(status)),
        }
    }
}

fn paste(text: &str) {
    let outcome = pasted::read(text, &expected(ResponseMode::Query));
    let Ok(outcome) = outcome else { return };
    let joined: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    // Of what the person has not typed, nothing is believed.
    let decoded = percent_decoded(&joined.replace("[200~", "").replace("[201~", ""));
    assert!(decoded.contains("state") && decoded.contains(STATE), "{decoded}");
    if let Ok(code) = &outcome {
        assert!(!code.expose().is_empty());
        assert_eq!(format!("{outcome:?}"), "Ok(AuthorizationCode([redacted]))");
    }
}

fn percent_decoded(text: &str) -> String {
    form_urlencoded::parse(text.replace(['&', '='], "%20").as_bytes()).map(|(name, _)| name).collect()
}

fn expected(mode: ResponseMode) -> Expected {
    let base = Url::parse("https://login.microsoftonline.com").expect("a URL");
    let authority = Authority::new(base, &["login.microsoftonline.com"], "contoso.com");
    Expected { mode, state: STATE.into(), authority, port: 4321 }
}
