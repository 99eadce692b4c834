//! A session with a valid access token, without a person: the stored one, or renewed.

use std::time::Duration;

use anyhow::Result;

use super::context::{self, Context};
use super::runtime;
use super::terminal::Terminal;
use crate::auth::TokenEndpoint;
use crate::session::{self, Grant, Key, Need, Session, Store};
use crate::settings::Application;
use crate::token::TokenSource;

/// The authority gives no tokens that are valid for as long as was asked.
#[derive(Debug, thiserror::Error)]
#[error("the authority's newest token is valid for {} minutes, which is less than --min-valid", .0.as_secs() / 60)]
pub(super) struct TooShort(pub(super) Duration);

/// The session with an access token for the application's API that is valid for `valid_for`, or as long as is usual;
/// and which token that is.
///
/// Builds no runtime and no HTTP client while the stored token will do.
pub(super) fn session(
    context: &Context,
    application: &Application,
    valid_for: Option<Duration>,
) -> Result<(Session, Grant)> {
    let (key, stored) = context.session(application)?;
    let usual = Need::of(application.resource);
    let need = Need { valid_for: valid_for.unwrap_or(usual.valid_for), ..usual };
    if let Some(grant) = need.met_by(&stored).cloned() {
        return Ok((stored, grant));
    }

    let store = context.store();
    let http = context::http(&context.settings, application)?;
    let waiting = |reason: &str, wait| context.terminal.waiting(reason, wait);
    let endpoint = TokenEndpoint::new(
        &context::authority(application),
        application.client_id.as_str(),
        &http,
        &waiting,
    )?;
    let renewed = runtime::block_on(async {
        match valid_for {
            Some(_) => Ok(session::refresh(&store, &key, &endpoint, need).await?.0),
            None => Ok(renew(&store, &key, &endpoint, need, &stored, context.terminal).await?.0),
        }
    })?;
    let grant = renewed.grant(application.resource).cloned().ok_or(session::Error::SignedOut)?;
    match valid_for {
        Some(wanted) if grant.valid_for() < wanted => Err(TooShort(grant.valid_for()).into()),
        _ => Ok((renewed, grant)),
    }
}

/// Renews `stored`, or makes do with it for its last minutes when the renewal fails for now.
pub(super) async fn renew(
    store: &Store,
    key: &Key,
    endpoint: &TokenEndpoint<'_>,
    need: Need<'_>,
    stored: &Session,
    terminal: Terminal,
) -> Result<(Session, TokenSource), session::Error> {
    let left = || stored.grant(need.resource).map(Grant::valid_for).unwrap_or_default();
    match session::refresh(store, key, endpoint, need).await {
        Err(error @ (session::Error::Refresh(_) | session::Error::NoRefreshToken))
            if need.refused.is_none() && !left().is_zero() =>
        {
            let minutes = left().as_secs().div_ceil(60);
            terminal.warn(&format!("{error}; the access token is valid for another {minutes} min"));
            Ok((stored.clone(), TokenSource::Cache))
        }
        result => result,
    }
}
