//! What is written through one API is seen through the other.

use serde_json::{Value, json};

use super::Client;
use crate::tenant::directory::{ANA, DEFENDER, GRAPH};
use crate::tenant::{Options, Role, Tenant};

/// Assigned to nobody, active, with no comment.
const ID: u64 = 924_480;

fn tenant() -> Tenant {
    let tenant = Tenant::start(Options::default());
    tenant.change(|options| options.permit("Incident.ReadWrite"));
    tenant
}

fn defender(id: u64) -> String {
    format!("/api/incidents/{id}")
}

fn graph(id: u64) -> String {
    format!("/v1.0/security/incidents/{id}")
}

#[test]
fn a_change_through_defender_is_seen_through_graph() {
    let tenant = tenant();
    let before = tenant.incident(ID).expect("an incident");
    let change = json!({
        "status": "Resolved", "assignedTo": "ben@northwind.example", "classification": "FalsePositive",
        "determination": "NoEnoughDataToValidate", "tags": ["a \"b\"", "ü"], "comment": "no\r\nfinding",
    });
    let changed = Client::of(&tenant, &DEFENDER).patch(&defender(ID), &change).succeeds();
    let seen = Client::of(&tenant, &DEFENDER).get(&defender(ID)).succeeds();
    assert_eq!(changed, seen);
    assert_eq!(seen["tags"], change["tags"]);
    assert_eq!(seen["comments"][0]["comment"], change["comment"]);
    assert_eq!(seen["comments"][0]["createdBy"], ANA.upn);
    let theirs = Client::of(&tenant, &GRAPH).get(&graph(ID)).succeeds();
    for (property, value) in [
        ("status", "resolved"),
        ("classification", "falsePositive"),
        ("determination", "notEnoughDataToValidate"),
        ("assignedTo", "ben@northwind.example"),
        ("lastModifiedBy", ANA.upn),
    ] {
        assert_eq!(theirs[property], value, "{property}");
    }
    assert_eq!(theirs["comments"][0]["createdByDisplayName"], ANA.upn);
    assert_eq!(theirs["lastUpdateDateTime"], seen["lastUpdateTime"]);
    let after = tenant.incident(ID).expect("an incident");
    assert!(after.updated > before.updated && after.details.name == before.details.name, "{after:?}");
}

#[test]
fn a_change_through_graph_is_seen_through_defender() {
    let tenant = tenant();
    let ours = Client::of(&tenant, &GRAPH);
    let change = json!({
        "@odata.type": "#microsoft.graph.security.incident", "status": "inProgress", "severity": "low",
        "classification": "truePositive", "determination": "compromisedAccount", "displayName": "Renamed",
        "customTags": [], "summary": "s", "assignedTo": null,
    });
    let changed = ours.patch(&graph(ID), &change).succeeds();
    assert_eq!((&changed["summary"], &changed["displayName"]), (&json!("s"), &json!("Renamed")));
    let comments = ours.post(&format!("{}/comments", graph(ID)), &json!({"comment": "hello"})).succeeds();
    assert_eq!(comments["value"][0]["comment"], "hello");
    let theirs = Client::of(&tenant, &DEFENDER).get(&defender(ID)).succeeds();
    for (property, value) in [
        ("status", "InProgress"),
        ("severity", "Low"),
        ("classification", "TruePositive"),
        ("determination", "CompromisedAccount"),
        ("incidentName", "Renamed"),
    ] {
        assert_eq!(theirs[property], value, "{property}");
    }
    assert_eq!(theirs["comments"][0]["comment"], "hello");
    assert!(theirs["assignedTo"].is_null());
}

