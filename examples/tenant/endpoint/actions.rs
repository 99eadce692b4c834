//! What is done to machines: asked for once, and then followed to its end (Microsoft: "Isolate machine API", "Release
//! device from isolation API", "machineAction resource type").

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::api::bearer;
use super::super::api::body::Body;
use super::super::api::quota::{self, Kind};
use super::super::api::{Refusal, odata};
use super::super::entra;
use super::super::http::{Answer, Request};
use super::super::options::ActionEnd;
use super::super::store::{Device, ticks};
use super::super::world::World;
use super::machines::{filtered_by, find};
use super::{ISOLATE, READ};

const CONTEXT: &str = "https://api.securitycenter.microsoft.com/api/$metadata#MachineActions";

/// Something that is done to a machine, as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineAction {
    pub id: String,
    pub machine_id: String,
    /// `Isolate` or `Unisolate`
    pub kind: &'static str,
    /// `Full`, `Selective` or `UnManagedDevice`; absent for a release.
    pub scope: Option<String>,
    pub comment: String,
    pub requestor: String,
    /// How often somebody has asked how it goes.
    pub asked: u32,
    /// In what it ends.
    end: ActionEnd,
    device: Device,
    /// Ticks since 1970.
    created: i64,
}

#[derive(Default)]
pub struct Actions(pub Vec<MachineAction>);

impl MachineAction {
    /// The first to ask sees it begin, the second sees its end.
    pub fn status(&self) -> &'static str {
        match (self.asked, self.end) {
            (0, _) => "Pending",
            (1, _) | (_, ActionEnd::Never) => "InProgress",
            (_, ActionEnd::Succeeded) => "Succeeded",
            (_, ActionEnd::Failed) => "Failed",
            (_, ActionEnd::TimeOut) => "TimeOut",
            (_, ActionEnd::Cancelled) => "Cancelled",
        }
    }

    fn is_over(&self) -> bool {
        !["Pending", "InProgress"].contains(&self.status())
    }

    fn print(&self) -> String {
        let mut action = self.to_json();
        action["@odata.context"] = json!(format!("{CONTEXT}/$entity"));
        action.to_string()
    }

    fn to_json(&self) -> Value {
        let created = ticks::text(self.created);
        let updated = ticks::text(self.created + i64::from(self.asked) * ticks::TICKS);
        json!({
            "id": self.id,
            "type": self.kind,
            "title": null,
            "scope": self.scope,
            "requestor": self.requestor,
            "requestorComment": self.comment,
            "status": self.status(),
            "machineId": self.machine_id,
            "computerDnsName": self.device.dns_name(),
            "creationDateTimeUtc": created,
            "lastUpdateDateTimeUtc": updated,
            "cancellationRequestor": null,
            "cancellationComment": null,
            "cancellationDateTimeUtc": null,
            "relatedFileInfo": null,
        })
    }
}

impl Actions {
    /// By the last action that has succeeded.
    pub fn is_isolated(&self, device: Device) -> bool {
        let done = self.0.iter().rfind(|action| action.device == device && action.status() == "Succeeded");
        done.is_some_and(|action| action.kind == "Isolate")
    }
}

/// `POST /api/machines/{id}/isolate`
pub fn isolate(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    begin(id, "Isolate", &["Comment", "IsolationType"], request, world)
}

/// `POST /api/machines/{id}/unisolate`
pub fn release(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    begin(id, "Unisolate", &["Comment"], request, world)
}

fn begin(
    id: &str,
    kind: &'static str,
    fields: &[&str],
    request: &Request,
    world: &mut World,
) -> Result<Answer, Refusal> {
    if request.method != Method::POST {
        return Err(Refusal::method(request, "POST"));
    }
    let caller = bearer::check(request, world, &ISOLATE)?;
    quota::check(Kind::Machine, world)?;
    let refused = |code, why| Refusal::new(StatusCode::BAD_REQUEST, code, why);
    let body =
        Body::read(request, fields, |why| Refusal::new(StatusCode::BAD_REQUEST, "InvalidRequestBody", why))?;
    let device = find(id)?;
    let missing = |name| refused("MissingRequiredParameter", format!("The parameter '{name}' is missing."));
    let comment = body.text("Comment")?.filter(|comment| !comment.is_empty());
    let comment = comment.ok_or_else(|| missing("Comment"))?.to_owned();
    let scope = body.text("IsolationType")?.map(str::to_owned);
    let scopes = ["Full", "Selective", "UnManagedDevice"];
    match &scope {
        None if kind == "Isolate" => return Err(missing("IsolationType")),
        Some(scope) if !scopes.contains(&scope.as_str()) => {
            return Err(refused("InvalidInput", format!("'{scope}' is not a type of isolation.")));
        }
        _ => {}
    }
    if world.actions.0.iter().any(|action| action.device == device && !action.is_over()) {
        let message = "Action is already in progress".to_owned();
        return Err(refused("ActiveRequestAlreadyExists", message));
    }
    let action = MachineAction {
        id: entra::guid(),
        machine_id: device.id(),
        kind,
        scope,
        comment,
        requestor: caller.name().to_owned(),
        asked: 0,
        end: world.options.action_end,
        device,
        created: world.now() * ticks::TICKS,
    };
    let answer = odata(StatusCode::CREATED, action.print());
    world.actions.0.push(action);
    Ok(answer)
}

/// `GET /api/machineactions`, the newest first
pub fn list(request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::GET {
        return Err(Refusal::method(request, "GET"));
    }
    bearer::check(request, world, &READ)?;
    quota::check(Kind::Machine, world)?;
    let machine = filtered_by("machineId", request, &[])?;
    let is_wanted =
        |action: &&MachineAction| machine.as_ref().is_none_or(|machine| action.machine_id == *machine);
    let actions: Vec<Value> =
        world.actions.0.iter().rev().filter(is_wanted).map(MachineAction::to_json).collect();
    Ok(odata(StatusCode::OK, json!({"@odata.context": CONTEXT, "value": actions}).to_string()))
}

/// `GET /api/machineactions/{id}`
pub fn single(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    if request.method != Method::GET {
        return Err(Refusal::method(request, "GET"));
    }
    bearer::check(request, world, &READ)?;
    quota::check(Kind::Machine, world)?;
    let action = world.actions.0.iter_mut().find(|action| action.id.eq_ignore_ascii_case(id));
    let action = action.ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", format!("Action {id} was not found."))
    })?;
    action.asked += 1;
    Ok(odata(StatusCode::OK, action.print()))
}
