//! The time that a query is about, in the forms that Graph documents for `Timespan` (ISO 8601).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The first second of the year 1, in seconds since 1970.
const YEAR_1: i64 = -62_135_596_800;
/// Of a second's fraction.
const MOST_DIGITS: usize = 7;

/// A range of time.
#[derive(Debug, Clone)]
pub enum Timespan {
    /// So long until now.
    Last(Box<Span>),
    /// From then until now.
    Since(Timestamp),
    /// From then until then.
    Between(Timestamp, Timestamp),
}

/// A text that is no range of time.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error(
    "a timespan looks like 7d, P7D, 2026-11-01/2026-11-08T12:00:00Z, 2026-11-01/P7D or P7D/2026-11-08, its later end last"
)]
pub struct NotATimespan;

impl FromStr for Timespan {
    type Err = NotATimespan;

    fn from_str(text: &str) -> Result<Self, NotATimespan> {
        let Some((from, to)) = text.split_once('/') else {
            return match time(text) {
                Some(time) => Ok(Self::Since(time)),
                None => span(text).map(|span| Self::Last(Box::new(span))).ok_or(NotATimespan),
            };
        };
        let (from, to) = match (time(from), time(to)) {
            (Some(from), Some(to)) => Some((from, to)),
            (Some(from), None) => span(to).and_then(|span| Some((from, moved(from, span)?))),
            (None, Some(to)) => span(from).and_then(|span| Some((moved(to, span.negate())?, to))),
            (None, None) => None,
        }
        .ok_or(NotATimespan)?;
        if from < to { Ok(Self::Between(from, to)) } else { Err(NotATimespan) }
    }
}

impl Timespan {
    /// The same without a beginning that moves as time goes by.
    #[must_use]
    pub fn fixed(self, now: Timestamp) -> Self {
        match self {
            Self::Last(span) => moved(now, span.negate()).map_or(Self::Last(span), Self::Since),
            fixed => fixed,
        }
    }
}

/// As Graph wants it.
impl fmt::Display for Timespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last(span) => write!(f, "{span}"),
            Self::Since(from) => write!(f, "{from}"),
            Self::Between(from, to) => write!(f, "{from}/{to}"),
        }
    }
}

/// An instant, or the beginning of a day in UTC; one that KQL has too, and to the last digit: from the year 1 on, in
/// ticks, without leap seconds. (<https://learn.microsoft.com/kusto/query/scalar-data-types/datetime>)
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let midnight = |day: Date| day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let day = (text.len() == "2026-11-01".len()).then(|| text.parse().ok()).flatten();
    let time: Timestamp = text.parse().ok().or_else(|| day.and_then(midnight))?;
    let digits = text
        .split_once(['.', ','])
        .map_or(0, |(_, fraction)| fraction.bytes().take_while(u8::is_ascii_digit).count());
    let is_exact = digits <= MOST_DIGITS && !is_leap_second(text);
    (is_exact && time.as_second() >= YEAR_1).then_some(time)
}

/// The library takes one for the second before it.
fn is_leap_second(text: &str) -> bool {
    let clock = text.split_once(['T', 't', ' ', '_']).map_or("", |(_, clock)| clock);
    let clock =
        clock.split(|letter: char| !letter.is_ascii_digit() && letter != ':').next().unwrap_or_default();
    let clock: String = clock.chars().filter(char::is_ascii_digit).collect();
    clock.get(4..6) == Some("60")
}

/// A distance that is longer than nothing. ISO 8601 does not let weeks stand beside anything else.
fn span(text: &str) -> Option<Span> {
    let span: Span = text.parse().ok().filter(|span: &Span| span.signum() == 1)?;
    span.try_weeks(0).ok()?.try_days(span.get_days().checked_add(span.get_weeks().checked_mul(7)?)?).ok()
}

fn moved(time: Timestamp, span: Span) -> Option<Timestamp> {
    time.to_zoned(TimeZone::UTC).checked_add(span).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::Timespan;

    #[test]
    fn whatever_is_clear_is_sent_in_the_documented_form() {
        for (given, sent) in [
            ("7d", "P7D"),
            ("P7D", "P7D"),
            ("36h", "PT36H"),
            ("1 week 2 days", "P9D"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01/2026-11-08T12:00:00+01:00", "2026-11-01T00:00:00Z/2026-11-08T11:00:00Z"),
            ("2026-11-01/P7D", "2026-11-01T00:00:00Z/2026-11-08T00:00:00Z"),
            ("P1M/2026-11-08", "2026-10-08T00:00:00Z/2026-11-08T00:00:00Z"),
        ] {
            assert_eq!(given.parse::<Timespan>().unwrap().to_string(), sent, "{given}");
        }
    }

    #[test]
    fn what_is_no_range_of_time_is_refused() {
        for bad in [
            "",
            "/",
            "7",
            "-7d",
            "P0D",
            "yesterday",
            "7d/7d",
            "2026-11-08/2026-11-01",
            "2026-11-01/",
            "2026-13-01",
            "2026-12-31T23:59:60Z",
            "2026-12-31T23:59:59.99999999Z/P1D",
            "2026-11-01/2026-11-02/2026-11-03",
            "9999-12-01/P1Y",
            "7d\"}",
        ] {
            assert!(bad.parse::<Timespan>().is_err(), "{bad}");
        }
    }
}
