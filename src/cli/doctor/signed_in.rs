//! The session: whether there is one that can be opened and renewed, and what it permits.

use std::time::Duration;

use reqwest::Client;

use super::finding::Finding;
use crate::auth::TokenEndpoint;
use crate::cli::context::{self, Context};
use crate::cli::report::Advice;
use crate::cli::{permissions, status};
use crate::session::{self, Key, Need, Session};
use crate::settings::Application;
use crate::token::READ_INCIDENTS;

const SESSION: &str = "session";
const PERMISSIONS: &str = "permissions";

pub(super) async fn examine(
    context: &Context,
    application: &Application,
    client: Option<&Client>,
    advice: &Advice,
) -> Vec<Finding> {
    let session = match context.session(application) {
        Ok((key, session)) => renewed(context, application, client, &key, session).await,
        Err(error) => Err(error),
    };
    match session {
        Ok(session) => vec![described(&session), permitted(&session)],
        Err(error) => vec![
            Finding::problem(SESSION, error.to_string(), advice.on(&error)),
            Finding::skipped(PERMISSIONS, "there is no session"),
        ],
    }
}

/// A session that is over shows by that what no other check can: whether the authority still honours it.
async fn renewed(
    context: &Context,
    application: &Application,
    client: Option<&Client>,
    key: &Key,
    session: Session,
) -> Result<Session, session::Error> {
    let Some(client) = client.filter(|_| session.valid_for().is_zero()) else { return Ok(session) };
    let waiting = |reason: &str, wait: Duration| context.terminal.waiting(reason, wait);
    let authority = context::authority(application);
    let endpoint = TokenEndpoint::new(&authority, application.client_id.as_str(), client, &waiting)
        .map_err(session::Error::Refresh)?;
    let (session, _) = session::refresh(&context.store(), key, &endpoint, Need::default()).await?;
    Ok(session)
}

fn described(session: &Session) -> Finding {
    let detail = format!("{}, access token {}", status::who(&session.account), status::validity(session));
    if session.refresh_token.is_some() {
        Finding::ok(SESSION, detail)
    } else {
        Finding::note(
            SESSION,
            format!("{detail}, and nothing to renew it with"),
            "a policy of your tenant forbids refresh tokens; sign in again when the token has expired: m365d login",
        )
    }
}

fn permitted(session: &Session) -> Finding {
    let permissions = session.permissions();
    let detail = permissions::describe(&permissions);
    if let Err(missing) = permissions::Missing::unless(&permissions, &READ_INCIDENTS) {
        let missing = missing.of_session(&session.requested_scopes);
        return Finding::problem(PERMISSIONS, missing.to_string(), missing.hint());
    }
    match permissions::lacking(&permissions)[..] {
        [] => Finding::ok(PERMISSIONS, detail),
        ref lacking => Finding::note(
            PERMISSIONS,
            format!("{detail}; not permitted: {}", lacking.join(", ")),
            "only if you need it: API permissions of your application in the Entra admin center, \"Grant admin consent\", m365d login",
        ),
    }
}
