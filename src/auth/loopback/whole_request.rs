//! One HTTP request, whole and within limits (RFC 9112), whatever a client sends and however slowly.

use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest head, in bytes.
pub const MAX_HEAD: usize = 16 * 1024;
/// The longest body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
const MAX_HEADERS: usize = 64;
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
    /// It is longer than the answer to a sign-in ever is.
    TooLarge,
}

/// Reads one request from `client`: its head and its body, and nothing of what comes after.
///
/// There is no limit on the time, which is for the caller to set.
///
/// # Errors
/// See [`Refusal`].
pub async fn read(client: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Refusal> {
    let mut request = Vec::with_capacity(4096);
    let length = loop {
        if request.first() == Some(&TLS_HANDSHAKE) {
            return Err(Refusal::Tls);
        }
        if let Some(length) = whole_length(&request)? {
            break length;
        }
        if request.len() >= MAX_HEAD {
            return Err(Refusal::TooLarge);
        }
        receive(client, &mut request).await?;
        drop(request.drain(..empty_lines(&request)));
    };
    while request.len() < length {
        receive(client, &mut request).await?;
    }
    // What follows is another request, and one is all that a connection gets.
    request.truncate(length);
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

/// The length of head and body, once the head is complete.
fn whole_length(request: &[u8]) -> Result<Option<usize>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let head = match parsed.parse(request) {
        Ok(httparse::Status::Complete(head)) if head <= MAX_HEAD => head,
        Ok(httparse::Status::Complete(_)) | Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal::TooLarge);
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(Refusal::Bad),
    };
    let mut body = None;
    for header in parsed.headers.iter() {
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
        body if body > MAX_BODY => Err(Refusal::TooLarge),
        body => Ok(Some(head + body)),
    }
}
