//! The incidents of Microsoft Graph (<https://learn.microsoft.com/graph/api/resources/security-incident>).

mod incidents;

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use url::Url;

use super::{Change, Request, Step};
pub use incidents::Incidents;

/// Where they are.
pub(super) const INCIDENTS: &str = "v1.0/security/incidents";
pub(super) const ALERTS: &str = "v1.0/security/alerts_v2";
/// What the service filters them on (<https://learn.microsoft.com/graph/api/security-list-incidents>).
pub const INCIDENTS_ARE_FILTERED_ON: &[&str] = &[
    "assignedTo",
    "classification",
    "createdDateTime",
    "determination",
    "lastUpdateDateTime",
    "severity",
    "status",
];
/// And the alerts (<https://learn.microsoft.com/graph/api/security-list-alerts_v2>).
pub const ALERTS_ARE_FILTERED_ON: &[&str] = &[
    "assignedTo",
    "classification",
    "createdDateTime",
    "determination",
    "lastUpdateDateTime",
    "severity",
    "serviceSource",
    "status",
];
/// What an incident's id stands under.
pub(super) const ID: &str = "id";
/// Without it, every value that was added to an enumeration later is called `unknownFutureValue`.
const PREFER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("prefer"), HeaderValue::from_static("include-unknown-enum-members"));

/// The same request, answered with every value by its own name.
pub(super) fn preferring(request: Request) -> Request {
    let (name, value) = PREFER;
    request.with(name, value)
}

/// The requests that `change` to the incident at `url` takes: comments have one of their own.
/// (<https://learn.microsoft.com/graph/api/security-incident-update>,
/// <https://learn.microsoft.com/graph/api/security-incident-post-comments>)
pub(super) fn steps(url: Url, change: &Change) -> Vec<Step> {
    let fields = change.fields("customTags");
    let update = (!fields.is_empty()).then(|| Step {
        request: preferring(Request::new(Method::PATCH, url.clone()).json(&Value::Object(fields))),
        answers_with_the_incident: true,
    });
    let comment = change.comment.as_ref().map(|text| {
        let mut comments = url;
        comments.set_path(&format!("{}/comments", comments.path()));
        let body = json!({"@odata.type": "microsoft.graph.security.alertComment", "comment": text});
        Step { request: Request::new(Method::POST, comments).json(&body), answers_with_the_incident: false }
    });
    update.into_iter().chain(comment).collect()
}
