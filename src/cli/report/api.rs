//! What to say and to do about an error of an API.

use std::time::Duration;

use super::{LOGIN, Report, find, of_http, with_hint};
use crate::api::{self, ServiceError, defender, endpoint, graph};
use crate::cli::exit_code::{FAILED, NOT_FOUND, PERMISSION, SERVICE, SIGN_IN, THROTTLED, USAGE};
use crate::cli::permissions;
use crate::token::{Operation, Requirement, Service};

/// `operation` is what the command does there, if that is a single thing.
pub(super) fn of_api(error: &api::Error, operation: Option<Operation>) -> Report {
    use api::Error as E;
    let said = |code, error: &ServiceError, hint: &str| Report {
        code,
        identifiers: identifiers(error),
        hint: Some(hint.to_owned()),
        ..Report::default()
    };
    match error {
        E::Bearer(error) => find(error.as_ref(), operation),
        E::Http(error) => of_http(error),
        E::Unauthorized(error) => said(SIGN_IN, error, "m365d login; if it stays so: m365d doctor"),
        E::InsufficientClaims { error, .. } => said(SIGN_IN, error, LOGIN),
        E::Forbidden(error) => said(PERMISSION, error, &of_forbidden(error, operation)),
        E::NotFound(error) => {
            let hint = format!("check {}{}", error.service.url_variable(), elsewhere(error.service));
            said(NOT_FOUND, error, &hint)
        }
        // A service that is busy may well be so once more.
        E::Throttled { wait, error } => said(THROTTLED, error, &longer(minutes(*wait).max(15))),
        E::QuotaUsedUp { wait, .. } => with_hint(THROTTLED, longer(minutes(*wait))),
        E::Refused(error) => {
            let id = name_of_id(error.service);
            let support = format!("; if that finds nothing, give Microsoft's support the {id}");
            let support = if error.tracking_id.is_some() { support } else { String::new() };
            said(FAILED, error, &format!("m365d doctor{support}"))
        }
        E::Failed(error) => said(SERVICE, error, "run the command again in a few minutes"),
        E::AddressTooLong(_) => with_hint(
            USAGE,
            "ask for less at once: a shorter --filter, or several commands with a part of it each",
        ),
        E::NotAList => with_hint(FAILED, "run the command without --paginate"),
        E::Elsewhere { .. } | E::NotTheApi { .. } | E::GoesInCircles { .. } => with_hint(
            SERVICE,
            "check M365D_API_URL or M365D_GRAPH_URL, and whether a proxy or a sign-in page of the network is in between",
        ),
    }
}

/// Whole minutes that have room for a wait.
fn minutes(wait: Duration) -> u64 {
    wait.as_secs() / 60 + 1
}

fn longer(minutes: u64) -> String {
    format!("run it again later, or let it wait longer with --max-wait {minutes}m")
}

/// What Microsoft finds a request by.
pub(in crate::cli) fn identifiers(error: &ServiceError) -> Option<String> {
    error.tracking_id.as_ref().map(|id| format!("{} {id}", name_of_id(error.service)))
}

fn name_of_id(service: Service) -> &'static str {
    match service {
        Service::Graph => "Request ID",
        Service::Defender | Service::Endpoint => "Tracking ID",
    }
}

/// What the `--filter` of a person may be about, for a service that does not take it.
pub(super) fn of_filter(error: &ServiceError, operation: Option<Operation>) -> String {
    let (service, properties) = (error.service, filtered_on(error.service, operation));
    let (last, others) = properties.split_last().unwrap_or((&"", &[]));
    let what = match (service, operation) {
        (Service::Endpoint, _) => "machines",
        (_, Some(Operation::ReadAlerts)) => "alerts",
        _ => "incidents",
    };
    format!("check --filter: {service} filters {what} on {} and {last} only", others.join(", "))
}

fn filtered_on(service: Service, operation: Option<Operation>) -> &'static [&'static str] {
    match (service, operation) {
        (Service::Graph, Some(Operation::ReadAlerts)) => graph::ALERTS_ARE_FILTERED_ON,
        (Service::Graph, _) => graph::INCIDENTS_ARE_FILTERED_ON,
        (Service::Defender, _) => defender::INCIDENTS_ARE_FILTERED_ON,
        (Service::Endpoint, _) => endpoint::MACHINES_ARE_FILTERED_ON,
    }
}

/// Each service wants a permission of the application's, and a role of the person's besides.
fn of_forbidden(error: &ServiceError, operation: Option<Operation>) -> String {
    let service = error.service;
    let requirement = operation.and_then(|operation| Requirement::find(operation, service));
    let requirement = requirement.or_else(|| Requirement::of(service).next());
    let permission = requirement.map_or("", |requirement| requirement.delegated[0]);
    let role = match operation {
        Some(Operation::UpdateIncidents) => "Security Operator is enough to change incidents",
        _ => "Security Reader is enough to read",
    };
    format!(
        "if `m365d status` shows the permission {permission}, you lack a role {} ({role}); if not: {}{}",
        place_of_roles(service),
        permissions::how_to_add(service, "Delegated", permission),
        if error.has_known_code() { String::new() } else { elsewhere(service) }
    )
}

/// Where a person has the roles that `service` asks for.
/// (<https://learn.microsoft.com/graph/security-authorization>)
pub(in crate::cli) fn place_of_roles(service: Service) -> &'static str {
    match service {
        Service::Graph => "in Entra ID",
        Service::Defender => "in Defender itself",
        Service::Endpoint => "in Defender for Endpoint itself",
    }
}

/// A service that is gone may answer anything, and the other one has the same.
fn elsewhere(service: Service) -> String {
    service
        .other()
        .map(|other| {
            format!(
                ". If {service} does not offer this any more, {other} does: run the command with --api {}",
                other.name()
            )
        })
        .unwrap_or_default()
}
