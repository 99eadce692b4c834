//! What is kept between runs: who signed in, the access token, and what renews it.
//!
//! One file a session, sealed under a key in the credential store where there is one. A session is another one when
//! the cloud, the authority, the tenant, the client id or the account is another; which one is meant, a [`Selector`]
//! finds out.

mod credential_store;
mod error;
mod inspection;
mod key;
mod refresh;
pub mod seal;
mod seal_keys;
mod selection;
mod store;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::auth::{Account, Tokens};
use crate::token::{AccessToken, Claims, Permissions, RefreshToken};
pub use credential_store::{NAME as CREDENTIAL_STORE, Unavailable};
pub use error::Error;
pub use inspection::Inspection;
pub use key::{Key, Selector};
pub use refresh::{Need, refresh};
pub use store::Store;

/// How long before its end an access token is renewed, as MSAL does.
pub const MARGIN: Duration = Duration::from_secs(5 * 60);

const VERSION: u32 = 2;

/// How a session is protected at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kept {
    /// In a file that only its owner may read.
    #[default]
    Plain,
    /// In such a file, sealed under a key in the credential store.
    Sealed,
}

/// A signed-in person, for one application at one authority.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// The form of the file.
    version: u32,
    /// Which session this is; a file that says something else than its name is not believed.
    pub key: Key,
    /// Who signed in.
    pub account: Account,
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
    /// What buys the next access token.
    pub refresh_token: Option<RefreshToken>,
    /// How it is kept, which is for the store to say.
    #[serde(skip)]
    pub kept: Kept,
}

impl Session {
    /// The session that a sign-in brings.
    #[must_use]
    pub fn new(key: Key, account: Account, requested_scopes: Vec<String>, tokens: Tokens) -> Self {
        let mut session = Self {
            version: VERSION,
            key,
            account,
            scopes: Vec::new(),
            access_token: tokens.access_token.clone(),
            received_on: 0,
            expires_on: 0,
            refresh_token: None,
            kept: Kept::default(),
            requested_scopes,
        };
        session.renew(tokens);
        session
    }

    /// Takes over what a refresh brought; an authority that sends no new refresh token leaves the old one valid.
    fn renew(&mut self, tokens: Tokens) {
        self.scopes = tokens.scopes.unwrap_or_else(|| self.requested_scopes.clone());
        self.access_token = tokens.access_token;
        self.received_on = Timestamp::now().as_second();
        self.expires_on = tokens.expires_on.as_second();
        self.refresh_token = tokens.refresh_token.or(self.refresh_token.take());
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

    /// When the access token expires.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_second(self.expires_on).unwrap_or(Timestamp::MIN)
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
