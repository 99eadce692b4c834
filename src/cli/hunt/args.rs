//! What `m365d hunt` takes.

use std::time::Duration;

use clap::Args;

use crate::api::hunting::{NotAParameter, NotATimespan, Parameter, Timespan};
use crate::cli::value::{Shape, duration};

#[derive(Debug, Args)]
pub(in crate::cli) struct Hunt {
    /// The query, or - for standard input
    #[arg(value_name = "KQL")]
    pub(in crate::cli) query: Option<String>,
    /// A file that holds the query
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    pub(in crate::cli) file: Option<String>,
    /// A value that the query uses as NAME, a string unless TYPE says otherwise, and never a part of the query's
    /// text; may be repeated. Types: bool, int, long, real, datetime, timespan, guid, dynamic
    #[arg(long, value_name = "NAME[:TYPE]=VALUE", value_parser = parameter)]
    pub(in crate::cli) param: Vec<Parameter>,
    /// The time it is about, besides what it says itself: 7d, P7D, START/END, START/P7D or P7D/END; Graph only
    /// [default: 30 days]
    #[arg(long, value_name = "TIME", value_parser = timespan)]
    pub(in crate::cli) timespan: Option<Timespan>,
    /// Everything, even if it is more than the service gives at once: the query is asked of one part of the time after
    /// the other, which takes a table and then only what looks at one row at a time. The oldest rows come first
    #[arg(long)]
    pub(in crate::cli) complete: bool,
    /// Whose names a result has; those in rows differ in nothing but their capitals
    #[arg(long, value_enum, value_name = "SHAPE", default_value = "native")]
    pub(in crate::cli) shape: Shape,
    /// In JSON, print the service's whole answer, with the schema and, from Defender, what the query has cost
    #[arg(long, conflicts_with = "complete")]
    pub(in crate::cli) envelope: bool,
    /// In CSV, leave a text as it is even if a spreadsheet would run it
    #[arg(long)]
    pub(in crate::cli) raw: bool,
    /// The longest to wait when the service is busy or its quota used up
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(in crate::cli) max_wait: Duration,
}

fn parameter(text: &str) -> Result<Parameter, NotAParameter> {
    text.parse()
}

fn timespan(text: &str) -> Result<Timespan, NotATimespan> {
    text.parse()
}
