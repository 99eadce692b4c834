//! `m365d incidents list`, and how any list is listed: pages in, items out, the next page on its way while this one is
//! written.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;

use anyhow::Result;

use super::{COLUMNS, shown, sink};
use crate::api::{self, Filter, Item, Page, Status, defender, graph};
use crate::cli::args::{self, List};
use crate::cli::connection::Connection;
use crate::cli::context::Context;
use crate::cli::criteria::Extent;
use crate::cli::permissions;
use crate::cli::progress::Progress;
use crate::cli::report;
use crate::cli::shaper::{Shaped, Shaper};
use crate::cli::terminal::Terminal;
use crate::output::Sink;
use crate::token::{Operation, Service};

/// A list of more than so many takes long enough to show how far it is.
const LONG: usize = 100;
/// So many pages in a row without anything new are a list that goes in circles.
const PAGES_WITHOUT_NEWS: usize = 10;

pub(in crate::cli) fn run(context: &Context, arguments: &List) -> Result<()> {
    let requirement = permissions::needed(Operation::ReadIncidents, context.settings.service())?;
    let application = context.settings.application()?;
    let progress = progress(context, &arguments.extent, KIND.many);
    let waiting = |reason: &str, wait| {
        progress.clear();
        context.terminal.waiting(reason, wait);
    };
    let shaper = Shaper::new(arguments.shape, application.service);
    let mut listing = Listing::new(&KIND, &arguments.extent, &progress, shaper);
    listing.is_filtered = is_filtered(arguments, application.service);
    let mut listed = Listed::default();
    let connection = Connection::new(context, &application, arguments.extent.max_wait).requiring(requirement);
    let outcome = connection.observed(&waiting, async |client, me| {
        let (filter, sink) = (filter(arguments, me), sink(context, COLUMNS));
        if application.service == Service::Graph {
            let (top, with_alerts) = (listing.page_size(), arguments.expand.is_some());
            let incidents = graph::Incidents::new(client, &filter, top, with_alerts);
            listing.write(&incidents, sink, &mut listed).await
        } else {
            // What the service filters by itself is not filtered again.
            listing.own.severity.clone_from(&filter.severity);
            let incidents = defender::Incidents::new(client, &filter, listing.page_size());
            listing.write(&incidents, sink, &mut listed).await
        }
    });
    listing.end(context.terminal, &listed, outcome)
}

/// What is listed, in words and as JSON.
pub(in crate::cli) struct Kind {
    pub(in crate::cli) one: &'static str,
    pub(in crate::cli) many: &'static str,
    /// Where the items stand, if they are in the items of another list.
    pub(in crate::cli) place: Option<&'static str>,
    /// What is said of one, and of several, that meet the conditions which m365d filters by itself.
    pub(in crate::cli) fit: [&'static str; 2],
    pub(in crate::cli) shaped: Shaped,
}

const KIND: Kind = Kind {
    one: "incident",
    many: "incidents",
    place: None,
    fit: ["has that severity; m365d filters by it", "have that severity; m365d filters by it"],
    shaped: Shaper::incident,
};

/// What to list, and how far.
pub(in crate::cli) struct Listing<'a> {
    kind: &'a Kind,
    /// By the service.
    pub(in crate::cli) is_filtered: bool,
    /// The conditions that the service does not filter on.
    pub(in crate::cli) own: Filter,
    limit: Option<usize>,
    goes_on: bool,
    progress: &'a Progress,
    shaper: RefCell<Option<Shaper>>,
}

/// What has been listed.
#[derive(Default)]
pub(in crate::cli) struct Listed {
    read: usize,
    items: usize,
    more: bool,
}

impl<'a> Listing<'a> {
    /// A list of `kind` that is not filtered.
    pub(in crate::cli) fn new(
        kind: &'a Kind,
        extent: &Extent,
        progress: &'a Progress,
        shaper: Option<Shaper>,
    ) -> Self {
        Self {
            kind,
            is_filtered: false,
            own: Filter::default(),
            limit: extent.limit.map(NonZeroUsize::get),
            goes_on: extent.all || extent.limit.is_some(),
            progress,
            shaper: RefCell::new(shaper),
        }
    }

    /// Writes the list, as far as it is wanted.
    ///
    /// # Errors
    /// When the service or the output fails; what has been listed until then is in `listed`.
    pub(in crate::cli) async fn write<L: api::List, W: Write>(
        &self,
        list: &L,
        mut sink: Sink<'_, W>,
        listed: &mut Listed,
    ) -> Result<()> {
        let mut position = list.beginning();
        let mut body = list.fetch(&position).await?;
        let mut without_news = 0;
        loop {
            let read_before = listed.read;
            let guess = list
                .guess_after(&position, &body)
                .filter(|_| self.wants_more_than(listed.items + list.largest_page()));
            // The service prepares the next page while this one is written.
            // Whoever has read enough does not wait for it.
            let (ahead, page) = tokio::try_join!(
                biased;
                async {
                    anyhow::Ok(match &guess {
                        Some(position) => Some(list.fetch(position).await),
                        None => None,
                    })
                },
                async {
                    // Lets the request out before this thread is busy.
                    tokio::task::yield_now().await;
                    let page = match Page::parse(std::mem::take(&mut body)) {
                        Ok(page) => page,
                        Err(_) => list.page(&position).await?,
                    };
                    self.write_page(list, &page, &mut sink, listed)?;
                    anyhow::Ok(page)
                },
            )?;
            let Some(next) = list.after(&position, &page)? else { break };
            if !self.wants_more_than(listed.items) {
                listed.more = true;
                break;
            }
            without_news = if listed.read > read_before { 0 } else { without_news + 1 };
            if without_news >= PAGES_WITHOUT_NEWS {
                return Err(api::Error::GoesInCircles { pages: without_news }.into());
            }
            body = match ahead {
                Some(ahead) if guess.as_ref() == Some(&next) => ahead?,
                _ => list.fetch(&next).await?,
            };
            position = next;
            list.recycle(page);
        }
        Ok(sink.finish()?)
    }

