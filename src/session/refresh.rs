//! One refresh, however many processes need it: take the lock, read again, make room for what will come, ask the
//! authority only if nobody else has meanwhile, and save what it sends before anybody uses it.

use std::time::Duration;

use super::{Error, Grant, Key, MARGIN, Session, Store};
use crate::auth::{self, ErrorResponse, TokenEndpoint};
use crate::token::{AccessToken, ClaimsRequest, TokenSource};

/// What the access token has to be.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// The identifier URI of the API that it is for.
    pub resource: &'a str,
    /// How long it has to be valid.
    pub valid_for: Duration,
    /// The token that the API has just refused, whatever its times say.
    pub refused: Option<&'a AccessToken>,
    /// What the API's claims challenge asks for. A stored token other than the refused one may have it.
    pub claims: Option<&'a ClaimsRequest>,
}

impl<'a> Need<'a> {
    /// A token for the API with the identifier URI `resource`, as good as is usual.
    #[must_use]
    pub fn of(resource: &'a str) -> Self {
        Self { resource, valid_for: MARGIN, refused: None, claims: None }
    }

    /// What the session has that will do.
    #[must_use]
    pub fn met_by<'s>(&self, session: &'s Session) -> Option<&'s Grant> {
        session.grant(self.resource).filter(|grant| {
            let refused = self.refused.is_some_and(|token| token.expose() == grant.access_token.expose());
            !refused && grant.valid_for() > self.valid_for
        })
    }

    /// What to ask for: the same as before, or else everything that was granted.
    fn scopes(&self, session: &Session) -> Vec<String> {
        session
            .grant(self.resource)
            .map_or_else(|| auth::all_scopes(self.resource), |grant| grant.requested_scopes.clone())
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

/// Gives the session of `key` with an access token that meets `need`, renewed if necessary and then saved. For an API
/// that has not been asked yet, the refresh token is redeemed just the same: it is the person's, not one API's.
///
/// The renewed token may be valid for less than was needed, when the authority gives no longer ones.
///
/// # Errors
/// [`Error::Ended`], [`Error::NoRefreshToken`] and [`Error::Challenged`] when a person has to sign in again,
/// [`Error::NoConsent`] when nobody has consented to this API yet, [`Error::SomebodyElses`] when the authority answers
/// with tokens of another account; after any other error the stored session is as good as before.
pub async fn refresh(
    store: &Store,
    key: &Key,
    endpoint: &TokenEndpoint<'_>,
    need: Need<'_>,
) -> Result<(Session, TokenSource), Error> {
    let lock = store.lock(key)?;
    let mut session = store.load(key)?;
    if need.met_by(&session).is_some() {
        return Ok((session, TokenSource::Cache));
    }
    let token = session.refresh_token.as_ref().ok_or_else(|| need.the_person(None))?;
    let scopes = need.scopes(&session);
    // The authority may revoke the session if its refresh token is ever used again, so that what it sends has to be
    // kept: a full disk is to be noticed before anything is redeemed.
    let draft = store.make_room(&lock, key)?;
    let tokens = match endpoint.refresh(token, &scopes, need.claims).await {
        Ok(tokens) => tokens,
        Err(auth::Error::Rejected(error))
            if error.needs_consent() && session.grant(need.resource).is_none() =>
        {
            return Err(Error::NoConsent { resource: need.resource.to_owned(), rejection: error });
        }
        Err(auth::Error::Rejected(error)) if error.needs_interaction() => {
            return Err(need.the_person(Some(error)));
        }
        Err(error) => return Err(Error::Refresh(error)),
    };
    auth::check_refreshed(&tokens, &session.account, &key.client_id, endpoint.authority())
        .map_err(Error::SomebodyElses)?;
    session.renew(scopes, tokens);
    if let Err(error) = store.replace(&lock, draft, &session) {
        // What is stored is used up, so that this run at least shall have something of it.
        store.warn(&format!(
            "the renewed session is not kept, so the next command may ask for a sign-in: {error}"
        ));
    }
    Ok((session, TokenSource::IdentityProvider))
}
