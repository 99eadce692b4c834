//! Every clap definition, and no behaviour.
//!
//! Long flags only, except for `-o`, `-q` and `-v`; a value's name stands in capitals; help texts begin with a
//! capital and have no full stop.

#![expect(clippy::doc_markdown, reason = "these comments are help texts")]

use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;

use super::alerts::args::Alerts;
use super::call::args::Api;
use super::incidents::args::Incidents;
use super::login::args::Login;
use super::machines::args::Machines;
use super::token::args::{Token, TokenFormat};
use crate::api::hunting::{NotAParameter, NotATimespan, Parameter, Timespan};
use crate::token::Operation;

/// Delegated access to Microsoft 365 Defender: sign in as yourself, then list incidents or hand the token on
#[derive(Debug, Parser)]
#[command(name = "m365d", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Arguments {
    /// What `m365d token` alone means.
    pub(super) fn token() -> Self {
        let token = Token { command: None, format: TokenFormat::Raw, min_valid: None };
        Self { global: Global::default(), command: Command::Token(token) }
    }
}

pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed
  2    wrong usage or configuration
  3    sign-in needed
  4    permission or consent missing
  5    not found
  6    throttled
  7    network
  8    the service failed
  9    partial result
  130  interrupted (129, 143: by another signal)";

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// The profile of config.toml to use [env: M365D_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Microsoft's cloud: public, gcc, gcc-high, dod or china [env: M365D_CLOUD]
    #[arg(long, global = true, value_name = "CLOUD")]
    pub(super) cloud: Option<String>,
    /// The tenant: its id, or a domain such as contoso.onmicrosoft.com, or organizations [env: M365D_TENANT]
    #[arg(long, global = true, value_name = "TENANT")]
    pub(super) tenant: Option<String>,
    /// The application (client) id of your registration in Entra ID [env: M365D_CLIENT_ID]
    #[arg(long, global = true, value_name = "GUID")]
    pub(super) client_id: Option<String>,
    /// The API to ask: defender, graph or endpoint [env: M365D_API] [default: graph for hunt and alerts get, endpoint for
    /// machines, else defender]
    #[arg(long, global = true, value_name = "API")]
    pub(super) api: Option<String>,
    /// So many calls of a kind at most by all m365d processes together, such as 2/s, 50/min or 1500/h [env: M365D_RATE]
    /// [default: Microsoft's documented quotas; none with a custom authority]
    #[arg(long, global = true, value_name = "CALLS/TIME")]
    pub(super) rate: Option<String>,
    /// CA certificates (PEM) to trust besides the system's, for a network that inspects TLS [env: M365D_CA_BUNDLE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) ca_bundle: Option<String>,
    /// How results are written: a table on a terminal and JSON elsewhere, unless said otherwise
    #[arg(short, long, global = true, value_name = "FORMAT")]
    pub(super) output: Option<OutputFormat>,
    /// Say more about what is being done, up to -vvv; never a secret
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Say nothing on stderr but errors and, at a sign-in, the address to open
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// When to colour what is said on stderr
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorWhen,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum OutputFormat {
    Table,
    Json,
    Ndjson,
    Csv,
}

#[derive(Debug, Default, Clone, Copy, ValueEnum)]
pub(super) enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Sign in through the browser (authorization code with PKCE)
    Login(Login),
    /// Forget the session
    Logout(Logout),
    /// Say who is signed in, where, with which permissions and until when
    Status,
    /// Print an access token, renewed if need be
    #[command(args_conflicts_with_subcommands = true)]
    Token(Token),
    /// List, get and update incidents
    #[command(subcommand)]
    Incidents(Incidents),
    /// List and get alerts, with the devices and entities that they are about
    #[command(subcommand)]
    Alerts(Alerts),
    /// Run a query in KQL (advanced hunting), through Graph unless --api says otherwise
    Hunt(Hunt),
    /// List machines, isolate them, release them, and follow that to its end, through Defender for Endpoint
    #[command(subcommand)]
    Machines(Machines),
    /// Send any request to Defender, Graph or Defender for Endpoint, and print what it answers
    Api(Box<Api>),
    /// Find out why it does not work
    Doctor,
    /// Keep several tenants, clouds and accounts apart
    #[command(subcommand)]
    Profile(Profile),
    /// Explain an Entra ID error: what it means, who can fix it and how
    Explain(Explain),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program, or of a command: m365d man hunt | man -l -
    Man {
        /// The command, such as: incidents list
        command: Vec<String>,
    },
}

