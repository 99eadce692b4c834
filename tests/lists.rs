//! Lists of incidents that change while they are read: whatever matched all the time is printed, once.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use crate::support::{Ended, Home};
use crate::tenant::{Churn, Options, Tenant};

fn home(tenant: &Tenant, api: &str) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", tenant.graph_url()).with("M365D_API", api)
}

/// The ids of an ndjson list, in its order.
fn ids(stdout: &str) -> Vec<u64> {
    let id = |line: &str| {
        let incident: Value = serde_json::from_str(line).expect("an incident a line");
        let id = incident.get("incidentId").unwrap_or(&incident["id"]);
        id.as_u64().or_else(|| id.as_str()?.parse().ok()).expect("an id")
    };
    stdout.lines().map(id).collect()
}

/// Asserts that the list has whatever the tenant has watched, and nothing twice.
#[track_caller]
fn is_complete(ended: &Ended, tenant: &Tenant, about: &str) {
    let listed = ids(&ended.stdout);
    let once: BTreeSet<u64> = listed.iter().copied().collect();
    assert_eq!(once.len(), listed.len(), "nothing twice: {about}");
    let missing: Vec<u64> = tenant.watched().into_iter().filter(|id| !once.contains(id)).collect();
    assert!(missing.is_empty(), "{} of {}: {missing:?}; {about}", missing.len(), tenant.watched().len());
}

fn calls(tenant: &Tenant) -> usize {
    tenant.count(|request| request.is_list() || request.is_graph_list())
}

/// What happens to a tenant, and the filter that its list is read with.
fn churns(seed: u64) -> [(Churn, Option<&'static str>); 5] {
    let still = Churn { seed, seconds: 2, ..Churn::default() };
    [
        (Churn { arrivals: 7, ..still }, None),
        (Churn { updates: 9, arrivals: 2, ..still }, None),
        (Churn { deletions: 3, merges: 2, merged_vanish: true, ..still }, None),
        (Churn { resolutions: 6, updates: 6, arrivals: 3, merges: 2, ..still }, Some("active")),
        (Churn { bulk: Some((3, 260)), updates: 3, ..still }, Some("active")),
    ]
}

/// Reads lists while everything happens to them, in both orders. How many incidents they had, and how many calls they
/// took.
fn survey(api: &str, seeds: Range<u64>, incidents: usize) -> (usize, usize) {
    let (mut listed, mut made) = (0, 0);
    for (seed, last_updated_first) in seeds.flat_map(|seed| [(seed, false), (seed, true)]) {
        for (churn, status) in churns(seed) {
            let options = Options { incidents, last_updated_first, churn, ..Options::default() };
            let tenant = Tenant::start(options);
            let home = home(&tenant, api);
            tenant.watch(status.map(|_| "status eq 'Active'"));
            let mut arguments = vec!["incidents", "list", "--all", "-o", "ndjson"];
            arguments.extend(status.iter().flat_map(|status| ["--status", status]));
            let ended = home.run(&arguments).succeeds();
            let about = format!("{api}, {churn:?}, last updated first: {last_updated_first}");
            is_complete(&ended, &tenant, &about);
            listed += ended.stdout.lines().count();
            made += calls(&tenant);
        }
    }
    (listed, made)
}

#[test]
fn a_list_of_defender_that_changes_while_it_is_read_is_whole() {
    survey("defender", 1..2, 900);
}

#[test]
fn a_list_of_graph_that_changes_while_it_is_read_is_whole() {
    survey("graph", 1..2, 450);
}

#[test]
#[ignore = "minutes of every kind of change, for the figures"]
fn survey_of_many_seeds() {
    for (api, page) in [("defender", 100), ("graph", 50)] {
        let (listed, made) = survey(api, 1..11, 3000);
        eprintln!("{api}: {listed} incidents with {made} calls; they fill {} pages", listed.div_ceil(page));
    }
}
