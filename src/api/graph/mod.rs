//! The incidents of Microsoft Graph (<https://learn.microsoft.com/graph/api/resources/security-incident>).

mod incidents;

use serde::Deserialize;
use serde_json::Value;

use super::incident::{self, Incident};
pub use incidents::Incidents;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Fields {
    id: Value,
    display_name: Value,
    severity: Value,
    status: Value,
    assigned_to: Value,
    created_date_time: Value,
    last_update_date_time: Value,
    classification: Value,
    determination: Value,
    #[serde(deserialize_with = "incident::count")]
    alerts: Option<usize>,
}

/// What a row shows of an incident.
#[must_use]
pub fn incident(json: &str) -> Incident {
    let fields: Fields = serde_json::from_str(json).unwrap_or_default();
    Incident {
        id: fields.id,
        name: fields.display_name,
        severity: fields.severity,
        status: fields.status,
        assigned_to: fields.assigned_to,
        created: fields.created_date_time,
        updated: fields.last_update_date_time,
        classification: fields.classification,
        determination: fields.determination,
        alerts: fields.alerts,
    }
}
