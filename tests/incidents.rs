//! `m365d incidents list`: what is asked for, what comes out, and that it is every incident once.

use std::collections::HashSet;

use serde_json::Value;

use crate::support::{Ended, Home, get};
use crate::tenant::{Fault, Options, Place, Tenant, When, directory};

fn ids(ended: &Ended) -> Vec<u64> {
    let json = ended.json();
    json.as_array().unwrap().iter().map(|incident| incident["incidentId"].as_u64().unwrap()).collect()
}

/// The query of the newest request for the list.
fn last_query(tenant: &Tenant) -> String {
    let requests = tenant.requests();
    requests.iter().rfind(|request| request.is_list()).expect("a list").query.clone()
}

#[test]
fn all_incidents_are_listed_once_whatever_the_format() {
    let tenant = Tenant::start(Options { incidents: 250, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let listed = ids(&home.run(&["incidents", "list", "--all"]).succeeds());
    assert_eq!(listed.len(), 250);
    assert!(listed.is_sorted_by(|newer, older| newer > older), "the newest first, each once");
    assert_eq!(
        tenant.lists(),
        6,
        "two full pages, the last one twice, what is behind it, and what was updated meanwhile; not a call more"
    );

    let lines = home.run(&["incidents", "list", "--all", "-o", "ndjson"]).succeeds().stdout;
    assert_eq!(lines.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 250);
    let csv = home.run(&["incidents", "list", "--all", "-o", "csv"]).succeeds().stdout;
    assert_eq!(csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).count(), 250);
    let table = home.run(&["incidents", "list", "--all", "-o", "table"]).succeeds().stdout;
    assert_eq!(table.lines().count(), 251);
}

#[test]
fn one_call_is_made_unless_more_are_asked_for_and_that_is_said() {
    let tenant = Tenant::start(Options { incidents: 250, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let page = home.run(&["incidents", "list"]).succeeds().says("these are the newest 100").says("--all");
    assert_eq!((ids(&page).len(), tenant.lists()), (100, 1));
    home.run(&["incidents", "list", "--limit", "1"]).succeeds().says("this is the newest incident\n");
    home.run(&["incidents", "list", "--limit", "2", "--status", "active"])
        .succeeds()
        .says("these are the newest 2 matching incidents\n");
    home.run(&["incidents", "list", "--all", "--severity", "high", "--status", "resolved"])
        .succeeds()
        .says(" incidents that match the rest have that severity");
    let lists = tenant.lists();
    let few = home.run(&["incidents", "list", "--limit", "30"]).succeeds().says("there may be more");
    assert_eq!((ids(&few).len(), tenant.lists()), (30, lists + 1));
    let many = home.run(&["incidents", "list", "--limit", "130"]).succeeds().says("there may be more");
    assert_eq!((ids(&many).len(), tenant.lists()), (130, lists + 3));
    let more_than_all = home.run(&["incidents", "list", "--limit", "1000"]).succeeds().does_not_say("more");
    assert_eq!(ids(&more_than_all).len(), 250);
}

#[test]
fn a_list_of_nothing_is_an_empty_one() {
    let tenant = Tenant::start(Options { incidents: 0, ..Options::default() });
    let home = Home::signed_in(&tenant);
    assert_eq!(home.run(&["incidents", "list"]).succeeds().stdout, "[]\n");
    assert_eq!(home.run(&["incidents", "list", "-o", "ndjson"]).succeeds().stdout, "");
    assert!(home.run(&["incidents", "list", "-o", "csv"]).succeeds().stdout.starts_with("id,severity,"));
}

#[test]
fn an_incident_is_the_service_s_own_object_unknown_fields_and_values_included() {
    let tenant = Tenant::start(Options { incidents: 100, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let lines = home.run(&["incidents", "list", "-o", "ndjson"]).succeeds().stdout;
    let token = home.run(&["token"]).succeeds().stdout;
    let page = get(&format!("{}/api/incidents?$top=100", tenant.api_url()), &token);
    let value = page.split_once("\"value\":[").unwrap().1;
    for line in lines.lines() {
        assert!(value.contains(line), "not as the service sent it: {line}");
    }
    assert!(lines.contains("AwaitingAction"), "a status that nobody documents");
}

#[test]
fn filters_are_the_service_s_except_for_severity() {
    let tenant = Tenant::start(Options { incidents: 250, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let all = home.run(&["incidents", "list", "--all"]).succeeds().json();
    let expected =
        |matches: &dyn Fn(&Value) -> bool| all.as_array().unwrap().iter().filter(|one| matches(one)).count();
    let listed = |arguments: &[&str]| {
        ids(&home.run(&[&["incidents", "list", "--all"], arguments].concat()).succeeds()).len()
    };
    for (arguments, count) in [
        (vec!["--status", "active"], expected(&|one| one["status"] == "Active")),
        (
            vec!["--status", "in-progress,RESOLVED"],
            expected(&|one| one["status"] == "InProgress" || one["status"] == "Resolved"),
        ),
        (vec!["--assigned-to", "me"], expected(&|one| one["assignedTo"] == directory::ANA.upn)),
        (vec!["--assigned-to", "none"], expected(&|one| one["assignedTo"].is_null())),
        (
            vec!["--assigned-to", "o'neil@northwind.example"],
            expected(&|one| one["assignedTo"] == "o'neil@northwind.example"),
        ),
        (vec!["--severity", "high"], expected(&|one| one["severity"] == "High")),
        (vec!["--created-since", "1h"], 0),
        (vec!["--filter", "status eq 'Active' or status eq 'Resolved'", "--assigned-to", "none"], {
            expected(&|one| {
                (one["status"] == "Active" || one["status"] == "Resolved") && one["assignedTo"].is_null()
            })
        }),
    ] {
        let listed = listed(&arguments);
        assert!(listed > 0, "{arguments:?} finds something");
        if arguments[0] != "--created-since" {
            assert_eq!(listed, count, "{arguments:?}");
        }
    }
    home.run(&["incidents", "list", "--severity", "high,low"])
        .succeeds()
        .says("m365d filters by it, since the service cannot");
    assert!(!last_query(&tenant).contains("everity"));
    home.run(&["incidents", "list", "--updated-since", "2026-11-01"]).succeeds();
    assert_eq!(last_query(&tenant), "$top=100&$filter=lastUpdateTime%20ge%202026-11-01T00%3A00%3A00.000Z");
}

#[test]
fn no_value_becomes_a_part_of_the_filter() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    for name in
        ["x' or status eq 'Active", "x'' or true", "x&$top=1", "x#y", "x%27", "x\ny", "\u{202e}x", "x+y"]
    {
        let listed = home.run(&["incidents", "list", "--assigned-to", name]).succeeds();
        assert!(ids(&listed).is_empty(), "{name:?}");
        assert!(last_query(&tenant).starts_with("$top=100&$filter=assignedTo%20eq%20%27"), "{name:?}");
    }
}

#[test]
fn a_filter_that_the_service_refuses_is_one_clear_error() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.run(&["incidents", "list", "--filter", "severity eq 'High'"])
        .fails_properly(1)
        .says("ODataError")
        .says("Tracking ID")
        .says("status, assignedTo, createdTime and lastUpdateTime");
    tenant.inject(Place::List, When::Every(1), Fault::UnknownError);
    home.run(&["incidents", "list"]).fails_properly(1).says("hint: m365d doctor").does_not_say("--filter");
}

#[test]
fn incidents_that_shift_while_new_ones_arrive_are_printed_once() {
    let tenant = Tenant::start(Options { incidents: 350, arrivals_per_page: 7, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let before = ids(&home.run(&["incidents", "list"]).succeeds())[0];
    let listed = ids(&home.run(&["incidents", "list", "--all"]).succeeds());
    let distinct: HashSet<_> = listed.iter().collect();
    assert_eq!(distinct.len(), listed.len(), "each once");
    let oldest = before - 349;
    assert!((oldest..=before).all(|id| distinct.contains(&id)), "all that were there");
}

#[test]
fn a_next_link_is_followed() {
    let tenant = Tenant::start(Options { incidents: 250, next_link: true, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let listed = home.run(&["incidents", "list", "--all", "--status", "active"]).succeeds();
    let page = home.run(&["incidents", "list", "--all"]).succeeds();
    assert_eq!(ids(&page).len(), 250);
    assert!(ids(&listed).len() < 250);
}

#[test]
fn a_missing_permission_is_said_before_any_call() {
    let tenant = Tenant::start(Options::default());
    tenant.change(|options| options.consented = vec!["AdvancedHunting.Read".into()]);
    let home = Home::signed_in(&tenant);
    home.run(&["incidents", "list"])
        .fails_properly(4)
        .says("Incident.Read (delegated) or Incident.Read.All (application)")
        .says("Grant admin consent");
    assert_eq!(tenant.lists(), 0);
}

#[test]
fn a_permission_that_was_not_asked_for_may_have_been_granted() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    home.login(&["--scope", "AdvancedHunting.Read"]).succeeds().says("Grant admin consent");
    tenant.change(|options| options.consented.push("AdvancedHunting.Read".into()));
    home.login(&["--scope", "Incident.Read"])
        .succeeds()
        .says("this sign-in asked for Incident.Read only; m365d login asks for everything granted");
    home.login(&["--scope", "AdvancedHunting.Read"]).succeeds();
    home.run(&["incidents", "list"])
        .fails_properly(4)
        .says("hint: m365d login  (this session asked for")
        .says("Grant admin consent");
    home.login(&[]).succeeds();
    home.run(&["incidents", "list"]).succeeds();
}

#[test]
fn nothing_that_somebody_else_wrote_steers_the_terminal() {
    let tenant = Tenant::start(Options { incidents: 20, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let table = home.run(&["incidents", "list", "-o", "table"]).succeeds().stdout;
    assert_eq!(table.lines().count(), 21, "one line a row");
    let odd = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(!table.contains(odd), "{table:?}");
    assert!(table.contains("  Informational  "), "no severity is cut: {table}");
    assert!(table.contains("[31mRed"), "the awkward names are there");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let csv = home.run(&["incidents", "list", "-o", "csv"]).succeeds().stdout;
    assert!(csv.contains("'=HYPERLINK"), "no cell is a formula");
    assert!(!csv.contains(odd) && csv.contains("[31mRed"), "{csv:?}");
    assert_eq!(csv.lines().count(), 21, "one line a row");
}

#[cfg(unix)]
#[test]
fn json_on_a_terminal_is_the_same_json_with_escapes() {
    let tenant = Tenant::start(Options { incidents: 20, ..Options::default() });
    let home = Home::signed_in(&tenant);
    for arguments in [&["incidents", "list", "-o", "ndjson"][..], &["api", "GET", "/api/incidents"]] {
        let piped = home.run(arguments).succeeds().stdout;
        assert!(piped.contains("Attachment \u{202e}fdp.exe"), "{piped}");
        let shown = home.start_on_terminal(arguments, 80).end().succeeds().stderr;
        assert!(shown.contains("Attachment \\u202efdp.exe\\u202c opened"), "{shown}");
        assert!(!shown.contains('\u{202e}'), "{shown}");
    }
}

#[test]
fn a_closed_pipe_ends_the_list_quietly() {
    let tenant = Tenant::start(Options { incidents: 1000, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let ended = home.run_into_closed_pipe(&["incidents", "list", "--all", "-o", "ndjson"]);
    assert_eq!(ended, (Some(0), String::new()));
}

#[test]
fn nobody_signed_in_and_nobody_at_the_other_end() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    home.run(&["incidents", "list"]).fails_properly(3).says("hint: m365d login");
    home.login(&[]).succeeds();
    drop(tenant);
    home.run(&["incidents", "list"]).fails_properly(7).says("Connection refused");
}
