//! The definitions of `m365d incidents`.

#![expect(clippy::doc_markdown, reason = "these comments are help texts")]

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};

use crate::api::shape;
use crate::api::shape::values::{self, Refused};
use crate::cli::criteria::{Criteria, Extent};
use crate::cli::ids::{Given, given};
use crate::cli::value::{Shape, duration};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Incidents {
    /// List incidents, the newest first
    List(Box<List>),
    /// Get incidents by their ids; one that was merged into another is followed
    Get(Get),
    /// Update incidents and print each as it is afterwards; one that was merged into another is followed
    Update(Box<Update>),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Only with this status; may be repeated
    #[arg(long, value_name = "STATUS", value_delimiter = ',', ignore_case = true)]
    pub(in crate::cli) status: Vec<Status>,
    #[command(flatten)]
    pub(in crate::cli) criteria: Criteria,
    /// List each incident's alerts as well; Defender always does, Graph when asked
    #[arg(long, value_name = "WHAT")]
    pub(in crate::cli) expand: Option<Expand>,
    /// Whose field names, types and values the JSON has, whichever API it comes from
    #[arg(long, value_name = "SHAPE", default_value = "native")]
    pub(in crate::cli) shape: Shape,
    #[command(flatten)]
    pub(in crate::cli) extent: Extent,
    /// Remember in FILE how far the list was written, so that the same command, its output appended (>>), goes on when
    /// it was interrupted. FILE is removed when the list is whole
    #[arg(long, value_name = "FILE", requires = "extent")]
    pub(in crate::cli) checkpoint: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Get {
    #[command(flatten)]
    pub(in crate::cli) ids: Ids,
    /// Whose field names, types and values the JSON has, whichever API it comes from
    #[arg(long, value_name = "SHAPE", default_value = "native")]
    pub(in crate::cli) shape: Shape,
    /// The longest to wait when the service is busy or its quota used up, for any one incident
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(in crate::cli) max_wait: Duration,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Update {
    #[command(flatten)]
    pub(in crate::cli) ids: Ids,
    #[command(flatten)]
    pub(in crate::cli) changes: Changes,
    /// Print the requests instead of sending them; whether an incident is there, or was merged into another, which is
    /// changed in its place then, is not looked at
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Whose field names, types and values the JSON has, whichever API it comes from
    #[arg(long, value_name = "SHAPE", default_value = "native")]
    pub(in crate::cli) shape: Shape,
    /// The longest to wait when the service is busy or its quota used up, for any one request
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(in crate::cli) max_wait: Duration,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Ids {
    /// The incidents' ids; - reads them from standard input, separated by spaces or line ends
    #[arg(value_name = "ID", required = true, value_parser = incident_id)]
    pub(in crate::cli) ids: Vec<Given<u64>>,
}

/// At least one of these; the values are either service's
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(in crate::cli) struct Changes {
    /// Set the status: Active, InProgress, Resolved or Redirected
    #[arg(long, value_parser = status)]
    pub(in crate::cli) status: Option<&'static str>,
    /// Set the classification: TruePositive, InformationalExpectedActivity or FalsePositive
    #[arg(long, value_parser = classification)]
    pub(in crate::cli) classification: Option<&'static str>,
    /// Set the determination, such as Malware, SecurityTesting or Clean; which there are depends on the classification
    #[arg(long, requires = "classification", value_parser = determination)]
    pub(in crate::cli) determination: Option<&'static str>,
    /// Assign it to this user principal name, to me, or to none
    #[arg(long, value_name = "UPN|me|none", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) assign_to: Option<String>,
    /// Set this tag in place of those that it has; may be repeated
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) tag: Vec<String>,
    /// Add a comment
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) comment: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Expand {
    Alerts,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Status {
    Active,
    #[value(alias = "inprogress", alias = "in_progress")]
    InProgress,
    Resolved,
    Redirected,
}

pub(in crate::cli) fn id(text: &str) -> Result<u64, String> {
    let number = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
    number.ok_or_else(|| "an incident's id is a number, such as 924510".to_owned())
}

fn incident_id(text: &str) -> Result<Given<u64>, String> {
    given(text, id)
}

/// The values in the words of Defender, which has more of them; they are put into those of the API that is asked.
fn status(text: &str) -> Result<&'static str, Refused> {
    values::status(text, shape::Shape::Defender)
}

fn classification(text: &str) -> Result<&'static str, Refused> {
    values::classification(text, shape::Shape::Defender)
}

fn determination(text: &str) -> Result<&'static str, Refused> {
    values::determination(text, shape::Shape::Defender)
}
