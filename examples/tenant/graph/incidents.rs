//! Incidents: a list and one (Microsoft: "List incidents", "Get incident", v1.0).

use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use serde_json::json;

use super::super::api::bearer::Needs;
use super::super::api::filter::{Dialect, Text, Time};
use super::super::api::query::{Query, Rules};
use super::super::api::quota::{self, Kind};
use super::super::api::{Refusal, with_context};
use super::super::directory::GRAPH;
use super::super::http::{Answer, Parameters, Request};
use super::super::options::Role;
use super::super::store::Facts;
use super::super::world::World;
use super::rendering::{self, View};
use super::update::update;
use super::{answer, caller, values, wants_unknown_members};

pub const CONTEXT: &str = "https://graph.microsoft.com/v1.0/$metadata#security/incidents";

const READ: Needs = Needs {
    resource: &GRAPH,
    delegated: &["SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"],
    application: &["SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"],
    role: Role::Reader,
};

const RULES: Rules = Rules {
    largest_page: 50,
    expandable: Some("alerts"),
    countable: true,
    dialect: Dialect {
        times: &[("createdDateTime", Time::Created), ("lastUpdateDateTime", Time::LastUpdate)],
        texts: &[
            ("assignedTo", Text::AssignedTo),
            ("classification", Text::Classification),
            ("determination", Text::Determination),
            ("severity", Text::Severity),
            ("status", Text::Status),
        ],
        value: values::to_defender,
    },
    code: "BadRequest",
    too_large,
};

/// The code is empty, as it was seen to be.
pub fn too_large(top: &str, largest: usize) -> (&'static str, String) {
    let message = format!(
        "The query specified in the URI is not valid. The limit of '{largest}' for Top query has been exceeded. The \
            value from the incoming request is '{top}'."
    );
    ("", message)
}

pub fn list(request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::GET {
        return Err(Refusal::method(request, "GET"));
    }
    caller(request, world, &READ)?;
    quota::check(Kind::Graph, world)?;
    if world.options.no_skip && request.query().get("$skip").is_some() {
        let message = "Query option '$skip' is not supported.";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message));
    }
    let query = Query::parse(&parameters(request)?, &RULES)?;
    let view = View { alerts: query.expand, evolved: wants_unknown_members(request) };
    let mut body = head(CONTEXT, &query, world);
    let all = world.incidents.listed(world.options.last_updated_first);
    let more = query.page(all, |facts, body| rendering::print(facts, view, body), &mut body);
    let link = format!("{}{}", world.base_url(), request.path);
    close(&mut body, more.then_some(&query), &link);
    let body = Bytes::from(body);
    world.page_served(&body);
    Ok(answer(StatusCode::OK, body))
}

/// The parameters, or those behind the opaque word of a link to a next page.
pub fn parameters(request: &Request) -> Result<Parameters, Refusal> {
    let parameters = request.query();
    let Some(word) = parameters.get("$skiptoken") else { return Ok(parameters) };
    let opened = Query::opened(word).filter(|_| parameters.iter().count() == 1);
    opened.ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", "The skip token is not valid."))
}

fn head(context: &str, query: &Query, world: &World) -> Vec<u8> {
    let mut body = format!("{{\"@odata.context\":\"{context}\",").into_bytes();
    if query.count {
        let total = query.total(world.incidents.all());
        body.extend_from_slice(format!("\"@odata.count\":{total},").as_bytes());
    }
    body.extend_from_slice(b"\"value\":[");
    body
}

/// Ends a page, with a link when there is `more`.
pub fn close(body: &mut Vec<u8>, more: Option<&Query>, path: &str) {
    body.push(b']');
    if let Some(query) = more {
        let link = json!(format!("{path}?$skiptoken={}", query.next_opaque()));
        body.extend_from_slice(format!(",\"@odata.nextLink\":{link}").as_bytes());
    }
    body.push(b'}');
}

pub fn single(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method == Method::PATCH {
        return update(id, request, world);
    }
    if request.method != Method::GET {
        return Err(Refusal::method(request, "GET, PATCH"));
    }
    caller(request, world, &READ)?;
    quota::check(Kind::Graph, world)?;
    let view = View { alerts: expands(request)?, evolved: wants_unknown_members(request) };
    Ok(entity(&find(id, world)?, view))
}

/// The one option that a single incident takes.
fn expands(request: &Request) -> Result<bool, Refusal> {
    let parameters = request.query();
    for (name, value) in parameters.iter().filter(|(name, _)| name.starts_with('$')) {
        if (name, value) != ("$expand", "alerts") {
            let message = format!("Query option '{name}' with the value '{value}' is not supported.");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message));
        }
    }
    Ok(parameters.get("$expand").is_some())
}

pub fn find<'a>(id: &str, world: &'a World) -> Result<Facts<'a>, Refusal> {
    let missing =
        || Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", format!("Incident {id} was not found."));
    id.parse().ok().and_then(|number| world.incidents.get(number)).ok_or_else(missing)
}

pub fn entity(facts: &Facts<'_>, view: View) -> Answer {
    let mut incident = Vec::new();
    rendering::print(facts, view, &mut incident);
    answer(StatusCode::OK, with_context(&format!("{CONTEXT}/$entity"), &incident))
}
