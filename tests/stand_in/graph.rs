//! Incidents and alerts through Graph.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Client;
use super::client::items;
use crate::tenant::directory::{DEFENDER, GRAPH};
use crate::tenant::{Options, Role, Tenant};

const INCIDENTS: &str = "/v1.0/security/incidents";

fn ids(body: &Value) -> Vec<String> {
    items(body).iter().map(|incident| incident["id"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn the_incidents_are_those_of_defender_in_other_words() {
    let tenant = Tenant::start(Options { incidents: 240, ..Options::default() });
    let graph = Client::of(&tenant, &GRAPH);
    let newest = graph.get(&format!("{INCIDENTS}?$top=50&$count=true&$expand=alerts")).succeeds();
    let theirs = Client::of(&tenant, &DEFENDER).get("/api/incidents?$top=50").succeeds();
    assert_eq!(newest["@odata.count"], 240);
    for (ours, theirs) in items(&newest).iter().zip(items(&theirs)) {
        assert_eq!(ours["id"].as_str(), Some(theirs["incidentId"].to_string().as_str()));
        assert_eq!(ours["displayName"], theirs["incidentName"]);
        assert_eq!(ours["createdDateTime"], theirs["createdTime"]);
        assert_eq!(ours["lastUpdateDateTime"], theirs["lastUpdateTime"]);
        assert_eq!(ours["customTags"], theirs["tags"]);
        assert_eq!(ours["alerts"].as_array().map(Vec::len), theirs["alerts"].as_array().map(Vec::len));
        let same = |ours: &str, theirs: &str| ours.eq_ignore_ascii_case(theirs);
        let (ours, theirs) = (&ours["classification"], &theirs["classification"]);
        assert!(same(ours.as_str().expect("text"), theirs.as_str().expect("text")), "{ours} {theirs}");
    }
    let first = &items(&newest)[0];
    assert!(first["assignedTo"].is_null() && first.as_object().expect("an object").len() == 21, "{first}");
}

#[test]
fn the_links_lead_through_everything_once() {
    let tenant = Tenant::start(Options { incidents: 120, ..Options::default() });
    let graph = Client::of(&tenant, &GRAPH);
    let (mut seen, mut next) = (Vec::new(), Some(INCIDENTS.to_owned()));
    while let Some(link) = next {
        let page = graph.get(&link).succeeds();
        seen.extend(ids(&page));
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
        assert!(next.as_ref().is_none_or(|link| !link.contains("$skip=")), "{next:?}");
    }
    assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (120, 120));
    let link = format!("{INCIDENTS}?$skiptoken=bm90aGluZw");
    graph.get(&link).fails(400, "BadRequest");
}

#[test]
fn a_filter_takes_the_words_of_graph_only() {
    let tenant = Tenant::start(Options { incidents: 240, ..Options::default() });
    let graph = Client::of(&tenant, &GRAPH);
    let filtered = |filter: &str| graph.get(&format!("{INCIDENTS}?$filter={filter}"));
    for (property, value) in [
        ("severity", "high"),
        ("status", "inProgress"),
        ("classification", "truePositive"),
        ("determination", "unknown"),
    ] {
        let page = filtered(&format!("{property} eq '{value}'")).succeeds();
        assert!(!items(&page).is_empty(), "{property}");
        assert!(items(&page).iter().all(|incident| incident[property] == value), "{page}");
    }
    filtered("severity eq 'High'").fails(400, "BadRequest");
    filtered("lastUpdateTime ge 2026-01-01T00:00:00Z").fails(400, "BadRequest");
    filtered("createdDateTime ge 2020-01-01T00:00:00Z").succeeds();
}

#[test]
fn what_the_documentation_does_not_list_is_refused() {
    let tenant = Tenant::start(Options::default());
    let graph = Client::of(&tenant, &GRAPH);
    let too_large = graph.get(&format!("{INCIDENTS}?$top=51")).fails(400, "");
    assert!(too_large["message"].as_str().expect("text").contains("limit of '50' for Top query"));
    for option in ["$orderby=createdDateTime", "$select=id", "$expand=comments", "$search=a"] {
        let error = graph.get(&format!("{INCIDENTS}?{option}")).fails(400, "BadRequest");
        assert!(error["innerError"]["request-id"].is_string(), "{error}");
    }
    graph.get(&format!("{INCIDENTS}/1")).fails(404, "ResourceNotFound");
    graph.post(INCIDENTS, &json!({})).fails(405, "MethodNotAllowed");
    graph.patch(INCIDENTS, &json!({})).fails(405, "MethodNotAllowed");
}

#[test]
fn members_that_came_later_are_shown_to_whoever_prefers_them() {
    let tenant = Tenant::start(Options { incidents: 240, ..Options::default() });
    let path = format!("{INCIDENTS}?$filter=status eq 'awaitingAction'");
    let status = |client: &Client| items(&client.get(&path).succeeds())[0]["status"].clone();
    assert_eq!(status(&Client::of(&tenant, &GRAPH)), "unknownFutureValue");
    let knowing = Client::of(&tenant, &GRAPH).with("prefer", "include-unknown-enum-members");
    assert_eq!(status(&knowing), "awaitingAction");
}

#[test]
fn the_token_must_be_graph_s_with_the_permission_and_the_role() {
    let tenant = Tenant::start(Options::default());
    let foreign = Client::of(&tenant, &DEFENDER);
    foreign.get(INCIDENTS).fails(401, "InvalidAuthenticationToken");
    Client::of(&tenant, &GRAPH).get("/api/incidents").fails(401, "Unauthorized");
    tenant.change(|options| options.role = Role::None);
    Client::of(&tenant, &GRAPH).get(INCIDENTS).fails(403, "Forbidden");
    tenant.change(|options| {
        options.role = Role::Operator;
        options.consented = vec!["ThreatHunting.Read.All".to_owned()];
    });
    let named = Client::of(&tenant, &GRAPH).with("client-request-id", "my-own");
    let refused = named.get(INCIDENTS);
    assert_eq!(refused.headers["client-request-id"], "my-own");
    assert_eq!(refused.fails(403, "Forbidden")["innerError"]["client-request-id"], "my-own");
}

#[test]
fn alerts_can_be_listed_filtered_and_found_by_their_id() {
    let tenant = Tenant::start(Options::default());
    let graph = Client::of(&tenant, &GRAPH);
    let alerts = "/v1.0/security/alerts_v2";
    let page = graph.get(&format!("{alerts}?$top=7&$filter=status eq 'resolved'")).succeeds();
    assert_eq!(items(&page).len(), 7);
    for alert in items(&page) {
        assert_eq!(alert["status"], "resolved");
        let id = alert["id"].as_str().expect("text");
        let mut alone = graph.get(&format!("{alerts}/{id}")).succeeds();
        alone.as_object_mut().expect("an object").remove("@odata.context");
        assert_eq!(alone, *alert);
        let types: Vec<&str> = alert["evidence"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|each| each["@odata.type"].as_str())
            .collect();
        assert!(types.iter().all(|each| each.starts_with("#microsoft.graph.security.")), "{types:?}");
    }
    graph.get(&format!("{alerts}/da1_1")).fails(404, "ResourceNotFound");
}
