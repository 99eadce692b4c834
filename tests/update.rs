//! Changes to incidents, through either service.

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::directory::ANA;
use crate::tenant::{Fault, Options, Place, Recorded, RetryAfter, Role, Tenant, ThrottleBody, When};

/// Assigned to nobody, active, with no comment.
const ID: u64 = 924_480;

fn tenant() -> Tenant {
    let tenant = Tenant::start(Options::default());
    tenant.change(|options| options.permit("Incident.ReadWrite"));
    tenant
}

fn signed_in(tenant: &Tenant) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", tenant.graph_url())
}

fn writes(tenant: &Tenant) -> Vec<Recorded> {
    tenant.take_requests(|request| request.path.contains("/incidents/") && request.method != "GET")
}

fn body(request: &Recorded) -> Value {
    serde_json::from_str(request.body.as_ref().expect("a body")).expect("JSON")
}

const CHANGES: [&str; 14] = [
    "--status",
    "resolved",
    "--classification",
    "false-positive",
    "--determination",
    "notMalicious",
    "--assign-to",
    "me",
    "--tag",
    "vip",
    "--tag",
    "a, b",
    "--comment",
    "no\nfinding",
];

#[test]
fn a_change_is_one_request_to_defender_and_two_to_graph_in_each_one_s_words() {
    let tenant = tenant();
    let home = signed_in(&tenant);
    let changed = home.run(&[&["incidents", "update", "924480"], &CHANGES[..]].concat()).succeeds().json();
    assert_eq!(changed[0]["determination"], "Clean");
    assert_eq!(changed[0]["comments"][0]["comment"], "no\nfinding");
    let [patch] = &writes(&tenant)[..] else { panic!("one request") };
    assert_eq!((patch.method.as_str(), patch.path.as_str()), ("PATCH", "/api/incidents/924480"));
    let expected = json!({
        "status": "Resolved", "classification": "FalsePositive", "determination": "Clean",
        "assignedTo": ANA.upn, "tags": ["vip", "a, b"], "comment": "no\nfinding",
    });
    assert_eq!(body(patch), expected);

    let arguments = [&["incidents", "update", "924479", "--api", "graph"], &CHANGES[..]].concat();
    let changed = home.run(&arguments).succeeds().json();
    assert_eq!(changed[0]["determination"], "notMalicious");
    assert_eq!(changed[0]["comments"].as_array().unwrap().last().unwrap()["comment"], "no\nfinding");
    let [patch, post] = &writes(&tenant)[..] else { panic!("two requests") };
    assert_eq!((patch.method.as_str(), patch.path.as_str()), ("PATCH", "/v1.0/security/incidents/924479"));
    let expected = json!({
        "status": "resolved", "classification": "falsePositive", "determination": "notMalicious",
        "assignedTo": ANA.upn, "customTags": ["vip", "a, b"],
    });
    assert_eq!(body(patch), expected);
    assert_eq!(
        (post.method.as_str(), post.path.as_str()),
        ("POST", "/v1.0/security/incidents/924479/comments")
    );
    let expected = json!({"@odata.type": "microsoft.graph.security.alertComment", "comment": "no\nfinding"});
    assert_eq!(body(post), expected);

    for api in ["defender", "graph"] {
        home.run(&["incidents", "update", "924480", "--assign-to", "none", "--api", api]).succeeds();
        assert_eq!(body(&writes(&tenant)[0]), json!({"assignedTo": null}));
        let changed = home.run(&["incidents", "update", "924480", "--comment", "c", "--api", api]).succeeds();
        assert_eq!(changed.json()[0]["comments"].as_array().unwrap().last().unwrap()["comment"], "c");
        assert_eq!(writes(&tenant).len(), 1);
    }
}

#[test]
fn what_no_service_would_take_is_refused_before_anything_is_sent() {
    let tenant = tenant();
    let home = signed_in(&tenant);
    let before = tenant.requests().len();
    let update = |arguments: &[&str]| home.run(&[&["incidents", "update", "924480"], arguments].concat());
    update(&["--classification", "FalsePositive", "--determination", "Malware"]).fails_properly(2).says(
        "the classification FalsePositive does not go with the determination Malware; these do: Clean, \
         NoEnoughDataToValidate, Other",
    );
    update(&["--classification", "FalsePositive", "--determination", "Malware", "--api", "graph"])
        .fails_properly(2)
        .says("these do: notMalicious, notEnoughDataToValidate, other");
    update(&["--determination", "Malware"]).fails_with(2).says("--classification");
    update(&["--status", "AwaitingAction"]).fails_with(2).says("Active, InProgress, Resolved, Redirected");
    update(&["--classification", "unknown"]).fails_with(2).says("TruePositive");
    update(&["--classification", "TruePositive", "--determination", "apt"]).fails_with(2).says("Malware");
    for empty in ["--comment", "--tag", "--assign-to"] {
        update(&[empty, ""]).fails_with(2);
    }
    update(&[]).fails_with(2).says("--status");
    update(&["--status", "active", "--api", "endpoint"]).fails_with(2).says("--api defender or --api graph");
    assert_eq!(tenant.requests().len(), before);
}

