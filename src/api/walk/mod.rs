//! How far a list that changes while it is read has been read, and what to ask for next.
//!
//! A service numbers a list's items anew with each request, so whatever leaves the list or moves to its front between
//! two pages shifts what is behind it, past the reader. So that every incident is read that is in the list all the time:
//!
//! * A page begins a few items before the end of the last one and has to have one of the last items that were read,
//!   not updated since. Whatever the service orders by, two incidents that nobody has updated stand in the order in
//!   which they stood; so what was behind that item is on this page or behind it. A page that has none is not used, and
//!   one from further ahead takes its place.
//! * A page that is shorter than it was asked for is the last one when nothing comes behind it: a service may give less
//!   than that (`OData` 4.01, Protocol, section 11.2.6.7).
//! * What was updated while the list was read may have moved to where the reading had been before. So what was updated
//!   since the beginning is read once more, in the same way, and then what was updated since the beginning of that,
//!   until it fits on one page: one answer is of one moment. The times are the service's own, so that no other clock
//!   matters.
//!
//! Links that only the service understands lead to what is behind a page, without an overlap. A list that goes by them is
//! read so first. Where nothing at all was updated meanwhile, that was one moment. Where something was, the list is read
//! once more, in the way above.

mod join;
mod onward;
mod overlap;
mod time;

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Error, List, Position};
use overlap::Overlap;

/// So many pages more than twice those with anything new are read again before that is given up.
const REREAD: usize = 30;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// The next page.
    More,
    /// Once more the page that looks like the last one, or what is behind it.
    Again,
    /// A look at what has changed meanwhile.
    Sweep,
    /// Nothing: the list is whole, or [`Walk::doubt`] says what is in doubt.
    Done,
}

/// Why something may be missing from a list that has been read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Doubt {
    /// It changed faster than it could be read.
    #[error("incidents were updated or left the list faster than it could be read")]
    Restless,
    /// The pages could not be read with an overlap.
    #[error(
        "it changed meanwhile, and the service gives its pages by its own links only, so nobody can tell whether they join"
    )]
    LinksOnly,
    /// The service does not say when an incident was updated.
    #[error("the service does not say when incidents were updated, so nobody can tell which were meanwhile")]
    Undated,
    /// The service does not filter by that.
    #[error("the service does not list by time what was updated, so nobody can tell what was meanwhile")]
    Unfiltered,
}

/// A way through the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Pass {
    /// By the service's links.
    Links,
    /// A look whether anything was updated since it began.
    Look,
    /// With an overlap, after one by links.
    Again,
    /// With an overlap.
    Places,
}

/// A reading of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Walk {
    pass: Pass,
    /// There is nothing more to ask for.
    is_over: bool,
    /// The items of a pass that may have been read by one before it.
    #[serde(skip)]
    read: RoaringTreemap,
    /// Whether the page had any that such a pass had not read.
    #[serde(skip)]
    is_news_of_pass: bool,
    /// A hash of the last page of such a pass, and how often in a row it has come again.
    last_page: Option<u64>,
    same_pages: usize,
    /// How many items are before the page.
    skip: usize,
    /// The page is behind one that looked like the last: where that is, and how many items it has.
    looked_from: Option<(usize, usize)>,
    /// So many items a page has that has others behind it, although more were asked for.
    usual_length: Option<usize>,
    /// Where the service says that the page is, when only it knows.
    link: Option<String>,
    /// The service's own way to the page at `skip`.
    way: Option<String>,
    /// Of what was updated since then; of everything if `None`.
    #[serde(with = "time")]
    since: Option<Timestamp>,
    /// A page had an item.
    has_begun: bool,
    /// The latest update that has been read of: a time that is over.
    #[serde(with = "time")]
    latest: Option<Timestamp>,
    /// The same when the first such page was there, and so a time after which this pass began.
    #[serde(with = "time")]
    began: Option<Timestamp>,
    /// Pages of this pass.
    pages: usize,
    sweeps: usize,
    overlap: Overlap,
    /// How far before the usual place the page is.
    back: usize,
    /// Pages that were read again, and those of them that are still to come.
    reread: usize,
    to_reread: usize,
    /// Pages of all passes, and those of them that had anything new.
    all_pages: usize,
    new_pages: usize,
    /// Everything on the page has been read, and more.
    is_behind: bool,
    without_news: usize,
    /// The page is asked for once more, since it was shorter than it should be.
    asked_again: bool,
    /// That brings nothing.
    short_pages_are_usual: bool,
    /// Where links have led, each as a hash.
    visited: Vec<u64>,
    doubt: Option<Doubt>,
}

