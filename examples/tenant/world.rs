//! Everything the tenant knows, behind one lock: requests are answered one at a time and no answer sees half a change.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;

use super::api::Quotas;
use super::clock;
use super::endpoint::Actions;
use super::entra::Entra;
use super::fault::Faults;
use super::hunting::Hunting;
use super::log::Recorded;
use super::options::Options;
use super::store::Store;

/// What the server's thread and the owner of the tenant share.
pub struct Shared {
    world: Mutex<World>,
    log_changed: Condvar,
}

pub struct World {
    pub options: Options,
    base_url: String,
    pub entra: Entra,
    pub incidents: Store,
    pub quotas: Quotas,
    pub hunting: Hunting,
    pub actions: Actions,
    pub faults: Faults,
    /// The last page of incidents that was served, whole.
    pub last_page: Option<Bytes>,
    pub log: Vec<Recorded>,
    pub requests: usize,
}

impl World {
    /// Where clients find the tenant, without a closing slash.
    pub fn base_url(&self) -> &str {
        self.options.public_url.as_ref().unwrap_or(&self.base_url)
    }

    /// What happens after a page of incidents.
    pub fn page_served(&mut self, page: &Bytes) {
        self.last_page = Some(page.clone());
        let now = self.now();
        self.incidents.arrive(self.options.arrivals_per_page, now);
        self.incidents.churn(self.options.churn, now);
        self.options.clock_offset += self.options.churn.seconds;
    }

    pub fn now(&self) -> i64 {
        clock::machine() + self.options.clock_offset
    }
}

impl Shared {
    pub fn new(options: Options, base_url: String) -> Self {
        let incidents = Store::new(options.incidents, clock::machine() + options.clock_offset);
        let world = World {
            options,
            base_url,
            entra: Entra::default(),
            incidents,
            quotas: Quotas::default(),
            hunting: Hunting::default(),
            actions: Actions::default(),
            faults: Faults::default(),
            last_page: None,
            log: Vec::new(),
            requests: 0,
        };
        Self { world: Mutex::new(world), log_changed: Condvar::new() }
    }

    /// A test that panicked while it held the lock has failed already; the others may go on.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the record of requests and wakes whoever waits for it.
    pub fn log(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.lock());
        self.log_changed.notify_all();
    }

    pub fn wait_until(&self, reached: impl Fn(&World) -> bool, timeout: Duration) -> bool {
        let waiting = self.log_changed.wait_timeout_while(self.lock(), timeout, |world| !reached(world));
        let (_world, outcome) = waiting.unwrap_or_else(PoisonError::into_inner);
        !outcome.timed_out()
    }
}
