//! Calls at the pace that a service's quotas allow, by all `m365d` processes of a person together, so that none of
//! them runs into a refusal.
//!
//! Each call takes a turn in a ledger that the processes share. A turn that is too early is waited for outside the
//! ledger's lock, in the order in which they were taken, and by whoever goes away left to those behind. Where the ledger cannot be kept, calls go unpaced.

mod bucket;
mod ledger;
mod queue;

use std::cell::Cell;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::Method;

use super::Error;
use crate::http::retry::{Observer, Waits};
use crate::token::Service;
pub use bucket::Bucket;
use ledger::Ledger;
use queue::{Cause, LATENCY, Queue, RENEWAL, Standing, Turn, Wait};

/// A shorter wait is over before anybody has read about it.
const UNNOTICED: Duration = Duration::from_secs(1);

/// So many calls in so much time at most, wherever that time begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many, at least one and at most [`Quota::MOST_CALLS`].
    pub calls: u32,
    /// In how much time, at most [`Quota::LONGEST`].
    pub per: Duration,
}

impl Quota {
    /// The ledger remembers some more.
    pub const MOST_CALLS: u32 = 5000;
    /// The ledger remembers calls for as long as this.
    pub const LONGEST: Duration = Duration::from_secs(60 * 60);

    const fn a_minute(calls: u32) -> Self {
        Self { calls, per: Duration::from_secs(60) }
    }

    const fn an_hour(calls: u32) -> Self {
        Self { calls, per: Duration::from_secs(60 * 60) }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = if self.calls == 1 { "call" } else { "calls" };
        write!(f, "{} {calls} ", self.calls)?;
        match self.per.as_secs() {
            1 => f.write_str("a second"),
            60 => f.write_str("a minute"),
            3600 => f.write_str("an hour"),
            seconds => write!(f, "in {seconds} s"),
        }
    }
}

/// Which quotas hold, and where the ledgers are.
#[derive(Debug, Default)]
pub struct Pace {
    folder: PathBuf,
    documented: bool,
    rate: Option<Quota>,
    given_up: Cell<bool>,
}

impl Pace {
    /// The documented quotas, if `documented`, and `rate` in place of those of them that are for the same time. The
    /// ledgers lie in `folder`, which belongs to whom the service counts by: an application in a tenant
    /// (<https://github.com/MicrosoftDocs/microsoft-365-docs/issues/10124>).
    #[must_use]
    pub fn new(folder: PathBuf, documented: bool, rate: Option<Quota>) -> Self {
        Self { folder, documented, rate, given_up: Cell::new(false) }
    }

    /// The turns of a request's attempts at `path` of `service`.
    pub(super) fn turns(&self, service: Service, method: &Method, path: &str) -> Turns<'_> {
        if self.rate.is_none() && !self.documented {
            return Turns { pace: self, bucket: Bucket::Other(service), quotas: Vec::new() };
        }
        let bucket = Bucket::of(service, method, path);
        Turns { pace: self, bucket, quotas: self.quotas(bucket) }
    }

    fn quotas(&self, bucket: Bucket) -> Vec<Quota> {
        let documented = if self.documented { bucket.quotas() } else { &[] };
        let is_replaced = |quota: &&Quota| self.rate.is_some_and(|rate| rate.per == quota.per);
        documented.iter().filter(|quota| !is_replaced(quota)).copied().chain(self.rate).collect()
    }
}

/// The turns of one request's attempts; nothing at all where no quota is known.
pub(super) struct Turns<'a> {
    pace: &'a Pace,
    bucket: Bucket,
    quotas: Vec<Quota>,
}

