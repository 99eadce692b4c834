//! The definitions of `m365d login`.

#![expect(clippy::doc_markdown, reason = "these comments are help texts")]

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::value::duration;
use crate::token::{ClaimsRequest, NotClaims};

#[derive(Debug, Args)]
pub(in crate::cli) struct Login {
    /// Ask for this permission only, such as Incident.Read; may be repeated [default: all that were granted]
    #[arg(long, value_name = "SCOPE")]
    pub(in crate::cli) scope: Vec<String>,
    /// Sign in on any other device: it opens a page and you enter a code there. Many organisations block this
    #[arg(long, conflicts_with_all = ["paste", "browser", "no_browser", "response_mode"])]
    pub(in crate::cli) device_code: bool,
    /// Sign in with a browser on any machine, then paste the address that it ended on
    #[arg(long, conflicts_with_all = ["browser", "response_mode"])]
    pub(in crate::cli) paste: bool,
    /// How the browser brings the answer back [default: form_post]
    #[arg(long, value_name = "MODE")]
    pub(in crate::cli) response_mode: Option<Mode>,
    /// Open the browser with this command; the address replaces %s or comes last [env: M365D_BROWSER, BROWSER]
    #[arg(long, value_name = "COMMAND", conflicts_with = "no_browser")]
    pub(in crate::cli) browser: Option<String>,
    /// Keep the session sealed, its key in the system's credential store, or in a plain file [env: M365D_STORE] [default: auto, sealed where that can be]
    #[arg(long, value_name = "WHERE", value_parser = ["auto", "keyring", "file"])]
    pub(in crate::cli) store: Option<String>,
    /// Choose the account at the sign-in, and let it replace another one that is signed in here
    #[arg(long)]
    pub(in crate::cli) switch_account: bool,
    /// Open no browser, only print the address
    #[arg(long)]
    pub(in crate::cli) no_browser: bool,
    /// How long to wait [default: 5m for the browser, 15m for a paste, a device code's lifetime]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(in crate::cli) timeout: Option<Duration>,
    /// Meet the claims challenge of an API, in base64 or JSON, as another command's hint or the API gave it
    #[arg(long, value_name = "CLAIMS", value_parser = claims)]
    pub(in crate::cli) claims: Option<ClaimsRequest>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Mode {
    /// In a form, so that no code stays in the address bar or the history
    #[value(name = "form_post")]
    FormPost,
    /// In the address
    Query,
}

fn claims(text: &str) -> Result<ClaimsRequest, NotClaims> {
    text.parse()
}
