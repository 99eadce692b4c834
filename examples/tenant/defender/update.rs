//! Changes to an incident (Microsoft: "Update incidents API").

use hyper::StatusCode;

use super::super::api::Refusal;
use super::super::api::bearer::{self, Needs};
use super::super::api::body::Body;
use super::super::api::quota::{self, Kind};
use super::super::directory::DEFENDER;
use super::super::http::{Answer, Request};
use super::super::options::Role;
use super::super::store::verdict;
use super::super::world::World;
use super::incidents::{entity, find};

const WRITE: Needs = Needs {
    resource: &DEFENDER,
    delegated: &["Incident.ReadWrite"],
    application: &["Incident.ReadWrite.All"],
    role: Role::Operator,
};

const FIELDS: [&str; 6] = ["status", "assignedTo", "classification", "determination", "tags", "comment"];
const STATUSES: [&str; 4] = ["Active", "Resolved", "InProgress", "Redirected"];

/// `PATCH /api/incidents/{id}`
pub fn update(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    let caller = bearer::check(request, world, &WRITE)?;
    quota::check(Kind::Update, world)?;
    let known = find(id, world)?;
    let (id, mut details) = (known.id, known.details());
    let body =
        Body::read(request, &FIELDS, |why| Refusal::new(StatusCode::BAD_REQUEST, "InvalidRequestBody", why))?;
    if body.is_empty() {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "InvalidRequestBody",
            "There is nothing to change.",
        ));
    }
    if let Some(status) = body.text("status")? {
        details.status = one_of("status", status, STATUSES.contains(&status))?;
    }
    let classification = body.text("classification")?;
    if let Some(word) = classification {
        one_of("classification", word, verdict::is_classification(word))?;
    }
    let determination = body.text("determination")?;
    if classification.or(determination).is_some() {
        details.judge(classification, determination).map_err(invalid)?;
    }
    if let Some(assigned_to) = body.optional("assignedTo")? {
        details.assigned_to = assigned_to.map(str::to_owned);
    }
    if let Some(tags) = body.texts("tags")? {
        details.tags = tags;
    }
    let comment = body.text("comment")?.map(str::to_owned);
    let now = world.now();
    world.incidents.write(id, now, caller.name(), comment, details);
    Ok(entity(&find(&id.to_string(), world)?, world))
}

fn one_of(property: &str, word: &str, known: bool) -> Result<String, Refusal> {
    let refusal = || invalid(format!("'{word}' is not a value of '{property}' that can be set."));
    known.then(|| word.to_owned()).ok_or_else(refusal)
}

fn invalid(why: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "InvalidInput", why)
}
