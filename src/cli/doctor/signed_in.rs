//! The session: whether there is one that can be opened and renewed, and what it permits.

use std::time::Duration;

use reqwest::Client;

use super::finding::Finding;
use crate::auth::TokenEndpoint;
use crate::cli::context::{self, Context};
use crate::cli::report::Advice;
use crate::cli::{permissions, status};
use crate::session::{self, Grant, Key, Need, Session};
use crate::settings::Application;
use crate::token::{Operation, Permissions, Requirement, Service};

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
        Ok(session) => {
            let grant = session.grant(application.resource);
            vec![described(&session, grant), permitted(application.service, grant)]
        }
        Err(error) => vec![
            Finding::problem(SESSION, error.to_string(), advice.on(&error)),
            Finding::skipped(PERMISSIONS, "there is no session"),
        ],
    }
}

/// A session that is over shows by that what no other check can: whether the authority still honours it.
pub(super) async fn renewed(
    context: &Context,
    application: &Application,
    client: Option<&Client>,
    key: &Key,
    session: Session,
) -> Result<Session, session::Error> {
    let is_over = |session: &Session| {
        session.grant(application.resource).is_none_or(|grant| grant.valid_for().is_zero())
    };
    let Some(client) = client.filter(|_| is_over(&session)) else { return Ok(session) };
    let waiting = |reason: &str, wait: Duration| context.terminal.waiting(reason, wait);
    let authority = context::authority(application);
    let endpoint = TokenEndpoint::new(&authority, application.client_id.as_str(), client, &waiting)
        .map_err(session::Error::Refresh)?;
    let (session, _) =
        session::refresh(&context.store(), key, &endpoint, Need::of(application.resource)).await?;
    Ok(session)
}

fn described(session: &Session, grant: Option<&Grant>) -> Finding {
    let token = grant.map_or_else(|| "none yet".to_owned(), status::validity);
    let detail = format!("{}, access token {token}", status::who(&session.account));
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

fn permitted(service: Service, grant: Option<&Grant>) -> Finding {
    let permissions = grant.map_or(Permissions::Unknown, Grant::permissions);
    let detail = permissions::describe(&permissions);
    let usual = Requirement::find(Operation::ReadIncidents, service);
    if let Some(Err(missing)) = usual.map(|usual| permissions::Missing::unless(&permissions, usual)) {
        let asked = grant.map(|grant| grant.requested_scopes.clone()).unwrap_or_default();
        let missing = missing.of_session(&asked);
        return Finding::problem(PERMISSIONS, missing.to_string(), missing.hint());
    }
    match permissions::lacking(service, &permissions)[..] {
        [] => Finding::ok(PERMISSIONS, detail),
        ref lacking => Finding::note(
            PERMISSIONS,
            format!("{detail}; not permitted: {}", lacking.join(", ")),
            "only if you need it: API permissions of your application in the Entra admin center, \"Grant admin consent\", m365d login",
        ),
    }
}
