//! A time range, and the forms in which a client can give one.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp};

use super::super::store::ticks::TICKS;

/// In ticks since 1970, with both ends inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub from: i64,
    pub to: i64,
}

impl Range {
    pub const ALL: Self = Self { from: i64::MIN, to: i64::MAX };

    pub fn within(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// Graph's `Timespan`: `start/end`, `duration/end`, `start/duration`, a duration until now, or a start (ISO 8601).
    pub fn of_timespan(text: &str, now: i64) -> Option<Self> {
        match text.split_once('/') {
            Some((start, end)) => match (time(start), time(end)) {
                (Some(from), Some(to)) => Some(Self { from, to }),
                (Some(from), None) => Some(Self { from, to: from + duration(end)? }),
                (None, Some(to)) => Some(Self { from: to - duration(start)?, to }),
                (None, None) => None,
            },
            None => match time(text) {
                Some(from) => Some(Self { from, to: now }),
                None => Some(Self { from: now - duration(text)?, to: now }),
            },
        }
    }
}

/// A time with an offset, or else in UTC; a date is its beginning.
pub fn time(text: &str) -> Option<i64> {
    let text = text.trim();
    let time = text.parse::<Timestamp>().ok().or_else(|| {
        let local = text.parse::<DateTime>().ok()?;
        Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })?;
    i64::try_from(time.as_nanosecond() / 100).ok()
}

fn duration(text: &str) -> Option<i64> {
    let span: Span = text.strip_prefix('P').and_then(|_| text.parse().ok())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    i64::try_from(duration.as_nanos() / 100).ok()
}

/// KQL's `7d`, `1.5h`, `30m`, `10s`.
pub fn timespan(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at(text.find(|letter: char| letter.is_ascii_alphabetic())?);
    let seconds = match unit {
        "d" => 86_400.0,
        "h" => 3_600.0,
        "m" => 60.0,
        "s" => 1.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    Some((number * seconds * TICKS as f64) as i64)
}