impl Command {
    /// What the command does with an API, when that is a single thing.
    pub(super) fn operation(&self) -> Option<Operation> {
        match self {
            Self::Hunt(_) => Some(Operation::Hunt),
            Self::Incidents(Incidents::List(_) | Incidents::Get(_)) => Some(Operation::ReadIncidents),
            Self::Incidents(Incidents::Update(_)) => Some(Operation::UpdateIncidents),
            Self::Alerts(_) => Some(Operation::ReadAlerts),
            Self::Machines(Machines::Action(_) | Machines::List(_)) => Some(Operation::ReadMachines),
            Self::Machines(_) => Some(Operation::IsolateMachines),
            _ => None,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Logout {
    /// Forget the sessions of all tenants and applications
    #[arg(long)]
    pub(super) all: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Profile {
    /// List the profiles
    List,
    /// Add a profile, or change one, with --tenant, --client-id, --cloud and --api
    Add {
        /// Its name
        name: String,
    },
    /// Use a profile from now on, when no other is named
    Use {
        /// Its name; default undoes the choice
        name: String,
    },
    /// Remove a profile and forget its session
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A number such as AADSTS65001, a name such as invalid_grant, or a whole error message; - reads standard input
    /// [default: list all]
    #[arg(value_name = "ERROR")]
    pub(super) error: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Hunt {
    /// The query, or - for standard input
    #[arg(value_name = "KQL")]
    pub(super) query: Option<String>,
    /// A file that holds the query
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    pub(super) file: Option<String>,
    /// A value that the query uses as NAME, a string unless TYPE says otherwise, and never a part of the query's
    /// text; may be repeated. Types: bool, int, long, real, datetime, timespan, guid, dynamic
    #[arg(long, value_name = "NAME[:TYPE]=VALUE", value_parser = parameter)]
    pub(super) param: Vec<Parameter>,
    /// The time it is about, besides what it says itself: 7d, P7D, START/END, START/P7D or P7D/END; Graph only
    /// [default: 30 days]
    #[arg(long, value_name = "TIME", value_parser = timespan)]
    pub(super) timespan: Option<Timespan>,
    /// Everything, even if it is more than the service gives at once: the query is asked of one part of the time after
    /// the other, which takes a table and then only what looks at one row at a time. The oldest rows come first
    #[arg(long)]
    pub(super) complete: bool,
    /// Whose names a result has; those in rows differ in nothing but their capitals
    #[arg(long, value_enum, value_name = "SHAPE", default_value = "native")]
    pub(super) shape: Shape,
    /// In JSON, print the service's whole answer, with the schema and, from Defender, what the query has cost
    #[arg(long, conflicts_with = "complete")]
    pub(super) envelope: bool,
    /// In CSV, leave a text as it is even if a spreadsheet would run it
    #[arg(long)]
    pub(super) raw: bool,
    /// The longest to wait when the service is busy or its quota used up
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(super) max_wait: Duration,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Shape {
    /// The API's own JSON, untouched
    Native,
    /// As the Microsoft 365 Defender API writes it
    Defender,
    /// As Microsoft Graph writes it
    Graph,
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    // Nothing is nothing in every unit.
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let duration: SignedDuration = text.parse().map_err(|_| "a duration looks like 90s, 20m or 1h 30m")?;
    Duration::try_from(duration).map_err(|_| "a duration is not negative".to_owned())
}

fn parameter(text: &str) -> Result<Parameter, NotAParameter> {
    text.parse()
}

fn timespan(text: &str) -> Result<Timespan, NotATimespan> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_short_cut_means_what_the_parser_says() {
        let parsed = Arguments::try_parse_from(["m365d", "token"]).unwrap();
        assert_eq!(format!("{parsed:?}"), format!("{:?}", Arguments::token()));
    }
}
