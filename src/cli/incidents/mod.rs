//! `m365d incidents`: list, get, update.

pub(super) mod args;
mod checkpoint;
mod failed;
pub(super) mod get;
mod incomplete;
mod journal;
pub(super) mod list;
mod question;
pub(super) mod update;
mod written;

use std::io::{self, BufWriter, StdoutLock, Write};

use anyhow::Result;
use jiff::Timestamp;

use super::context::Context;
use super::several::{Partial, Things};
use super::shaper::Shaper;
use super::terminal;
use crate::api::Incident;
use crate::output::{Column, Sink, Width};
pub(super) use checkpoint::Failure as CheckpointFailure;
pub(super) use incomplete::Incomplete;

pub(super) const INCIDENTS: Things = Things {
    many: "incidents",
    id: "an incident's id",
    listing: "m365d incidents list -o ndjson | jq -r '.incidentId // .id'",
    look: |ids| format!("m365d incidents get {ids}"),
};
/// What 80 cells have no room for besides a name that can be read is the first to go.
const COLUMNS: &[Column<'_>] = &[
    Column { name: "id", width: Some(Width::Cells(6, 8)), expendable: 0 },
    Column { name: "severity", width: Some(Width::Cells(13, 13)), expendable: 0 },
    Column { name: "status", width: Some(Width::Cells(10, 14)), expendable: 2 },
    Column { name: "name", width: Some(Width::Rest(24)), expendable: 0 },
    Column { name: "assigned to", width: Some(Width::Cells(11, 28)), expendable: 3 },
    Column { name: "alerts", width: Some(Width::Cells(6, 6)), expendable: 4 },
    Column { name: "updated", width: Some(Width::Cells(12, 12)), expendable: 1 },
    Column { name: "created", width: None, expendable: 0 },
    Column { name: "classification", width: None, expendable: 0 },
    Column { name: "determination", width: None, expendable: 0 },
];
const STDOUT_BUFFER: usize = 256 * 1024;

fn sink(context: &Context) -> Sink<'static, BufWriter<StdoutLock<'static>>> {
    let out = BufWriter::with_capacity(STDOUT_BUFFER, io::stdout().lock());
    Sink::new(context.format(), COLUMNS, terminal::width(), out)
}

/// A cell: a table has no room for the year and for seconds.
fn shown(column: &str, text: String, is_table: bool) -> String {
    if is_table
        && column == "updated"
        && let Ok(time) = text.parse::<Timestamp>()
    {
        return time.strftime("%m-%d %H:%MZ").to_string();
    }
    text
}

/// Writes one incident, in the shape that was asked for, and sends it on.
fn write(
    sink: &mut Sink<impl Write>,
    shaper: &mut Option<Shaper>,
    json: &str,
    incident: &Incident,
) -> io::Result<()> {
    let is_table = sink.is_table();
    let json = match shaper {
        Some(shaper) => shaper.incident(json)?,
        None => json,
    };
    sink.push(json, |name| shown(name, incident.column(name), is_table))?;
    sink.flush()
}

/// Ends the output of a command that ended so: what is there is whole, and what is missing has been said.
fn finish(sink: Sink<impl Write>, outcome: Result<()>) -> Result<()> {
    let is_whole = match &outcome {
        Ok(()) => true,
        Err(error) => error.is::<Partial>() && sink.has_items(),
    };
    if is_whole {
        sink.finish()?;
    }
    outcome
}
