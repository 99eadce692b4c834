//! What a service says in other ways than usual is understood: another incident than the one that was asked for, an
//! error that calls itself a success, a pause in words, a success without a word.

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::{Fault, Options, Place, Recorded, Tenant, When};

const ID: u64 = 924_480;

const SERVICES: [(&str, Place, Place); 2] =
    [("defender", Place::Incident, Place::List), ("graph", Place::GraphIncident, Place::GraphList)];

fn signed_in() -> (Tenant, Home) {
    let mut options = Options { incidents: 250, ..Options::default() };
    options.permit("Incident.ReadWrite");
    let tenant = Tenant::start(options);
    let home = Home::signed_in(&tenant).with("M365D_GRAPH_URL", tenant.graph_url());
    for api in ["defender", "graph"] {
        home.run(&["token", "--api", api]).succeeds();
    }
    (tenant, home)
}

fn words(status: u16, body: Value) -> Fault {
    Fault::Words { status, body }
}

fn says(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

fn calls(tenant: &Tenant) -> Vec<Recorded> {
    tenant.take_requests(|request| request.path.starts_with("/api/") || request.path.starts_with("/v1.0/"))
}

fn writes(tenant: &Tenant) -> usize {
    calls(tenant).iter().filter(|request| request.method != "GET").count()
}

fn incident(api: &str, id: u64, into: Option<u64>) -> Value {
    match api {
        "defender" => json!({"incidentId": id, "redirectIncidentId": into}),
        _ => json!({"id": id.to_string(), "redirectIncidentId": into.map(|id| id.to_string())}),
    }
}

#[test]
fn another_incident_than_the_one_that_was_asked_for_is_not_changed() {
    let (tenant, home) = signed_in();
    for (api, place, _) in SERVICES {
        let update = ["incidents", "update", "924480", "--status", "active", "--api", api];
        tenant.inject(place, When::Every(1), words(200, incident(api, ID - 5, None)));
        home.run(&update).fails_properly(8).says("incident 924475 when asked for 924480");
        home.run(&["incidents", "get", "924480", "--api", api]).fails_properly(8);
        assert_eq!(writes(&tenant), 0, "{api}");
        tenant.clear_faults();
        // Where the answer says that the other is the merger, it is that.
        tenant.inject(place, When::Next(1), words(200, incident(api, ID - 5, Some(ID - 5))));
        home.run(&["incidents", "get", "924480", "--api", api])
            .succeeds()
            .says("924480 was merged into 924475");
        // The answer to a change is not taken for another's.
        tenant.inject(place, When::Nth(2), words(200, incident(api, ID - 5, None)));
        home.run(&update).fails_properly(8).says("it is not known whether incident 924480 was changed");
        tenant.clear_faults();
        calls(&tenant);
    }
    tenant.inject(Place::GraphAlerts, When::Every(1), words(200, json!({"id": "da2"})));
    home.run(&["alerts", "get", "da1"]).fails_properly(8).says("alert da2 when asked for da1");
}

#[test]
fn mergers_without_an_end_are_followed_to_none() {
    let (tenant, home) = signed_in();
    for (api, place, _) in SERVICES {
        for step in 0..20 {
            tenant.inject(place, When::Next(1), words(200, incident(api, 1 + step, Some(2 + step))));
        }
        home.run(&["incidents", "update", "1", "--status", "active", "--api", api])
            .fails_properly(8)
            .says("without an end (1 → 2 → 3");
        let sent = calls(&tenant);
        assert!(sent.len() <= 11 && sent.iter().all(|request| request.method == "GET"), "{}", sent.len());
        tenant.clear_faults();
    }
}

#[test]
fn an_error_that_calls_itself_a_success_is_one() {
    let (tenant, home) = signed_in();
    let all = |api| home.run(&["incidents", "list", "--all", "--api", api]);
    for (api, place, list) in SERVICES {
        for (code, exit) in [("Forbidden", 4), ("NotFound", 5), ("BadRequest", 1), ("404", 5)] {
            calls(&tenant);
            tenant.inject(list, When::Every(1), words(200, says(code, "So it is.")));
            all(api).fails_properly(exit).says(&format!("HTTP 200 {code}, So it is."));
            assert_eq!(calls(&tenant).len(), 1, "a definite answer");
            tenant.clear_faults();
        }
        tenant.inject(list, When::Nth(2), words(200, says("Forbidden", "So it is.")));
        all(api).fails_with(9).says("HTTP 200 Forbidden, So it is.");
        tenant.clear_faults();
        tenant.inject(list, When::Every(1), words(200, says("Strange", "Nobody knows.")));
        all(api).fails_properly(8).says("HTTP 200 Strange, Nobody knows.");
        tenant.inject(place, When::Every(1), words(200, says("Forbidden", "Not you.")));
        home.run(&["incidents", "get", "924480", "--api", api]).fails_properly(4).says("Not you.");
        tenant.clear_faults();
        let update = ["incidents", "update", "924480", "--status", "active", "--api", api];
        tenant.inject(place, When::Nth(2), words(200, says("BadRequest", "Not so.")));
        home.run(&update).fails_properly(1).says("incident 924480 is unchanged").says("Not so.");
        tenant.clear_faults();
        calls(&tenant);
        tenant.inject(place, When::Nth(2), words(200, says("Strange", "Nobody knows.")));
        home.run(&update)
            .fails_properly(8)
            .says("it is not known whether incident 924480")
            .says("Nobody knows.");
        assert_eq!(writes(&tenant), 1, "once");
        tenant.clear_faults();
    }
    tenant.inject(Place::List, When::Every(1), words(200, says("Forbidden", "Not you.")));
    home.run(&["api", "GET", "/api/incidents", "--paginate"]).fails_properly(4).says("Not you.");
    // What has an error in it besides is what was asked for.
    tenant.clear_faults();
    let mut good = incident("defender", ID, None);
    good["error"] = Value::Null;
    good["comments"] = json!([{"error": {"code": "Forbidden"}}]);
    tenant.inject(Place::Incident, When::Next(1), words(200, good));
    home.run(&["incidents", "get", "924480"]).succeeds();
}

#[test]
fn a_pause_is_kept_whoever_asks_for_it_and_however() {
    let (tenant, home) = signed_in();
    let busy = |status, retry_after| Fault::Bytes {
        status,
        headers: vec![("retry-after", retry_after)],
        body: b"{}".to_vec(),
    };
    let list = ["incidents", "list", "--limit", "1", "--max-wait", "1m"];
    for status in [500, 502, 504, 509] {
        tenant.inject(Place::List, When::Next(1), busy(status, "1"));
        home.run(&list).succeeds().says("asking again in 1.0 s");
        tenant.inject(Place::List, When::Next(1), busy(status, "3600"));
        home.run(&list).fails_properly(6).says("3600 s");
    }
    for (message, seconds) in [
        ("You can send requests again in 70 seconds.", "70 s"),
        ("You can run queries again in 00:08:12.", "492 s"),
    ] {
        for status in [429, 509, 200] {
            tenant.inject(Place::List, When::Next(1), words(status, says("429", message)));
            home.run(&list).fails_properly(6).says(seconds);
        }
    }
    tenant.inject(Place::List, When::Next(1), words(509, says("509", "Bandwidth")));
    home.run(&["incidents", "list", "--limit", "1", "--max-wait", "0s"]).fails_properly(6);
    // A gateway that gave up says nothing about what it gave up on.
    calls(&tenant);
    let update = ["incidents", "update", "924480", "--status", "active"];
    for status in [500, 502, 504] {
        tenant.inject(Place::Incident, When::Nth(2), busy(status, "1"));
        home.run(&update).fails_properly(8).says("it is not known whether");
        assert_eq!(writes(&tenant), 1, "{status}");
        tenant.clear_faults();
    }
    tenant.inject(Place::Incident, When::Nth(2), busy(509, "1"));
    home.run(&update).succeeds();
}

#[test]
fn a_busy_authority_is_waited_for_no_longer_than_a_busy_service() {
    let (tenant, home) = signed_in();
    home.let_the_token_end_in(0);
    let busy = Fault::Bytes { status: 429, headers: vec![("retry-after", "2")], body: b"{}".to_vec() };
    tenant.inject(Place::Token, When::Every(1), busy);
    let before = tenant.refreshes();
    home.run(&["incidents", "list", "--max-wait", "1s"])
        .fails_properly(6)
        .says("127.0.0.1 cannot answer now: HTTP 429");
    assert!(tenant.refreshes() <= before + 1);
}

#[test]
fn a_link_with_a_user_name_is_not_followed() {
    let (tenant, home) = signed_in();
    let url = format!("{}/api/incidents?$top=100&$skip=100", tenant.api_url()).replacen("://", "://u:p@", 1);
    tenant.inject(Place::List, When::Every(1), Fault::ForeignNextLink { url });
    for command in [&["incidents", "list", "--all"][..], &["api", "GET", "/api/incidents", "--paginate"]] {
        let ended = home.run(command);
        assert_ne!(ended.code, 0);
        ended.says("a user name").does_not_say("u:p");
    }
    let lists = tenant.take_requests(|request| request.path == "/api/incidents");
    assert!(lists.iter().all(|request| !format!("{request:?}").contains("Basic ")));
}

#[test]
fn a_change_that_is_answered_without_a_word_is_done() {
    let (tenant, home) = signed_in();
    for (api, place, _) in SERVICES {
        let comments = tenant.incident(ID).unwrap().details.comments.len();
        let update =
            ["incidents", "update", "924480", "--status", "resolved", "--comment", "done", "--api", api];
        tenant.inject(place, When::Nth(2), Fault::NoContent);
        if api == "graph" {
            tenant.inject(Place::GraphComments, When::Next(1), Fault::NoContent);
        }
        let changed = home.run(&update).succeeds().json();
        assert_eq!(changed[0]["status"].as_str().unwrap().to_lowercase(), "resolved");
        assert_eq!(changed[0]["comments"].as_array().unwrap().len(), comments + 1, "{api}");
        tenant.clear_faults();
    }
}

#[test]
fn pages_of_nothing_end() {
    let (tenant, home) = signed_in();
    for page in 0..60 {
        let link = format!("{}/api/incidents?$skip={page}", tenant.api_url());
        tenant.inject(Place::List, When::Next(1), words(200, json!({"value": [], "@odata.nextLink": link})));
    }
    calls(&tenant);
    home.run(&["api", "GET", "/api/incidents", "--paginate"])
        .fails_with(8)
        .says("its last 50 pages have nothing new");
    assert_eq!(calls(&tenant).len(), 50);
}

#[test]
fn a_first_page_that_may_not_be_all_is_said_to_be_one() {
    let (_tenant, home) = signed_in();
    let page = |path: &str| home.run(&["api", "GET", path, "--paginate"]).succeeds();
    page("/api/incidents").says("warning: ").says("m365d incidents list --all");
    page("/api/incidents?$top=10").says("warning: ").says("$skip");
    page("/api/incidents?$skip=200").does_not_say("warning");
    home.run(&["api", "GET", "/v1.0/security/incidents?$top=50", "--paginate", "--api", "graph"])
        .succeeds()
        .does_not_say("warning");
    for (path, api, other) in
        [("/v1.0/security/incidents", "defender", "graph"), ("/api/incidents", "graph", "defender")]
    {
        let refused = home.run(&["api", "GET", path, "--api", api]);
        assert_ne!(refused.code, 0);
        refused.says(&format!("run the command with --api {other}"));
    }
}

#[test]
fn an_answer_that_is_a_little_off_is_read_as_it_is_meant() {
    let (tenant, home) = signed_in();
    let bytes = |status, body: &[u8]| Fault::Bytes { status, headers: vec![], body: body.to_vec() };
    let get = ["incidents", "get", "924480"];
    tenant.inject(Place::Incident, When::Every(1), bytes(200, "\u{feff}{\"incidentId\":924480}".as_bytes()));
    home.run(&get).succeeds();
    tenant.clear_faults();
    tenant.inject(
        Place::Incident,
        When::Every(1),
        bytes(403, "\u{feff}{\"error\":{\"code\":\"Forbidden\"}}".as_bytes()),
    );
    home.run(&get).fails_properly(4).says("HTTP 403 Forbidden").does_not_say("{");
    tenant.clear_faults();
    for (status, body) in [(206, r#"{"incidentId":924480}"#), (408, "")] {
        tenant.inject(Place::Incident, When::Next(1), bytes(status, body.as_bytes()));
        home.run(&get).succeeds().says("asking again");
        tenant.inject(Place::Incident, When::Nth(2), bytes(status, body.as_bytes()));
        calls(&tenant);
        home.run(&["incidents", "update", "924480", "--status", "active"])
            .fails_properly(8)
            .says("it is not known whether incident 924480 was changed");
        assert_eq!(writes(&tenant), 1, "{status}");
        tenant.clear_faults();
    }
    tenant.inject(Place::Incident, When::Next(2), bytes(304, b""));
    let path = "/api/incidents/924480";
    let same = home.run(&["api", "GET", path, "--header", "If-None-Match: \"e\""]).succeeds();
    assert_eq!(same.stdout, "");
    home.run(&["api", "GET", path])
        .fails_properly(1)
        .says("HTTP 304")
        .does_not_say("give Microsoft's support");
    home.run(&["api", "GET", path, "-v"]).succeeds().does_not_say("924480?");
}

#[test]
fn whoever_is_meant_by_a_word_is_meant_in_any_case() {
    let (tenant, home) = signed_in();
    for (word, expected) in [("None", Value::Null), (" ME ", json!("ana@northwind.example"))] {
        let changed = home.run(&["incidents", "update", "924480", "--assign-to", word]).succeeds().json();
        assert_eq!(changed[0]["assignedTo"], expected, "{word}");
    }
    let dry = home.run(&["incidents", "update", "924480", "--assign-to", "Me", "--dry-run"]).succeeds();
    assert_eq!(dry.json()[0]["body"], json!({"assignedTo": "ana@northwind.example"}));
    dry.says("nothing looked at: whether an incident is there, or was merged into another");
    assert!(tenant.incident(ID).is_some());
}

#[test]
fn a_success_that_says_nothing_is_one_whatever_its_status() {
    let (tenant, home) = signed_in();
    for status in [200, 202, 204] {
        let nothing = Fault::Bytes { status, headers: Vec::new(), body: Vec::new() };
        tenant.inject(Place::Incident, When::Nth(2), nothing);
        let changed = home.run(&["incidents", "update", "924480", "--status", "active"]).succeeds();
        assert_eq!(changed.json()[0]["incidentId"], 924_480, "{status}");
        tenant.clear_faults();
        assert_eq!(writes(&tenant), 1, "{status}");
    }
}
