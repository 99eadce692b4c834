//! `m365d incidents list`: pages in, items out, the next page on its way while this one is written.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;

use anyhow::Result;

use super::checkpoint::{self, Checkpoint};
use super::incomplete::Incomplete;
use super::journal::Journal;
use super::question::{self, Times};
use super::{shown, sink};
use crate::api::{self, Ahead, Incident, Page, Position, Severity, Walk, defender, graph};
use crate::cli::args::List;
use crate::cli::connection::Connection;
use crate::cli::context::Context;
use crate::cli::permissions;
use crate::cli::progress::Progress;
use crate::cli::report;
use crate::cli::shaper::Shaper;
use crate::cli::terminal::Terminal;
use crate::output::Sink;
use crate::token::{Operation, Service};

/// A list of more than so many takes long enough to show how far it is.
const LONG: usize = 100;

pub(in crate::cli) fn run(context: &Context, arguments: &List) -> Result<()> {
    let requirement = permissions::needed(Operation::ReadIncidents, context.settings.service())?;
    let application = context.settings.application()?;
    let progress = progress(context, arguments);
    let waiting = |reason: &str, wait| {
        progress.clear();
        context.terminal.waiting(reason, wait);
    };
    let mut listing = Listing {
        is_filtered: question::is_filtered(arguments, application.service),
        severities: Vec::new(),
        limit: arguments.limit.map(NonZeroUsize::get),
        goes_on: arguments.all || arguments.limit.is_some(),
        progress: &progress,
        shaper: RefCell::new(Shaper::new(arguments.shape, application.service)),
    };
    let mut listed = Listed::default();
    let (checkpoint, kept) = match &arguments.checkpoint {
        Some(path) => Checkpoint::open(path).map(|(checkpoint, kept)| (Some(checkpoint), kept))?,
        None => (None, None),
    };
    let connection = Connection::new(context, &application, arguments.max_wait).requiring(requirement);
    let outcome = connection.observed(&waiting, async |client, me| {
        let list = || question::identity(context, &application, arguments, me);
        let mut journal = Journal::begin(context, checkpoint.as_ref(), kept, list, Times::of(arguments))?;
        listed = journal.listed();
        let filter = question::filter(arguments, me, journal.times());
        let (top, sink) = (listing.page_size(), sink(context).after(listed.items));
        if application.service == Service::Graph {
            let with_alerts = arguments.expand.is_some();
            let incidents = graph::Incidents::new(client, filter, top, with_alerts);
            listing.write(&incidents, sink, &mut listed, &mut journal).await
        } else {
            // What the service filters by itself is not filtered again.
            listing.severities.clone_from(&filter.severity);
            let incidents = defender::Incidents::new(client, filter, top);
            listing.write(&incidents, sink, &mut listed, &mut journal).await
        }
    });
    progress.clear();
    let path = checkpoint.as_ref().map(|checkpoint| checkpoint.path.clone());
    match (&outcome, checkpoint) {
        (Ok(()), Some(checkpoint)) => checkpoint.remove()?,
        (Err(error), Some(checkpoint)) if error.is::<Incomplete>() => checkpoint.remove()?,
        // What could not be written is cut off again.
        (Err(error), Some(checkpoint)) if !error.is::<io::Error>() => checkpoint.settle(),
        _ => {}
    }
    let Listed { items, ref last, .. } = listed;
    match outcome {
        Ok(()) => {
            listed.tell(context.terminal, &listing);
            Ok(())
        }
        Err(cause) if items > 0 && (cause.is::<api::Error>() || cause.is::<checkpoint::Failure>()) => {
            Err(Incomplete::BrokenOff { items, last: last.clone(), cause, checkpoint: path }.into())
        }
        Err(error) => {
            if items > 0 && !error.is::<Incomplete>() && !report::is_closed_pipe(&error) {
                let how = if path.is_some() { "; the same command goes on with it" } else { "" };
                context.terminal.warn(&format!("the list breaks off after {items} incidents{how}"));
            }
            Err(error)
        }
    }
}

/// What to list, and how far.
struct Listing<'a> {
    /// By the service.
    is_filtered: bool,
    severities: Vec<Severity>,
    limit: Option<usize>,
    goes_on: bool,
    progress: &'a Progress,
    shaper: RefCell<Option<Shaper>>,
}

/// What has been listed.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) read: usize,
    pub(super) items: usize,
    /// The id of the last of them.
    pub(super) last: String,
    pub(super) more: bool,
}

