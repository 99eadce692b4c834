//! `m365d login`: what every way of signing in shares. The settings choose an application, one of the ways brings
//! tokens, those are checked and kept, and what they permit is said.

mod account;
pub(super) mod args;
mod browser;
mod device_code;
mod environment;
pub(super) mod hidden;
mod paste;
mod qr_code;

use std::time::Duration;

use anyhow::Result;

use super::context::{self, Context};
use super::{permissions, runtime, status};
use crate::auth::authorization_code::{self, Attempt, ResponseMode};
use crate::auth::loopback::Event;
use crate::auth::loopback::callback::Outcome;
use crate::auth::{self, Authority, Question, TokenEndpoint, Tokens};
use crate::session::Session;
use crate::settings::{Application, SessionStore};
use crate::token::{Operation, Requirement, Service};
use account::Present;
pub(super) use account::SomebodyElse;
use args::Login;
pub(super) use environment::Environment;
use environment::Way;

pub(super) fn run(context: &Context, arguments: &Login) -> Result<()> {
    let application = context.settings.application()?;
    let scopes = auth::scopes(application.resource, &arguments.scope)?;
    // Before anybody is sent to a browser: without this, nothing that the browser brings could be redeemed.
    let http = context::http(&context.settings, &application)?;
    if context.settings.store.value == SessionStore::Keyring {
        // Refused now or not at all: a sign-in that has worked is kept, in a plain file if need be.
        context.store().can_seal()?;
    }
    let authority = context::authority(&application);
    let account = Present::find(context, &application, arguments.switch_account);
    let mut sign_in =
        SignIn { context, arguments, application: &application, authority, scopes, http: &http, account };
    let session = runtime::block_on(async {
        let way = sign_in.way();
        if way != Way::DeviceCode {
            sign_in.authority = auth::with_discovered_issuer(sign_in.authority, &http).await;
        }
        match way {
            Way::Browser(environment) => browser::sign_in(&sign_in, environment).await,
            Way::Paste => paste::sign_in(&sign_in).await,
            Way::DeviceCode => device_code::sign_in(&sign_in).await,
        }
    })?;
    tell(context, application.service, &session);
    match context.settings.remember() {
        Ok(given) if given.is_empty() => {}
        Ok(given) => context.terminal.note(&format!(
            "  Remembered     {} in the profile {:?}",
            given.join(", ").replace('_', " "),
            context.settings.profile.value.as_str()
        )),
        Err(error) => {
            context
                .terminal
                .warn(&format!("you are signed in, but these settings are not remembered: {error}"));
        }
    }
    Ok(())
}

/// What is asked for, and of whom.
struct SignIn<'a> {
    context: &'a Context,
    arguments: &'a Login,
    application: &'a Application,
    authority: Authority,
    scopes: Vec<String>,
    http: &'a reqwest::Client,
    /// Who is signed in until now.
    account: Present,
}

