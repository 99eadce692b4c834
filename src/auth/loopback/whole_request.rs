//! One HTTP request, whole and within limits (RFC 9112), whatever a client sends and however slowly.
//!
//! It comes out written anew, with no header but those that are judged: what two parsers could read differently, or one
//! of them not at all, does not get as far as the second. Cookies least of all, since those of `localhost` are sent to
//! each of its ports, whoever set them.

use tokio::io::{AsyncRead, AsyncReadExt};

use super::callback::JUDGED;

/// The longest head, in bytes: other programs' cookies for `localhost` are in it too.
pub const MAX_HEAD: usize = 64 * 1024;
/// The longest body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
const MAX_HEADERS: usize = 256;
/// The first byte of a TLS handshake (RFC 8446 section 5.1), and of no request.
const TLS_HANDSHAKE: u8 = 0x16;

/// Why there is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The client has gone before it was complete.
    Gone,
    /// The client speaks TLS.
    Tls,
    /// It is no HTTP/1 request, or one whose length is not plain.
    Bad,
    /// Its head is too long, most likely for its cookies.
    LongHead,
    /// Its body is longer than the answer to a sign-in ever is.
    LongBody,
}

/// Reads one request from `client`: its head and its body, and nothing of what comes after. The head is written anew,
/// in ASCII, with the headers in [`JUDGED`] and the length of the body.
///
/// There is no limit on the time, which is for the caller to set.
///
/// # Errors
/// See [`Refusal`].
pub async fn read(client: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Refusal> {
    let mut received = Vec::with_capacity(4096);
    let mut looked_at = 0;
    let head = loop {
        if received.first() == Some(&TLS_HANDSHAKE) {
            return Err(Refusal::Tls);
        }
        // Parsed at the end of a line only, or a head that comes byte by byte would be read thousands of times.
        if received[looked_at..].contains(&b'\n')
            && let Some(head) = Head::parse(&received)?
        {
            break head;
        }
        if received.len() >= MAX_HEAD {
            return Err(Refusal::LongHead);
        }
        looked_at = received.len();
        receive(client, &mut received).await?;
        let empty = empty_lines(&received);
        drop(received.drain(..empty));
        looked_at = looked_at.saturating_sub(empty);
    };
    let length = head.length + head.body;
    while received.len() < length {
        receive(client, &mut received).await?;
    }
    // What follows is another request, and one is all that a connection gets.
    let mut request = head.anew;
    request.extend_from_slice(&received[head.length..length]);
    Ok(request)
}

async fn receive(client: &mut (impl AsyncRead + Unpin), request: &mut Vec<u8>) -> Result<(), Refusal> {
    match client.read_buf(request).await {
        Ok(0) | Err(_) => Err(Refusal::Gone),
        Ok(_) => Ok(()),
    }
}

/// How many bytes there are of empty lines before a request, which are to be ignored, and of which a line feed alone
/// makes one as well (RFC 9112 section 2.2).
fn empty_lines(request: &[u8]) -> usize {
    let mut rest = request;
    while let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
        rest = after;
    }
    request.len() - rest.len()
}

/// The head of a request.
struct Head {
    /// Its length as it came, and that of the body, in bytes.
    length: usize,
    body: usize,
    anew: Vec<u8>,
}

impl Head {
    /// Reads the head, once it is complete.
    fn parse(received: &[u8]) -> Result<Option<Self>, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let length = match parsed.parse(received) {
            Ok(httparse::Status::Complete(length)) if length <= MAX_HEAD => length,
            Ok(httparse::Status::Complete(_)) | Err(httparse::Error::TooManyHeaders) => {
                return Err(Refusal::LongHead);
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(Refusal::Bad),
        };
        let body = body_length(parsed.headers)?;
        let (method, target) = (parsed.method.unwrap_or_default(), parsed.path.unwrap_or_default());
        let mut anew = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
        for header in parsed.headers.iter() {
            if JUDGED.iter().any(|name| header.name.eq_ignore_ascii_case(name)) {
                for part in [header.name.as_bytes(), b": ", header.value, b"\r\n"] {
                    anew.extend_from_slice(part);
                }
            }
        }
        anew.extend_from_slice(format!("Content-Length: {body}\r\n\r\n").as_bytes());
        // Left out, a header that says who has sent the request would not be judged.
        if anew.is_ascii() { Ok(Some(Self { length, body, anew })) } else { Err(Refusal::Bad) }
    }
}

fn body_length(headers: &[httparse::Header]) -> Result<usize, Refusal> {
    let mut body = None;
    for header in headers {
        if header.name.eq_ignore_ascii_case("transfer-encoding") || header.name.eq_ignore_ascii_case("expect")
        {
            return Err(Refusal::Bad);
        }
        if header.name.eq_ignore_ascii_case("content-length") {
            let digits = std::str::from_utf8(header.value)
                .ok()
                .filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            let length: usize = digits.and_then(|text| text.parse().ok()).ok_or(Refusal::Bad)?;
            if body.replace(length).is_some() {
                return Err(Refusal::Bad);
            }
        }
    }
    match body.unwrap_or(0) {
        body if body > MAX_BODY => Err(Refusal::LongBody),
        body => Ok(body),
    }
}
