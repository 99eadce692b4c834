//! Alerts: a list and one (Microsoft: "List `alerts_v2`", "Get alert", v1.0).

use hyper::{Method, StatusCode};

use super::super::api::bearer::Needs;
use super::super::api::filter::{Dialect, Subject, Text, Time};
use super::super::api::query::{Query, Rules};
use super::super::api::quota::{self, Kind};
use super::super::api::{Refusal, with_context};
use super::super::directory::GRAPH;
use super::super::http::{Answer, Request};
use super::super::options::Role;
use super::super::store::{Facts, Store};
use super::super::world::World;
use super::incidents::{close, parameters, too_large};
use super::{answer, caller, rendering, values, wants_unknown_members};

const CONTEXT: &str = "https://graph.microsoft.com/v1.0/$metadata#security/alerts_v2";

const READ: Needs = Needs {
    resource: &GRAPH,
    delegated: &["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"],
    application: &["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"],
    role: Role::Reader,
};

const RULES: Rules = Rules {
    // Microsoft's samples have 100; the maximum is not documented.
    largest_page: 100,
    expandable: None,
    countable: true,
    dialect: Dialect {
        times: &[("createdDateTime", Time::Created), ("lastUpdateDateTime", Time::LastUpdate)],
        texts: &[
            ("assignedTo", Text::AssignedTo),
            ("classification", Text::Classification),
            ("determination", Text::Determination),
            ("severity", Text::Severity),
            ("serviceSource", Text::ServiceSource),
            ("status", Text::AlertStatus),
        ],
        value: values::to_defender,
    },
    code: "BadRequest",
    too_large,
};

/// An alert with what a list can be filtered by.
struct Alert<'a> {
    incident: Facts<'a>,
    position: usize,
    provider_id: String,
    /// In Graph's words.
    status: String,
    service_source: String,
}

impl Alert<'_> {
    fn id(&self) -> String {
        format!("da{}_{}", self.provider_id, self.incident.id)
    }

    fn is_resolved(&self) -> bool {
        self.status == "resolved"
    }
}

impl Subject for Alert<'_> {
    fn time(&self, property: Time) -> i64 {
        self.incident.time(property)
    }

    fn text(&self, property: Text) -> Option<&str> {
        match property {
            Text::AssignedTo => self.incident.variant.assigned_to(),
            Text::Severity => Some(self.incident.variant.severity()),
            Text::Classification => self.is_resolved().then_some("TruePositive"),
            Text::Determination => self.is_resolved().then_some("Malware"),
            Text::ServiceSource => Some(&self.service_source),
            Text::Status | Text::AlertStatus => Some(&self.status),
        }
    }
}

/// The alerts of all incidents, those of the newest first.
fn all(incidents: &Store) -> impl Iterator<Item = Alert<'_>> {
    incidents.all().flat_map(move |facts| {
        let (id, variant) = (facts.id, facts.variant);
        (0..variant.alerts()).filter_map(move |position| alert(incidents.get(id)?, position))
    })
}

fn alert(incident: Facts<'_>, position: usize) -> Option<Alert<'_>> {
    if position >= incident.variant.alerts() {
        return None;
    }
    let alert = incident.variant.alert(position);
    Some(Alert {
        status: values::alert_status(alert.status),
        service_source: values::of_defender(Text::ServiceSource, alert.scenario.service_source),
        provider_id: alert.provider_id,
        incident,
        position,
    })
}

pub fn list(request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::GET {
        return Err(Refusal::method(request, "GET"));
    }
    caller(request, world, &READ)?;
    quota::check(Kind::Graph, world)?;
    let query = Query::parse(&parameters(request)?, &RULES)?;
    let evolved = wants_unknown_members(request);
    let mut body = format!("{{\"@odata.context\":\"{CONTEXT}\",").into_bytes();
    if query.count {
        let total = query.total(all(&world.incidents));
        body.extend_from_slice(format!("\"@odata.count\":{total},").as_bytes());
    }
    body.extend_from_slice(b"\"value\":[");
    let print = |alert: &Alert<'_>, body: &mut Vec<u8>| {
        rendering::print_alert(&alert.incident, alert.position, evolved, body);
    };
    let more = query.page(all(&world.incidents), print, &mut body);
    let link = format!("{}{}", world.base_url(), request.path);
    close(&mut body, more.then_some(&query), &link);
    Ok(answer(StatusCode::OK, body))
}

pub fn single(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::GET {
        return Err(Refusal::method(request, "GET"));
    }
    caller(request, world, &READ)?;
    quota::check(Kind::Graph, world)?;
    let missing =
        || Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", format!("Alert '{id}' was not found."));
    let incident = id.rsplit('_').next().and_then(|number| number.parse().ok()).ok_or_else(missing)?;
    let positions = 0..2;
    let mut alerts = positions.filter_map(|position| alert(world.incidents.get(incident)?, position));
    let found = alerts.find(|alert| alert.id() == id).ok_or_else(missing)?;
    let mut body = Vec::new();
    rendering::print_alert(&found.incident, found.position, wants_unknown_members(request), &mut body);
    Ok(answer(StatusCode::OK, with_context(&format!("{CONTEXT}/$entity"), &body)))
}
