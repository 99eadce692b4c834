//! How Entra ID says no: an OAuth error (RFC 6749, section 5.2) with an AADSTS number and what support needs to find
//! it.

use hyper::StatusCode;
use serde_json::json;

use super::super::clock;
use super::super::http::{self, Answer};
use super::super::world::World;
use super::random;

/// A request refused. The number decides the OAuth error and the HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub number: u32,
    pub text: String,
    pub claims: Option<String>,
}

/// A refusal as one request met it.
pub struct Occurrence {
    pub description: String,
    pub timestamp: String,
    pub trace_id: String,
    pub correlation_id: String,
}

impl Refusal {
    pub fn new(number: u32, text: impl Into<String>) -> Self {
        Self { number, text: text.into(), claims: None }
    }

    pub fn missing(parameter: &str) -> Self {
        let text = format!("The request body must contain the following parameter: '{parameter}'.");
        Self::new(900_144, text)
    }

    /// The value of `error`. Clients are told to branch on this one and not on the number.
    pub fn error(&self) -> &'static str {
        match self.number {
            65_001 | 50_173 | 700_082 | 70_043 | 70_000 | 70_008 | 54_005 | 501_481 | 99_999 | 50_105
            | 50_055 | 53_000 | 53_003 => "invalid_grant",
            50_076 => "interaction_required",
            50_058 => "login_required",
            65_004 | 90_094 => "access_denied",
            70_016 => "authorization_pending",
            70_018 => "bad_verification_code",
            70_019 => "expired_token",
            70_011 | 28_000 => "invalid_scope",
            500_011 | 650_057 => "invalid_resource",
            700_016 | 7_000_112 => "unauthorized_client",
            7_000_218 | 700_025 | 500_112 => "invalid_client",
            70_003 => "unsupported_grant_type",
            700_054 => "unsupported_response_type",
            90_033 | 90_055 => "temporarily_unavailable",
            _ => "invalid_request",
        }
    }

    fn suberror(&self) -> Option<&'static str> {
        match self.number {
            65_001 | 65_004 => Some("consent_required"),
            50_076 => Some("basic_action"),
            70_043 => Some("token_expired"),
            700_082 => Some("bad_token"),
            50_055 => Some("user_password_expired"),
            53_000 => Some("additional_action"),
            53_003 => Some("message_only"),
            _ => None,
        }
    }

    fn status(&self) -> StatusCode {
        match self.number {
            7_000_218 | 700_025 | 500_112 => StatusCode::UNAUTHORIZED,
            90_033 => StatusCode::SERVICE_UNAVAILABLE,
            90_055 => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub fn happened(&self, world: &World) -> Occurrence {
        let (timestamp, trace_id, correlation_id) =
            (clock::entra(world.now()), random::guid(), random::guid());
        let description = format!(
            "AADSTS{}: {}\r\nTrace ID: {trace_id}\r\nCorrelation ID: \
                {correlation_id}\r\nTimestamp: {timestamp}",
            self.number, self.text
        );
        Occurrence { description, timestamp, trace_id, correlation_id }
    }

    /// Where Entra ID explains the number.
    pub fn uri(&self, world: &World) -> String {
        format!("{}/error?code={}", world.base_url(), self.number)
    }

    /// What the token endpoint answers.
    pub fn to_json(&self, world: &World) -> Answer {
        let occurrence = self.happened(world);
        let mut body = json!({
            "error": self.error(),
            "error_description": occurrence.description,
            "error_codes": [self.number],
            "timestamp": occurrence.timestamp,
            "trace_id": occurrence.trace_id,
            "correlation_id": occurrence.correlation_id,
            "error_uri": self.uri(world),
        });
        if let Some(suberror) = self.suberror() {
            body["suberror"] = json!(suberror);
        }
        if let Some(claims) = &self.claims {
            body["claims"] = json!(claims);
        }
        let mut answer = http::json(self.status(), &body);
        http::set(&mut answer, "x-ms-request-id", &occurrence.trace_id);
        answer
    }
}
