//! How a page is joined to the last one: it begins with some of its items.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::hash;
use crate::api::{List, Page};

/// With so many items of the last page a page begins as long as nothing leaves the list.
const LEAST: usize = 2;
/// So many items are known again.
const MARKS: usize = 256;

/// An item that was read: its id, and a hash of when it was last updated.
type Mark = (u64, u64);

/// The items by which a page joins the last one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Overlap {
    now: usize,
    /// From the page after the next one on, since that may be on its way already.
    next: usize,
    /// How much the list has shrunk before the reader lately, from one page to the next.
    erosion: usize,
    marks: VecDeque<Mark>,
}

impl Default for Overlap {
    fn default() -> Self {
        Self { now: LEAST, next: LEAST, erosion: 0, marks: VecDeque::new() }
    }
}

impl Overlap {
    /// How many items of the last page the next one begins with, where pages have `top`.
    pub(super) fn on(&self, top: usize) -> usize {
        self.now.min(top / 2)
    }

    /// How much nearer to the page's beginning than it should be one of the last items is, if any is there as it was.
    pub(super) fn erosion(&self, list: &impl List, page: &Page) -> Option<usize> {
        let mut least = None;
        for (place, json) in page.items().enumerate() {
            let Some(id) = list.id(json) else { continue };
            let Some(back) = self.marks.iter().rev().position(|mark| mark.0 == id) else { continue };
            if self.marks[self.marks.len() - 1 - back].1 == hash(&list.updated(json)) {
                least = Some(self.on(list.top()).saturating_sub(1 + back + place));
                if back == 0 {
                    break;
                }
            }
        }
        least
    }

    /// Begins the pages as far before the last one's end as things leave the list.
    pub(super) fn adapt(&mut self, erosion: Option<usize>, top: usize) {
        let erosion = erosion.unwrap_or(self.on(top) * 2);
        self.erosion = erosion.max(self.erosion - self.erosion.div_ceil(8));
        self.next = (LEAST + 2 * self.erosion).min(top / 2);
    }

    /// The next page begins so far before this one's end as was found to be needed.
    pub(super) fn turn(&mut self) {
        self.now = self.next;
    }

    /// Remembers the items at the end of `page`.
    pub(super) fn remember(&mut self, list: &impl List, page: &Page) {
        let count = self.on(list.top()).max(LEAST);
        for json in page.items().skip(page.len().saturating_sub(count)) {
            if let Some(id) = list.id(json) {
                self.marks.push_back((id, hash(&list.updated(json))));
            }
        }
        while self.marks.len() > MARKS {
            self.marks.pop_front();
        }
    }
}
