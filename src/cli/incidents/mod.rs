//! `m365d incidents`: list, get, update.

pub(super) mod args;
mod checkpoint;
mod details;
mod failed;
pub(super) mod get;
mod journal;
pub(super) mod list;
mod question;
pub(super) mod update;
mod written;

use std::io::{self, BufWriter, StdoutLock, Write};

use anyhow::Result;
use jiff::Timestamp;

use super::context::Context;
use super::several::{Look, Partial, Things};
use super::shaper::{Shaped, Shaper};
use super::terminal;
use crate::api::{Incident, Item};
use crate::output::{Column, Escaping, Sink, Width};
pub(super) use checkpoint::Failure as CheckpointFailure;

pub(super) const INCIDENTS: Things = Things {
    many: "incidents",
    id: "an incident's id",
    listing: "m365d incidents list -o ndjson | jq -r '.incidentId // .id'",
    look: Some(LOOK),
};
/// How to look at some of them.
const LOOK: Look =
    Look { why: "to see those", command: |ids| format!("m365d incidents get {ids}"), is_open: false };
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

/// The output, with room for a page.
pub(super) fn sink(
    context: &Context,
    columns: &'static [Column<'static>],
) -> Sink<'static, BufWriter<Escaping<StdoutLock<'static>>>> {
    let out = BufWriter::with_capacity(STDOUT_BUFFER, terminal::stdout(context.format()));
    Sink::new(context.format(), columns, terminal::width(), out)
}

/// A cell: a table has no room for the year and for seconds, nor for what most of Microsoft's products are called.
pub(super) fn shown(column: &str, text: String, is_table: bool) -> String {
    match column {
        "updated" if is_table => match text.parse::<Timestamp>() {
            Ok(time) => time.strftime("%m-%d %H:%MZ").to_string(),
            Err(_) => text,
        },
        "service source" if is_table => product(&text).to_owned(),
        _ => text,
    }
}

/// The name without `Microsoft` or `MicrosoftDefenderFor` before it, if it is one without.
fn product(name: &str) -> &str {
    let without = |prefix: &str| {
        let (before, rest) = name.split_at_checked(prefix.len())?;
        let is_name = rest.starts_with(|first: char| first.is_ascii_uppercase());
        (before.eq_ignore_ascii_case(prefix) && is_name).then_some(rest)
    };
    without("MicrosoftDefenderFor").or_else(|| without("Microsoft")).unwrap_or(name)
}

/// Writes one incident, in the shape that was asked for, and sends it on.
fn write(sink: &mut Sink<impl Write>, shaper: &mut Option<Shaper>, json: &str) -> io::Result<()> {
    write_shaped(sink, (shaper, Shaper::incident), json, Incident::read)
}

/// Writes one item, as a shaper puts it, if there is one, and sends it on. A row says what that says.
pub(super) fn write_shaped<I: Item + Default>(
    sink: &mut Sink<impl Write>,
    (shaper, put): (&mut Option<Shaper>, Shaped),
    json: &str,
    read: impl Fn(&str) -> I,
) -> io::Result<()> {
    let is_table = sink.is_table();
    let json = match shaper {
        Some(shaper) => put(shaper, json)?,
        None => json,
    };
    let item = if sink.wants_rows() { read(json) } else { I::default() };
    sink.push(json, |name| shown(name, item.column(name), is_table))?;
    sink.flush()
}

/// Ends the output of a command that ended so: what is there is whole, and what is missing has been said.
pub(super) fn finish(sink: Sink<impl Write>, outcome: Result<()>) -> Result<()> {
    let is_whole = match &outcome {
        Ok(()) => true,
        Err(error) => error.is::<Partial>() && sink.has_items(),
    };
    if is_whole {
        sink.finish()?;
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::product;

    #[test]
    fn a_product_is_called_by_what_tells_it_from_the_others() {
        for (name, short) in [
            ("MicrosoftDefenderForEndpoint", "Endpoint"),
            ("microsoftDefenderForOffice365", "Office365"),
            ("MicrosoftCloudAppSecurity", "CloudAppSecurity"),
            ("microsoft365Defender", "microsoft365Defender"),
            ("AADIdentityProtection", "AADIdentityProtection"),
            ("microsoft", "microsoft"),
            ("Microsöft", "Microsöft"),
        ] {
            assert_eq!(product(name), short);
        }
    }
}