#[test]
fn a_dry_run_prints_the_requests_and_sends_nothing() {
    let tenant = tenant();
    let home = signed_in(&tenant);
    let before = tenant.requests().len();
    let dry = |rest: &[&str]| {
        home.run(&[&["incidents", "update", "924480", "924479", "--dry-run"], rest, &CHANGES[..]].concat())
            .succeeds()
    };
    let text = dry(&["-o", "table"]).stdout;
    let expected = format!(
        "PATCH {}/api/incidents/924480\naccept: application/json\ncontent-type: application/json; charset=utf-8\n\n{{",
        tenant.api_url()
    );
    assert!(text.starts_with(&expected), "{text}");
    let printed = dry(&["--api", "graph"]).json();
    let csv = dry(&["-o", "csv"]).stdout;
    assert!(csv.starts_with("method,url,body\nPATCH,http://"), "{csv}");
    assert_eq!(tenant.requests().len(), before, "nothing was sent");

    home.run(&[&["incidents", "update", "924480", "924479", "--api", "graph"], &CHANGES[..]].concat())
        .succeeds();
    let sent = writes(&tenant);
    assert_eq!((sent.len(), printed.as_array().unwrap().len()), (4, 4));
    for (sent, printed) in sent.iter().zip(printed.as_array().unwrap()) {
        assert_eq!(sent.method, printed["method"]);
        assert_eq!(format!("{}{}", tenant.graph_url(), sent.path), printed["url"]);
        assert_eq!(body(sent), printed["body"]);
        assert_eq!(printed["headers"]["content-type"], "application/json; charset=utf-8");
        assert!(printed["headers"].get("authorization").is_none());
    }
    let signed_out = Home::of(&tenant);
    signed_out.run(&["incidents", "update", "1", "--dry-run", "--status", "active"]).succeeds();
}

#[test]
fn a_missing_permission_is_known_before_anything_is_sent() {
    let tenant = Tenant::start(Options::default());
    let home = signed_in(&tenant);
    home.run(&["token"]).succeeds();
    home.run(&["incidents", "update", "924480", "--status", "active"])
        .fails_properly(4)
        .says("the access token does not permit updating incidents")
        .says("Incident.ReadWrite (delegated) or Incident.ReadWrite.All (application)");
    home.run(&["incidents", "update", "924480", "--status", "active", "--dry-run"])
        .fails_properly(4)
        .says("the access token does not permit updating incidents");
    assert_eq!(tenant.count(|request| request.path.contains("/incidents")), 0);
    tenant.change(|options| options.role = Role::Reader);
    home.run(&["incidents", "update", "924480", "--status", "active", "--api", "graph"])
        .fails_properly(4)
        .says("error: incident 924480 is unchanged: the service does not permit this");
}

#[test]
fn each_that_fails_is_reported_and_the_others_are_changed() {
    let tenant = tenant();
    let home = signed_in(&tenant);
    for (api, place) in [("defender", Place::Incident), ("graph", Place::GraphIncident)] {
        // The second incident's change fails; reading comes before.
        tenant.inject(place, When::Nth(4), Fault::UnknownError);
        let input = b"924480\n924479\n7\n924478\n";
        let arguments = ["incidents", "update", "-", "--status", "inprogress", "--api", api];
        let some = home.run_with_input(&arguments, input).fails_with(9);
        assert_eq!(some.json().as_array().unwrap().len(), 2);
        some.says(
            "error: incident 924479 is unchanged: the service refuses the request: HTTP 400 SomethingNew",
        )
        .says("error: incident 7: the service has not found it")
        .says("error: 2 of 4 incidents failed")
        .says("; to see those: m365d incidents get 924479 --api ");
        assert_eq!(writes(&tenant).len(), 3, "{api}");
        tenant.clear_faults();
        home.run(&["incidents", "update", "7", "--status", "active", "--api", api]).fails_properly(5);
        assert_eq!(writes(&tenant).len(), 0, "{api}");
    }
}

