//! Every clap definition, and no behaviour.
//!
//! Long flags only, except for `-o`, `-q` and `-v`; a value's name stands in capitals; help texts begin with a
//! capital and have no full stop.

#![expect(clippy::doc_markdown, reason = "these comments are help texts")]

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use super::alerts::args::Alerts;
use super::call::args::Api;
use super::hunt::args::Hunt;
use super::incidents::args::Incidents;
use super::login::args::Login;
use super::machines::args::Machines;
use super::token::args::{Token, TokenFormat};
use super::value::OutputFormat;
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
