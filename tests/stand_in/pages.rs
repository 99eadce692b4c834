//! Pages that are wrong in ways that a client has to notice or to live with.

use serde_json::Value;

use super::Client;
use super::client::items;
use crate::tenant::directory::{DEFENDER, GRAPH};
use crate::tenant::{Fault, Options, Place, Tenant, When};

const GRAPH_LIST: &str = "/v1.0/security/incidents";

fn ids(body: &Value) -> Vec<String> {
    items(body).iter().map(|incident| incident["id"].to_string()).collect()
}

fn link(body: &Value) -> &str {
    body["@odata.nextLink"].as_str().expect("a link")
}

#[test]
fn an_empty_page_leads_to_what_should_have_been_on_it() {
    let tenant = Tenant::start(Options { incidents: 120, ..Options::default() });
    let graph = Client::of(&tenant, &GRAPH);
    let whole = graph.get(GRAPH_LIST).succeeds();
    tenant.inject(Place::GraphList, When::Next(2), Fault::EmptyPage);
    let empty = graph.get(GRAPH_LIST).succeeds();
    assert!(items(&empty).is_empty(), "{empty}");
    let again = graph.get(link(&empty)).succeeds();
    assert!(items(&again).is_empty() && link(&again) != link(&empty), "{again}");
    assert_eq!(ids(&graph.get(link(&again)).succeeds()), ids(&whole));
    let defender = Client::of(&tenant, &DEFENDER);
    tenant.inject(Place::List, When::Next(1), Fault::EmptyPage);
    let empty = defender.get("/api/incidents?$top=7").succeeds();
    assert_eq!(items(&defender.get(link(&empty)).succeeds()).len(), 7);
}

#[test]
fn a_page_repeats_shrinks_or_leads_elsewhere() {
    let tenant = Tenant::start(Options { incidents: 150, ..Options::default() });
    let graph = Client::of(&tenant, &GRAPH);
    let first = graph.get(GRAPH_LIST).succeeds();
    tenant.inject(Place::GraphList, When::Next(1), Fault::RepeatedPage);
    let second = graph.get(link(&first)).succeeds();
    assert_eq!(ids(&second), ids(&first));
    let third = graph.get(link(&second)).succeeds();
    assert!(ids(&third).iter().all(|id| !ids(&first).contains(id)));
    tenant.inject(Place::GraphList, When::Next(1), Fault::ShrunkPage);
    assert_eq!(items(&graph.get(GRAPH_LIST).succeeds()).len(), 25);
    let elsewhere = "https://elsewhere.example/v1.0/security/incidents?$skiptoken=x";
    tenant.inject(Place::GraphList, When::Next(1), Fault::ForeignNextLink { url: elsewhere.to_owned() });
    let astray = graph.get(GRAPH_LIST).succeeds();
    assert_eq!((link(&astray), ids(&astray)), (elsewhere, ids(&first)));
}

#[test]
fn a_success_with_an_error_in_it_and_values_that_nobody_documented() {
    let tenant = Tenant::start(Options::default());
    let graph = Client::of(&tenant, &GRAPH);
    tenant.inject(Place::GraphList, When::Next(1), Fault::ErrorBody);
    let reply = graph.get(GRAPH_LIST);
    assert_eq!(reply.status, 200);
    assert!(reply.body["error"]["innerError"].is_object(), "{reply:?}");
    tenant.inject(Place::GraphList, When::Next(1), Fault::UndocumentedValues);
    let odd = graph.get(GRAPH_LIST).succeeds();
    assert!(items(&odd).iter().any(|incident| incident["severity"] == "catastrophic"));
}
