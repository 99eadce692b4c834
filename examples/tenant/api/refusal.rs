//! How the APIs say no: a status, a code from their tables, and an id that support can look up. Defender and Defender
//! for Endpoint share a form; Graph has another.

use hyper::StatusCode;
use serde_json::json;

use super::super::fault::ThrottleBody;
use super::super::http::{self, Answer, Request};
use super::super::{clock, entra};

#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Lines of `WWW-Authenticate`.
    challenge: Vec<String>,
    /// Value of `Allow`.
    allow: &'static str,
    /// Value of `Retry-After`.
    retry_after: Option<String>,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let challenge = match status {
            // RFC 9110, sections 11.6.1 and 15.5.6, want one; no Microsoft page mentions it.
            StatusCode::UNAUTHORIZED => vec!["Bearer error=\"invalid_token\"".to_owned()],
            _ => Vec::new(),
        };
        Self { status, code, message: message.into(), challenge, allow: "GET", retry_after: None }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same with another code and message.
    pub fn reworded(self, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), ..self }
    }

    /// The same with other lines of `WWW-Authenticate`.
    pub fn with_challenge(self, challenge: Vec<String>) -> Self {
        Self { challenge, ..self }
    }

    pub fn method(request: &Request, allow: &'static str) -> Self {
        let message = format!("The requested resource does not support http method '{}'.", request.method);
        Self { allow, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message) }
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

    /// The same with a time to come back.
    pub fn until(self, retry_after: Option<String>) -> Self {
        Self { retry_after, ..self }
    }

    /// As Defender and Defender for Endpoint answer.
    pub fn answer(&self) -> Answer {
        let error = json!({"code": self.code, "message": self.message, "target": entra::guid()});
        self.finished(http::answer(self.status, super::CONTENT_TYPE, json!({ "error": error }).to_string()))
    }

    /// As Graph answers. `now` is in seconds since 1970; a client's own request id is repeated.
    pub fn answer_of_graph(&self, request: &Request, now: i64) -> Answer {
        let id = entra::guid();
        let client_id = request.header("client-request-id").unwrap_or(&id);
        let inner = json!({"date": clock::graph(now), "request-id": id, "client-request-id": client_id});
        let mut error = json!({"code": self.code, "message": self.message, "innerError": inner});
        if self.code.is_empty() {
            error["details"] = json!([]);
        }
        let mut answer = http::json(self.status, &json!({ "error": error }));
        http::set(&mut answer, "request-id", &id);
        http::set(&mut answer, "client-request-id", client_id);
        self.finished(answer)
    }

    fn finished(&self, mut answer: Answer) -> Answer {
        for line in &self.challenge {
            http::append(&mut answer, "www-authenticate", line);
        }
        if let Some(retry_after) = &self.retry_after {
            http::set(&mut answer, "retry-after", retry_after);
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            http::set(&mut answer, "allow", self.allow);
        }
        answer
    }
}
