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
    if let Some((name, _)) = request.query().iter().find(|(name, _)| name.starts_with('$')) {
        let message = format!("The local tenant has few machines and no query option '{name}'.");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "ODataError", message));
    }
    let machines: Vec<Value> = (0..Device::COUNT).map(|number| machine(Device(number), world)).collect();
    let body = json!({"@odata.context": CONTEXT, "value": machines});
    Ok(odata(StatusCode::OK, body.to_string()))
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