#[test]
fn what_may_have_been_done_is_not_done_again() {
    for (api, read_and_write, comments) in [
        ("defender", Place::Incident, Place::Incident),
        ("graph", Place::GraphIncident, Place::GraphComments),
    ] {
        let tenant = tenant();
        let home = signed_in(&tenant);
        home.run(&["token", "--api", api]).succeeds();
        let comment = ["incidents", "update", "924480", "--comment", "once", "--api", api];
        let nth = if comments == read_and_write { When::Nth(2) } else { When::Nth(1) };
        for (fault, had_effect) in
            [(Fault::AnswerLost, true), (Fault::InternalServerError, false), (Fault::TruncatedJson, true)]
        {
            let before = tenant.incident(ID).unwrap().details.comments.len();
            tenant.inject(comments, nth, fault.clone());
            let failed = home.run(&comment);
            assert!([7, 8].contains(&failed.code), "{fault:?} {failed:?}");
            failed
                .says("it is not known whether incident 924480 was changed: ")
                .says(&format!("hint: before you try again, see what has become of it: m365d incidents get 924480 --api {api}"));
            assert_eq!(writes(&tenant).len(), 1, "{api} {fault:?}");
            let after = tenant.incident(ID).unwrap().details.comments.len();
            assert_eq!(after - before, usize::from(had_effect), "{fault:?}");
            tenant.clear_faults();
        }
        // Throttled, it has not been done.
        let retry_after = Some(RetryAfter::Seconds(1));
        tenant.inject(comments, nth, Fault::Throttle { retry_after, body: ThrottleBody::Documented });
        home.run(&comment).succeeds().says("asking again in 1.0 s");
        assert_eq!(writes(&tenant).len(), 2);
    }
}

#[test]
fn half_a_change_is_called_half_a_change() {
    let tenant = tenant();
    let home = signed_in(&tenant).with("M365D_API", "graph");
    let both = ["incidents", "update", "924480", "--status", "resolved", "--comment", "c"];
    tenant.inject(Place::GraphComments, When::Next(1), Fault::UnknownError);
    home.run(&both)
        .fails_properly(1)
        .says("incident 924480 was changed, but the comment was not added: the service refuses the request");
    tenant.inject(Place::GraphComments, When::Next(1), Fault::AnswerLost);
    home.run(&both)
        .fails_properly(7)
        .says("incident 924480 was changed, and it is not known whether the comment was added: no answer");
    tenant.inject(Place::GraphIncident, When::Nth(3), Fault::Forbidden);
    home.run(&both)
        .fails_properly(4)
        .says("incident 924480 was changed as you wanted, but cannot be shown: ");
    assert_eq!(tenant.incident(ID).unwrap().details.comments.len(), 2);
}

#[test]
fn a_merged_incident_is_left_alone_in_favour_of_the_other() {
    let tenant = tenant();
    let home = signed_in(&tenant);
    tenant.merge(ID - 1, ID);
    let old = tenant.incident(ID - 1);
    for api in ["defender", "graph"] {
        let arguments = ["incidents", "update", "924479", "924480", "--comment", "here", "--api", api];
        let changed = home.run(&arguments).succeeds();
        assert_eq!(changed.json().as_array().unwrap().len(), 1);
        changed.says("incident 924479 was merged into 924480, which is changed in its place");
        assert_eq!(writes(&tenant).len(), 1, "once");
    }
    assert_eq!(tenant.incident(ID - 1), old);
}

#[test]
fn an_answer_that_is_lost_keeps_nobody_from_changing_the_others() {
    for (api, place, nth) in [("defender", Place::Incident, 2), ("graph", Place::GraphIncident, 2)] {
        let tenant = tenant();
        let home = signed_in(&tenant);
        home.run(&["token", "--api", api]).succeeds();
        tenant.inject(place, When::Nth(nth), Fault::AnswerLost);
        home.run(&["incidents", "update", "924480", "924479", "924478", "--tag", "seen", "--api", api])
            .fails_with(9)
            .says("it is not known whether incident 924480 was changed")
            .says("1 of 3 incidents failed")
            .says("see what has become of those: m365d incidents get 924480");
        for id in [924_480, 924_479, 924_478] {
            assert_eq!(tenant.incident(id).unwrap().details.tags, ["seen"], "{api} {id}");
        }
        assert_eq!(writes(&tenant).len(), 3);
    }
}
