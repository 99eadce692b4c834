//! The incidents of Microsoft 365 Defender (<https://learn.microsoft.com/defender-xdr/api-list-incidents>).

mod incidents;

use jiff::civil::{Date, date};
use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::{Change, Request, Step};
pub use incidents::Incidents;

/// The day on which `/api/advancedhunting/run` stops; Graph's `runHuntingQuery` takes its place.
/// (<https://learn.microsoft.com/graph/api/resources/security-api-overview>)
pub const HUNTING_ENDS: Date = date(2027, 2, 1);

/// Where they are.
pub(super) const INCIDENTS: &str = "api/incidents";
/// What the service filters them on.
pub const INCIDENTS_ARE_FILTERED_ON: &[&str] = &["status", "assignedTo", "createdTime", "lastUpdateTime"];
/// What an incident's id stands under.
pub(super) const ID: &str = "incidentId";

/// The one request that `change` to the incident at `url` takes.
/// (<https://learn.microsoft.com/defender-xdr/api-update-incidents>)
pub(super) fn steps(url: Url, change: &Change) -> Vec<Step> {
    let mut fields = change.fields("tags");
    // The page calls it `comments` once; the service appends what stands under `comment`.
    fields.extend(change.comment.iter().map(|text| ("comment".to_owned(), Value::from(text.as_str()))));
    let request = Request::new(Method::PATCH, url).json(&Value::Object(fields));
    vec![Step { request, answers_with_the_incident: true }]
}
