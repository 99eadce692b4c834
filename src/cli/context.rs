//! What every command starts from: the settings, and what follows from them.

use std::io::IsTerminal;

use anyhow::Result;

use super::terminal::Terminal;
use super::value::OutputFormat;
use crate::auth::Authority;
use crate::http::{self, CaBundle, Limits};
use crate::output::Format;
use crate::session::{self, Key, Selector, Session, Store};
use crate::settings::{Application, Settings};

pub(super) struct Context {
    pub(super) settings: Settings,
    pub(super) terminal: Terminal,
    pub(super) output: Option<OutputFormat>,
    store: Store,
}

impl Context {
    pub(super) fn new(settings: Settings, terminal: Terminal, output: Option<OutputFormat>) -> Self {
        let store = Store::new(settings.folder.value.join("sessions"), move |text| terminal.warn(text));
        Self { settings, terminal, output, store }
    }

    /// How results are written.
    pub(super) fn format(&self) -> Format {
        format(self.output)
    }

    /// What was given as flags that another command needs as well to be about the same: words of a shell's, each after a
    /// space.
    pub(super) fn repeated(&self) -> String {
        let flags = self.settings.flags().into_iter().filter(|(name, _)| *name != "rate");
        let words: Vec<_> = flags
            .flat_map(|(name, value)| [format!("--{}", name.replace('_', "-")), value.to_owned()])
            .collect();
        let words = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
        if words.is_empty() { words } else { format!(" {words}") }
    }

    /// The sessions. Every copy knows the same, so that the credential store is asked once.
    pub(super) fn store(&self) -> Store {
        self.store.clone()
    }

    /// The question whose session `application` means in this profile.
    pub(super) fn selector(&self, application: &Application) -> Selector {
        Selector {
            profile: self.settings.profile.value.as_str().to_owned(),
            cloud: application.cloud.to_string(),
            authority: application.authority.to_string(),
            tenant: application.tenant.as_str().to_owned(),
            client_id: application.client_id.as_str().to_owned(),
        }
    }

    /// The stored session, and what it is known by.
    pub(super) fn session(&self, application: &Application) -> Result<(Key, Session), session::Error> {
        let store = self.store();
        let key = store.select(&self.selector(application))?;
        let session = store.load(&key)?;
        Ok((key, session))
    }
}

/// The format that was asked for: a table for a person and JSON for a program, if none was.
pub(super) fn format(output: Option<OutputFormat>) -> Format {
    let usual = || if std::io::stdout().is_terminal() { OutputFormat::Table } else { OutputFormat::Json };
    match output.unwrap_or_else(usual) {
        OutputFormat::Table => Format::Table,
        OutputFormat::Json => Format::Json,
        OutputFormat::Ndjson => Format::Ndjson,
        OutputFormat::Csv => Format::Csv,
    }
}

pub(super) fn authority(application: &Application) -> Authority {
    Authority::new(application.authority.clone(), application.authority_hosts, application.tenant.as_str())
}

pub(super) fn http(settings: &Settings, application: &Application) -> Result<reqwest::Client> {
    http_within(Limits::USUAL, settings, application)
}

/// The same for answers that take their time.
pub(super) fn http_within(
    limits: Limits,
    settings: &Settings,
    application: &Application,
) -> Result<reqwest::Client> {
    let ca_bundle = settings.ca_bundle.as_ref();
    let ca_bundle =
        ca_bundle.map(|file| CaBundle { path: file.value.clone(), setting: file.source.to_string() });
    Ok(http::client_within(limits, &application.bases(), ca_bundle.as_ref())?)
}
