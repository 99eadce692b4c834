//! Headers that the person adds.

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::Failure;

/// What the client says itself, as RFC 9110 and RFC 9112 want it: whose the request is, where it goes, where it ends.
const OURS: &[HeaderName] = &[
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::EXPECT,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
];

/// Reads `NAME:VALUE` each.
///
/// # Errors
/// [`Failure::Header`], without a word of the value.
pub(super) fn read_all(headers: &[String]) -> Result<HeaderMap, Failure> {
    let mut read = HeaderMap::new();
    for header in headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| Failure::Header("has no colon after its name".to_owned()))?;
        let name: HeaderName =
            name.trim().parse().map_err(|_| Failure::Header("has a name that none can have".to_owned()))?;
        if OURS.contains(&name) {
            return Err(Failure::Header(format!("{name} is set by m365d itself")));
        }
        let value = HeaderValue::from_bytes(value.trim().as_bytes())
            .map_err(|_| Failure::Header(format!("{name} has a value that none can have")))?;
        if read.insert(&name, value).is_some() {
            return Err(Failure::Header(format!("{name} is there twice")));
        }
    }
    Ok(read)
}
