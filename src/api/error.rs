//! Why the API has not given what was asked for.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;

use super::BearerError;
use crate::http;
use crate::token::ClaimsRequest;

/// A request that failed for good: everything that a wait could mend has been waited for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no token to ask with.
    #[error(transparent)]
    Bearer(BearerError),
    /// The network, not the service.
    #[error(transparent)]
    Http(#[from] http::Error),
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
    /// An answer that is not the API's.
    #[error("{host} answered with {what}, not with incidents")]
    NotTheApi {
        /// Who was asked.
        host: String,
        /// What came instead.
        what: String,
    },
}

/// The API's own words (<https://learn.microsoft.com/defender-xdr/api-error-codes>).
#[derive(Debug)]
pub struct ServiceError {
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
#[serde(default)]
struct Details {
    code: Option<String>,
    message: Option<String>,
    target: Option<String>,
}

impl ServiceError {
    /// Reads an error's body; one that is not in the API's form still has its status.
    #[must_use]
    pub fn parse(status: StatusCode, body: &[u8]) -> Self {
        let details = serde_json::from_slice::<Body>(body).unwrap_or_default().error;
        Self {
            status,
            code: details.code.unwrap_or_default(),
            message: details.message.unwrap_or_default(),
            tracking_id: details.target.filter(|target| !target.is_empty()),
        }
    }
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