impl Walk {
    /// The reading of `list` from its beginning.
    #[must_use]
    pub fn new(list: &impl List) -> Self {
        Self {
            pass: if list.goes_by_links() { Pass::Links } else { Pass::Places },
            is_over: false,
            read: RoaringTreemap::new(),
            is_news_of_pass: false,
            last_page: None,
            same_pages: 0,
            skip: 0,
            looked_from: None,
            usual_length: None,
            link: None,
            way: None,
            since: None,
            has_begun: false,
            latest: None,
            began: None,
            pages: 0,
            sweeps: 0,
            overlap: Overlap::default(),
            back: 0,
            reread: 0,
            to_reread: 0,
            all_pages: 0,
            new_pages: 0,
            is_behind: false,
            without_news: 0,
            asked_again: false,
            short_pages_are_usual: false,
            visited: Vec::new(),
            doubt: None,
        }
    }

    /// The same in another process.
    #[must_use]
    pub fn resumed(mut self) -> Self {
        if self.pass == Pass::Again && self.since.is_none() {
            self.begin(Pass::Again, None);
        }
        // The page that was written last has nothing new.
        self.asked_again |= self.pass == Pass::Links;
        self
    }

    /// Where the page is.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] when the walk was kept by somebody who had another service.
    pub fn position(&self, list: &impl List) -> Result<Position, Error> {
        if self.pass == Pass::Look
            && let Some(began) = self.began
        {
            return Ok(list.updated_after(began));
        }
        match self.link.as_deref().and_then(|link| Url::parse(link).ok()) {
            Some(link) => list.linked(&link),
            None => Ok(list.at(self.skip, self.since)),
        }
    }

    /// Where the page after this one is, if this one, which has not been read yet, is as it looks.
    pub fn guess(&self, list: &impl List, body: &[u8]) -> Option<Position> {
        let goes_by_places = !matches!(self.pass, Pass::Links | Pass::Look);
        (goes_by_places && list.looks_full(body))
            .then(|| list.at(self.skip + list.top() - self.overlap_in(list), self.since))
    }

    /// What comes instead of a page that did not join.
    #[must_use]
    pub fn ahead(&self) -> Ahead {
        if self.is_over { Ahead::Done } else { Ahead::Sweep }
    }

    /// Why something may be missing.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// The service refuses the page; true when there is another way to it.
    pub fn is_refused(&mut self) -> bool {
        // A link may have been good for some time only.
        if self.link.take().is_some() {
            return true;
        }
        let Some(way) = self.way.take() else { return false };
        self.link = Some(way);
        self.doubt = Some(Doubt::LinksOnly);
        true
    }

    /// Whether everything on a page may have been read by a pass before.
    fn is_read_again(&self) -> bool {
        self.pass == Pass::Again && self.since.is_none()
    }

    /// Whether some of what is on a page may have been.
    fn may_repeat(&self) -> bool {
        self.since.is_some() || self.is_read_again()
    }

    fn begin(&mut self, pass: Pass, since: Option<Timestamp>) {
        (self.pass, self.since) = (pass, since);
        (self.skip, self.looked_from) = (0, None);
        (self.link, self.way, self.pages) = (None, None, 0);
        (self.has_begun, self.without_news, self.to_reread) = (false, 0, 0);
        self.overlap = Overlap::default();
        (self.last_page, self.same_pages, self.back) = (None, 0, 0);
        self.visited.clear();
        self.read.clear();
    }

    fn overlap_in(&self, list: &impl List) -> usize {
        self.overlap.on(list.top())
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
