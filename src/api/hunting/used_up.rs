//! The tenant has used up the engine for now, which the service may say as if the query were wrong (HTTP 400).

use std::time::Duration;

use crate::api::ServiceError;

const SAYS: &str = "exceeded processing resources";
const BEFORE_THE_WAIT: &str = "again in ";
/// Nothing is used up for longer.
const LONGEST: u64 = 24 * 3600;

/// Such a refusal. (<https://learn.microsoft.com/defender-xdr/advanced-hunting-errors>)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedUp {
    /// For how long, if the service says.
    pub wait: Option<Duration>,
}

impl UsedUp {
    /// `None` when the refusal is another.
    #[must_use]
    pub fn of(refusal: &ServiceError) -> Option<Self> {
        Self::in_words(&refusal.message)
    }

    fn in_words(message: &str) -> Option<Self> {
        let message = message.to_ascii_lowercase();
        message
            .contains(SAYS)
            .then(|| Self { wait: message.split_once(BEFORE_THE_WAIT).and_then(|(_, rest)| duration(rest)) })
    }
}

/// `hh:mm:ss`, perhaps with days before it and a fraction after it, which counts as a whole second.
fn duration(text: &str) -> Option<Duration> {
    let text = text.split(|letter: char| !letter.is_ascii_digit() && !":.".contains(letter)).next()?;
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let (seconds, fraction) =
        seconds.trim_end_matches('.').split_once('.').unwrap_or((seconds.trim_end_matches('.'), ""));
    let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number <= LONGEST);
    let hours = number(days)? * 24 + number(hours)?;
    let seconds = (hours * 60 + number(minutes)?) * 60 + number(seconds)? + u64::from(!fraction.is_empty());
    Some(Duration::from_secs(seconds.min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_read_from_the_service_s_words() {
        for (end, wait) in [
            ("You can run queries again in 00:00:08.", Some(8)),
            ("You can run queries again in 00:12:01.5000000", Some(722)),
            ("you can run queries again in 1.01:00:00.", Some(24 * 3600)),
            ("You can run queries again in a while.", None),
            ("You can run queries again in 99999999999999999999:00:00.", None),
            ("You can run queries again in 18446744073709551615:1:1.", None),
            ("", None),
        ] {
            let says = format!("You have exceeded processing resources allocated to this tenant. {end}");
            let wait = wait.map(Duration::from_secs);
            assert_eq!(UsedUp::in_words(&says), Some(UsedUp { wait }), "{says}");
        }
        assert_eq!(UsedUp::in_words("A recognition error occurred."), None);
    }
}
