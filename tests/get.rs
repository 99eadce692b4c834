//! Incidents by their ids, through either service.

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::{Fault, Options, Place, Recorded, Tenant, When};

const ID: u64 = 924_480;

fn signed_in(tenant: &Tenant) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", tenant.graph_url())
}

fn is_single(request: &Recorded) -> bool {
    request.path.contains("/incidents/")
}

fn id(incident: &Value) -> u64 {
    let id = incident.get("incidentId").unwrap_or(&incident["id"]);
    id.as_u64().or_else(|| id.as_str()?.parse().ok()).unwrap()
}

fn ids(json: &Value) -> Vec<u64> {
    json.as_array().unwrap().iter().map(id).collect()
}

#[test]
fn incidents_come_in_the_order_of_their_ids_from_either_service() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    let numbers = [ID.to_string(), (ID - 2).to_string(), ID.to_string(), (ID - 1).to_string()];
    for (api, name) in [("defender", "incidentName"), ("graph", "displayName")] {
        let list = home.run(&["incidents", "list", "--limit", "50", "--api", api]).succeeds().json();
        let arguments: Vec<_> = ["incidents", "get"]
            .into_iter()
            .chain(numbers.iter().map(String::as_str))
            .chain(["--api", api])
            .collect();
        tenant.take_requests(is_single);
        let got = home.run(&arguments).succeeds().json();
        assert_eq!(ids(&got), [ID, ID - 2, ID - 1], "once each");
        assert_eq!(tenant.take_requests(is_single).len(), 3, "{api}");
        for incident in got.as_array().unwrap() {
            assert!(incident[name].is_string() && incident["@odata.context"].is_string(), "{incident}");
            let mut without_context = incident.clone();
            without_context.as_object_mut().unwrap().remove("@odata.context");
            if let Some(listed) = list.as_array().unwrap().iter().find(|listed| id(listed) == id(incident)) {
                assert_eq!(*listed, without_context);
            }
        }
        let csv = home.run(&["incidents", "get", &numbers[0], "-o", "csv", "--api", api]).succeeds().stdout;
        assert!(csv.starts_with("id,severity,status,name,") && csv.contains("\n924480,"), "{csv}");
        let input = format!("{}\r\n\n  {} ", ID, ID - 1);
        let lines =
            home.run_with_input(&["incidents", "get", "-", "-o", "ndjson", "--api", api], input.as_bytes());
        assert_eq!(lines.succeeds().stdout.lines().count(), 2);
        let two = ["incidents", "get", &numbers[0], &numbers[1], "-o", "table", "--api", api];
        let table = home.run(&two).succeeds();
        assert_eq!(table.stdout.lines().count(), 3, "{table:?}");
    }
    assert_eq!(home.run_with_input(&["incidents", "get", "-"], b"\n").succeeds().json(), json!([]));
}

#[test]
fn a_single_incident_is_shown_with_all_that_one_decides_by() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    tenant.merge(ID - 2, ID - 1);
    for (api, words) in [("defender", ["High", "Resolved"]), ("graph", ["high", "resolved"])] {
        let shown = home.run(&["incidents", "get", "924478", "-o", "table", "--api", api]).succeeds();
        let comment =
            "o'neil@northwind.example: Triage started.  See the runbook, step 3: \"isolate first\".";
        for line in [
            "Incident        924479",
            "Name            Suspicious \"Invoice\" file said",
            &format!("Severity        {}", words[0]),
            &format!("Status          {}", words[1]),
            "Assigned to     o'neil@northwind.example",
            "Classification  ",
            "Determination   ",
            "Created         20",
            "Updated         20",
            "Page            https://security.microsoft.com/incident",
        ] {
            assert!(shown.stdout.contains(line), "{line}: {}", shown.stdout);
        }
        assert!(shown.stdout.contains(comment), "{}", shown.stdout);
        let alert = "Alert           High, Resolved: Creation of forwarding/redirect rule (da638";
        assert_eq!(shown.stdout.contains(alert), api == "defender", "{}", shown.stdout);
        shown.says("incident 924478 was merged into 924479");
        let open = home.run(&["incidents", "get", "924480", "-o", "table", "--api", api]).succeeds().stdout;
        assert!(
            open.contains("Assigned to     nobody\n") && open.contains("Tags            vip\n"),
            "{open}"
        );
    }
    let alert =
        json!({"title": "\u{1b}[31m\u{202e}x", "severity": "Low", "status": "New", "alertId": "da1_-1"});
    let many = json!({"alerts": vec![alert; 150], "comments": 7, "tags": null, "lastUpdateTime": "soon"});
    tenant.inject(Place::Incident, When::Next(1), Fault::Amended(many));
    let shown = home.run(&["incidents", "get", "924480", "-o", "table"]).succeeds().stdout;
    assert!(shown.contains("Updated         soon\n") && shown.contains("Alerts          150\n"), "{shown}");
    assert_eq!(shown.matches("Alert           Low, New: \u{fffd}[31m\u{fffd}x (da1_-1)\n").count(), 20);
    assert!(shown.ends_with("                and 130 more, which -o json has\n"), "{shown}");
}

