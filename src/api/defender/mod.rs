//! The incidents of Microsoft 365 Defender (<https://learn.microsoft.com/defender-xdr/api-list-incidents>).

mod incidents;

use jiff::civil::{Date, date};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::incident::{self, Incident};
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

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Fields {
    incident_id: Value,
    incident_name: Value,
    severity: Value,
    status: Value,
    assigned_to: Value,
    created_time: Value,
    last_update_time: Value,
    classification: Value,
    determination: Value,
    redirect_incident_id: Value,
    #[serde(deserialize_with = "incident::count")]
    alerts: Option<usize>,
}

/// What a row shows of an incident.
#[must_use]
pub fn incident(json: &str) -> Incident {
    let fields: Fields = serde_json::from_str(json).unwrap_or_default();
    Incident {
        id: fields.incident_id,
        name: fields.incident_name,
        severity: fields.severity,
        status: fields.status,
        assigned_to: fields.assigned_to,
        created: fields.created_time,
        updated: fields.last_update_time,
        classification: fields.classification,
        determination: fields.determination,
        alerts: fields.alerts,
        merged_into: fields.redirect_incident_id,
    }
}

/// The one request that `change` to the incident at `url` takes.
/// (<https://learn.microsoft.com/defender-xdr/api-update-incidents>)
pub(super) fn steps(url: Url, change: &Change) -> Vec<Step> {
    let mut fields = change.fields("tags");
    // The page calls it `comments` once; the service appends what stands under `comment`.
    fields.extend(change.comment.iter().map(|text| ("comment".to_owned(), Value::from(text.as_str()))));
    let request = Request::new(Method::PATCH, url).json(&Value::Object(fields));
    vec![Step { request, answers_with_the_incident: true }]
}

#[cfg(test)]
mod tests {
    use super::incident;
    use crate::api::{Filter, Item, Severity};

    #[test]
    fn unknown_fields_and_values_are_no_error() {
        let read =
            incident(r#"{"incidentId":1,"status":"AwaitingAction","severity":"HIGH","new":{"a":[1]}}"#);
        assert_eq!(read.column("status"), "AwaitingAction");
        let high = Filter { severity: vec![Severity::High], ..Filter::default() };
        assert!(read.meets(&high));
        assert_eq!(read.column("name"), "");
        assert_eq!(incident("[]").column("id"), "");
        let odd = incident(r#"{"incidentId":1,"severity":"High","alerts":{"count":2}}"#);
        assert!(odd.meets(&high));
        assert_eq!(odd.column("alerts"), "");
    }
}
