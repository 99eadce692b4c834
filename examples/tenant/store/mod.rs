//! Which incidents there are, and what became of them. Nothing is kept of an incident that nobody has touched:
//! everything about it follows from its id and from when the tenant started, so a hundred thousand cost as little as
//! ten. What was written to one is kept, and every API shows it.

mod churn;
mod details;
mod device;
mod facts;
mod names;
pub mod scenarios;
pub mod template;
pub mod ticks;
mod variant;
pub mod verdict;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

pub use churn::Churn;
use churn::Watch;
pub use details::{Comment, Details};
pub use device::Device;
pub use facts::Facts;
use ticks::TICKS;
pub use variant::{Rendered, STATUSES, VARIANTS, Variant};

/// Id of the newest incident at start.
const NEWEST: u64 = 924_480;

pub struct Store {
    newest: u64,
    oldest: u64,
    /// Ticks since 1970.
    started: i64,
    /// Ticks since 1970, of the last change.
    touched: i64,
    changed: HashMap<u64, Changed>,
    /// What no list shows any more.
    gone: HashSet<u64>,
    /// How many incidents chance has picked.
    picked: u64,
    /// When those newer than at the start have arrived, in ticks since 1970.
    arrivals: Vec<i64>,
    /// How often it has churned.
    steps: usize,
    watch: Option<Watch>,
}

/// An incident that somebody has written to.
struct Changed {
    details: Details,
    /// Ticks since 1970.
    updated: i64,
}

/// An incident as the tenant knows it, for a test to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: u64,
    /// Ticks since 1970.
    pub created: i64,
    /// Ticks since 1970.
    pub updated: i64,
    /// In the words of the Defender API.
    pub details: Details,
}

impl Store {
    pub fn new(count: usize, now: i64) -> Self {
        let oldest = (NEWEST + 1).saturating_sub(count as u64).max(1);
        let started = now * TICKS;
        Self {
            newest: NEWEST,
            oldest,
            started,
            touched: started,
            changed: HashMap::new(),
            gone: HashSet::new(),
            picked: 0,
            arrivals: Vec::new(),
            steps: 0,
            watch: None,
        }
    }

    /// So many arrive, at `now` (seconds since 1970) or just after what has arrived before.
    pub fn arrive(&mut self, count: usize, now: i64) {
        for _ in 0..count {
            self.newest += 1;
            let latest = self.arrivals.last().copied().unwrap_or(self.started).max(self.touched);
            self.arrivals.push((latest + 1000).max(now * TICKS));
        }
    }

    /// When the tenant started, in ticks since 1970.
    pub fn started(&self) -> i64 {
        self.started
    }

    /// All incidents, newest first.
    pub fn all(&self) -> impl Iterator<Item = Facts<'_>> {
        let there = move |id: &u64| self.gone.is_empty() || !self.gone.contains(id);
        (self.oldest..=self.newest).rev().filter(there).map(|id| self.facts(id))
    }

    /// The same in the order of a list: newest first, or last updated first.
    pub fn listed(&self, by_update: bool) -> Box<dyn Iterator<Item = Facts<'_>> + '_> {
        if !by_update {
            return Box::new(self.all());
        }
        let mut all: Vec<Facts<'_>> = self.all().collect();
        all.sort_by_key(|facts| Reverse(facts.updated));
        Box::new(all.into_iter())
    }

    pub fn get(&self, id: u64) -> Option<Facts<'_>> {
        (self.oldest..=self.newest).contains(&id).then(|| self.facts(id))
    }

    pub fn known(&self, id: u64) -> Option<Known> {
        let facts = self.get(id)?;
        Some(Known { id, created: facts.created, updated: facts.updated, details: facts.details() })
    }

    /// Writes to an incident, which must be there: `now` (seconds since 1970), or just after the change before, is
    /// its last update.
    pub fn change(&mut self, id: u64, now: i64, change: impl FnOnce(&mut Details)) {
        let mut details = self.facts(id).details();
        let newest = self.facts(self.newest).created;
        self.touched = (self.touched + 1).max(now * TICKS).max(newest);
        change(&mut details);
        self.changed.insert(id, Changed { details, updated: self.touched });
        self.rewatch(id);
    }

    /// What somebody has made of an incident, with a comment of theirs.
    pub fn write(&mut self, id: u64, now: i64, who: &str, comment: Option<String>, details: Details) {
        self.change(id, now, |changed| *changed = details);
        if let Some(Changed { details, updated }) = self.changed.get_mut(&id) {
            details.last_modified_by = Some(who.to_owned());
            let time = Some(*updated);
            details.comments.extend(comment.map(|text| Comment { text, author: who.to_owned(), time }));
        }
    }

    /// The first incident becomes a part of the second.
    pub fn merge(&mut self, id: u64, into: u64, now: i64) {
        self.change(id, now, |details| {
            "Redirected".clone_into(&mut details.status);
            details.redirect = Some(into);
        });
        self.change(into, now, |_| ());
    }

    fn facts(&self, id: u64) -> Facts<'_> {
        let arrived =
            id.checked_sub(NEWEST + 1).and_then(|place| self.arrivals.get(usize::try_from(place).ok()?));
        let facts = Facts::generated(id, self.started, arrived.copied());
        match self.changed.get(&id) {
            None => facts,
            Some(changed) => Facts { updated: changed.updated, changed: Some(&changed.details), ..facts },
        }
    }
}
