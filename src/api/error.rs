//! Why the API has not given what was asked for.

use std::fmt;
use std::time::Duration;

use memchr::memmem;
use reqwest::StatusCode;
use serde::Deserialize;

use super::BearerError;
use crate::http;
use crate::token::{AccessToken, ClaimsRequest, Service, redact};

/// What is longer is no error of a service's.
const LONGEST_ERROR: usize = 64 << 10;

/// A request that failed for good: everything that a wait could mend has been waited for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no token to ask with.
    #[error(transparent)]
    Bearer(BearerError),
    /// The network, not the service.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The address of the request has so many bytes. Nothing has been sent.
    #[error("the address of the request would have {0} bytes, and no service reads so many")]
    AddressTooLong(usize),
    /// The token was refused, and so was its successor (HTTP 401).
    #[error("the service does not accept the access token: {0}")]
    Unauthorized(ServiceError),
    /// The token lacks claims, and so did its successor, if there was one to be had (HTTP 401 and 403).
    #[error("the service asks for more than this sign-in has: {error}")]
    InsufficientClaims {
        /// What it asks for.
        claims: ClaimsRequest,
        /// What the service said.
        error: Box<ServiceError>,
    },
    /// The token is fine but does not permit this (HTTP 403).
    #[error("the service does not permit this: {0}")]
    Forbidden(ServiceError),
    /// There is no such thing (HTTP 404).
    #[error("the service has not found it: {0}")]
    NotFound(ServiceError),
    /// Too many calls, and the wait would be longer than allowed (HTTP 429 and 503).
    #[error("the service is busy, and the next wait of {} s is longer than --max-wait leaves: {error}", .wait.as_secs())]
    Throttled {
        /// How long the next wait would have been.
        wait: Duration,
        /// What the service said.
        error: ServiceError,
    },
    /// The call would go beyond a quota now, and the wait would be longer than allowed. It has not been sent.
    #[error("{reason}, and the wait for the next call, {}, is longer than --max-wait leaves", length(*.wait))]
    QuotaUsedUp {
        /// Which quota, or why else.
        reason: String,
        /// How long the wait would have been.
        wait: Duration,
    },
    /// The service calls the request wrong (HTTP 400 and its kin).
    #[error("the service refuses the request: {0}")]
    Refused(ServiceError),
    /// The service failed (HTTP 5xx).
    #[error("the service failed: {0}")]
    Failed(ServiceError),
    /// The service points elsewhere; neither the request nor the token goes there.
    #[error("{host} wants to send this request on to {target}, where the token does not go")]
    Elsewhere {
        /// Who was asked.
        host: String,
        /// Where it points.
        target: String,
    },
    /// Page after page has nothing that was not there before, and the list does not end.
    #[error("the service's list does not end, and its last {pages} pages have nothing new")]
    GoesInCircles {
        /// How many pages.
        pages: usize,
    },
    /// What was to be read page by page has no pages.
    #[error("the answer is no list (an object with `value`), so there are no pages to follow")]
    NotAList,
    /// An answer that is not the API's.
    #[error("{host} answered with {what}, not with what was asked for")]
    NotTheApi {
        /// Who was asked.
        host: String,
        /// What came instead.
        what: String,
    },
}

impl Error {
    /// Whether a request that changes something and met this may have changed it all the same.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        matches!(self, Self::Http(http::Error::Network { connected: true, .. } | http::Error::TooLong { .. }))
            || matches!(self, Self::Failed(_) | Self::NotTheApi { .. })
    }

    /// What the service said, where it has refused the request.
    #[must_use]
    pub fn service_error(&self) -> Option<&ServiceError> {
        match self {
            Self::Unauthorized(error)
            | Self::Forbidden(error)
            | Self::NotFound(error)
            | Self::Refused(error) => Some(error),
            _ => None,
        }
    }

    /// What the service wants of a token that it refuses.
    pub(super) fn claims(&self) -> Option<&ClaimsRequest> {
        match self {
            Self::InsufficientClaims { claims, .. } => Some(claims),
            _ => None,
        }
    }

    /// The service that may have been retired, since it answers as such a one would.
    #[must_use]
    pub fn perhaps_retired(&self) -> Option<Service> {
        match self {
            Self::NotFound(error) | Self::Forbidden(error) if !error.has_known_code() => Some(error.service),
            _ => None,
        }
    }

    /// Whether it says something about the one thing that was asked for, and not about every request there is.
    #[must_use]
    pub fn is_about_one(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::Refused(_) | Self::Failed(_) | Self::Forbidden(_))
            || matches!(self, Self::NotTheApi { .. } | Self::Http(http::Error::TooLong { .. }))
    }
}

