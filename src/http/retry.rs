//! How long to wait before asking again: what the service says, else exponential backoff with jitter,
//! and never longer than the person allows altogether.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The longest wait that is read, so that a sum with it is still a time.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Is told, before each wait, why and how long.
pub type Observer<'a> = &'a dyn Fn(&str, Duration);

/// The waits between the attempts of one request.
#[derive(Debug)]
pub struct Waits {
    backoff: ExponentialBackoff,
    left: Duration,
}

impl Waits {
    /// Waits that start at about `first`, double each time, and add up to no more than `budget`.
    #[must_use]
    pub fn new(first: Duration, budget: Duration) -> Self {
        let backoff = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(first)
            .with_max_delay(Duration::from_secs(32))
            .without_max_times()
            .build();
        Self { backoff, left: budget }
    }

    /// The next wait: as long as the service asks for, when it does. One that asks for none has its own word
    /// against it, having just failed, and would be asked without end.
    ///
    /// # Errors
    /// The wait that the budget has no room for.
    pub fn next(&mut self, asked: Option<Duration>) -> Result<Duration, Duration> {
        let own = self.backoff.next().unwrap_or(self.left);
        let wait = asked.filter(|asked| !asked.is_zero()).unwrap_or(own);
        self.left = self.left.checked_sub(wait).ok_or(wait)?;
        Ok(wait)
    }

    /// How much may still be waited.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.left
    }

    /// Counts a wait that something else than a failed attempt took.
    pub fn spend(&mut self, wait: Duration) {
        self.left = self.left.saturating_sub(wait);
    }
}

/// Reads `Retry-After`, in seconds or as an HTTP date (RFC 9110 section 10.2.3).
///
/// A date is measured against the answer's own `Date`, so that a wrong clock here does not matter. More than a day is a day.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let until = |date: SystemTime| {
        let now = self::date(headers).unwrap_or_else(SystemTime::now);
        date.duration_since(now).unwrap_or_default()
    };
    let seconds = seconds(value).map(Duration::from_secs);
    let wait = seconds.or_else(|| httpdate::parse_http_date(value).ok().map(until))?;
    Some(wait.min(LONGEST))
}

/// Reads `1*DIGIT`, which may be more than a number of ours holds.
fn seconds(value: &str) -> Option<u64> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| value.parse().unwrap_or(u64::MAX))
}

/// Reads when to come back from what a service says of too many calls: "again in 7 seconds", "again in 00:08:12". More
/// than a day is a day.
///
/// The time that a quota is for, "1500 per 01:00:00", is no such time: how much of it has gone by is not said.
/// (<https://learn.microsoft.com/defender-xdr/api-hello-world>, <https://learn.microsoft.com/defender-xdr/advanced-hunting-errors>)
#[must_use]
pub fn in_words(message: &str) -> Option<Duration> {
    const BEFORE: [&str; 6] =
        ["again in ", "again after ", "retry in ", "retry after ", "wait for ", "wait "];
    let message = message.to_ascii_lowercase();
    let after = |words: &str| message.split(words).skip(1).find_map(length);
    let wait = BEFORE.into_iter().find_map(after)?;
    Some(wait.min(LONGEST))
}

/// The length of time that `text` begins with: `00:08:12`, or a number and its unit.
fn length(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || ":.".contains(c))).unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.');
    let whole = |part: &str| part.split('.').next()?.parse::<u64>().ok();
    if let [hours, minutes, seconds] = number.split(':').collect::<Vec<_>>()[..] {
        // Days stand before the hours, and a fraction behind the seconds.
        let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
        let fraction = u64::from(seconds.contains('.'));
        let minutes = (whole(days)?.saturating_mul(24).saturating_add(whole(hours)?))
            .saturating_mul(60)
            .saturating_add(whole(minutes)?);
        let seconds = minutes.saturating_mul(60).saturating_add(whole(seconds)?).saturating_add(fraction);
        return Some(Duration::from_secs(seconds));
    }
    let unit = text[end..].trim_start();
    let seconds = match unit {
        _ if unit.starts_with("sec") || unit == "s" || unit.starts_with("s ") || unit.starts_with("s.") => 1,
        _ if unit.starts_with("min") => 60,
        _ if unit.starts_with("hour") => 3600,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64((number * f64::from(seconds)).ceil()).ok().or(Some(LONGEST))
}

