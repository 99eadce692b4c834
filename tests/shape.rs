//! `--shape`: a script that was written for one service's JSON reads the other's.

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::{Options, Tenant};

fn signed_in(tenant: &Tenant) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", tenant.graph_url())
}

fn listed(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["incidents", "list", "--limit", "120"], arguments].concat();
    home.run(&arguments).succeeds().json().as_array().expect("a list").clone()
}

/// The fields of an incident and its alerts that a script would read.
fn read_as_defender(incident: &Value) -> Value {
    let alerts = incident["alerts"].as_array().expect("alerts").iter();
    json!({
        "id": incident["incidentId"],
        "name": incident["incidentName"],
        "status": incident["status"],
        "severity": incident["severity"],
        "classification": incident["classification"],
        "created": incident["createdTime"],
        "updated": incident["lastUpdateTime"],
        "tags": incident["tags"],
        "alerts": alerts.map(|alert| json!([alert["alertId"], alert["title"], alert["severity"]])).collect::<Vec<_>>(),
    })
}

fn read_as_graph(incident: &Value) -> Value {
    json!({
        "id": incident["id"],
        "name": incident["displayName"],
        "status": incident["status"],
        "severity": incident["severity"],
        "classification": incident["classification"],
        "created": incident["createdDateTime"],
        "updated": incident["lastUpdateDateTime"],
        "tags": incident["customTags"],
    })
}

#[test]
fn a_script_for_one_service_reads_the_other_s_incidents() {
    let tenant = Tenant::start(Options { incidents: 120, ..Options::default() });
    let home = signed_in(&tenant);
    let defender = listed(&home, &["--api", "defender"]);
    let graph = listed(&home, &["--api", "graph", "--expand", "alerts"]);
    assert_eq!(defender.len(), 120);

    let as_defender = listed(&home, &["--api", "graph", "--expand", "alerts", "--shape", "defender"]);
    // A word that nobody has documented has no other spelling.
    let is_documented = |(_, incident): &(&Value, &Value)| {
        !incident["severity"].as_str().unwrap().eq_ignore_ascii_case("critical")
    };
    assert!(as_defender.iter().zip(&defender).filter(is_documented).count() > 100);
    for (is, should_be) in as_defender.iter().zip(&defender).filter(is_documented) {
        assert_eq!(read_as_defender(is), read_as_defender(should_be), "{is}");
    }
    let as_graph = listed(&home, &["--api", "defender", "--shape", "graph"]);
    for (is, should_be) in as_graph.iter().zip(&graph).filter(is_documented) {
        assert_eq!(read_as_graph(is), read_as_graph(should_be), "{is}");
    }
}

#[test]
fn the_shape_that_the_service_has_is_left_alone() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    for api in ["defender", "graph"] {
        let list = |shape: &[&str]| {
            home.run(&[&["incidents", "list", "--api", api, "-o", "ndjson"], shape].concat())
                .succeeds()
                .stdout
        };
        assert_eq!(list(&["--shape", api]), list(&[]));
        assert_eq!(list(&["--shape", "native"]), list(&[]));
    }
}

#[test]
fn rows_say_what_the_shape_says() {
    let tenant = Tenant::start(Options { incidents: 30, ..Options::default() });
    let home = signed_in(&tenant);
    let csv = |arguments: &[&str]| {
        let all = [arguments, &["-o", "csv"]].concat();
        home.run(&all).succeeds().stdout.replace("critical", "Critical")
    };
    let (list, graph) = (["incidents", "list", "--all"], ["--api", "graph", "--expand", "alerts"]);
    let (defender, to_defender) = (["--api", "defender"], ["--shape", "defender"]);
    assert_eq!(csv(&[&list[..], &graph, &to_defender].concat()), csv(&[&list[..], &defender].concat()));

    let get = ["incidents", "get", "924480", "924479"];
    let shaped = csv(&[&get[..], &["--api", "graph"], &to_defender].concat());
    assert!(shaped.contains(",High,") || shaped.contains(",Medium,") || shaped.contains(",Low,"), "{shaped}");
    let update = ["incidents", "update", "924480", "--status", "inProgress", "--api", "graph"];
    assert!(csv(&[&update[..], &to_defender].concat()).contains(",InProgress,"));
}
