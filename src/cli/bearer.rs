//! Hands the session's access token to the API client, renewed before it ends and once when it is refused.

use std::cell::RefCell;

use super::silent;
use super::terminal::Terminal;
use crate::api::{Bearer, BearerError};
use crate::auth::TokenEndpoint;
use crate::session::{Key, Need, Session, Store};
use crate::token::{AccessToken, Permissions};

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

    async fn meet(&self, need: Need<'_>) -> Result<AccessToken, BearerError> {
        if need.is_met_by(&self.session.borrow()) {
            return Ok(self.session.borrow().access_token.clone());
        }
        let stored = self.session.borrow().clone();
        let renewed =
            silent::renew(&self.store, &self.key, &self.endpoint, need, &stored, self.terminal).await?;
        let token = renewed.access_token.clone();
        self.session.replace(renewed);
        Ok(token)
    }
}

impl Bearer for &SessionBearer<'_> {
    async fn token(&self) -> Result<AccessToken, BearerError> {
        self.meet(Need::default()).await
    }

    async fn instead_of(&self, refused: &AccessToken) -> Result<AccessToken, BearerError> {
        self.meet(Need { refused: Some(refused), ..Need::default() }).await
    }
}
