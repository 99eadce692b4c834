//! `m365d incidents list`: pages in, items out, the next page on its way while this one is written.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;

use anyhow::Result;

use super::incomplete::Incomplete;
use super::{shown, sink};
use crate::api::{self, Ahead, Assignee, Filter, Incident, Page, Severity, Status, Walk, defender, graph};
use crate::cli::args::{self, List};
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
        is_filtered: is_filtered(arguments, application.service),
        severities: Vec::new(),
        limit: arguments.limit.map(NonZeroUsize::get),
        goes_on: arguments.all || arguments.limit.is_some(),
        progress: &progress,
        shaper: RefCell::new(Shaper::new(arguments.shape, application.service)),
    };
    let mut listed = Listed::default();
    let connection = Connection::new(context, &application, arguments.max_wait).requiring(requirement);
    let outcome = connection.observed(&waiting, async |client, me| {
        let filter = filter(arguments, me);
        let (top, sink) = (listing.page_size(), sink(context));
        if application.service == Service::Graph {
            let with_alerts = arguments.expand.is_some();
            let incidents = graph::Incidents::new(client, filter, top, with_alerts);
            listing.write(&incidents, sink, &mut listed).await
        } else {
            // What the service filters by itself is not filtered again.
            listing.severities.clone_from(&filter.severity);
            let incidents = defender::Incidents::new(client, filter, top);
            listing.write(&incidents, sink, &mut listed).await
        }
    });
    progress.clear();
    match outcome {
        Ok(()) => {
            listed.tell(context.terminal, &listing);
            Ok(())
        }
        Err(cause) if listed.items > 0 && cause.is::<api::Error>() => {
            Err(Incomplete::BrokenOff { items: listed.items, last: listed.last, cause }.into())
        }
        Err(error) => {
            if listed.items > 0 && !error.is::<Incomplete>() && !report::is_closed_pipe(&error) {
                context.terminal.warn(&format!("the list breaks off after {} incidents", listed.items));
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
struct Listed {
    read: usize,
    items: usize,
    /// The id of the last of them.
    last: String,
    more: bool,
}

impl Listing<'_> {
    async fn write<L: api::List, W: Write>(
        &self,
        incidents: &L,
        mut sink: Sink<'_, W>,
        listed: &mut Listed,
    ) -> Result<()> {
        let mut walk = Walk::default();
        let mut position = walk.position(incidents)?;
        let mut body = incidents.fetch(&position).await?;
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
            position = walk.position(incidents)?;
            let fetched = match ahead {
                Some(ahead) if guess.as_ref() == Some(&position) => ahead,
                _ => incidents.fetch(&position).await,
            };
            body = match fetched {
                Err(api::Error::Refused(_)) if walk.is_refused() => {
                    position = walk.position(incidents)?;
                    incidents.fetch(&position).await?
                }
                fetched => fetched?,
            };
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

/// Whether the service leaves some out.
fn is_filtered(arguments: &List, service: Service) -> bool {
    !arguments.status.is_empty()
        || arguments.assigned_to.is_some()
        || arguments.created_since.is_some()
        || arguments.updated_since.is_some()
        || arguments.filter.is_some()
        || (service == Service::Graph && !arguments.severity.is_empty())
}

fn filter(arguments: &List, me: &str) -> Filter {
    Filter {
        status: arguments.status.iter().copied().map(Status::from).collect(),
        severity: arguments.severity.iter().copied().map(Severity::from).collect(),
        assigned_to: arguments.assigned_to.as_ref().map(|name| Assignee::named(name, me)),
        created_since: arguments.created_since,
        updated_since: arguments.updated_since,
        verbatim: arguments.filter.clone(),
    }
}

fn progress(context: &Context, arguments: &List) -> Progress {
    let is_long = arguments.all || arguments.limit.is_some_and(|limit| limit.get() > LONG);
    Progress::new(is_long && context.terminal.is_watched() && !io::stdout().is_terminal())
}

impl From<args::Status> for Status {
    fn from(status: args::Status) -> Self {
        match status {
            args::Status::Active => Self::Active,
            args::Status::InProgress => Self::InProgress,
            args::Status::Resolved => Self::Resolved,
            args::Status::Redirected => Self::Redirected,
        }
    }
}

impl From<args::Severity> for Severity {
    fn from(severity: args::Severity) -> Self {
        match severity {
            args::Severity::UnSpecified => Self::UnSpecified,
            args::Severity::Informational => Self::Informational,
            args::Severity::Low => Self::Low,
            args::Severity::Medium => Self::Medium,
            args::Severity::High => Self::High,
        }
    }
}
