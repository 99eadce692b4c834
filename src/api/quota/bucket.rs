//! What a service counts together, and how much of it Microsoft documents to be allowed.

use std::fmt;

use reqwest::Method;

use super::Quota;
use crate::token::Service;

/// Calls that a service counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// Defender's lists of incidents.
    List,
    /// Single incidents of Defender's.
    Get,
    /// Changes to incidents of Defender's.
    Update,
    /// Advanced hunting, through whichever service: one engine answers, and counts by tenant.
    Hunting,
    /// The rest of Graph's security API.
    Security,
    /// Defender for Endpoint.
    Endpoint,
    /// What nobody documents a quota for.
    Other(Service),
}

/// (<https://learn.microsoft.com/defender-xdr/api-list-incidents>,
/// <https://learn.microsoft.com/defender-xdr/api-update-incidents>)
const INCIDENTS: &[Quota] = &[Quota::a_minute(50), Quota::an_hour(1500)];
/// (<https://learn.microsoft.com/defender-xdr/api-get-incident>,
/// <https://learn.microsoft.com/defender-endpoint/api/isolate-machine>)
const SINGLE: &[Quota] = &[Quota::a_minute(100), Quota::an_hour(1500)];
/// At least 45 a minute and tenant; the service's refusals name the other one
/// (<https://learn.microsoft.com/defender-xdr/api-advanced-hunting>,
/// <https://github.com/MicrosoftDocs/microsoft-365-docs/issues/4616>).
const HUNTING: &[Quota] = &[Quota::a_minute(45), Quota::an_hour(1500)];
/// Documented for alerts; that incidents have another one is documented nowhere
/// (<https://learn.microsoft.com/graph/throttling-limits#security-detections-and-incidents-service-limits>).
const SECURITY: &[Quota] = &[Quota::a_minute(150)];

impl Bucket {
    /// Where a request with `method` to `path`, without the service's base, is counted.
    pub(super) fn of(service: Service, method: &Method, path: &str) -> Self {
        let path = path.to_ascii_lowercase();
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        match (service, &segments[..]) {
            (Service::Defender, ["api", "incidents"]) => Self::List,
            (Service::Defender, ["api", "incidents", _]) if *method == Method::PATCH => Self::Update,
            (Service::Defender, ["api", "incidents", _]) => Self::Get,
            (
                Service::Defender | Service::Endpoint,
                ["api", "advancedhunting" | "advancedqueries", "run"],
            )
            | (
                Service::Graph,
                [_, "security", "runhuntingquery" | "microsoft.graph.security.runhuntingquery"],
            ) => Self::Hunting,
            (Service::Graph, [_, "security", ..]) => Self::Security,
            (Service::Endpoint, _) => Self::Endpoint,
            _ => Self::Other(service),
        }
    }

    /// The quotas that Microsoft documents.
    pub(super) fn quotas(self) -> &'static [Quota] {
        match self {
            Self::List | Self::Update => INCIDENTS,
            Self::Get | Self::Endpoint => SINGLE,
            Self::Hunting => HUNTING,
            Self::Security => SECURITY,
            Self::Other(_) => &[],
        }
    }

    /// The name of its ledger.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Update => "update",
            Self::Hunting => "hunting",
            Self::Security => "security",
            Self::Endpoint => "endpoint",
            Self::Other(Service::Defender) => "defender-other",
            Self::Other(Service::Graph) => "graph-other",
            Self::Other(Service::Endpoint) => "endpoint-other",
        }
    }
}

/// What is counted, as a part of a sentence.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => write!(f, "lists of incidents from {}", Service::Defender),
            Self::Get => write!(f, "single incidents from {}", Service::Defender),
            Self::Update => write!(f, "changes to incidents in {}", Service::Defender),
            Self::Hunting => f.write_str("advanced hunting"),
            Self::Security => write!(f, "calls of {}'s security API", Service::Graph),
            Self::Endpoint => write!(f, "calls of {}", Service::Endpoint),
            Self::Other(service) => write!(f, "other calls of {service}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_call_has_the_quota_that_is_documented_for_it() {
        let minute = |calls| (calls, Duration::from_secs(60));
        let hour = (1500, Duration::from_secs(3600));
        for (service, method, path, quotas) in [
            (Service::Defender, Method::GET, "api/incidents", &[minute(50), hour][..]),
            (Service::Defender, Method::GET, "/API/Incidents/", &[minute(50), hour]),
            (Service::Defender, Method::GET, "api/incidents/924510", &[minute(100), hour]),
            (Service::Defender, Method::PATCH, "api/incidents/924510", &[minute(50), hour]),
            (Service::Defender, Method::POST, "api/advancedhunting/run", &[minute(45), hour]),
            (Service::Endpoint, Method::POST, "api/advancedqueries/run", &[minute(45), hour]),
            (Service::Endpoint, Method::POST, "api/machines/7/isolate", &[minute(100), hour]),
            (Service::Graph, Method::POST, "v1.0/security/runHuntingQuery", &[minute(45), hour]),
            (Service::Graph, Method::GET, "v1.0/security/incidents", &[minute(150)]),
            (Service::Graph, Method::POST, "beta/security/incidents/7/comments", &[minute(150)]),
            (Service::Graph, Method::GET, "v1.0/me", &[]),
            (Service::Defender, Method::GET, "api/incident", &[]),
            (Service::Defender, Method::GET, "", &[]),
        ] {
            let bucket = Bucket::of(service, &method, path);
            let found: Vec<_> = bucket.quotas().iter().map(|quota| (quota.calls, quota.per)).collect();
            assert_eq!(found, quotas, "{method} {path}: {bucket}");
        }
    }

    #[test]
    fn lists_single_incidents_changes_and_hunting_are_counted_apart_and_hunting_once() {
        let of = |service, method, path| Bucket::of(service, &method, path).file();
        let mut all = vec![
            of(Service::Defender, Method::GET, "api/incidents"),
            of(Service::Defender, Method::GET, "api/incidents/7"),
            of(Service::Defender, Method::PATCH, "api/incidents/7"),
            of(Service::Defender, Method::GET, "api/alerts"),
            of(Service::Defender, Method::POST, "api/advancedhunting/run"),
            of(Service::Graph, Method::GET, "v1.0/security/incidents"),
            of(Service::Graph, Method::GET, "v1.0/me"),
            of(Service::Endpoint, Method::GET, "api/machines"),
        ];
        assert_eq!(all[4], of(Service::Graph, Method::POST, "v1.0/security/runHuntingQuery"));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 8);
    }
}
