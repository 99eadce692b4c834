//! How the Defender API says no: a status, a code from its table, and an id that support can look up.

use hyper::StatusCode;
use serde_json::json;

use super::super::entra;
use super::super::fault::ThrottleBody;
use super::super::http::{self, Answer};

#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Lines of `WWW-Authenticate`.
    challenge: Vec<String>,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let challenge = match status {
            // RFC 9110, sections 11.6.1 and 15.5.6, want one; no Microsoft page mentions it.
            StatusCode::UNAUTHORIZED => vec!["Bearer error=\"invalid_token\"".to_owned()],
            _ => Vec::new(),
        };
        Self { status, code, message: message.into(), challenge }
    }

    /// The same with other lines of `WWW-Authenticate`.
    pub fn with_challenge(self, challenge: Vec<String>) -> Self {
        Self { challenge, ..self }
    }

    /// 429 in one of the two forms that are known. `quota` reads like `50 per 00:01:00`.
    pub fn throttled(body: ThrottleBody, quota: &str) -> Self {
        let code = match body {
            ThrottleBody::Documented => "TooManyRequests",
            ThrottleBody::Captured => "429",
        };
        let message = format!("API calls quota exceeded! maximum allowed {quota}");
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, message)
    }

    pub fn answer(&self) -> Answer {
        let error = json!({"code": self.code, "message": self.message, "target": entra::guid()});
        let body = json!({ "error": error }).to_string();
        let mut answer = http::answer(self.status, super::CONTENT_TYPE, body);
        for line in &self.challenge {
            http::append(&mut answer, "www-authenticate", line);
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            http::set(&mut answer, "allow", "GET");
        }
        answer
    }
}
