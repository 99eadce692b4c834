//! Hands the session's access token for one API to its client, renewed before it ends and once when it is refused.

use std::cell::RefCell;

use super::silent;
use super::terminal::Terminal;
use crate::api::{Bearer, BearerError};
use crate::auth::TokenEndpoint;
use crate::session::{self, Grant, Key, Need, Session, Store};
use crate::token::{AccessToken, ClaimsRequest, Permissions, TokenSource};

pub(super) struct SessionBearer<'a> {
    pub(super) store: Store,
    pub(super) key: Key,
    /// The identifier URI of the API.
    pub(super) resource: &'static str,
    pub(super) endpoint: TokenEndpoint<'a>,
    pub(super) terminal: Terminal,
    pub(super) session: RefCell<Session>,
}

impl SessionBearer<'_> {
    pub(super) fn permissions(&self) -> Permissions {
        let session = self.session.borrow();
        session.grant(self.resource).map_or(Permissions::Unknown, Grant::permissions)
    }

    /// What the sign-in asked for at this API.
    pub(super) fn requested_scopes(&self) -> Vec<String> {
        let session = self.session.borrow();
        session.grant(self.resource).map(|grant| grant.requested_scopes.clone()).unwrap_or_default()
    }

    async fn meet(&self, need: Need<'_>) -> Result<(AccessToken, TokenSource), BearerError> {
        if let Some(grant) = need.met_by(&self.session.borrow()) {
            return Ok((grant.access_token.clone(), TokenSource::Cache));
        }
        let stored = self.session.borrow().clone();
        let (renewed, source) =
            silent::renew(&self.store, &self.key, &self.endpoint, need, &stored, self.terminal).await?;
        let grant = renewed.grant(self.resource).ok_or(session::Error::SignedOut)?;
        let token = grant.access_token.clone();
        self.session.replace(renewed);
        Ok((token, source))
    }
}

impl Bearer for &SessionBearer<'_> {
    async fn token(&self) -> Result<AccessToken, BearerError> {
        Ok(self.meet(Need::of(self.resource)).await?.0)
    }

    async fn instead_of(
        &self,
        refused: &AccessToken,
        claims: Option<&ClaimsRequest>,
    ) -> Result<(AccessToken, TokenSource), BearerError> {
        self.meet(Need { refused: Some(refused), claims, ..Need::of(self.resource) }).await
    }
}
