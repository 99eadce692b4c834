//! How far a list that changes while it is read has been read, and what to ask for next.
//!
//! A service numbers a list's items anew with each request, so whatever leaves the list or moves to its front between
//! two pages shifts what is behind it, past the reader. So that every incident is read that is in the list all the time:
//!
//! * A page begins a few items before the end of the last one and has to have one of the last items that were read,
//!   not updated since. Whatever the service orders by, two incidents that nobody has updated stand in the order in
//!   which they stood; so what was behind that item is on this page or behind it. A page that has none is not used, and
//!   one from further ahead takes its place.
//! * What was updated while the list was read may have moved to where the reading had been before. So what was updated
//!   since the beginning is read once more, in the same way, and then what was updated since the beginning of that,
//!   until it fits on one page: one answer is of one moment. The times are the service's own, so that no other clock
//!   matters.
//!
//! Links that only the service understands lead to what is behind a page, without an overlap. A list that goes by them is
//! read so first. Where nothing at all was updated meanwhile, that was one moment. Where something was, the list is read
//! once more, in the way above.

mod overlap;

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};
use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};
use url::Url;

use super::list::TICK;
use super::{After, Error, List, Page, Position};
use overlap::Overlap;

/// So many pages in a row without anything new are a list that goes in circles.
const PAGES_WITHOUT_NEWS: usize = 10;
/// So often what was updated meanwhile is read.
const MOST_SWEEPS: usize = 20;
/// So many pages more than twice those with anything new are read again before that is given up.
const REREAD: usize = 30;
/// An update may show a little later than its time says. Less is allowed for with every sweep: where that time brings
/// more updates than a page holds, there would be no end.
const LATENESS: [SignedDuration; 2] = [SignedDuration::from_secs(60), SignedDuration::from_secs(5)];
/// A service that gives the same page so many times more does not know what to leave out.
const SAME_PAGES: usize = 2;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// The next page.
    More,
    /// The same page, which looks like the last one.
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
    /// A hash of the last page of such a pass, and how often in a row it has come again.
    last_page: Option<u64>,
    same_pages: usize,
    /// How many items are before the page.
    skip: usize,
    /// Where the service says that the page is, when only it knows.
    link: Option<String>,
    /// The service's own way to the page at `skip`.
    way: Option<String>,
    /// Of what was updated since then; of everything if `None`.
    #[serde(with = "text")]
    since: Option<Timestamp>,
    /// A page had an item.
    has_begun: bool,
    /// The latest update that has been read of: a time that is over.
    #[serde(with = "text")]
    latest: Option<Timestamp>,
    /// The same when the first such page was there, and so a time after which this pass began.
    #[serde(with = "text")]
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
            last_page: None,
            same_pages: 0,
            skip: 0,
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

    /// Whether `page`, which is where [`Self::position`] says, joins what was read before. If it does not, it is not to
    /// be used, and the position is another one now.
    pub fn joins(&mut self, list: &impl List, page: &Page) -> bool {
        self.all_pages += 1;
        self.to_reread = self.to_reread.saturating_sub(1);
        if self.pass == Pass::Look {
            if page.items().any(|json| updated(list, json) > self.began) {
                self.begin(Pass::Again, None);
            } else {
                self.is_over = true;
                self.doubt = (!page.is_empty()).then_some(Doubt::Unfiltered);
            }
            return false;
        }
        if self.is_unfiltered(list, page) {
            (self.is_over, self.doubt) = (true, Some(Doubt::Unfiltered));
            return false;
        }
        let overlap = self.overlap_in(list);
        // Where a page came from a link, or leads on by one without an item, there is nothing to tell it by.
        let is_linked = self.link.is_some() || (page.is_empty() && page.next_link.is_some());
        let needs_none = self.pages == 0 || self.skip == 0 || is_linked || overlap == 0;
        if !needs_none {
            let erosion = self.overlap.erosion(list, page);
            self.overlap.adapt(erosion, list.top());
            // So much has come that what was read reaches beyond this page.
            self.is_behind = erosion.is_none()
                && page.len() >= list.top()
                && page.items().all(|json| list.id(json).is_some_and(|id| self.has_read(list, id)));
            if erosion.is_none() && !self.is_behind && self.step_back(list) {
                return false;
            }
        }
        if !self.is_behind {
            self.back = 0;
        }
        if self.is_read_again() {
            let ids: Vec<_> = page.items().filter_map(|json| list.id(json)).collect();
            let is_the_last_one = !ids.is_empty() && self.last_page.replace(hash(&ids)) == Some(hash(&ids));
            self.same_pages = if is_the_last_one { self.same_pages + 1 } else { 0 };
            self.read.extend(ids);
            if self.same_pages >= SAME_PAGES {
                (self.is_over, self.doubt) = (true, Some(Doubt::LinksOnly));
                return false;
            }
        }
        if !self.has_begun || self.since.is_some() {
            let times = page.items().filter_map(|json| updated(list, json));
            self.latest = self.latest.max(times.max());
        }
        if !self.has_begun && !page.is_empty() {
            self.has_begun = true;
            self.began = self.latest;
        }
        self.pages += 1;
        true
    }

    /// Goes on after `page`, which joins and of whose items so many were new.
    ///
    /// # Errors
    /// As for [`List::after`], and [`Error::GoesInCircles`].
    pub fn go_on(&mut self, list: &impl List, page: &Page, news: usize) -> Result<Ahead, Error> {
        let after = list.after(&self.position(list)?, page)?;
        let overlap = self.overlap_in(list);
        let is_behind = std::mem::take(&mut self.is_behind);
        if !is_behind {
            self.overlap.remember(list, page);
        }
        self.new_pages += usize::from(news > 0);
        self.without_news = if news > 0 || self.to_reread > 0 { 0 } else { self.without_news + 1 };
        let may_repeat = self.since.is_some() || self.is_read_again();
        if self.without_news >= PAGES_WITHOUT_NEWS && is_behind {
            self.doubt = Some(Doubt::Restless);
            return Ok(Ahead::Done);
        }
        if self.without_news >= PAGES_WITHOUT_NEWS && !may_repeat {
            return Err(Error::GoesInCircles { pages: self.without_news });
        }
        if may_repeat && self.pages > self.all_pages / 2 + REREAD {
            self.doubt = Some(Doubt::Restless);
            return Ok(Ahead::Done);
        }
        self.overlap.turn();
        let asked_again = std::mem::take(&mut self.asked_again);
        match after {
            // One page that has lost something would look like this.
            After::End if list.ends_by_length() && !asked_again && !may_repeat && !page.is_empty() => {
                self.asked_again = true;
                return Ok(Ahead::Again);
            }
            After::End => return Ok(self.end_of_pass()),
            After::Full(Some(link)) | After::Short(link) if self.pass == Pass::Links => {
                // What a page lacks that is short, or has nothing new, nothing else would show.
                let is_odd = page.len() < list.top() || news == 0;
                if is_odd && !asked_again && !self.short_pages_are_usual {
                    self.asked_again = true;
                    return Ok(Ahead::Again);
                }
                self.short_pages_are_usual |= asked_again && news == 0;
                self.follow(link)?;
                self.skip += page.len();
            }
            After::Full(link) => {
                self.skip += page.len() - overlap.min(page.len().saturating_sub(1));
                self.link = None;
                self.way = link.map(Into::into);
                if self.doubt == Some(Doubt::LinksOnly) {
                    self.skip += overlap;
                    self.link = self.way.take();
                }
            }
            After::Short(_) if !asked_again && !self.short_pages_are_usual => {
                self.asked_again = true;
            }
            After::Short(link) => {
                self.short_pages_are_usual |= news == 0;
                self.follow(link)?;
                self.skip += page.len();
            }
        }
        Ok(Ahead::More)
    }

    fn follow(&mut self, link: Url) -> Result<(), Error> {
        let hash = hash(&link);
        if self.visited.contains(&hash) {
            let host = link.host_str().unwrap_or_default().to_owned();
            return Err(Error::NotTheApi { host, what: "a page that points back".to_owned() });
        }
        self.visited.push(hash);
        self.link = Some(link.into());
        Ok(())
    }

    /// Whether the service gives what was updated before the time that it was asked for.
    fn is_unfiltered(&self, list: &impl List, page: &Page) -> bool {
        let Some(since) = self.since else { return false };
        page.items().filter_map(|json| updated(list, json)).any(|time| time < since)
    }

    /// Whether everything on a page may have been read by a pass before.
    fn is_read_again(&self) -> bool {
        self.pass == Pass::Again && self.since.is_none()
    }

    fn has_read(&self, list: &impl List, id: u64) -> bool {
        if self.is_read_again() { self.read.contains(id) } else { list.has_read(id) }
    }

    fn begin(&mut self, pass: Pass, since: Option<Timestamp>) {
        (self.pass, self.since) = (pass, since);
        (self.skip, self.link, self.way, self.pages) = (0, None, None, 0);
        (self.has_begun, self.without_news, self.to_reread) = (false, 0, 0);
        self.overlap = Overlap::default();
        (self.last_page, self.same_pages, self.back) = (None, 0, 0);
        self.visited.clear();
        self.read.clear();
    }

    fn end_of_pass(&mut self) -> Ahead {
        let is_of_one_moment = self.skip == 0 && self.link.is_none();
        if is_of_one_moment || !self.has_begun {
            return Ahead::Done;
        }
        let Some(began) = self.began else {
            self.doubt = Some(Doubt::Undated);
            return Ahead::Done;
        };
        if self.pass == Pass::Links {
            self.pass = Pass::Look;
            return Ahead::Sweep;
        }
        if self.sweeps >= MOST_SWEEPS {
            self.doubt = Some(Doubt::Restless);
            return Ahead::Done;
        }
        let lateness = LATENESS.get(self.sweeps).copied().unwrap_or_default();
        let next = began.saturating_sub(lateness).unwrap_or(began);
        // Where more than a page was updated at one moment, that has been read by now.
        let is_stuck = self.since.is_some_and(|since| next <= since);
        let since = if is_stuck { self.since.map(|since| since + TICK) } else { Some(next) };
        self.sweeps += 1;
        self.begin(self.pass, since);
        Ahead::Sweep
    }

    /// Goes back, further each time; false when that has been done often enough.
    fn step_back(&mut self, list: &impl List) -> bool {
        let distance = (self.back * 2).max(list.top() / 2).min(self.skip);
        let pages = distance / list.top() + 1;
        if self.reread + pages > self.new_pages * 2 + REREAD {
            self.doubt = Some(Doubt::Restless);
            return false;
        }
        self.reread += pages;
        self.to_reread += pages;
        self.back = distance;
        self.skip -= distance;
        self.way = None;
        true
    }

    fn overlap_in(&self, list: &impl List) -> usize {
        self.overlap.on(list.top())
    }
}

fn updated(list: &impl List, json: &str) -> Option<Timestamp> {
    list.updated(json)?.parse().ok()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A time, if there is one, as text.
mod text {
    use jiff::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "as serde calls it")]
    pub(super) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(|time| time.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}
