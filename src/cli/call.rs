//! What every command does before it calls an API and while it does: find the session, know the permission, wait.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::Result;

use super::bearer::SessionBearer;
use super::context::{self, Context};
use super::permissions::{self, Missing};
use super::runtime;
use crate::api::{self, Bearer as _, Client};
use crate::auth::TokenEndpoint;
use crate::token::Operation;

/// Runs `work` with a client of the API that the settings name and with the name of whoever is signed in, once the
/// token is known to permit `operation`.
pub(super) fn call<T>(
    context: &Context,
    operation: Operation,
    max_wait: Duration,
    work: impl AsyncFnOnce(&Client<'_, &SessionBearer<'_>>, &str) -> Result<T>,
) -> Result<T> {
    let requirement = permissions::needed(operation, context.settings.service())?;
    let application = context.settings.application()?;
    let (key, stored) = context.session(&application)?;
    let username = stored.account.username.clone();
    let waiting = |reason: &str, wait| context.terminal.waiting(reason, wait);

    let http = context::http(&context.settings, &application)?;
    let authority = context::authority(&application);
    let bearer = SessionBearer {
        endpoint: TokenEndpoint::new(&authority, application.client_id.as_str(), &http, &waiting)?,
        store: context.store(),
        key,
        resource: application.resource,
        terminal: context.terminal,
        session: RefCell::new(stored),
    };
    let api = (application.service, application.api_url);
    let client = Client::new(&http, api, &bearer, max_wait, &waiting);
    runtime::block_on(async {
        (&bearer).token().await.map_err(api::Error::Bearer)?;
        Missing::unless(&bearer.permissions(), requirement)
            .map_err(|missing| missing.of_session(&bearer.requested_scopes()))?;
        work(&client, &username).await
    })
}
