//! Values that the flags of several commands take.

use std::time::Duration;

use clap::ValueEnum;
use jiff::SignedDuration;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum OutputFormat {
    Table,
    Json,
    Ndjson,
    Csv,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Shape {
    /// The API's own JSON, untouched
    Native,
    /// As the Microsoft 365 Defender API writes it
    Defender,
    /// As Microsoft Graph writes it
    Graph,
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    // Nothing is nothing in every unit.
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let duration: SignedDuration = text.parse().map_err(|_| "a duration looks like 90s, 20m or 1h 30m")?;
    Duration::try_from(duration).map_err(|_| "a duration is not negative".to_owned())
}
