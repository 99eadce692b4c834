//! `m365d hunt`: a query in KQL goes in, its rows come out.

mod answers;
pub(super) mod args;
mod failure;
mod input;
mod rows;

use std::io::{self, BufWriter, IsTerminal};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::connection::Connection;
use super::context::Context;
use super::permissions;
use super::progress::Progress;

use super::shaper::Shaper;
use super::terminal::{self, Terminal};
use crate::api::hunting::{self, Query, Statistics};
use crate::api::{self, defender};
use crate::http::Limits;
use crate::http::retry::Observer;
use crate::output::Format;
use crate::settings::Source;
use crate::token::{Operation, Service};

use answers::Answers;
use args::Hunt;
pub(super) use failure::Failure;
use rows::Rows;

const STDOUT_BUFFER: usize = 256 * 1024;
/// More of a query than so many lines is not repeated to whoever has written it.
const LINES_SHOWN: usize = 20;
/// What took less is answered at once.
const LONG_ENOUGH: Duration = Duration::from_millis(100);

pub(super) fn run(context: &Context, arguments: &Hunt) -> Result<()> {
    let terminal = context.terminal;
    // Graph, unless somebody has chosen: Defender's hunting ends first.
    let chosen = context.settings.api.as_ref();
    let service = chosen.map_or(Service::Graph, |api| api.value);
    let requirement = permissions::needed(Operation::Hunt, service)?;
    if service == Service::Defender {
        if arguments.timespan.is_some() {
            return Err(Failure::NoTimespan.into());
        }
        let (ends, graph) = (defender::HUNTING_ENDS, Service::Graph);
        let instead = match chosen.map(|api| api.source) {
            Some(Source::Environment(variable)) => {
                format!("{variable} says defender; --api graph asks {graph}")
            }
            Some(Source::Profile) => {
                format!("config.toml says defender for this profile; --api graph asks {graph}")
            }
            _ => format!("without --api defender, m365d hunt asks {graph}"),
        };
        terminal.warn(&format!("{service}'s advanced hunting stops on {ends}; {instead}"));
    }
    if arguments.envelope && context.format() != Format::Json {
        return Err(Failure::EnvelopeFormat.into());
    }
    let kql = input::query(arguments)?;
    let query = Query::new(&kql, &arguments.param, arguments.timespan.clone()).map_err(Failure::Parameter)?;
    let kql = query.kql.clone();
    let is_seen = terminal.is_watched() && !io::stdout().is_terminal();
    let progress = Progress::new(arguments.complete && is_seen, "rows");
    let application = context.settings.application_for(service)?;
    let connection = Connection::new(context, &application, arguments.max_wait)
        .requiring(requirement)
        .within(Limits::QUERY);
    let waiting = |reason: &str, wait| {
        progress.clear();
        terminal.waiting(reason, wait);
    };
    let patience = (arguments.max_wait, &waiting as Observer<'_>);
    let mut source = Answers::new(query, arguments.complete, service, &progress, patience)?;
    let shaper = Shaper::new(arguments.shape, service);
    let (format, asked) = (context.format(), Instant::now());
    let outcome = connection.observed(&waiting, async |client, _| {
        let refused = |error| {
            progress.clear();
            of_query(error, &kql, arguments.param.len(), terminal)
        };
        let Some(answer) = source.next(client).await.map_err(refused)? else { return Ok(None) };
        let statistics = answer.statistics.clone();
        if arguments.envelope {
            rows::write_envelope(&answer, shaper, terminal::stdout(Format::Json))?;
            return Ok(statistics);
        }
        let columns = answer.columns.clone();
        let laid_out = if format == Format::Table { rows::laid_out(&columns, &answer)? } else { Vec::new() };
        let out = BufWriter::with_capacity(STDOUT_BUFFER, terminal::stdout(format));
        let mut rows = Rows::new(format, arguments.raw, (&columns, &laid_out), terminal, out)?;
        rows.respells = shaper.is_some();
        let mut next = Some(answer);
        while let Some(answer) = next {
            rows.push(&answer)?;
            client.recycle(answer.into_bytes());
            next = source.next(client).await.map_err(refused)?;
        }
        rows.finish()?;
        Ok(statistics)
    });
    progress.clear();
    let statistics = outcome.inspect_err(|error| {
        let was_written = !error.is::<io::Error>() && !terminal::is_closed_pipe(error);
        if let Some(time) = source.read_until().filter(|_| was_written) {
            terminal.warn(&format!("the result breaks off; what happened before {time} has been written"));
        }
    })?;
    terminal.note(&summary(&source, statistics.as_ref(), asked.elapsed()));
    Ok(source.is_whole()?)
}

/// What the service says about the query itself stands under the query, which begins with a line for each parameter: it
/// counts those as well.
fn of_query(error: api::Error, kql: &str, parameters: usize, terminal: Terminal) -> anyhow::Error {
    match error {
        api::Error::Refused(error) if hunting::is_too_large(&error) => Failure::TooLarge(error).into(),
        api::Error::Refused(error) if error.status.as_u16() == 400 => {
            let lines = kql.lines().count();
            for (index, line) in kql.lines().take(LINES_SHOWN).enumerate() {
                terminal.note(&format!("{:>4} │ {line}", index + 1));
            }
            if lines > LINES_SHOWN {
                terminal.note(&format!("     │ … {} lines more", lines - LINES_SHOWN));
            }
            if parameters > 0 {
                let lines = match parameters {
                    1 => "line is that".to_owned(),
                    many => format!("{many} lines are those"),
                };
                let first = parameters + 1;
                terminal.note(&format!(
                    "the first {lines} of --param: line {first} is line 1 of the query as you gave it"
                ));
            }
            Failure::Query(error).into()
        }
        error => error.into(),
    }
}

/// How much there is, and what it has cost: by the service's account, or else by the clock here.
fn summary(source: &Answers<'_>, statistics: Option<&Statistics>, took: Duration) -> String {
    let rows = source.rows;
    let mut parts = vec![format!("{rows} {}", if rows == 1 { "row" } else { "rows" })];
    match statistics {
        _ if source.parts > 1 => {
            parts.push(format!("in {} parts, read within {:.1} s", source.parts, took.as_secs_f64()));
        }
        None if took < LONG_ENOUGH => {}
        None => parts.push(format!("answered within {:.1} s", took.as_secs_f64())),
        Some(known) => {
            parts.extend(known.execution_time.map(|seconds| format!("{seconds} s of execution")));
            parts.extend(known.cpu.as_ref().map(|time| format!("{time} of CPU")));
            parts.extend(known.memory.map(|bytes| format!("{} MiB on a node at most", bytes >> 20)));
        }
    }
    parts.join(", ")
}