/// The service's clock (RFC 9110 section 6.6.1).
#[must_use]
pub fn date(headers: &HeaderMap) -> Option<SystemTime> {
    let value = headers.get(reqwest::header::DATE)?.to_str().ok()?;
    httpdate::parse_http_date(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_service_s_clock() {
        assert_eq!(retry_after(&headers(&[("retry-after", "7")])), Some(Duration::from_secs(7)));
        let dated = headers(&[
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"),
        ]);
        assert_eq!(retry_after(&dated), Some(Duration::from_secs(30)));
        let past = headers(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]);
        assert_eq!(retry_after(&past), Some(Duration::ZERO));
        for late in ["18446744073709551615", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(retry_after(&headers(&[("retry-after", late)])), Some(LONGEST), "{late}");
        }
        for wrong in ["soon", "abc", "-5", "+5", "1.5", "1 2", ""] {
            assert_eq!(retry_after(&headers(&[("retry-after", wrong)])), None, "{wrong}");
        }
        assert_eq!(retry_after(&headers(&[])), None);
    }

    #[test]
    fn what_a_message_says_of_the_wait_is_read() {
        for (message, seconds) in [
            ("Too many. You can send requests again in 7 seconds.", Some(7)),
            ("You can run queries again in 00:08:12.", Some(8 * 60 + 12)),
            ("Try again in 1.00:00:01", Some(24 * 60 * 60)),
            ("try again in 00:00:01.5000000", Some(2)),
            ("API calls quota exceeded! maximum allowed 1500 per 01:00:00", None),
            ("45 per 00:01:00; try again in 3 s", Some(3)),
            ("Retry after 2 minutes", Some(120)),
            ("wait for 1.5 hours", Some(5400)),
            ("again in 99999999999999999999999999:00:00", None),
            ("again in 18446744073709551615:00:00", Some(24 * 60 * 60)),
            ("again in 9999999999999999999999999999 hours", Some(24 * 60 * 60)),
            ("try again in a few minutes", None),
            ("again in soon", None),
            ("again in -7 seconds", None),
            ("again in ::", None),
            ("again in ü", None),
            ("again in ", None),
            ("100 calls per minute", None),
            ("", None),
        ] {
            assert_eq!(in_words(message), seconds.map(Duration::from_secs), "{message}");
        }
    }

    #[test]
    fn waits_add_up_to_the_budget_and_no_further() {
        let mut waits = Waits::new(Duration::from_secs(1), Duration::from_secs(10));
        assert_eq!(waits.next(Some(Duration::from_secs(9))), Ok(Duration::from_secs(9)));
        assert_eq!(waits.next(Some(Duration::from_secs(3600))), Err(Duration::from_secs(3600)));
        let own = waits.next(None);
        assert!(own.is_err_and(|wait| wait > Duration::from_secs(1)));
    }

    #[test]
    fn no_wait_at_all_is_not_believed() {
        let mut waits = Waits::new(Duration::from_secs(1), Duration::from_secs(10));
        let attempts = (0..100).take_while(|_| waits.next(Some(Duration::ZERO)).is_ok()).count();
        assert!((1..10).contains(&attempts), "{attempts}");
    }

    #[test]
    fn backoff_grows_and_jitters() {
        let mut waits = Waits::new(Duration::from_secs(1), Duration::from_secs(100));
        let first = waits.next(None).unwrap();
        let second = waits.next(None).unwrap();
        assert!((1.0..=2.0).contains(&first.as_secs_f64()), "{first:?}");
        assert!((2.0..=4.0).contains(&second.as_secs_f64()), "{second:?}");
    }
}