/// A wait as a person reads it: seconds, or minutes where those are many, and none too few.
fn length(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    if seconds <= 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}

/// The API's own words (<https://learn.microsoft.com/defender-xdr/api-error-codes>,
/// <https://learn.microsoft.com/graph/errors>).
#[derive(Debug)]
pub struct ServiceError {
    /// Whose words they are.
    pub service: Service,
    /// The HTTP status.
    pub status: StatusCode,
    /// What to branch on, such as `Forbidden`.
    pub code: String,
    /// Free text.
    pub message: String,
    /// The request's id in Microsoft's logs.
    pub tracking_id: Option<String>,
}

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    error: Details,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    code: Option<String>,
    message: Option<String>,
    target: Option<String>,
    /// Graph's schema and its answers spell it differently.
    #[serde(alias = "innererror")]
    inner_error: Option<InnerError>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InnerError {
    #[serde(rename = "request-id")]
    request_id: Option<String>,
}

impl ServiceError {
    /// Reads an error's body; one that is not in the API's form still has its status. The `token` that the service was
    /// sent is not in it, should the service repeat it.
    #[must_use]
    pub fn parse(service: Service, status: StatusCode, body: &[u8], token: &AccessToken) -> Self {
        let mut details = serde_json::from_slice::<Body>(body).unwrap_or_default().error;
        if details.code.is_none() && details.message.is_none() {
            details.message = other_words(body);
        }
        let mut request_id = details.inner_error.and_then(|inner| inner.request_id);
        let texts = [&mut details.code, &mut details.message, &mut details.target, &mut request_id];
        for text in texts.into_iter().flatten() {
            redact(text, &[token.expose()]);
        }
        Self {
            service,
            status,
            code: details.code.unwrap_or_default(),
            message: details.message.unwrap_or_default(),
            tracking_id: details.target.or(request_id).filter(|id| !id.is_empty()),
        }
    }

    /// Reads an error that calls itself a success: `None` when the body is something else, as it nearly always is.
    pub(super) fn in_success(
        service: Service,
        status: StatusCode,
        body: &[u8],
        token: &AccessToken,
    ) -> Option<Self> {
        #[derive(Deserialize)]
        struct Body {
            error: Details,
        }
        if body.len() > LONGEST_ERROR || memmem::find(body, b"\"error\"").is_none() {
            return None;
        }
        let details = serde_json::from_slice::<Body>(body).ok()?.error;
        let is_one = details.code.is_some() || details.message.is_some();
        is_one.then(|| Self::parse(service, status, body, token))
    }

