//! Machines: a list and one (Microsoft: "List machines API", "Get machine by ID API").

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::api::bearer;
use super::super::api::quota::{self, Kind};
use super::super::api::{Refusal, odata};
use super::super::http::{Answer, Request};
use super::super::store::Device;
use super::super::world::World;
use super::READ;

const CONTEXT: &str = "https://api.securitycenter.microsoft.com/api/$metadata#Machines";

pub fn list(request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    check(request, world)?;
    let name = filtered_by("computerDnsName", request, &["$top"])?;
    let is_wanted = |device: &Device| name.as_ref().is_none_or(|name| device.dns_name() == *name);
    let top = top(request)?;
    let devices = (0..Device::COUNT).map(Device).filter(is_wanted).take(top);
    let machines: Vec<Value> = devices.map(|device| machine(device, world)).collect();
    let body = json!({"@odata.context": CONTEXT, "value": machines});
    Ok(odata(StatusCode::OK, body.to_string()))
}

/// At most 10,000 (Microsoft: "List machines API").
fn top(request: &Request) -> Result<usize, Refusal> {
    const MOST: usize = 10_000;
    let query = request.query();
    let Some(top) = query.get("$top") else { return Ok(MOST) };
    let number = top.parse().ok().filter(|number| *number <= MOST);
    number.ok_or_else(|| {
        let message = format!("The value '{top}' of $top is not a number of at most {MOST}.");
        Refusal::new(StatusCode::BAD_REQUEST, "ODataError", message)
    })
}

/// What `property` has to be: the one filter that the local tenant knows of those that are documented, beside
/// `others`.
pub fn filtered_by(property: &str, request: &Request, others: &[&str]) -> Result<Option<String>, Refusal> {
    let mut value = None;
    let options = request.query();
    for (name, filter) in options.iter().filter(|(name, _)| name.starts_with('$') && !others.contains(name)) {
        let quoted =
            filter.strip_prefix(property).and_then(|rest| rest.strip_prefix(" eq '")?.strip_suffix('\''));
        value = quoted.filter(|text| name == "$filter" && !text.contains('\'')).map(str::to_owned);
        if value.is_none() {
            let message = format!("The local tenant knows no option but $filter={property} eq '…'.");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "ODataError", message));
        }
    }
    Ok(value)
}

pub fn single(id: &str, request: &Request, world: &mut World) -> Result<Answer, Refusal> {
    check(request, world)?;
    let mut body = machine(find(id)?, world);
    body["@odata.context"] = json!(format!("{CONTEXT}/$entity"));
    Ok(odata(StatusCode::OK, body.to_string()))
}

fn check(request: &Request, world: &mut World) -> Result<(), Refusal> {
    if request.method != Method::GET {
        return Err(Refusal::method(request, "GET"));
    }
    bearer::check(request, world, &READ)?;
    quota::check(Kind::Machine, world)
}

pub fn find(id: &str) -> Result<Device, Refusal> {
    if id.len() != 40 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let message = format!("'{id}' is not the id of a machine: 40 hexadecimal digits.");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "InvalidInput", message));
    }
    let missing =
        || Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", format!("Machine {id} was not found."));
    Device::find(id).ok_or_else(missing)
}

fn machine(device: Device, world: &World) -> Value {
    json!({
        "id": device.id(),
        "computerDnsName": device.dns_name(),
        "firstSeen": "2025-11-02T06:00:00.7Z",
        "lastSeen": "2026-11-21T18:40:12.3Z",
        "osPlatform": "Windows11",
        "version": "24H2",
        "osProcessor": "x64",
        "osBuild": 26100,
        "healthStatus": "Active",
        "onboardingStatus": "Onboarded",
        "riskScore": "None",
        "exposureLevel": "Low",
        "rbacGroupId": 7,
        "rbacGroupName": "Workstations",
        "aadDeviceId": device.entra_id(),
        "isIsolated": world.actions.is_isolated(device),
        "machineTags": [],
    })
}
