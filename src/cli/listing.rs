//! How a list is listed: pages in, items out, the next page on its way while this one is written.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;

use anyhow::Result;

use super::context::Context;
use super::criteria::Extent;
use super::incidents::{CheckpointFailure, shown};
use super::incomplete::{Incomplete, Resumption};
use super::progress::Progress;

use super::shaper::{Shaped, Shaper};
use super::terminal::{self, Terminal};
use crate::api::{self, Ahead, Doubt, Filter, Item, Page, Position, Walk};
use crate::output::Sink;

/// A list of more than so many takes long enough to show how far it is.
const LONG: usize = 100;

/// What is listed, in words and as JSON.
pub(super) struct Kind {
    pub(super) one: &'static str,
    pub(super) many: &'static str,
    /// Where the items stand, if they are in the items of another list.
    pub(super) place: Option<&'static str>,
    /// What is said of one, and of several, that meet the conditions which m365d filters by itself.
    pub(super) fit: [&'static str; 2],
    pub(super) shaped: Shaped,
}

/// What to list, and how far.
pub(super) struct Listing<'a> {
    kind: &'a Kind,
    /// By the service.
    pub(super) is_filtered: bool,
    /// The conditions that the service does not filter on.
    pub(super) own: Filter,
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
    /// Why some may be missing from a list that was read to its end.
    doubt: Option<Doubt>,
}

impl Listed {
    /// What an earlier process has listed.
    pub(super) fn before(read: usize, items: usize, last: String) -> Self {
        Self { read, items, last, ..Self::default() }
    }
}

impl<'a> Listing<'a> {
    /// A list of `kind` that is not filtered.
    pub(super) fn new(
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

    /// Writes the list from where `walk` is, as far as it is wanted; `save` learns how far it is whenever more of it has
    /// been sent on.
    ///
    /// # Errors
    /// When the service, the output or `save` fails; what has been listed until then is in `listed`.
    pub(super) async fn write<L: api::List, W: Write>(
        &self,
        list: &L,
        mut walk: Walk,
        mut sink: Sink<'_, W>,
        listed: &mut Listed,
        mut save: impl FnMut(&Walk, &Listed) -> Result<()>,
    ) -> Result<()> {
        save(&walk, listed)?;
        let (mut position, mut body) = fetch(list, &mut walk, None).await?;
        loop {
            let read_before = listed.read;
            let guess =
                walk.guess(list, &body).filter(|_| self.wants_more_than(listed.items + list.largest_page()));
            // The service prepares the next page while this one is written.
            // Whoever has read enough does not wait for it.
            let (ahead, (page, joins)) = tokio::try_join!(
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
                    let joins = walk.joins(list, &page);
                    if joins {
                        self.write_page(list, &page, &mut sink, listed)?;
                        save(&walk, listed)?;
                    }
                    anyhow::Ok((page, joins))
                },
            )?;
            let next = if joins { walk.go_on(list, &page, listed.read - read_before)? } else { walk.ahead() };
            if next == Ahead::Done {
                break;
            }
            if joins && !self.wants_more_than(listed.items) {
                listed.more = next == Ahead::More;
                break;
            }
            (position, body) = fetch(list, &mut walk, guess.zip(ahead)).await?;
            list.recycle(page);
        }
        listed.doubt = walk.doubt();
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
        let mut newest = None;
        for original in list.news(page) {
            if self.limit.is_some_and(|limit| listed.items >= limit) {
                listed.more = true;
                break;
            }
            listed.read += 1;
            let is_row = sink.wants_rows() && shaper.is_none();
            let item = if is_row || filters { list.read(original) } else { Default::default() };
            if !filters || item.meets(&self.own) {
                let (json, item) = match &mut *shaper {
                    Some(shaper) => {
                        let json = (self.kind.shaped)(shaper, original)?;
                        (json, if sink.wants_rows() { list.read(json) } else { item })
                    }
                    None => (original, item),
                };
                sink.push(json, |column| shown(column, item.column(column), is_table))?;
                listed.items += 1;
                newest = Some(original);
            }
        }
        if let Some(json) = newest {
            listed.last = list.read(json).column("id");
        }
        self.progress.set(listed.items);
        sink.flush()
    }

