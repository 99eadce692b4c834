//! Microsoft Graph, as far as it is about security: the same incidents in other words.

mod alerts;
mod evidence;
mod hunting;
mod incidents;
mod rendering;
mod update;
mod values;

use hyper::StatusCode;
use hyper::body::Bytes;

use super::api::Refusal;
use super::api::bearer::{self, Caller, Needs};
use super::http::{self, Answer, Request};
use super::world::World;

const PREFIX: &str = "/v1.0/";

/// Whether the path is Graph's.
pub fn serves(path: &str) -> bool {
    path.starts_with(PREFIX)
}

pub fn respond(request: &Request, world: &mut World) -> Answer {
    let path: Vec<&str> = request.path.trim_start_matches(PREFIX).split('/').collect();
    let outcome = match path[..] {
        ["security", "incidents"] => incidents::list(request, world),
        ["security", "incidents", id] => incidents::single(id, request, world),
        ["security", "incidents", id, "comments"] => update::comment(id, request, world),
        ["security", "runHuntingQuery" | "microsoft.graph.security.runHuntingQuery"] => {
            hunting::run(request, world)
        }
        ["security", "alerts_v2"] => alerts::list(request, world),
        ["security", "alerts_v2", id] => alerts::single(id, request, world),
        _ => {
            let message = format!("Resource not found for the segment '{}'.", path.last().unwrap_or(&""));
            Err(Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message))
        }
    };
    outcome.unwrap_or_else(|refusal| refusal.answer_of_graph(request, world.now()))
}

/// Who calls, with the refusals in Graph's words.
fn caller(request: &Request, world: &World, needs: &Needs) -> Result<Caller, Refusal> {
    bearer::check(request, world, needs).map_err(|refusal| match refusal.status() {
        StatusCode::UNAUTHORIZED if request.header("authorization").is_none() => {
            refusal.reworded("InvalidAuthenticationToken", "Access token is empty.")
        }
        StatusCode::UNAUTHORIZED => {
            let message = format!("Access token validation failure. {}", refusal.message());
            refusal.reworded("InvalidAuthenticationToken", message)
        }
        _ => refusal,
    })
}

/// Whether the client wants members of an enumeration that came after it was made.
fn wants_unknown_members(request: &Request) -> bool {
    let preferred = request.headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
    let mut preferred = preferred.flat_map(|line| line.split(','));
    preferred.any(|each| each.trim().eq_ignore_ascii_case("include-unknown-enum-members"))
}

fn answer(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = http::answer(status, CONTENT_TYPE, body);
    http::set(&mut answer, "odata-version", "4.0");
    http::set(&mut answer, "request-id", &super::entra::guid());
    answer
}

const CONTENT_TYPE: &str = "application/json;odata.metadata=minimal;odata.streaming=true;\
    IEEE754Compatible=false;charset=utf-8";
