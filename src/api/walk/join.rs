//! Whether a page joins what was read before it, and where to look for one that does.

use jiff::Timestamp;

use super::{Doubt, Pass, REREAD, Walk, hash};
use crate::api::{List, Page};

/// A service that gives the same page so many times more does not know what to leave out.
const SAME_PAGES: usize = 2;

impl Walk {
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
        if self.may_repeat() {
            let read_before = self.read.len();
            self.read.extend(page.items().filter_map(|json| list.id(json)));
            self.is_news_of_pass = self.read.len() > read_before;
        }
        if self.is_read_again() {
            let ids: Vec<_> = page.items().filter_map(|json| list.id(json)).collect();
            let is_the_last_one = !ids.is_empty() && self.last_page.replace(hash(&ids)) == Some(hash(&ids));
            self.same_pages = if is_the_last_one { self.same_pages + 1 } else { 0 };
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

    /// Whether the service gives what was updated before the time that it was asked for.
    fn is_unfiltered(&self, list: &impl List, page: &Page) -> bool {
        let Some(since) = self.since else { return false };
        page.items().filter_map(|json| updated(list, json)).any(|time| time < since)
    }

    fn has_read(&self, list: &impl List, id: u64) -> bool {
        if self.is_read_again() { self.read.contains(id) } else { list.has_read(id) }
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
        self.looked_from = None;
        self.way = None;
        true
    }
}

fn updated(list: &impl List, json: &str) -> Option<Timestamp> {
    list.updated(json)?.parse().ok()
}