impl Listing<'_> {
    async fn write<L: api::List, W: Write>(
        &self,
        incidents: &L,
        mut sink: Sink<'_, W>,
        listed: &mut Listed,
        journal: &mut Journal<'_>,
    ) -> Result<()> {
        let mut walk = journal.walk(incidents);
        journal.save(incidents, &walk, listed)?;
        let (mut position, mut body) = fetch(incidents, &mut walk, None).await?;
        loop {
            let read_before = listed.read;
            let guess = walk
                .guess(incidents, &body)
                .filter(|_| self.wants_more_than(listed.items + incidents.largest_page()));
            // The service prepares the next page while this one is written.
            // Whoever has read enough does not wait for it.
            let (ahead, (page, joins)) = tokio::try_join!(
                biased;
                async {
                    anyhow::Ok(match &guess {
                        Some(position) => Some(incidents.fetch(position).await),
                        None => None,
                    })
                },
                async {
                    // Lets the request out before this thread is busy.
                    tokio::task::yield_now().await;
                    let page = match Page::parse(std::mem::take(&mut body)) {
                        Ok(page) => page,
                        Err(_) => incidents.page(&position).await?,
                    };
                    let joins = walk.joins(incidents, &page);
                    if joins {
                        self.write_page(incidents, &page, &mut sink, listed)?;
                        journal.save(incidents, &walk, listed)?;
                    }
                    anyhow::Ok((page, joins))
                },
            )?;
            if joins {
                let ahead = walk.go_on(incidents, &page, listed.read - read_before)?;
                if ahead == Ahead::Done {
                    break;
                }
                if !self.wants_more_than(listed.items) {
                    listed.more = ahead == Ahead::More;
                    break;
                }
            }
            (position, body) = fetch(incidents, &mut walk, guess.zip(ahead)).await?;
            incidents.recycle(page);
        }
        sink.finish()?;
        match walk.doubt() {
            Some(doubt) => Err(Incomplete::InDoubt { items: listed.items, doubt }.into()),
            None => Ok(()),
        }
    }

    fn write_page<W: Write>(
        &self,
        incidents: &impl api::List,
        page: &Page,
        sink: &mut Sink<'_, W>,
        listed: &mut Listed,
    ) -> io::Result<()> {
        let is_table = sink.is_table();
        let mut shaper = self.shaper.borrow_mut();
        let mut last = None;
        for original in incidents.news(page) {
            if self.limit.is_some_and(|limit| listed.items >= limit) {
                listed.more = true;
                break;
            }
            listed.read += 1;
            let reads = sink.wants_rows() || !self.severities.is_empty();
            let incident = if reads { incidents.read(original) } else { Incident::default() };
            if self.severities.is_empty() || incident.is_one_of(&self.severities) {
                let json = match &mut *shaper {
                    Some(shaper) => shaper.incident(original)?,
                    None => original,
                };
                sink.push(json, |column| shown(column, incident.column(column), is_table))?;
                listed.items += 1;
                last = Some(original);
            }
        }
        if let Some(id) = last.and_then(|json| incidents.id(json)) {
            listed.last = id.to_string();
        }
        self.progress.set(listed.items);
        sink.flush()
    }

    /// A filter of our own needs whole pages to choose from; a service gives no larger ones than it has.
    fn page_size(&self) -> usize {
        self.limit.filter(|_| self.severities.is_empty()).unwrap_or(usize::MAX)
    }

    fn wants_more_than(&self, items: usize) -> bool {
        self.goes_on && self.limit.is_none_or(|limit| items < limit)
    }
}

impl Listed {
    /// Nothing is cut silently.
    fn tell(&self, terminal: Terminal, listing: &Listing<'_>) {
        let (read, items) = (self.read, self.items);
        if !listing.severities.is_empty() {
            let newest = if self.more { "newest " } else { "" };
            let incidents = if read == 1 { "incident" } else { "incidents" };
            let rest = if listing.is_filtered { " that match the rest" } else { "" };
            let have = if items == 1 { "has" } else { "have" };
            terminal.note(&format!(
                "{items} of the {newest}{read} {incidents}{rest} {have} that severity; m365d filters by it, since the service cannot"
            ));
        } else if self.more {
            let matching = if listing.is_filtered { " matching" } else { "" };
            terminal.note(&match read {
                1 => format!("this is the newest{matching} incident"),
                _ => format!("these are the newest {read}{matching} incidents"),
            });
        } else if items == 0 {
            terminal.note("no incident matches");
        }
        if self.more {
            terminal.note("there may be more: --all, or a larger --limit");
        }
    }
}

/// The page that is next, which may be there `ahead` of time.
async fn fetch(
    incidents: &impl api::List,
    walk: &mut Walk,
    ahead: Option<(Position, Result<Vec<u8>, api::Error>)>,
) -> Result<(Position, Vec<u8>), api::Error> {
    let position = walk.position(incidents)?;
    let fetched = match ahead {
        Some((guess, fetched)) if guess == position => fetched,
        _ => incidents.fetch(&position).await,
    };
    match fetched {
        Err(api::Error::Refused(_) | api::Error::NotFound(_)) if walk.is_refused() => {
            let position = walk.position(incidents)?;
            Ok((position.clone(), incidents.fetch(&position).await?))
        }
        fetched => Ok((position, fetched?)),
    }
}

fn progress(context: &Context, arguments: &List) -> Progress {
    let is_long = arguments.all || arguments.limit.is_some_and(|limit| limit.get() > LONG);
    Progress::new(is_long && context.terminal.is_watched() && !io::stdout().is_terminal())
}
