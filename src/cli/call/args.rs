//! The definitions of `m365d api`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::value::duration;

#[derive(Debug, Args)]
#[command(after_help = API_EXAMPLES)]
pub(in crate::cli) struct Api {
    /// GET, HEAD, POST, PATCH, PUT or DELETE
    #[arg(value_name = "METHOD", ignore_case = true, value_parser = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"])]
    pub(in crate::cli) method: String,
    /// A path such as /api/incidents or /v1.0/security/incidents, with its query; or an address of the chosen API
    #[arg(value_name = "PATH")]
    pub(in crate::cli) path: String,
    /// A field of a JSON body: true, false, null and numbers are what they say, @FILE is the text of a file, all else
    /// is text; may be repeated
    #[arg(short = 'F', long = "field", value_name = "KEY=VALUE", conflicts_with = "input")]
    pub(in crate::cli) fields: Vec<String>,
    /// A field that is text, whatever it looks like; may be repeated
    #[arg(long = "raw-field", value_name = "KEY=TEXT", conflicts_with = "input")]
    pub(in crate::cli) raw_fields: Vec<String>,
    /// The body, as it is: a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) input: Option<PathBuf>,
    /// A header; may be repeated
    #[arg(long = "header", value_name = "NAME:VALUE")]
    pub(in crate::cli) headers: Vec<String>,
    /// Follow the answer's @odata.nextLink to the end, and print the items of all pages as one JSON array, or with
    /// -o ndjson one a line
    #[arg(long)]
    pub(in crate::cli) paginate: bool,
    /// Print the request instead of sending it
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// The longest to wait when the service is busy or its quota used up, for any one answer
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(in crate::cli) max_wait: Duration,
}

const API_EXAMPLES: &str = "\
Examples:
  m365d api GET '/api/incidents?$top=5'
  m365d api GET /v1.0/security/alerts_v2 --api graph --paginate -o ndjson
  m365d api PATCH /api/incidents/7 -F status=Resolved -F assignedTo=null
  m365d api POST /api/advancedhunting/run --input query.json";
