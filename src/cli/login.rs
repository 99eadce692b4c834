//! `m365d login`: the browser signs the person in, the answer is checked, the session kept, and what the token
//! permits said.

use std::time::Duration;

use anyhow::Result;

use super::args::{Login, Mode};
use super::context::{self, Context};
use super::{permissions, runtime, status};
use crate::auth::authorization_code::{Attempt, ResponseMode};
use crate::auth::loopback::callback::Expected;
use crate::auth::loopback::{Answer, Loopback, Page};
use crate::auth::{self, Question, TokenEndpoint, browser};
use crate::session::Session;
use crate::settings::{Application, SessionStore};
use crate::token::READ_INCIDENTS;

pub(super) fn run(context: &Context, arguments: &Login) -> Result<()> {
    let application = context.settings.application()?;
    let scopes = auth::scopes(application.resource, &arguments.scope)?;
    // Before anybody is sent to a browser: without this, nothing that the browser brings could be redeemed.
    let http = context::http(&context.settings, &application)?;
    if context.settings.store.value == SessionStore::Keyring {
        // Refused now or not at all: a sign-in that has worked is kept, in a plain file if need be.
        context.store().can_seal()?;
    }
    let session = runtime::block_on(sign_in(context, arguments, &application, scopes, &http))?;
    if let Err(error) = context.settings.remember() {
        context
            .terminal
            .warn(&format!("you are signed in, but the tenant and client id are not remembered: {error}"));
    }
    tell(context, &session);
    Ok(())
}

async fn sign_in(
    context: &Context,
    arguments: &Login,
    application: &Application,
    scopes: Vec<String>,
    http: &reqwest::Client,
) -> Result<Session> {
    let mode = match arguments.response_mode {
        Mode::FormPost => ResponseMode::FormPost,
        Mode::Query => ResponseMode::Query,
    };
    let client_id = application.client_id.as_str();
    let authority = context::authority(application);
    let loopback = Loopback::open().await?;
    let claims = arguments.claims.clone();
    let attempt = Attempt::new(&authority, client_id, scopes.clone(), loopback.redirect_uri(), mode, claims)?;
    let expected = Expected {
        mode,
        state: attempt.state().to_owned(),
        authority: authority.clone(),
        port: loopback.port(),
    };

    open_browser(context, arguments, &attempt);
    let answer = loopback.wait(expected, arguments.timeout).await?;
    log::info!("the browser has brought an answer");

    let redeemed = redeem(context, application, &authority, attempt, &answer, http, scopes).await;
    let page = if redeemed.is_ok() { Page::SignedIn } else { Page::Failed };
    answer.finish(page).await;
    redeemed
}

fn open_browser(context: &Context, arguments: &Login, attempt: &Attempt) {
    let terminal = context.terminal;
    terminal.must_know("To sign in, open this address in a browser on this machine:");
    terminal.must_know(attempt.url().as_str());
    if !arguments.no_browser {
        let opened = match &context.settings.browser {
            Some(command) => browser::open_with(&command.value, attempt.url())
                .map_err(|error| format!("{:?} cannot be started: {error}", command.value)),
            // The opener's own words repeat the whole address.
            None => browser::open(attempt.url())
                .map_err(|_| "this machine has none that can be opened".to_owned()),
        };
        if let Err(reason) = opened {
            terminal.warn(&format!("no browser could be opened ({reason}); open the address yourself"));
        }
    }
    terminal.note(&format!("Waiting for the browser, at most {} …", seconds(arguments.timeout)));
}

fn seconds(limit: Duration) -> String {
    match limit.as_secs() {
        1 => "1 second".to_owned(),
        seconds if seconds < 120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds / 60),
    }
}

/// Tokens for the code, checked and kept; only then may the browser be told that it worked.
async fn redeem(
    context: &Context,
    application: &Application,
    authority: &auth::Authority,
    attempt: Attempt,
    answer: &Answer,
    http: &reqwest::Client,
    scopes: Vec<String>,
) -> Result<Session> {
    let code = answer.outcome.as_ref().map_err(|error| auth::Error::Rejected(Box::new(error.clone())))?;
    let waiting = |reason: &str, wait| context.terminal.waiting(reason, wait);
    let client_id = application.client_id.as_str();
    let endpoint = TokenEndpoint::new(authority, client_id, http, &waiting)?;
    let nonce = attempt.nonce().to_owned();
    let tokens = attempt.redeem(&endpoint, code).await?;

    let authority = auth::with_issuer_of(authority, tokens.id_token.as_ref(), http).await;
    let question =
        Question { authority: &authority, client_id, nonce: &nonce, clock_offset: tokens.clock_offset };
    let account = auth::check_id_token(tokens.id_token.as_ref(), &question)?;
    let warnings = auth::check_access_token(&tokens.access_token, &question, &account, application.resource)?;
    for warning in warnings {
        context.terminal.warn(&warning);
    }
    let (store, selector) = (context.store(), context.selector(application));
    let mut session = Session::new(selector.key(&account), account, scopes, tokens);
    store.save(&mut session, context.settings.store.value != SessionStore::File)?;
    store.choose(&selector, &session.key)?;
    Ok(session)
}

fn tell(context: &Context, session: &Session) {
    let terminal = context.terminal;
    let permitted = session.permissions();
    terminal.note(&format!("Signed in as {}", status::who(&session.account)));
    terminal.note(&format!("  Tenant         {}", session.account.tenant_id));
    terminal.note(&format!("  Permissions    {}", permissions::describe(&permitted)));
    for lacking in permissions::lacking(&permitted) {
        terminal.note(&format!("  Not permitted  {lacking}"));
    }
    terminal.note(&format!("  Access token   {}", status::validity(session)));
    if session.refresh_token.is_none() {
        terminal.warn(
            "the authority gave no refresh token, so you will have to sign in again when this one expires",
        );
    }
    terminal.note(&format!("  Stored         {}", status::kept(session.kept)));
    if let Err(missing) = permissions::Missing::unless(&permitted, &READ_INCIDENTS) {
        let missing = missing.of_session(&session.requested_scopes);
        terminal.warn(&format!("{missing}. To mend it: {}", missing.hint()));
    } else if !permissions::lacking(&permitted).is_empty() {
        terminal.note("  To add one     API permissions of your application in the Entra admin center, \"Grant admin consent\", m365d login");
    }
}