#[test]
fn defender_refuses_what_it_does_not_know() {
    let tenant = tenant();
    let client = Client::of(&tenant, &DEFENDER);
    let before = tenant.incident(ID);
    let refused = |body: Value, code| client.patch(&defender(ID), &body).fails(400, code);
    refused(json!({"Status": "Active"}), "InvalidRequestBody");
    refused(json!({"comments": "x"}), "InvalidRequestBody");
    refused(json!({"severity": "Low"}), "InvalidRequestBody");
    refused(json!({"tags": "x"}), "InvalidRequestBody");
    refused(json!({}), "InvalidRequestBody");
    refused(json!([]), "InvalidRequestBody");
    refused(json!({"status": "active"}), "InvalidInput");
    refused(json!({"classification": "Unknown"}), "InvalidInput");
    refused(json!({"determination": "Malware"}), "InvalidInput");
    refused(json!({"classification": "FalsePositive", "determination": "Malware"}), "InvalidInput");
    assert_eq!(tenant.incident(ID), before);
    client.patch(&defender(1), &json!({"status": "Active"})).fails(404, "ResourceNotFound");
    client.patch("/api/incidents/x", &json!({"status": "Active"})).fails(400, "BadRequest");
    assert_eq!(client.send(reqwest::Method::PATCH, &defender(ID), None).status, 415);
    let determined =
        client.patch(&defender(ID), &json!({"classification": "TruePositive", "determination": "Malware"}));
    determined.succeeds();
    let changed = client.patch(&defender(ID), &json!({"classification": "FalsePositive"})).succeeds();
    assert_eq!(changed["determination"], "NotAvailable");
}

#[test]
fn graph_refuses_what_it_does_not_know() {
    let tenant = tenant();
    let client = Client::of(&tenant, &GRAPH);
    for body in [
        json!({"Status": "active"}),
        json!({"comments": []}),
        json!({"tags": []}),
        json!({"status": "Active"}),
        json!({"status": "awaitingAction"}),
        json!({"classification": "falsePositive", "determination": "malware"}),
        json!({"@odata.type": "#microsoft.graph.security.alert"}),
    ] {
        client.patch(&graph(ID), &body).fails(400, "BadRequest");
    }
    client.post(&format!("{}/comments", graph(ID)), &json!({"comment": ""})).fails(400, "BadRequest");
    client.post(&format!("{}/comments", graph(1)), &json!({"comment": "a"})).fails(404, "ResourceNotFound");
    client.patch(&graph(1), &json!({"status": "active"})).fails(404, "ResourceNotFound");
}

#[test]
fn only_an_operator_with_the_permission_may_write() {
    let tenant = Tenant::start(Options::default());
    let change = json!({"status": "Active"});
    Client::of(&tenant, &DEFENDER).patch(&defender(ID), &change).fails(403, "Forbidden");
    tenant.change(|options| {
        options.permit("Incident.ReadWrite");
        options.role = Role::Reader;
    });
    Client::of(&tenant, &DEFENDER).patch(&defender(ID), &change).fails(403, "Forbidden");
    Client::of(&tenant, &DEFENDER).get(&defender(ID)).succeeds();
    tenant.change(|options| options.role = Role::Operator);
    Client::of(&tenant, &DEFENDER).patch(&defender(ID), &change).succeeds();
}

#[test]
fn a_merged_incident_names_the_one_that_it_went_into() {
    let tenant = tenant();
    tenant.merge(ID - 1, ID);
    let theirs = Client::of(&tenant, &DEFENDER).get(&defender(ID - 1)).succeeds();
    assert_eq!((&theirs["status"], &theirs["redirectIncidentId"]), (&json!("Redirected"), &json!(ID)));
    let ours = Client::of(&tenant, &GRAPH).get(&graph(ID - 1)).succeeds();
    assert_eq!(
        (&ours["status"], &ours["redirectIncidentId"]),
        (&json!("redirected"), &json!(ID.to_string()))
    );
    let whole =
        Client::of(&tenant, &GRAPH).get("/v1.0/security/incidents?$filter=status eq 'redirected'").succeeds();
    assert!(
        whole["value"].as_array().expect("a list").iter().all(|each| each["redirectIncidentId"].is_string())
    );
}
