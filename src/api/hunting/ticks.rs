//! Time as KQL's `datetime` counts it: in ticks of 100 nanoseconds, between which there is nothing.

use std::fmt;

use jiff::Timestamp;

const NANOSECONDS: i128 = 100;

/// An instant, in ticks since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticks(i64);

impl Ticks {
    /// A day of them.
    pub const DAY: i64 = 24 * 3600 * 10_000_000;
    /// A thousandth of a second of them.
    pub const MILLISECOND: i64 = 10_000;

    /// The instant that is so many ticks later, or earlier.
    #[must_use]
    pub fn plus(self, ticks: i64) -> Self {
        Self(self.0.saturating_add(ticks))
    }

    /// How many ticks later it is than `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<i64> for Ticks {
    fn from(ticks: i64) -> Self {
        Self(ticks)
    }
}

impl From<Timestamp> for Ticks {
    fn from(time: Timestamp) -> Self {
        Self(i64::try_from(time.as_nanosecond().div_euclid(NANOSECONDS)).unwrap_or(i64::MAX))
    }
}

/// As KQL reads it.
impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Timestamp::from_nanosecond(i128::from(self.0) * NANOSECONDS);
        write!(f, "{:.7}", time.unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX }))
    }
}
