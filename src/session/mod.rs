//! What is kept between runs: who signed in, an access token for each API, and what renews them.
//!
//! One file a session, sealed under a key in the credential store where there is one. A session is another one when
//! the cloud, the authority, the tenant, the client id or the account is another; which one is meant, a [`Selector`]
//! finds out.

mod credential_store;
mod draft;
mod error;
mod file;
mod form;
mod grant;
mod inspection;
mod key;
mod refresh;
pub mod seal;
mod seal_keys;
mod selection;
mod store;

use std::time::Duration;

use crate::auth::{Account, Tokens};
use crate::token::RefreshToken;
pub use credential_store::{NAME as CREDENTIAL_STORE, Unavailable};
pub use error::Error;
pub use grant::Grant;
pub use inspection::{Inspection, Owner};
pub use key::{Key, Selector};
pub use refresh::{Need, refresh};
pub use selection::Unselected;
pub use store::Store;

/// How long before its end an access token is renewed, as MSAL does.
pub const MARGIN: Duration = Duration::from_secs(5 * 60);

/// How a session is protected at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kept {
    /// In a file that only its owner may read.
    #[default]
    Plain,
    /// In such a file, sealed under a key in the credential store.
    Sealed,
}

/// A signed-in person, for one application at one authority: one refresh token, and an access token for each API that
/// has been asked so far.
#[derive(Debug, Clone)]
pub struct Session {
    /// Which session this is; a file that says something else than its name is not believed.
    pub key: Key,
    /// Who signed in.
    pub account: Account,
    /// What it has for each API; the one of the sign-in comes first.
    pub grants: Vec<Grant>,
    /// What buys the next access token, for whichever API.
    pub refresh_token: Option<RefreshToken>,
    /// How it is kept, which is for the store to say.
    pub kept: Kept,
}

impl Session {
    /// The session that a sign-in brings, with what it asked for.
    #[must_use]
    pub fn new(key: Key, account: Account, requested_scopes: Vec<String>, tokens: Tokens) -> Self {
        let mut session =
            Self { key, account, grants: Vec::new(), refresh_token: None, kept: Kept::default() };
        session.renew(requested_scopes, tokens);
        session
    }

    /// What it has for the API with the identifier URI `resource`.
    #[must_use]
    pub fn grant(&self, resource: &str) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.resource == resource)
    }

    /// Takes over what a refresh brought; an authority that sends no new refresh token leaves the old one valid.
    fn renew(&mut self, requested_scopes: Vec<String>, tokens: Tokens) {
        let new = Grant::new(requested_scopes, &tokens);
        match self.grants.iter_mut().find(|grant| grant.resource == new.resource) {
            Some(old) => *old = new,
            None => self.grants.push(new),
        }
        self.refresh_token = tokens.refresh_token.or(self.refresh_token.take());
    }
}
