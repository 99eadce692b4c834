//! One refresh, however many processes need it: take the lock, read again, ask the authority only if nobody
//! else has meanwhile, and save what it sends before anybody uses it.

use std::time::Duration;

use super::{Error, Key, MARGIN, Session, Store};
use crate::auth::{self, ErrorResponse, TokenEndpoint};
use crate::token::{AccessToken, ClaimsRequest, TokenSource};

/// What the access token has to be.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// How long it has to be valid.
    pub valid_for: Duration,
    /// The token that the API has just refused, whatever its times say.
    pub refused: Option<&'a AccessToken>,
    /// What the API's claims challenge asks for. A stored token other than the refused one may have it.
    pub claims: Option<&'a ClaimsRequest>,
}

impl Default for Need<'_> {
    fn default() -> Self {
        Self { valid_for: MARGIN, refused: None, claims: None }
    }
}

impl Need<'_> {
    /// Whether the session's access token will do.
    #[must_use]
    pub fn is_met_by(&self, session: &Session) -> bool {
        let refused = self.refused.is_some_and(|token| token.expose() == session.access_token.expose());
        !refused && session.valid_for() > self.valid_for
    }

    /// The error when only the person can meet it.
    fn the_person(self, rejection: Option<Box<ErrorResponse>>) -> Error {
        match (self.claims.cloned(), rejection) {
            (Some(claims), rejection) => Error::Challenged { claims, rejection },
            (None, Some(rejection)) => Error::Ended(rejection),
            (None, None) => Error::NoRefreshToken,
        }
    }
}

/// Gives the session of `key` with an access token that meets `need`, renewed if necessary and then saved.
///
/// The renewed token may be valid for less than was needed, when the authority gives no longer ones.
///
/// # Errors
/// [`Error::Ended`], [`Error::NoRefreshToken`] and [`Error::Challenged`] when a person has to sign in again; after
/// any other error the stored session is as good as before.
pub async fn refresh(
    store: &Store,
    key: &Key,
    endpoint: &TokenEndpoint<'_>,
    need: Need<'_>,
) -> Result<(Session, TokenSource), Error> {
    let lock = store.lock(key)?;
    let mut session = store.load(key)?;
    if need.is_met_by(&session) {
        return Ok((session, TokenSource::Cache));
    }
    let token = session.refresh_token.as_ref().ok_or_else(|| need.the_person(None))?;
    let tokens = match endpoint.refresh(token, &session.requested_scopes, need.claims).await {
        Ok(tokens) => tokens,
        Err(auth::Error::Rejected(error)) if error.needs_interaction() => {
            return Err(need.the_person(Some(error)));
        }
        Err(error) => return Err(Error::Refresh(error)),
    };
    session.renew(tokens);
    store.replace(&lock, &session)?;
    Ok((session, TokenSource::IdentityProvider))
}