    /// The status that goes with it: the one that it came with, or where that is a success, the one that is documented
    /// for its code. One that nobody has documented is the service's failure.
    pub(super) fn meaning(&self) -> StatusCode {
        const MEANINGS: &[(u16, &[&str])] = &[
            (
                400,
                &[
                    "BadRequest",
                    "ODataError",
                    "InvalidInput",
                    "InvalidRequest",
                    "InvalidRequestBody",
                    "InvalidHashValue",
                    "InvalidDomainName",
                    "InvalidIpAddress",
                    "InvalidUrl",
                    "MaximumBatchSizeExceeded",
                    "MissingRequiredParameter",
                    "OsPlatformNotSupported",
                    "ClientVersionNotSupported",
                ],
            ),
            (401, &["Unauthorized", "InvalidAuthenticationToken", "Unauthenticated"]),
            (
                403,
                &[
                    "Forbidden",
                    "AccessDenied",
                    "Authorization_RequestDenied",
                    "DisabledFeature",
                    "DisallowedOperation",
                ],
            ),
            (404, &["NotFound", "ResourceNotFound", "ItemNotFound", "Request_ResourceNotFound"]),
            (429, &["TooManyRequests", "ActivityLimitReached"]),
            (503, &["ServiceUnavailable", "ServiceNotAvailable"]),
        ];
        if !self.status.is_success() {
            return self.status;
        }
        let is_it = |name: &&str| name.eq_ignore_ascii_case(&self.code);
        let named = MEANINGS.iter().find(|(_, names)| names.iter().any(is_it));
        let number = || self.code.parse().ok().filter(|number| (400..600).contains(number));
        let meaning = named.map(|(status, _)| *status).or_else(number);
        meaning
            .and_then(|meaning| StatusCode::from_u16(meaning).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether it is about too many calls, and so nothing has been done. Graph documents 509 besides 429.
    /// (<https://learn.microsoft.com/graph/errors>)
    pub(super) fn is_throttling(&self) -> bool {
        matches!(self.meaning().as_u16(), 429 | 509)
    }

    /// Whether the code is one that the service documents for a refusal; one that has been retired may send any.
    #[must_use]
    pub fn has_known_code(&self) -> bool {
        const KNOWN: &[&str] = &[
            "Forbidden",
            "Unauthorized",
            "AccessDenied",
            "Authorization_RequestDenied",
            "TenantNotFound",
            "DisabledFeature",
            "DisallowedOperation",
            "ResourceNotFound",
            "NotFound",
        ];
        KNOWN.iter().any(|known| self.code.eq_ignore_ascii_case(known))
    }
}

/// What stands in an error of another form than the API's, unless it is a web page.
fn other_words(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    (!text.is_empty() && !text.starts_with('<')).then(|| text.to_owned())
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status.as_u16())?;
        if !self.code.is_empty() && self.code != self.status.as_str() {
            write!(f, " {}", self.code)?;
        }
        let message = self.message.split_whitespace().collect::<Vec<_>>().join(" ");
        if !message.is_empty() {
            write!(f, ", {message}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> ServiceError {
        ServiceError::parse(
            Service::Graph,
            StatusCode::BAD_REQUEST,
            body.as_bytes(),
            &"token".to_owned().into(),
        )
    }

    #[test]
    fn both_services_name_the_code_the_reason_and_the_request() {
        let defender =
            parsed(r#"{"error":{"code":"BadRequest","message":"No.","target":"t-1","innerError":null}}"#);
        assert_eq!(defender.to_string(), "HTTP 400 BadRequest, No.");
        assert_eq!(defender.tracking_id.as_deref(), Some("t-1"));
        for key in ["innerError", "innererror"] {
            let graph = parsed(&format!(
                r#"{{"error":{{"code":"","message":"The limit of '50'","details":[],"{key}":{{"date":"d","request-id":"r-1"}}}}}}"#
            ));
            assert_eq!(graph.to_string(), "HTTP 400, The limit of '50'", "{key}");
            assert_eq!(graph.tracking_id.as_deref(), Some("r-1"), "{key}");
        }
        for page in ["", " ", "<html>no</html>", "\r\n<?xml?>"] {
            assert_eq!(parsed(page).to_string(), "HTTP 400", "{page}");
        }
        for odd in [r#"{"error":"no"}"#, "[]", r#"{"error":{"innerError":7}}"#, "out of\n\tluck: token"] {
            let words = odd.split_whitespace().collect::<Vec<_>>().join(" ").replace("token", "[redacted]");
            assert_eq!(parsed(odd).to_string(), format!("HTTP 400, {words}"), "{odd}");
        }
    }
}
