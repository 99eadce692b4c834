//! The tenant has used up the engine for now, which the service may say as if the query were wrong (HTTP 400).

use std::time::Duration;

use crate::api::ServiceError;
use crate::http::retry;

const SAYS: &str = "exceeded processing resources";

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
        let says_so = message.to_ascii_lowercase().contains(SAYS);
        says_so.then(|| Self { wait: retry::in_words(message) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_read_from_the_service_s_words() {
        for (end, wait) in [
            ("You can run queries again in 00:00:08.", Some(8)),
            ("you can run queries again in 1.01:00:00.", Some(24 * 3600)),
            ("You can run queries again in a while.", None),
            ("", None),
        ] {
            let says = format!("You have exceeded processing resources allocated to this tenant. {end}");
            let wait = wait.map(Duration::from_secs);
            assert_eq!(UsedUp::in_words(&says), Some(UsedUp { wait }), "{says}");
        }
        assert_eq!(UsedUp::in_words("A recognition error occurred."), None);
    }
}
