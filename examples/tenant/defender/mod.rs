//! The Defender API: incidents for whoever brings the right token.

mod bearer;
mod challenge;
mod entities;
mod filter;
mod incidents;
mod names;
mod query;
mod quota;
mod refusal;
mod rendering;
mod scenarios;
mod template;
mod variant;

use hyper::{Method, StatusCode};
use serde_json::json;

use super::fault::{RetryAfter, come_back};
use super::http::{self, Answer, Request};
use super::options::RetryAfterForm;
use super::world::World;
use query::Query;
use quota::Exceeded;

pub use challenge::{ClaimsChallenge, HeaderForm, Wants};
pub use incidents::Incidents;
pub use quota::Quotas;
pub use refusal::Refusal;

const CONTENT_TYPE: &str = "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8";
const CONTEXT: &str = "https://api.security.microsoft.com/api/$metadata#Incidents";

/// `resource` is the path after `/api/`.
pub fn respond(resource: &str, request: &Request, world: &mut World) -> Answer {
    let outcome = match resource.split_once('/') {
        None if resource == "incidents" => list(request, world),
        Some(("incidents", id)) => single(id, request, world),
        _ => {
            let message = format!("There is no resource '{resource}'.");
            Err(Refusal::new(StatusCode::NOT_FOUND, "NotFound", message))
        }
    };
    outcome.unwrap_or_else(|refusal| refusal.answer())
}

fn list(request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    allow_get(request)?;
    bearer::check(request, world)?;
    if let Some(exceeded) = exceeded(Quotas::count_list, world) {
        return Ok(throttle(&exceeded, world));
    }
    let query = Query::parse(&request.query())
        .map_err(|why| Refusal::new(StatusCode::BAD_REQUEST, "ODataError", why))?;
    let mut body = Vec::with_capacity(query.top * 6 * 1024);
    body.extend_from_slice(format!("{{\"@odata.context\":\"{CONTEXT}\",\"value\":[").as_bytes());
    let more = world.incidents.print_page(&query, world.options.all_nulls, &mut body);
    body.push(b']');
    if more && world.options.next_link {
        let link = format!("{}/api/incidents?{}", world.base_url(), query.next());
        body.extend_from_slice(format!(",\"@odata.nextLink\":{}", json!(link)).as_bytes());
    }
    body.push(b'}');
    world.incidents.arrive(world.options.arrivals_per_page);
    Ok(odata(body))
}

fn single(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    allow_get(request)?;
    bearer::check(request, world)?;
    if let Some(exceeded) = exceeded(Quotas::count_single, world) {
        return Ok(throttle(&exceeded, world));
    }
    let Ok(id) = id.parse() else {
        let message = "The incident id is not a number.";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message));
    };
    let mut body = format!("{{\"@odata.context\":\"{CONTEXT}/$entity\",").into_bytes();
    let open = body.len();
    if !world.incidents.print_one(id, world.options.all_nulls, &mut body) {
        let message = format!("Incident {id} was not found.");
        return Err(Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", message));
    }
    // The incident's own opening brace: the context comes before its fields.
    body.remove(open);
    Ok(odata(body))
}

fn odata(body: Vec<u8>) -> Answer {
    let mut answer = http::answer(StatusCode::OK, CONTENT_TYPE, body);
    http::set(&mut answer, "odata-version", "4.0");
    answer
}

fn allow_get(request: &Request) -> Result<(), Refusal> {
    if request.method == Method::GET {
        return Ok(());
    }
    let message = format!("The requested resource does not support http method '{}'.", request.method);
    Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message))
}

fn exceeded(count: impl FnOnce(&mut Quotas, i64) -> Option<Exceeded>, world: &mut World) -> Option<Exceeded> {
    let now = world.now();
    if world.options.rate_limits { count(&mut world.quotas, now) } else { None }
}

fn throttle(exceeded: &Exceeded, world: &World) -> Answer {
    let retry_after = match world.options.retry_after {
        RetryAfterForm::Seconds => Some(RetryAfter::Seconds(exceeded.wait)),
        RetryAfterForm::HttpDate => Some(RetryAfter::HttpDate(exceeded.wait)),
        RetryAfterForm::Absent => None,
    };
    let throttled = Refusal::throttled(world.options.throttle_body, exceeded.quota);
    come_back(throttled.answer(), retry_after, world)
}
