//! A pace that a person sets: so many calls in a second, a minute or an hour.

use std::fmt;
use std::time::Duration;

/// So many calls in so much time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    text: String,
    /// How many calls.
    pub calls: u32,
    /// In how much time.
    pub per: Duration,
}

impl Rate {
    /// The most calls that can be named.
    pub const MOST_CALLS: u32 = 5000;
    /// What a rate may be.
    pub const EXPECTED: &str =
        "a number of calls, 1 to 5000, in a second, a minute or an hour: 2/s, 50/min or 1500/h";

    /// `None` unless `text` is such a rate.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (calls, unit) = text.split_once('/')?;
        let calls = calls.trim().parse().ok().filter(|calls| (1..=Self::MOST_CALLS).contains(calls))?;
        let (unit, seconds) = match unit.trim().to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" => ("s", 1),
            "m" | "min" | "minute" => ("min", 60),
            "h" | "hr" | "hour" => ("h", 60 * 60),
            _ => return None,
        };
        Some(Self { text: format!("{calls}/{unit}"), calls, per: Duration::from_secs(seconds) })
    }

    /// The rate, as it stands in flags and in `config.toml`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_calls_and_a_time() {
        for (text, same, seconds) in [
            ("50/min", "50/min", 60),
            ("1500/H", "1500/h", 3600),
            (" 2 / second ", "2/s", 1),
            ("5000/m", "5000/min", 60),
        ] {
            let rate = Rate::parse(text).unwrap();
            assert_eq!((rate.as_str(), rate.per), (same, Duration::from_secs(seconds)), "{text}");
        }
        for none in ["", "50", "/min", "0/min", "-1/min", "1.5/s", "5001/s", "50/", "50/day", "1/2/s", "∞/s"]
        {
            assert_eq!(Rate::parse(none), None, "{none}");
        }
    }
}
