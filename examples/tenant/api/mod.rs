//! What the three APIs have in common: who may call, how often, what a list can be asked, and how they refuse.

pub mod bearer;
pub mod body;
mod challenge;
pub mod filter;
pub mod query;
pub mod quota;
mod refusal;

use hyper::StatusCode;
use hyper::body::Bytes;

use super::http::{self, Answer};

pub use challenge::{ClaimsChallenge, HeaderForm, Wants};
pub use quota::{Kind, Quotas};
pub use refusal::Refusal;

/// Of everything that Defender and Defender for Endpoint send.
pub const CONTENT_TYPE: &str =
    "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8";

pub fn odata(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = http::answer(status, CONTENT_TYPE, body);
    http::set(&mut answer, "odata-version", "4.0");
    answer
}

/// The object in `body` with its context before its fields.
pub fn with_context(context: &str, entity: &[u8]) -> Vec<u8> {
    let fields = entity.strip_prefix(b"{").unwrap_or(entity);
    [format!("{{\"@odata.context\":\"{context}\",").as_bytes(), fields].concat()
}