impl SignIn<'_> {
    /// What the person has chosen, else what the surroundings suggest; the latter is said.
    fn way(&self) -> Way {
        let terminal = self.context.terminal;
        if self.arguments.device_code {
            return Way::DeviceCode;
        }
        if self.arguments.paste {
            return Way::Paste;
        }
        let environment = Environment::of_this_process();
        if self.context.settings.browser.is_some() && !self.arguments.no_browser {
            return Way::Browser(environment);
        }
        let can_paste = terminal.can_ask() && self.arguments.response_mode.is_none();
        let way = environment.way(can_paste);
        // Whoever wants no browser needs no reason why none is opened.
        if !self.arguments.no_browser
            && let Some(notice) = environment.notice(way)
        {
            terminal.note(&notice);
        }
        way
    }

    fn client_id(&self) -> &str {
        self.application.client_id.as_str()
    }

    /// A question whose answer comes to `redirect_uri`.
    fn attempt(&self, redirect_uri: String, mode: ResponseMode) -> Result<Attempt, auth::Error> {
        let request = authorization_code::Request {
            scopes: self.scopes.clone(),
            redirect_uri,
            mode,
            claims: self.arguments.claims.clone(),
            who: self.account.hint(),
        };
        Attempt::new(&self.authority, self.client_id(), request)
    }

    /// Tokens for what the browser has brought, checked and kept; only then may the browser be told that it worked.
    async fn redeem(&self, attempt: Attempt, outcome: &Outcome) -> Result<Session> {
        let code = outcome.as_ref().map_err(|error| auth::Error::Rejected(error.clone()))?;
        let waiting = |reason: &str, wait| self.context.terminal.waiting(reason, wait);
        let endpoint = TokenEndpoint::new(&self.authority, self.client_id(), self.http, &waiting)?;
        let nonce = attempt.nonce().to_owned();
        let tokens = attempt.redeem(&endpoint, code).await?;
        self.keep(tokens, Some(&nonce)).await
    }

    /// The session that `tokens` make, checked and saved; `nonce` is what the authorization request said.
    async fn keep(&self, tokens: Tokens, nonce: Option<&str>) -> Result<Session> {
        let authority = auth::with_issuer_of(&self.authority, tokens.id_token.as_ref(), self.http).await;
        let question = Question {
            authority: &authority,
            client_id: self.client_id(),
            nonce,
            clock_offset: tokens.clock_offset,
        };
        let id_token = tokens.id_token.as_ref();
        let account = auth::check_id_token(id_token, &question)?;
        let api = (self.application.service, self.application.resource);
        for warning in auth::check_access_token(&tokens.access_token, id_token, &question, &account, api)? {
            self.context.terminal.warn(&warning);
        }
        let (store, selector) = (self.context.store(), self.context.selector(self.application));
        let _lock = store.lock_selections()?;
        let present = self.account.again(self.context, self.application);
        let replaced = present.replaced_by(&selector.key(&account), &account)?;
        let mut session = Session::new(selector.key(&account), account, self.scopes.clone(), tokens);
        store.save(&mut session, self.context.settings.store.value != SessionStore::File)?;
        if let Err(error) = store.choose(&selector, &session.key) {
            // Secrets that nobody can find any more are only a danger.
            store.release(&session.key)?;
            return Err(error.into());
        }
        if let Some(other) = replaced {
            store.release(other)?;
        }
        Ok(session)
    }

    /// Says at once what the loopback has noticed.
    fn tell_event(&self, event: Event) {
        match event {
            Event::TlsHello => self.context.terminal.warn(INSISTS_ON_HTTPS),
            Event::ForeignIssuer => self.context.terminal.warn(ANOTHER_AUTHORITY),
            Event::LongHead => self.context.terminal.warn(TOO_MANY_COOKIES),
        }
    }
}

const INSISTS_ON_HTTPS: &str = "a browser insists on https for localhost, where nothing speaks it. Make it forget that (Chrome, Edge: chrome://net-internals/#hsts, \"Delete domain security policies\", localhost; Firefox: History, \"Forget About This Site\") and load the page again, or use another browser, or m365d login --paste";

const ANOTHER_AUTHORITY: &str = "an answer to this sign-in names another authority in `iss`, so it was not taken. Either somebody mixes up sign-ins, or M365D_AUTHORITY is not the address that your authority calls itself: check it, then: m365d login";

const TOO_MANY_COOKIES: &str = "a browser's request was refused because it is too long: other programs have set too many cookies for localhost. Delete the cookies of localhost in that browser and load the page again, or use a private window or another browser, or m365d login --paste";

/// A duration as people say it.
fn spoken(duration: Duration) -> String {
    match duration.as_secs() {
        1 => "1 second".to_owned(),
        seconds if seconds < 120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds / 60),
    }
}

fn tell(context: &Context, service: Service, session: &Session) {
    let terminal = context.terminal;
    let Some(grant) = session.grants.first() else { return };
    let permitted = grant.permissions();
    terminal.note(&format!("Signed in as {}", status::who(&session.account)));
    terminal.labelled("  Tenant         ", &session.account.tenant_id);
    terminal.labelled("  Permissions    ", &permissions::describe(&permitted));
    for lacking in permissions::lacking(service, &permitted) {
        terminal.labelled("  Not permitted  ", &lacking);
    }
    terminal.labelled("  Access token   ", &status::validity(grant));
    if session.refresh_token.is_none() {
        terminal.warn(
            "the authority gave no refresh token, so you will have to sign in again when this one expires",
        );
    }
    terminal.labelled("  Stored         ", &status::kept(session.kept));
    let usual = Requirement::find(Operation::ReadIncidents, service);
    if let Some(Err(missing)) = usual.map(|usual| permissions::Missing::unless(&permitted, usual)) {
        let missing = missing.of_session(&grant.requested_scopes);
        terminal.warn(&format!("{missing}. To mend it: {}", missing.hint()));
    } else if !permissions::lacking(service, &permitted).is_empty() {
        let to_add = match permissions::narrowed_to(&grant.requested_scopes) {
            Some(names) => format!("this sign-in asked for {names} only; m365d login asks for everything granted"),
            None => "API permissions of your application in the Entra admin center, \"Grant admin consent\", m365d login".to_owned(),
        };
        terminal.labelled("  To add one     ", &to_add);
    }
}
