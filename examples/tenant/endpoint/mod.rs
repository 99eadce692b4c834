//! Defender for Endpoint: machines, and what is done to them.

mod actions;
mod machines;

use hyper::StatusCode;

use super::api::Refusal;
use super::api::bearer::Needs;
use super::defender::hunting;
use super::directory::ENDPOINT;
use super::http::{Answer, Request};
use super::options::Role;
use super::world::World;

pub use actions::{Actions, MachineAction};

const READ: Needs = Needs {
    resource: &ENDPOINT,
    delegated: &["Machine.Read", "Machine.ReadWrite"],
    application: &["Machine.Read.All", "Machine.ReadWrite.All"],
    role: Role::Reader,
};

const ISOLATE: Needs = Needs {
    resource: &ENDPOINT,
    delegated: &["Machine.Isolate"],
    application: &["Machine.Isolate"],
    role: Role::Operator,
};

const HUNT: Needs = Needs {
    resource: &ENDPOINT,
    delegated: &["AdvancedQuery.Read"],
    application: &["AdvancedQuery.Read.All"],
    role: Role::Reader,
};

/// Whether the resource, a path after `/api/`, is of this API.
pub fn serves(resource: &str) -> bool {
    let first = resource.split('/').next().unwrap_or_default();
    ["machines", "machineactions", "advancedqueries"].contains(&first)
}

/// `resource` is the path after `/api/`.
pub fn respond(resource: &str, request: &Request, world: &mut World) -> Answer {
    let path: Vec<&str> = resource.split('/').collect();
    let outcome = match path[..] {
        ["machines"] => machines::list(request, world),
        ["machines", id] => machines::single(id, request, world),
        ["machines", id, "isolate"] => actions::isolate(id, request, world),
        ["machines", id, "unisolate"] => actions::release(id, request, world),
        ["machineactions"] => actions::list(request, world),
        ["machineactions", id] => actions::single(id, request, world),
        ["advancedqueries", "run"] => hunting::run_for(&HUNT, request, world),
        _ => {
            let message = format!("There is no resource '{resource}'.");
            Err(Refusal::new(StatusCode::NOT_FOUND, "NotFound", message))
        }
    };
    outcome.unwrap_or_else(|refusal| refusal.answer())
}
