//! What a session has for one API: an access token, with its times and what was granted.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::MARGIN;
use crate::auth::{self, Tokens};
use crate::token::{AccessToken, Claims, Permissions};

/// An access token and what is known of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grant {
    /// The identifier URI of the API that the token is for.
    pub resource: String,
    /// What a refresh asks for again.
    pub requested_scopes: Vec<String>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// For the API.
    pub access_token: AccessToken,
    /// When the access token came, in seconds since 1970 UTC by this machine's clock.
    pub received_on: i64,
    /// When the access token expires, by the same clock.
    pub expires_on: i64,
}

impl Grant {
    /// What `tokens` bring that were asked for with `requested_scopes`.
    pub(super) fn new(requested_scopes: Vec<String>, tokens: &Tokens) -> Self {
        Self {
            resource: auth::resource_of(&requested_scopes).to_owned(),
            scopes: tokens.scopes.clone().unwrap_or_else(|| requested_scopes.clone()),
            requested_scopes,
            access_token: tokens.access_token.clone(),
            received_on: Timestamp::now().as_second(),
            expires_on: tokens.expires_on.as_second(),
        }
    }

    /// How long the access token is still valid; zero when it is not, or came from the future, which means
    /// that the clock has been set back and its end cannot be told.
    #[must_use]
    pub fn valid_for(&self) -> Duration {
        let now = Timestamp::now().as_second();
        let ahead = self.received_on.saturating_sub(now) > MARGIN.as_secs().cast_signed();
        let left = if ahead { 0 } else { self.expires_on.saturating_sub(now) };
        Duration::from_secs(left.try_into().unwrap_or_default())
    }

    /// When the access token expires; the end of time when it says that it never does.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        let beyond = if self.expires_on > 0 { Timestamp::MAX } else { Timestamp::MIN };
        Timestamp::from_second(self.expires_on).unwrap_or(beyond)
    }

    /// What the access token permits, by its own word or else by what was granted with it.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        Claims::decode(self.access_token.expose()).map_or_else(
            |_| Permissions::of_granted_scopes(self.scopes.iter().map(String::as_str)),
            |claims| Permissions::of(&claims),
        )
    }
}
