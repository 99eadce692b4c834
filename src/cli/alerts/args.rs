//! The definitions of `m365d alerts`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::api::shape::Shape as Words;
use crate::api::shape::values::{self, Refused};
use crate::api::{AlertId, NotAnAlertId};
use crate::cli::criteria::{Criteria, Extent};
use crate::cli::ids::{Given, given};
use crate::cli::value::{Shape, duration};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Alerts {
    /// List alerts, the newest first; Defender has them in its incidents only, so those of the newest incidents come
    /// first there
    List(Box<List>),
    /// Get alerts by their ids, through Graph: Defender cannot look up a single alert
    Get(Get),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Only with this status; may be repeated
    #[arg(long, value_name = "STATUS", value_delimiter = ',', ignore_case = true)]
    pub(in crate::cli) status: Vec<Status>,
    /// Only those of this product, such as microsoftDefenderForEndpoint, in either API's spelling; may be repeated
    #[arg(long, value_name = "SOURCE", value_delimiter = ',', value_parser = service_source)]
    pub(in crate::cli) service_source: Vec<&'static str>,
    #[command(flatten)]
    pub(in crate::cli) criteria: Criteria,
    /// Whose field names, types and values the JSON has, whichever API it comes from
    #[arg(long, value_name = "SHAPE", default_value = "native")]
    pub(in crate::cli) shape: Shape,
    #[command(flatten)]
    pub(in crate::cli) extent: Extent,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Get {
    /// The alerts' ids; - reads them from standard input, separated by spaces or line ends
    #[arg(value_name = "ID", required = true, value_parser = alert_id)]
    pub(in crate::cli) ids: Vec<Given<AlertId>>,
    /// Whose field names, types and values the JSON has
    #[arg(long, value_name = "SHAPE", default_value = "native")]
    pub(in crate::cli) shape: Shape,
    /// The longest to wait when the service is busy or its quota used up, for any one alert
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(in crate::cli) max_wait: Duration,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Status {
    New,
    /// Defender's documents also call it active
    #[value(alias = "inprogress", alias = "in_progress", alias = "active")]
    InProgress,
    Resolved,
}

pub(super) fn id(text: &str) -> Result<AlertId, NotAnAlertId> {
    text.parse()
}

fn alert_id(text: &str) -> Result<Given<AlertId>, NotAnAlertId> {
    given(text, id)
}

/// In the words of Graph, which has one for each product.
fn service_source(text: &str) -> Result<&'static str, Refused> {
    values::service_source(text, Words::Graph)
}
