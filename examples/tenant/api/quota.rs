//! The documented quotas, counted on the tenant's clock in windows that begin with a call. A call that is refused counts
//! as well.

use std::fmt;

use super::super::fault::RetryAfter;
use super::super::options::RetryAfterForm;
use super::super::world::World;
use super::Refusal;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Lists of incidents, and changes of one (Microsoft documents the same quota for both, and counts each by
    /// itself).
    List,
    Update,
    /// One incident.
    Single,
    /// Defender's hunting and Graph's: one engine.
    Hunt,
    /// Everything else of Graph's security API, which has no quota an hour.
    Graph,
    /// Defender for Endpoint.
    Machine,
}

#[derive(Default)]
pub struct Quotas([[Window; 2]; 6]);

#[derive(Default)]
struct Window {
    /// Seconds since 1970.
    began: i64,
    calls: u32,
}

/// A quota that a call has exceeded.
struct Exceeded {
    /// As the service's message prints it.
    quota: String,
    /// Seconds until the next window.
    wait: u64,
}

#[derive(Clone, Copy)]
struct Limit {
    calls: u32,
    seconds: i64,
}

const PER_HOUR: Limit = Limit { calls: 1500, seconds: 3600 };
const FIFTY: Limit = Limit { calls: 50, seconds: 60 };
const HUNDRED: Limit = Limit { calls: 100, seconds: 60 };
const GRAPH: Limit = Limit { calls: 150, seconds: 60 };
const HUNTS: Limit = Limit { calls: 45, seconds: 60 };

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, seconds } = self;
        write!(formatter, "{calls} per {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

impl Kind {
    fn limits(self) -> [Limit; 2] {
        let per_minute = match self {
            Self::List | Self::Update => FIFTY,
            Self::Single | Self::Machine => HUNDRED,
            Self::Hunt => HUNTS,
            Self::Graph => return [GRAPH, GRAPH],
        };
        [per_minute, PER_HOUR]
    }
}

impl Quotas {
    /// Counts a call at `now`, in seconds since 1970.
    fn count(&mut self, kind: Kind, now: i64, small: Option<(u32, i64)>) -> Option<Exceeded> {
        let mut exceeded = None;
        let mut limits = kind.limits();
        if let Some((calls, seconds)) = small {
            limits[0] = Limit { calls, seconds };
        }
        for (window, limit) in self.0[kind as usize].iter_mut().zip(limits) {
            if now >= window.began + limit.seconds {
                *window = Window { began: now, calls: 0 };
            }
            window.calls += 1;
            if window.calls > limit.calls {
                let wait = window.began + limit.seconds - now;
                exceeded = Some(Exceeded { quota: limit.to_string(), wait: wait.cast_unsigned() });
            }
        }
        exceeded
    }
}

/// Counts a call, where quotas are enforced, and refuses one too many.
pub fn check(kind: Kind, world: &mut World) -> Result<(), Refusal> {
    let now = world.now();
    if !world.options.rate_limits {
        return Ok(());
    }
    let Some(Exceeded { quota, wait }) = world.quotas.count(kind, now, world.options.small_quota) else {
        return Ok(());
    };
    let retry_after = match world.options.retry_after {
        RetryAfterForm::Seconds => Some(RetryAfter::Seconds(wait)),
        RetryAfterForm::HttpDate => Some(RetryAfter::HttpDate(wait)),
        RetryAfterForm::Absent => None,
    };
    let throttled = Refusal::throttled(world.options.throttle_body, &quota);
    Err(throttled.until(retry_after.map(|retry_after| retry_after.print(now))))
}