#[test]
fn each_that_is_not_there_is_reported_and_the_others_come() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    home.run(&["incidents", "get", "7"])
        .fails_properly(5)
        .says("hint: m365d incidents list shows which there are");
    for (api, id_of_request) in [("defender", "Tracking ID"), ("graph", "Request ID")] {
        let list = format!("hint: m365d incidents list --api {api} shows which there are");
        home.run(&["incidents", "get", "7", "--api", api])
            .fails_properly(5)
            .says("error: incident 7: the service has not found it: HTTP 404 ResourceNotFound")
            .says(&list);
        let some = home.run(&["incidents", "get", "7", "924480", "8", "--api", api]).fails_with(9);
        assert_eq!(ids(&some.json()), [ID]);
        let some = some.says("error: incident 7: ").says("error: incident 8: ").says(id_of_request);
        some.says("error: 2 of 3 incidents failed")
            .says(&list)
            .does_not_say("incidents get")
            .does_not_say("M365D_API_URL");
        let none = home.run(&["incidents", "get", "7", "8", "--api", api]).fails_with(9);
        assert_eq!(none.stdout, "");
        none.says(&list).does_not_say("incidents get");
    }
}

#[test]
fn what_would_fail_alike_is_not_tried() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    home.run(&["token"]).succeeds();
    tenant.inject(Place::Incident, When::Every(1), Fault::Unauthorized);
    home.run(&["incidents", "get", "924480", "924479", "924478"]).fails_properly(3);
    assert_eq!(tenant.take_requests(is_single).len(), 2, "with the token and with its successor");
    tenant.clear_faults();
    tenant.inject(Place::Incident, When::Nth(2), Fault::Unauthorized);
    tenant.inject(Place::Incident, When::Nth(3), Fault::Unauthorized);
    let some = home.run(&["incidents", "get", "924480", "924479", "924478"]).fails_with(9);
    assert_eq!(ids(&some.json()), [ID]);
    some.says("1 of 3 incidents failed, and 1 more were not tried").says(
        "hint: m365d login; if it stays so: m365d doctor; to see those: m365d incidents get 924479 924478",
    );
    // What is advised is for the service that was asked.
    tenant.inject(Place::GraphIncident, When::Nth(2), Fault::Forbidden);
    home.run(&["incidents", "get", "924480", "924479", "--api", "graph"])
        .fails_with(9)
        .says("to see those: m365d incidents get 924479 --api graph");
}

#[test]
fn a_merged_incident_is_followed_and_said() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    tenant.merge(ID - 2, ID - 1);
    tenant.merge(ID - 1, ID);
    for api in ["defender", "graph"] {
        let got = home.run(&["incidents", "get", "924478", "924480", "--api", api]).succeeds();
        assert_eq!(ids(&got.json()), [ID]);
        got.says("incident 924478 was merged into 924479").says("incident 924479 was merged into 924480");
    }
    // Mergers that go in circles have no end to follow to.
    tenant.edit(ID, |details| details.redirect = Some(ID - 2));
    for api in ["defender", "graph"] {
        home.run(&["incidents", "get", "924478", "--api", api])
            .fails_properly(8)
            .says("merged into each other in a circle (924478 → 924479 → 924480 → 924478)");
    }
}

#[test]
fn a_broken_answer_is_asked_for_again_and_an_error_is_no_incident() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    for (api, place) in [("defender", Place::Incident), ("graph", Place::GraphIncident)] {
        for fault in [Fault::Reset, Fault::TruncatedBody, Fault::TruncatedJson, Fault::InternalServerError] {
            tenant.inject(place, When::Next(1), fault.clone());
            let got = home.run(&["incidents", "get", "924480", "--api", api]).succeeds();
            assert_eq!(ids(&got.json()), [ID], "{fault:?}");
        }
        tenant.inject(place, When::Every(1), Fault::ErrorBody);
        home.run(&["incidents", "get", "924480", "--api", api]).fails_properly(8);
        tenant.clear_faults();
    }
}

#[test]
fn what_is_no_id_is_refused_before_anything_is_sent() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    let before = tenant.requests().len();
    for id in
        ["", "x", "7'", "../7", "7?$expand=alerts", "7/comments", "%37", "07", "7\u{202e}", "7\n8", "7#"]
    {
        home.run(&["incidents", "get", id]).fails_with(2).says("an incident's id is a number");
        home.run(&["incidents", "update", id, "--status", "active"]).fails_with(2);
    }
    let long = "1".repeat(1 << 20);
    let refused = home.run_with_input(&["incidents", "get", "-"], long.as_bytes()).fails_properly(2);
    assert!(refused.stderr.len() < 400, "{}", refused.stderr);
    home.run_with_input(&["incidents", "get", "924480", "-"], b"924479\n7\x1b[31m\n")
        .fails_properly(2)
        .says("line 2 of standard input is not an incident's id: 7\u{fffd}[31m");
    home.run(&["incidents", "get"]).fails_with(2);
    assert_eq!(tenant.requests().len(), before);
}
