//! Machines through Defender for Endpoint.

use serde_json::json;

use super::Client;
use super::client::items;
use crate::tenant::directory::{ANA, DEFENDER, ENDPOINT, GRAPH};
use crate::tenant::{ActionEnd, Options, Tenant};

#[test]
fn an_isolation_is_asked_for_and_followed_to_its_end() {
    let tenant = Tenant::start(Options::default());
    let client = Client::of(&tenant, &ENDPOINT);
    let machines = client.get("/api/machines").succeeds();
    let id = items(&machines)[3]["id"].as_str().expect("text").to_owned();
    let machine = format!("/api/machines/{id}");
    let isolate = format!("{machine}/isolate");
    let body = json!({"Comment": "see ticket", "IsolationType": "Selective"});
    let begun = client.post(&isolate, &body);
    assert_eq!(begun.status, 201);
    let action = begun.succeeds();
    assert_eq!((&action["status"], &action["type"]), (&json!("Pending"), &json!("Isolate")));
    assert_eq!((&action["requestor"], &action["requestorComment"]), (&json!(ANA.upn), &json!("see ticket")));
    client.post(&isolate, &body).fails(400, "ActiveRequestAlreadyExists");
    let follow = format!("/api/machineactions/{}", action["id"].as_str().expect("text"));
    assert_eq!(client.get(&follow).succeeds()["status"], "InProgress");
    assert_eq!(client.get(&machine).succeeds()["isIsolated"], false);
    assert_eq!(client.get(&follow).succeeds()["status"], "Succeeded");
    assert_eq!(client.get(&machine).succeeds()["isIsolated"], true);
    let filter = |property: &str, value: &str| format!("?$filter={property}%20eq%20%27{value}%27");
    let actions = client.get(&format!("/api/machineactions{}", filter("machineId", &id))).succeeds();
    assert_eq!(items(&actions)[0]["id"], action["id"]);
    let of_another = client.get(&format!("/api/machineactions{}", filter("machineId", "x"))).succeeds();
    assert!(items(&of_another).is_empty());
    let named =
        client.get(&format!("/api/machines{}", filter("computerDnsName", "ws-003.corp.northwind.example")));
    assert_eq!(items(&named.succeeds())[0]["id"], *id);
    client.get("/api/machines?$skip=1").fails(400, "ODataError");
    tenant.change(|options| options.action_end = ActionEnd::Failed);
    let release = client.post(&format!("{machine}/unisolate"), &json!({"Comment": "done"})).succeeds();
    let follow = format!("/api/machineactions/{}", release["id"].as_str().expect("text"));
    client.get(&follow).succeeds();
    assert_eq!(client.get(&follow).succeeds()["status"], "Failed");
    let kinds: Vec<_> = tenant.machine_actions().iter().map(|action| action.kind).collect();
    assert_eq!(kinds, ["Isolate", "Unisolate"]);
}

#[test]
fn what_the_documentation_does_not_allow_is_refused() {
    let tenant = Tenant::start(Options::default());
    let client = Client::of(&tenant, &ENDPOINT);
    let id = items(&client.get("/api/machines").succeeds())[0]["id"].as_str().expect("text").to_owned();
    let isolate = format!("/api/machines/{id}/isolate");
    let whole = json!({"Comment": "a", "IsolationType": "Full"});
    client.post(&isolate, &json!({"IsolationType": "Full"})).fails(400, "MissingRequiredParameter");
    client.post(&isolate, &json!({"Comment": "a"})).fails(400, "MissingRequiredParameter");
    client.post(&isolate, &json!({"comment": "a", "IsolationType": "Full"})).fails(400, "InvalidRequestBody");
    client.post(&isolate, &json!({"Comment": "a", "IsolationType": "full"})).fails(400, "InvalidInput");
    client.post("/api/machines/x/isolate", &whole).fails(400, "InvalidInput");
    client.post(&format!("/api/machines/{:040}/isolate", 1), &whole).fails(404, "ResourceNotFound");
    client.get("/api/machineactions/x").fails(404, "ResourceNotFound");
    for other in [&DEFENDER, &GRAPH] {
        Client::of(&tenant, other).post(&isolate, &whole).fails(401, "Unauthorized");
    }
    tenant.change(|options| options.consented.retain(|name| name != "Machine.Isolate"));
    Client::of(&tenant, &ENDPOINT).post(&isolate, &whole).fails(403, "Forbidden");
    assert!(tenant.machine_actions().is_empty());
}

#[test]
fn its_hunting_wants_its_own_permission() {
    let tenant = Tenant::start(Options::default());
    let body = json!({"Query": "DeviceEvents | count"});
    Client::of(&tenant, &ENDPOINT).post("/api/advancedqueries/run", &body).fails(403, "Forbidden");
    tenant.change(|options| options.permit("AdvancedQuery.Read"));
    let result = Client::of(&tenant, &ENDPOINT).post("/api/advancedqueries/run", &body).succeeds();
    assert_eq!(result["Results"][0]["Count"], 250);
}
