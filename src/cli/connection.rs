//! What every command does before it calls an API and while it does: find the session, know the permission, wait.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::Result;

use super::bearer::SessionBearer;
use super::context::{self, Context};
use super::permissions::Missing;
use super::runtime;
use crate::api::quota::{Pace, Quota};
use crate::api::{self, Bearer, Client};
use crate::auth::TokenEndpoint;
use crate::http::Limits;
use crate::http::retry::Observer;
use crate::session::Key;
use crate::settings::Application;
use crate::token::Requirement;

/// What asks, on behalf of the session.
pub(super) type SessionClient<'a> = Client<'a, &'a SessionBearer<'a>>;

/// How a command calls the API of an application.
pub(super) struct Connection<'a> {
    context: &'a Context,
    application: &'a Application,
    requirements: Vec<&'a Requirement>,
    limits: Limits,
    max_wait: Duration,
}

impl<'a> Connection<'a> {
    /// A connection to the API of `application`, on which nothing is waited for longer than `max_wait`.
    pub(super) fn new(context: &'a Context, application: &'a Application, max_wait: Duration) -> Self {
        Self { context, application, requirements: Vec::new(), limits: Limits::USUAL, max_wait }
    }

    /// The same for what takes a permission.
    pub(super) fn requiring(mut self, requirement: &'a Requirement) -> Self {
        self.requirements.push(requirement);
        self
    }

    /// The same within other limits.
    pub(super) fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Runs `ask` with a client and the name of whoever is signed in, once there is a token that permits what is required.
    ///
    /// # Errors
    /// When there is no such token, or what `ask` says.
    pub(super) fn run<T>(&self, ask: impl AsyncFnOnce(&SessionClient<'_>, &str) -> Result<T>) -> Result<T> {
        self.observed(&|reason, wait| self.context.terminal.waiting(reason, wait), ask)
    }

    /// The same where somebody else tells the person of every wait.
    ///
    /// # Errors
    /// As for [`Self::run`].
    pub(super) fn observed<T>(
        &self,
        waiting: Observer<'_>,
        ask: impl AsyncFnOnce(&SessionClient<'_>, &str) -> Result<T>,
    ) -> Result<T> {
        runtime::block_on(self.asked(waiting, ask))
    }

    /// The same for whoever runs in the runtime already.
    ///
    /// # Errors
    /// As for [`Self::run`].
    pub(super) async fn asked<T>(
        &self,
        waiting: Observer<'_>,
        ask: impl AsyncFnOnce(&SessionClient<'_>, &str) -> Result<T>,
    ) -> Result<T> {
        let Self { context, application, .. } = self;
        let (key, stored) = context.session(application)?;
        let username = stored.account.username.clone();
        let http = context::http_within(self.limits, &context.settings, application)?;
        let authority = context::authority(application);
        let pace = self.pace(&key);
        let bearer = SessionBearer {
            endpoint: TokenEndpoint::new(&authority, application.client_id.as_str(), &http, waiting)?
                .within(self.max_wait),
            store: context.store(),
            key,
            resource: application.resource,
            terminal: context.terminal,
            session: RefCell::new(stored),
        };
        let api = (application.service, application.api_url.clone());
        let client = Client::new(&http, api, &bearer, self.max_wait, waiting).paced(pace);
        (&bearer).token().await.map_err(api::Error::Bearer)?;
        for requirement in &self.requirements {
            Missing::unless(&bearer.permissions(), requirement)
                .map_err(|missing| missing.of_session(&bearer.requested_scopes()))?;
        }
        ask(&client, &username).await
    }

    /// The quotas are the cloud's, and count what an application does in a tenant, whoever is signed in.
    fn pace(&self, key: &Key) -> Pace {
        let settings = &self.context.settings;
        let folder = settings.folder.value.join("quotas").join(key.digest_of_application());
        let rate = settings.rate.as_ref().map(|rate| Quota { calls: rate.value.calls, per: rate.value.per });
        Pace::new(folder, self.application.is_microsofts(), rate)
    }
}
