//! Incidents: a list, one, and changes to one (Microsoft: "List incidents API", "Get incident information API").

use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use serde_json::json;

use super::super::api::bearer::{self, Needs};
use super::super::api::filter::{Dialect, Text, Time};
use super::super::api::query::{Query, Rules};
use super::super::api::quota::{self, Kind};
use super::super::api::{Refusal, odata, with_context};
use super::super::directory::DEFENDER;
use super::super::http::{Answer, Request};
use super::super::options::Role;
use super::super::store::{Facts, STATUSES};
use super::super::world::World;
use super::rendering;
use super::update::update;

const CONTEXT: &str = "https://api.security.microsoft.com/api/$metadata#Incidents";

const READ: Needs = Needs {
    resource: &DEFENDER,
    delegated: &["Incident.Read", "Incident.ReadWrite"],
    application: &["Incident.Read.All", "Incident.ReadWrite.All"],
    role: Role::Reader,
};

pub const RULES: Rules = Rules {
    largest_page: 100,
    expandable: None,
    countable: false,
    dialect: Dialect {
        times: &[("createdTime", Time::Created), ("lastUpdateTime", Time::LastUpdate)],
        texts: &[("status", Text::Status), ("assignedTo", Text::AssignedTo)],
        value: |property, literal| {
            let known = property != Text::Status || STATUSES.contains(&literal);
            known.then(|| literal.to_owned())
        },
    },
    code: "ODataError",
    too_large: |top, largest| {
        ("ODataError", format!("Invalid value '{top}' for $top: it must be from 1 to {largest}."))
    },
};

pub fn list(request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::GET {
        return Err(Refusal::method(request, "GET"));
    }
    bearer::check(request, world, &READ)?;
    quota::check(Kind::List, world)?;
    let mut query = Query::parse(&request.query(), &RULES)?;
    query.top = query.top.min(world.options.most_on_a_page.unwrap_or(usize::MAX));
    let mut body = Vec::with_capacity(query.top * 6 * 1024);
    body.extend_from_slice(format!("{{\"@odata.context\":\"{CONTEXT}\",\"value\":[").as_bytes());
    let nulls = world.options.all_nulls;
    let all = world.incidents.listed(world.options.last_updated_first);
    let more = query.page(all, |facts, body| rendering::print(facts, nulls, body), &mut body);
    body.push(b']');
    if more && world.options.next_link {
        let link = format!("{}/api/incidents?{}", world.base_url(), query.next());
        body.extend_from_slice(format!(",\"@odata.nextLink\":{}", json!(link)).as_bytes());
    }
    body.push(b'}');
    let body = Bytes::from(body);
    world.page_served(&body);
    Ok(odata(StatusCode::OK, body))
}

pub fn single(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method == Method::PATCH {
        return update(id, request, world);
    }
    if request.method != Method::GET {
        return Err(Refusal::method(request, "GET, PATCH"));
    }
    bearer::check(request, world, &READ)?;
    quota::check(Kind::Single, world)?;
    let facts = find(id, world)?;
    Ok(entity(&facts, world))
}

pub fn find<'a>(id: &str, world: &'a World) -> Result<Facts<'a>, Refusal> {
    let not_a_number =
        || Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", "The incident id is not a number.");
    let number = id.parse().map_err(|_| not_a_number())?;
    let missing =
        || Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", format!("Incident {id} was not found."));
    world.incidents.get(number).ok_or_else(missing)
}

pub fn entity(facts: &Facts<'_>, world: &World) -> Answer {
    let mut incident = Vec::new();
    rendering::print(facts, world.options.all_nulls, &mut incident);
    odata(StatusCode::OK, with_context(&format!("{CONTEXT}/$entity"), &incident))
}
