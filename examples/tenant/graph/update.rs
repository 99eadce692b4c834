//! Changes to an incident, and comments on it (Microsoft: "Update incident", "Create comment for incident", v1.0).

use hyper::{Method, StatusCode};

use super::super::api::Refusal;
use super::super::api::bearer::Needs;
use super::super::api::body::Body;
use super::super::api::filter::Text;
use super::super::api::quota::{self, Kind};
use super::super::directory::GRAPH;
use super::super::http::{Answer, Request};
use super::super::options::Role;
use super::super::store::template::array;
use super::super::world::World;
use super::incidents::{CONTEXT, entity, find};
use super::rendering::{self, View};
use super::{answer, caller, values, wants_unknown_members};

const WRITE: Needs = Needs {
    resource: &GRAPH,
    delegated: &["SecurityIncident.ReadWrite.All"],
    application: &["SecurityIncident.ReadWrite.All"],
    role: Role::Operator,
};

const FIELDS: [&str; 11] = [
    "@odata.type",
    "assignedTo",
    "classification",
    "customTags",
    "description",
    "determination",
    "displayName",
    "severity",
    "resolvingComment",
    "status",
    "summary",
];

/// `PATCH /security/incidents/{id}`
pub fn update(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    let caller = caller(request, world, &WRITE)?;
    quota::check(Kind::Graph, world)?;
    let known = find(id, world)?;
    let (id, mut details) = (known.id, known.details());
    let body = Body::read(request, &FIELDS, bad_request)?;
    check_type(&body, "incident")?;
    let member = |name: &str, property: Text| -> Result<Option<String>, Refusal> {
        let Some(word) = body.text(name)? else { return Ok(None) };
        let settable = values::to_defender(property, word).filter(|_| word != "awaitingAction");
        let refusal = || bad_request(format!("'{word}' is not a member of the enumeration of '{name}'."));
        settable.map(Some).ok_or_else(refusal)
    };
    if let Some(status) = member("status", Text::Status)? {
        details.status = status;
    }
    if let Some(severity) = member("severity", Text::Severity)? {
        details.severity = severity;
    }
    let classification = member("classification", Text::Classification)?;
    let determination = member("determination", Text::Determination)?;
    if classification.is_some() || determination.is_some() {
        details.judge(classification.as_deref(), determination.as_deref()).map_err(bad_request)?;
    }
    if let Some(tags) = body.texts("customTags")? {
        details.tags = tags;
    }
    if let Some(name) = body.text("displayName")? {
        details.name = Some(name.to_owned());
    }
    let texts = [
        ("assignedTo", &mut details.assigned_to),
        ("description", &mut details.description),
        ("resolvingComment", &mut details.resolving_comment),
        ("summary", &mut details.summary),
    ];
    for (name, place) in texts {
        if let Some(text) = body.optional(name)? {
            *place = text.map(str::to_owned);
        }
    }
    let now = world.now();
    world.incidents.write(id, now, caller.name(), None, details);
    let view = View { alerts: false, evolved: wants_unknown_members(request) };
    Ok(entity(&find(&id.to_string(), world)?, view))
}

/// `POST /security/incidents/{id}/comments`. What it answers is not documented; alerts answer with all comments.
pub fn comment(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::POST {
        return Err(Refusal::method(request, "POST"));
    }
    let caller = caller(request, world, &WRITE)?;
    quota::check(Kind::Graph, world)?;
    let known = find(id, world)?;
    let (id, details) = (known.id, known.details());
    let body = Body::read(request, &["@odata.type", "comment"], bad_request)?;
    check_type(&body, "alertComment")?;
    let text = body.text("comment")?.filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| bad_request("The comment is missing.".to_owned()))?.to_owned();
    let now = world.now();
    world.incidents.write(id, now, caller.name(), Some(text), details);
    let comments = array(find(&id.to_string(), world)?.details().comments.iter().map(rendering::comment));
    let body = format!("{{\"@odata.context\":\"{CONTEXT}('{id}')/comments\",\"value\":{comments}}}");
    Ok(answer(StatusCode::OK, body.into_bytes()))
}

fn check_type(body: &Body, name: &str) -> Result<(), Refusal> {
    let known = |given: &str| {
        given
            .trim_start_matches('#')
            .strip_prefix("microsoft.graph.security.")
            .is_some_and(|rest| rest == name)
    };
    match body.text("@odata.type")? {
        Some(given) if !known(given) => Err(bad_request(format!("The type '{given}' does not fit here."))),
        _ => Ok(()),
    }
}

fn bad_request(why: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", why)
}
