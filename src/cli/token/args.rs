//! The definitions of `m365d token`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::value::duration;

#[derive(Debug, Args)]
pub(in crate::cli) struct Token {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<TokenCommand>,
    /// How the token is written
    #[arg(long, value_name = "FORMAT", default_value = "raw")]
    pub(in crate::cli) format: TokenFormat,
    /// Renew the token unless it stays valid for as long as this [default: 5m, as far as can be]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(in crate::cli) min_valid: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TokenFormat {
    /// The bare token
    Raw,
    /// As an HTTP header
    Header,
    /// With its times and permissions
    Json,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// Decode a token and check what it says
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Inspect {
    /// A file that holds a token, or - for standard input [default: the session's token]
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: Option<String>,
    /// Check the signature against the authority's keys
    #[arg(long)]
    pub(in crate::cli) verify: bool,
    /// Exit with 4 unless the token has this permission; may be repeated
    #[arg(long, value_name = "PERMISSION")]
    pub(in crate::cli) require: Vec<String>,
}
