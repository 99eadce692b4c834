//! A tenant that does not hold still: between two pages of a list, incidents arrive, are updated and are merged. Which
//! ones follows from how often it happened before, so that two runs see the same.

use std::collections::BTreeSet;

use super::super::api::filter::Filter;
use super::Store;
use super::facts::scatter;

/// What happens after every page that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Churn {
    pub arrivals: usize,
    /// Incidents that get a comment, and with it a new time of their last update.
    pub updates: usize,
    /// Incidents that somebody resolves, so that a list of others has them no more.
    pub resolutions: usize,
    /// Incidents that become a part of a newer one.
    pub merges: usize,
    /// What was merged leaves the lists, and only its id still leads to it.
    pub merged_vanish: bool,
    /// Incidents of which nothing is left, not even a trace in another one.
    pub deletions: usize,
    /// After every so many pages, so many incidents in a row are resolved at once.
    pub bulk: Option<(usize, usize)>,
    /// Seconds that have passed.
    pub seconds: i64,
    /// Which incidents it is that chance picks.
    pub seed: u64,
}

/// Which incidents matched from a moment on without a break.
pub struct Watch {
    pub filter: Option<Filter>,
    pub ids: BTreeSet<u64>,
}

impl Store {
    /// One step. `now` is in seconds since 1970.
    pub fn churn(&mut self, churn: Churn, now: i64) {
        self.arrive(churn.arrivals, now);
        self.steps += 1;
        if self.picked == 0 {
            self.picked = churn.seed << 32;
        }
        for _ in 0..churn.updates {
            if let Some(id) = self.pick() {
                let comment = format!("update {}", self.picked);
                let details = self.facts(id).details();
                self.write(id, now, "automation@northwind.example", Some(comment), details);
            }
        }
        for _ in 0..churn.resolutions {
            if let Some(id) = self.pick() {
                self.resolve(id, now);
            }
        }
        if let Some((_, count)) = churn.bulk.filter(|(pages, _)| self.steps.is_multiple_of(*pages))
            && let Some(first) = self.pick()
        {
            let last = (first + count as u64).min(self.newest);
            (first..=last).for_each(|id| self.resolve(id, now));
        }
        for _ in 0..churn.deletions {
            if let Some(id) = self.pick() {
                self.vanish(id);
            }
        }
        for _ in 0..churn.merges {
            let Some(id) = self.pick() else { continue };
            let is_open = |id: &u64| !self.gone.contains(id) && self.facts(*id).status() != "Redirected";
            if let Some(into) = (id + 1..=self.newest).find(is_open).filter(|_| is_open(&id)) {
                self.merge(id, into, now);
                if churn.merged_vanish {
                    self.vanish(id);
                }
            }
        }
    }

    fn resolve(&mut self, id: u64, now: i64) {
        if !self.gone.contains(&id) {
            self.change(id, now, |details| "Resolved".clone_into(&mut details.status));
        }
    }

    fn vanish(&mut self, id: u64) {
        self.gone.insert(id);
        if let Some(watch) = &mut self.watch {
            watch.ids.remove(&id);
        }
    }

    /// Any incident that the lists show.
    fn pick(&mut self) -> Option<u64> {
        self.picked += 1;
        let count = (self.newest + 1).checked_sub(self.oldest).filter(|count| *count > 0)?;
        let id = self.oldest + scatter(self.picked) % count;
        (!self.gone.contains(&id)).then_some(id)
    }

    /// From now on it is known which incidents match all the time.
    pub fn watch(&mut self, filter: Option<Filter>) {
        let matches = |facts: &super::Facts<'_>| filter.as_ref().is_none_or(|filter| filter.matches(facts));
        let ids = self.all().filter(matches).map(|facts| facts.id).collect();
        self.watch = Some(Watch { filter, ids });
    }

    pub fn watched(&self) -> Vec<u64> {
        self.watch.iter().flat_map(|watch| watch.ids.iter().copied()).collect()
    }

    /// After a change, whether the incident still matches.
    pub fn rewatch(&mut self, id: u64) {
        let matches =
            |watch: &Watch| watch.filter.as_ref().is_none_or(|filter| filter.matches(&self.facts(id)));
        if self.watch.as_ref().is_some_and(|watch| !matches(watch))
            && let Some(watch) = &mut self.watch
        {
            watch.ids.remove(&id);
        }
    }
}
