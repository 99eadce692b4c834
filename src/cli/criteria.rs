//! What is in a list, and how far it goes: the options that all lists have.

#![expect(clippy::doc_markdown, reason = "these comments are help texts")]

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::value::duration;
use crate::api::{self, Assignee, Filter};

#[derive(Debug, Args)]
pub(super) struct Criteria {
    /// Only with this severity, of those that are read; may be repeated. Defender cannot filter on it, so m365d does
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',', ignore_case = true)]
    pub(super) severity: Vec<Severity>,
    /// Only those assigned to this user principal name, to me, or to none
    #[arg(long, value_name = "UPN|me|none")]
    pub(super) assigned_to: Option<String>,
    /// Only those created since: 7d, 24h, 2026-11-01 (UTC) or an RFC 3339 time
    #[arg(long, value_name = "TIME", value_parser = Since::parse)]
    pub(super) created_since: Option<Since>,
    /// Only those updated since: 7d, 24h, 2026-11-01 (UTC) or an RFC 3339 time
    #[arg(long, value_name = "TIME", value_parser = Since::parse)]
    pub(super) updated_since: Option<Since>,
    /// An OData filter, sent as it is
    #[arg(long, value_name = "ODATA")]
    pub(super) filter: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Extent {
    /// List at most so many, over as many pages as it takes [default: the newest page]
    #[arg(long, value_name = "N", value_parser = at_least_one, group = "extent")]
    pub(super) limit: Option<NonZeroUsize>,
    /// List all, page by page: each that matches while the list is read, once, whatever arrives, changes or goes
    /// meanwhile
    #[arg(long, group = "extent")]
    pub(super) all: bool,
    /// The longest to wait when the service is busy or its quota used up, for any one page
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(super) max_wait: Duration,
}

/// A time as it was given, and what that means now.
#[derive(Debug, Clone)]
pub(super) struct Since {
    pub(super) text: String,
    pub(super) time: Timestamp,
}

impl Since {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self { text: text.to_owned(), time: since(text)? })
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Severity {
    #[value(name = "unspecified")]
    UnSpecified,
    Informational,
    Low,
    Medium,
    High,
}

impl Criteria {
    /// The conditions, when somebody asks who is called `me`.
    pub(super) fn filter(&self, me: &str) -> Filter {
        Filter {
            severity: self.severity.iter().copied().map(api::Severity::from).collect(),
            assigned_to: self.assigned_to.as_ref().map(|name| Assignee::named(name, me)),
            created_since: self.created_since.as_ref().map(|since| since.time),
            updated_since: self.updated_since.as_ref().map(|since| since.time),
            verbatim: self.filter.clone(),
            ..Filter::default()
        }
    }
}

impl From<Severity> for api::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::UnSpecified => Self::UnSpecified,
            Severity::Informational => Self::Informational,
            Severity::Low => Self::Low,
            Severity::Medium => Self::Medium,
            Severity::High => Self::High,
        }
    }
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "a limit is a whole number, at least 1".to_owned())
}

fn since(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    if is_like_a_day(text) {
        let midnight = text.parse::<Date>().and_then(|day| day.to_zoned(TimeZone::UTC));
        return midnight.map(|zoned| zoned.timestamp()).map_err(|_| "there is no such date".to_owned());
    }
    text.parse::<Span>()
        .ok()
        .filter(|span| !span.is_negative())
        .and_then(|span| Timestamp::now().to_zoned(TimeZone::UTC).checked_sub(span).ok())
        .map(|zoned| zoned.timestamp())
        .ok_or_else(|| "a time looks like 7d, 24h, 2026-11-01 or 2026-11-01T08:00:00Z".to_owned())
}

/// Whether it is written as a date is, be it in the calendar or not.
fn is_like_a_day(text: &str) -> bool {
    let digit_for_digit = |(one, other): (u8, u8)| one == other || (one.is_ascii_digit() && other == b'0');
    text.len() == "0000-00-00".len() && text.bytes().zip(*b"0000-00-00").all(digit_for_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_distance_a_day_or_an_instant() {
        assert_eq!(since("2026-11-01").unwrap().to_string(), "2026-11-01T00:00:00Z");
        assert_eq!(since("2026-11-01T08:00:00+01:00").unwrap().to_string(), "2026-11-01T07:00:00Z");
        let week = Timestamp::now().duration_since(since("7d").unwrap());
        assert!((week.as_secs() - 7 * 86_400).abs() < 5);
        for bad in ["", "yesterday", "-7d", "2026-11-01T08:00", "2026-13-01", "7 fortnights"] {
            assert!(since(bad).is_err(), "{bad}");
        }
        assert_eq!(since("2026-02-30").unwrap_err(), "there is no such date");
    }
}
