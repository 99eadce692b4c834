//! Hands the session's access token to the API client, renewed before it ends and once when it is refused.

use std::cell::RefCell;

use super::silent;
use super::terminal::Terminal;
use crate::api::{Bearer, BearerError};
use crate::auth::TokenEndpoint;
use crate::session::{Key, Need, Session, Store};
use crate::token::{AccessToken, ClaimsRequest, Permissions, TokenSource};

pub(super) struct SessionBearer<'a> {
    pub(super) store: Store,
    pub(super) key: Key,
    pub(super) endpoint: TokenEndpoint<'a>,
    pub(super) terminal: Terminal,
    pub(super) session: RefCell<Session>,
}

impl SessionBearer<'_> {
    pub(super) fn permissions(&self) -> Permissions {
        self.session.borrow().permissions()
    }

    async fn meet(&self, need: Need<'_>) -> Result<(AccessToken, TokenSource), BearerError> {
        if need.is_met_by(&self.session.borrow()) {
            return Ok((self.session.borrow().access_token.clone(), TokenSource::Cache));
        }
        let stored = self.session.borrow().clone();
        let (renewed, source) =
            silent::renew(&self.store, &self.key, &self.endpoint, need, &stored, self.terminal).await?;
        let token = renewed.access_token.clone();
        self.session.replace(renewed);
        Ok((token, source))
    }
}

impl Bearer for &SessionBearer<'_> {
    async fn token(&self) -> Result<AccessToken, BearerError> {
        Ok(self.meet(Need::default()).await?.0)
    }

    async fn instead_of(
        &self,
        refused: &AccessToken,
        claims: Option<&ClaimsRequest>,
    ) -> Result<(AccessToken, TokenSource), BearerError> {
        self.meet(Need { refused: Some(refused), claims, ..Need::default() }).await
    }
}
