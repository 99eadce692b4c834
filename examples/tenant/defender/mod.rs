//! The Defender API: incidents for whoever brings the right token.

mod entities;
pub mod hunting;
mod incidents;
mod rendering;
mod update;

use hyper::StatusCode;

use super::api::Refusal;
use super::api::filter::Filter;
use super::http::{Answer, Request};
use super::world::World;

/// What a list would be filtered by.
pub fn filter(text: &str) -> Result<Filter, String> {
    Filter::parse(text, &incidents::RULES.dialect)
}

/// `resource` is the path after `/api/`.
pub fn respond(resource: &str, request: &Request, world: &mut World) -> Answer {
    let outcome = match resource.split_once('/') {
        None if resource == "incidents" => incidents::list(request, world),
        Some(("advancedhunting", "run")) => hunting::run(request, world),
        Some(("incidents", id)) => incidents::single(id, request, world),
        _ => {
            let message = format!("There is no resource '{resource}'.");
            Err(Refusal::new(StatusCode::NOT_FOUND, "NotFound", message))
        }
    };
    outcome.unwrap_or_else(|refusal| refusal.answer())
}
