//! A service that is busy, that is no more, or whose incidents do not hold still.

use std::collections::HashSet;

use serde_json::json;

use super::Client;
use super::client::items;
use crate::tenant::directory::{DEFENDER, GRAPH};
use crate::tenant::{Api, Churn, Options, Retirement, RetryAfterForm, Tenant, ThrottleBody};

const GRAPH_LIST: &str = "/v1.0/security/incidents?$top=1";
const LIST: &str = "/api/incidents?$top=1";

#[test]
fn every_kind_of_call_has_its_own_quota_in_the_form_of_its_service() {
    let tenant = Tenant::start(Options { rate_limits: true, ..Options::default() });
    tenant.change(|options| options.small_quota = Some((2, 3600)));
    let (defender, graph) = (Client::of(&tenant, &DEFENDER), Client::of(&tenant, &GRAPH));
    for _ in 0..2 {
        defender.get(LIST).succeeds();
        defender.get("/api/incidents/924480").succeeds();
        graph.get(GRAPH_LIST).succeeds();
        defender.post("/api/advancedhunting/run", &json!({"Query": "DeviceEvents"})).succeeds();
    }
    let refused = graph.get(GRAPH_LIST);
    assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
    let error = refused.fails(429, "TooManyRequests");
    assert!(error["innerError"]["date"].is_string(), "{error}");
    let body = json!({"Query": "DeviceEvents"});
    graph.post("/v1.0/security/runHuntingQuery", &body).fails(429, "TooManyRequests");
    tenant.change(|options| {
        options.throttle_body = ThrottleBody::Captured;
        options.retry_after = RetryAfterForm::Absent;
    });
    let refused = defender.get(LIST);
    assert!(!refused.headers.contains_key("retry-after"), "{refused:?}");
    let error = refused.fails(429, "429");
    assert!(error["message"].as_str().expect("text").ends_with("maximum allowed 2 per 01:00:00"), "{error}");
    tenant.advance(3600);
    Client::of(&tenant, &DEFENDER).get(LIST).succeeds();
}

#[test]
fn what_is_retired_says_so_in_three_ways() {
    let tenant = Tenant::start(Options::default());
    for (how, status) in [(Retirement::NotFound, 404), (Retirement::Gone, 410), (Retirement::Forbidden, 403)]
    {
        tenant.change(|options| options.retired = vec![(Api::DefenderHunting, how)]);
        let client = Client::of(&tenant, &DEFENDER);
        let hunt = client.post("/api/advancedhunting/run", &json!({"Query": "DeviceEvents"}));
        assert_eq!(hunt.status, status);
        client.get(LIST).succeeds();
        tenant.change(|options| options.retired = vec![(Api::Graph, how)]);
        assert_eq!(Client::of(&tenant, &GRAPH).get(GRAPH_LIST).status, status);
        client.get(LIST).succeeds();
        tenant.change(|options| options.retired = vec![(Api::Defender, how)]);
        assert_eq!(client.get(LIST).status, status);
    }
}

#[test]
fn incidents_arrive_are_updated_and_are_merged_between_pages_and_what_stayed_is_known() {
    let churn = Churn { arrivals: 3, updates: 5, merges: 2, merged_vanish: true, ..Churn::default() };
    let read = || {
        let tenant = Tenant::start(Options { incidents: 500, churn, ..Options::default() });
        tenant.watch(None);
        let client = Client::of(&tenant, &DEFENDER);
        let mut seen = Vec::new();
        for page in 0..10 {
            let body = client.get(&format!("/api/incidents?$top=50&$skip={}", page * 50)).succeeds();
            seen.extend(
                items(&body).iter().map(|incident| incident["incidentId"].as_u64().expect("a number")),
            );
        }
        (seen, tenant.watched())
    };
    let (seen, stayed) = read();
    assert_eq!((seen.clone(), stayed.clone()), read(), "two runs see the same");
    assert!((470..500).contains(&stayed.len()), "{}", stayed.len());
    let once: HashSet<&u64> = seen.iter().collect();
    assert!(once.len() < seen.len(), "who pages by position alone sees some twice");
}

#[test]
fn an_update_moves_an_incident_to_the_front_where_lists_begin_with_the_last_updated() {
    let tenant = Tenant::start(Options { last_updated_first: true, ..Options::default() });
    tenant.watch(Some("status eq 'Active'"));
    let before = tenant.watched().len();
    let id = tenant.watched()[0];
    tenant.edit(id, |details| "Resolved".clone_into(&mut details.status));
    assert_eq!(tenant.watched().len(), before - 1);
    let first = Client::of(&tenant, &GRAPH).get(GRAPH_LIST).succeeds();
    assert_eq!(items(&first)[0]["id"], id.to_string());
}
