//! Why one attempt of a request failed, and so whether another is worth it.

use std::time::Duration;

use super::{Error, ServiceError};
use crate::http;
use crate::http::retry;
use crate::token::ClaimsRequest;

/// A failed attempt.
pub(super) enum Failure {
    /// Another would end as this one did.
    Final(Error),
    /// One with another token may succeed.
    TokenRefused(Error),
    /// One may succeed later, and the service may have said when.
    Busy { error: ServiceError, wait: Option<Duration> },
    /// One may succeed in a moment.
    Broken(Error),
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        if error.is_transient() { Self::Broken(error.into()) } else { Self::Final(error.into()) }
    }
}

impl Failure {
    /// What an answer that is no success means.
    pub(super) fn of(error: ServiceError, claims: Option<ClaimsRequest>, wait: Option<Duration>) -> Self {
        let status = error.meaning().as_u16();
        if let (401 | 403, Some(claims)) = (status, claims) {
            return Self::TokenRefused(Error::InsufficientClaims { claims, error: Box::new(error) });
        }
        match status {
            401 => Self::TokenRefused(Error::Unauthorized(error)),
            403 => Self::Final(Error::Forbidden(error)),
            404 | 410 => Self::Final(Error::NotFound(error)),
            429 | 509 => {
                let wait = wait.or_else(|| retry::in_words(&error.message));
                Self::Busy { error, wait }
            }
            503 => Self::Busy { error, wait },
            500..=599 if wait.is_some() => Self::Busy { error, wait },
            // It has been sent, and nobody knows whether it has been read to its end (RFC 9110 section 15.5.9).
            408 => Self::Broken(Error::Failed(error)),
            304 | 400..=499 => Self::Final(Error::Refused(error)),
            _ => Self::Broken(Error::Failed(error)),
        }
    }
}