    /// A filter of our own needs whole pages to choose from; a service gives no larger ones than it has.
    pub(super) fn page_size(&self) -> usize {
        self.limit.filter(|_| !self.filters()).unwrap_or(usize::MAX)
    }

    /// Whether it leaves some out that the service does not.
    fn filters(&self) -> bool {
        self.own != Filter::default()
    }

    fn wants_more_than(&self, items: usize) -> bool {
        self.goes_on && self.limit.is_none_or(|limit| items < limit)
    }

    /// Says how a list has ended, and how it can go on.
    ///
    /// # Errors
    /// [`Incomplete`] when something is listed and something is missing, or else the one of `outcome`.
    pub(super) fn end(
        &self,
        terminal: Terminal,
        listed: &Listed,
        outcome: Result<()>,
        resumption: Resumption,
    ) -> Result<()> {
        self.progress.clear();
        let (items, many) = (listed.items, self.kind.many);
        match (outcome, listed.doubt) {
            (Ok(()), Some(doubt @ Doubt::Restless)) => Err(Incomplete::InDoubt { items, many, doubt }.into()),
            (Ok(()), doubt) => {
                self.tell(terminal, listed);
                if let Some(doubt) = doubt {
                    terminal.warn(&format!("the list has been read to its end, but {doubt}"));
                }
                Ok(())
            }
            (Err(cause), _) if items > 0 && (cause.is::<api::Error>() || cause.is::<CheckpointFailure>()) => {
                let last = listed.last.clone();
                Err(Incomplete::BrokenOff { items, many, last, cause, resumption }.into())
            }
            (Err(error), _) => {
                if items > 0 && !terminal::is_closed_pipe(&error) {
                    let goes_on = matches!(resumption, Resumption::From(_));
                    let how = if goes_on { "; the same command goes on with it" } else { "" };
                    terminal.warn(&format!("the list breaks off after {items} {many}{how}"));
                }
                Err(error)
            }
        }
    }

    /// Nothing is cut silently.
    fn tell(&self, terminal: Terminal, listed: &Listed) {
        let Listed { read, items, more, .. } = *listed;
        let Kind { one, many, place, fit, .. } = *self.kind;
        if self.filters() && read > 0 {
            let newest = if more && place.is_none() { "newest " } else { "" };
            let of_those = if read == 1 {
                format!("{items} of 1 {one}")
            } else {
                format!("{items} of the {newest}{read} {many}")
            };
            let place = place.filter(|_| more).map(|place| format!(" of {place}")).unwrap_or_default();
            let rest = if self.is_filtered { " that match the rest" } else { "" };
            let fit = fit[usize::from(items != 1)];
            terminal.note(&format!("{of_those}{place}{rest} {fit}, since the service cannot"));
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

/// The page that is next, which may be there `ahead` of time.
async fn fetch(
    list: &impl api::List,
    walk: &mut Walk,
    ahead: Option<(Position, Result<Vec<u8>, api::Error>)>,
) -> Result<(Position, Vec<u8>), api::Error> {
    let position = walk.position(list)?;
    let fetched = match ahead {
        Some((guess, fetched)) if guess == position => fetched,
        _ => list.fetch(&position).await,
    };
    match fetched {
        Err(api::Error::Refused(_) | api::Error::NotFound(_)) if walk.is_refused() => {
            let position = walk.position(list)?;
            Ok((position.clone(), list.fetch(&position).await?))
        }
        fetched => Ok((position, fetched?)),
    }
}

/// How far a list that takes long has come.
pub(super) fn progress(context: &Context, extent: &Extent, many: &'static str) -> Progress {
    let is_long = extent.all || extent.limit.is_some_and(|limit| limit.get() > LONG);
    Progress::new(is_long && context.terminal.is_watched() && !io::stdout().is_terminal(), many)
}