    fn write_page<W: Write>(
        &self,
        list: &impl api::List,
        page: &Page,
        sink: &mut Sink<'_, W>,
        listed: &mut Listed,
    ) -> io::Result<()> {
        let is_table = sink.is_table();
        let mut shaper = self.shaper.borrow_mut();
        let filters = self.filters();
        for json in list.news(page) {
            if self.limit.is_some_and(|limit| listed.items >= limit) {
                listed.more = true;
                break;
            }
            listed.read += 1;
            let item = if sink.wants_rows() || filters { list.read(json) } else { Default::default() };
            if !filters || item.meets(&self.own) {
                let json = match &mut *shaper {
                    Some(shaper) => (self.kind.shaped)(shaper, json)?,
                    None => json,
                };
                sink.push(json, |column| shown(column, item.column(column), is_table))?;
                listed.items += 1;
            }
        }
        self.progress.set(listed.items);
        sink.flush()
    }

    /// A filter of our own needs whole pages to choose from; a service gives no larger ones than it has.
    pub(in crate::cli) fn page_size(&self) -> usize {
        self.limit.filter(|_| !self.filters()).unwrap_or(usize::MAX)
    }

    /// Whether it leaves some out that the service does not.
    fn filters(&self) -> bool {
        self.own != Filter::default()
    }

    fn wants_more_than(&self, items: usize) -> bool {
        self.goes_on && self.limit.is_none_or(|limit| items < limit)
    }

    /// Says how a list has ended, and gives its outcome back.
    ///
    /// # Errors
    /// Those of `outcome`.
    pub(in crate::cli) fn end(&self, terminal: Terminal, listed: &Listed, outcome: Result<()>) -> Result<()> {
        self.progress.clear();
        match &outcome {
            Ok(()) => self.tell(terminal, listed),
            Err(error) if listed.items > 0 && !report::is_closed_pipe(error) => {
                let many = self.kind.many;
                terminal.warn(&format!("the list breaks off after {} {many}", listed.items));
            }
            Err(_) => {}
        }
        outcome
    }

    /// Nothing is cut silently.
    fn tell(&self, terminal: Terminal, listed: &Listed) {
        let Listed { read, items, more } = *listed;
        let Kind { one, many, place, fit, .. } = *self.kind;
        if self.filters() {
            let newest = if more && place.is_none() { "newest " } else { "" };
            let things = if read == 1 { one } else { many };
            let place = place.filter(|_| more).map(|place| format!(" of {place}")).unwrap_or_default();
            let rest = if self.is_filtered { " that match the rest" } else { "" };
            let fit = fit[usize::from(items != 1)];
            terminal.note(&format!(
                "{items} of the {newest}{read} {things}{place}{rest} {fit}, since the service cannot"
            ));
        } else if more {
            let matching = if self.is_filtered { " matching" } else { "" };
            terminal.note(&match (place, read) {
                (Some(place), _) => format!("these are {read} {many} of {place}"),
                (None, 1) => format!("this is the newest{matching} {one}"),
                (None, _) => format!("these are the newest {read}{matching} {many}"),
            });
        } else if items == 0 {
            terminal.note(&format!("no {one} matches"));
        }
        if more {
            terminal.note("there may be more: --all, or a larger --limit");
        }
    }
}

/// Whether the service leaves some out.
fn is_filtered(arguments: &List, service: Service) -> bool {
    let criteria = &arguments.criteria;
    !arguments.status.is_empty()
        || criteria.assigned_to.is_some()
        || criteria.created_since.is_some()
        || criteria.updated_since.is_some()
        || criteria.filter.is_some()
        || (service == Service::Graph && !criteria.severity.is_empty())
}

fn filter(arguments: &List, me: &str) -> Filter {
    let status = arguments.status.iter().copied().map(Status::from).collect();
    Filter { status, ..arguments.criteria.filter(me) }
}

/// How far a list that takes long has come.
pub(in crate::cli) fn progress(context: &Context, extent: &Extent, many: &'static str) -> Progress {
    let is_long = extent.all || extent.limit.is_some_and(|limit| limit.get() > LONG);
    Progress::new(is_long && context.terminal.is_watched() && !io::stdout().is_terminal(), many)
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