impl Turns<'_> {
    /// Takes a turn and waits for it, as long as `waits` has left.
    ///
    /// # Errors
    /// [`Error::QuotaUsedUp`] when it would take longer; that is said before anything is waited for, and no turn is
    /// taken then.
    pub(super) async fn next(&self, waits: &mut Waits, waiting: Observer<'_>) -> Result<Option<Turn>, Error> {
        let (turn, mut wait) = match self.enter(waits)? {
            None => return Ok(None),
            Some((turn, None)) => return Ok(Some(turn)),
            Some((turn, Some(wait))) => (turn, wait),
        };
        let mut place = Place { turns: self, turn: Some(turn) };
        let mut told = None;
        loop {
            let until = Instant::now() + wait.length;
            let is_news = told.is_none_or(|told| until.max(told) - until.min(told) >= UNNOTICED);
            if wait.length >= UNNOTICED && is_news {
                waiting(&self.reason(&wait), wait.length);
                told = Some(until);
            }
            let sleep = wait.length.min(RENEWAL);
            tokio::time::sleep(sleep).await;
            waits.spend(sleep);
            wait = match self.ledger(|queue| queue.start(turn, &self.quotas)) {
                None | Some(Standing::Begun) => return Ok(place.take()),
                Some(Standing::Waits(wait)) => wait,
                // A computer that slept, or a ledger that began anew.
                Some(Standing::Lost) => return Box::pin(self.next(waits, waiting)).await,
            };
            // What a call before this one is late by is waited for all the same.
            if wait.length > waits.left() + LATENCY {
                return Err(self.used_up(&wait));
            }
        }
    }

    /// A turn, and the wait that it takes.
    fn enter(&self, waits: &Waits) -> Result<Option<(Turn, Option<Wait>)>, Error> {
        self.ledger(|queue| queue.enter(&self.quotas, waits.left()))
            .transpose()
            .map_err(|wait| self.used_up(&wait))
    }

    /// The call has been answered, or will not be.
    pub(super) fn over(&self, turn: Option<Turn>) {
        if let Some(turn) = turn {
            self.ledger(|queue| queue.settle(turn));
        }
    }

    /// The service has refused a call and wants none for so long, from nobody.
    pub(super) fn hold(&self, wait: Duration) {
        self.ledger(|queue| queue.hold(wait));
    }

    /// Changes the ledger; `None` where there is none, or none can be kept.
    fn ledger<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> Option<T> {
        if self.quotas.is_empty() || self.pace.given_up.get() {
            return None;
        }
        let ledger = Ledger { folder: &self.pace.folder, name: self.bucket.file() };
        match ledger.change(change) {
            Ok(changed) => Some(changed),
            Err(error) => {
                log::info!("calls go unpaced, since {} cannot be kept: {error}", ledger.path().display());
                self.pace.given_up.set(true);
                None
            }
        }
    }

    fn used_up(&self, wait: &Wait) -> Error {
        Error::QuotaUsedUp { reason: self.reason(wait), wait: wait.length }
    }

    fn reason(&self, wait: &Wait) -> String {
        match wait.cause {
            Cause::Quota(quota) => format!("the quota for {}, {quota}, is used up", self.bucket),
            Cause::Asked => format!("the service has asked for a pause between {}", self.bucket),
        }
    }
}

/// The place in the queue of somebody who waits, and who leaves it when that ends before the turn has begun.
struct Place<'a> {
    turns: &'a Turns<'a>,
    turn: Option<Turn>,
}

impl Place<'_> {
    /// The turn has begun.
    fn take(&mut self) -> Option<Turn> {
        self.turn.take()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(turn) = self.turn.take() {
            self.turns.ledger(|queue| queue.leave(turn));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: (Service, &str) = (Service::Defender, "api/incidents");

    fn quotas(documented: bool, rate: Option<Quota>, (service, path): (Service, &str)) -> Vec<Quota> {
        Pace::new(PathBuf::new(), documented, rate).turns(service, &Method::GET, path).quotas
    }

    #[test]
    fn a_rate_takes_the_place_of_the_documented_quota_for_the_same_time() {
        let documented = vec![Quota::a_minute(50), Quota::an_hour(1500)];
        assert_eq!(quotas(true, None, PAGE), documented);
        let (slow, fast) = (Quota::a_minute(20), Quota::an_hour(3000));
        assert_eq!(quotas(true, Some(slow), PAGE), [Quota::an_hour(1500), slow]);
        assert_eq!(quotas(true, Some(fast), PAGE), [Quota::a_minute(50), fast]);
        let second = Quota { calls: 2, per: Duration::from_secs(1) };
        assert_eq!(quotas(true, Some(second), PAGE), [&documented[..], &[second]].concat());
    }

    #[test]
    fn a_custom_authority_has_no_quota_but_the_one_that_it_is_given_for_every_call() {
        let rate = Quota::a_minute(30);
        for call in [PAGE, (Service::Graph, "v1.0/me")] {
            assert_eq!(quotas(false, None, call), []);
            assert_eq!(quotas(false, Some(rate), call), [rate]);
        }
        assert_eq!(quotas(true, None, (Service::Graph, "v1.0/me")), []);
    }
}
