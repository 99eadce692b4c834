//! Alerts through either service: Graph lists them, Defender has them in its incidents.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::{Churn, Fault, Options, Place, Recorded, Tenant, When, directory};

fn signed_in(tenant: &Tenant) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", tenant.graph_url())
}

fn with(incidents: usize) -> Tenant {
    Tenant::start(Options { incidents, ..Options::default() })
}

fn listed(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["alerts", "list"], arguments].concat();
    home.run(&arguments).succeeds().json().as_array().expect("a list").clone()
}

fn id(alert: &Value) -> String {
    alert.get("alertId").unwrap_or(&alert["id"]).as_str().expect("an id").to_owned()
}

fn ids(alerts: &[Value]) -> Vec<String> {
    alerts.iter().map(id).collect()
}

fn queries(tenant: &Tenant) -> Vec<String> {
    tenant.take_requests(Recorded::is_alerts).into_iter().map(|request| request.query).collect()
}

#[test]
fn both_services_list_the_same_alerts_each_once() {
    let tenant = with(240);
    let home = signed_in(&tenant);
    let defender = listed(&home, &["--all"]);
    assert!(queries(&tenant).is_empty(), "Defender is asked unless somebody has chosen");
    let graph = listed(&home, &["--all", "--api", "graph"]);
    assert_eq!(ids(&defender), ids(&graph));
    assert_eq!(ids(&graph).into_iter().collect::<HashSet<_>>().len(), graph.len());
    assert!(graph.len() > 300, "{}", graph.len());
    let asked = queries(&tenant);
    // The last one asks whether anything has changed meanwhile.
    assert_eq!(asked.len(), graph.len().div_ceil(100) + 1, "{asked:?}");
    assert!(asked[0] == "$top=100" && asked[1].starts_with("$skiptoken="), "{asked:?}");
    assert!(defender[0]["devices"].is_array() && defender[0]["entities"].is_array(), "{}", defender[0]);
    assert!(graph[0]["evidence"].is_array(), "{}", graph[0]);
    // What stands in an incident is as the service sent it.
    let incidents = home.run(&["incidents", "list", "--all", "-o", "ndjson"]).succeeds().stdout;
    let lines = home.run(&["alerts", "list", "--all", "-o", "ndjson"]).succeeds().stdout;
    assert!(lines.lines().all(|line| incidents.contains(line)));
    assert_eq!(lines.lines().count(), graph.len());
}

#[test]
fn one_page_is_read_unless_more_are_asked_for_and_that_is_said() {
    let tenant = with(240);
    let home = signed_in(&tenant).with("M365D_API", "graph");
    let list = |arguments: &[&str]| home.run(&[&["alerts", "list"], arguments].concat()).succeeds();
    let page = list(&[]).says("these are the newest 100 alerts\n").says("there may be more: --all");
    assert_eq!(
        (page.json().as_array().map(Vec::len), queries(&tenant)),
        (Some(100), vec!["$top=100".into()])
    );
    list(&["--limit", "1"]).says("this is the newest alert\n");
    list(&["--limit", "3", "--status", "new"]).says("these are the newest 3 matching alerts\n");
    assert_eq!(list(&["--limit", "130"]).json().as_array().map(Vec::len), Some(130));
    let defender = list(&["--api", "defender"]).says(" alerts of the newest incidents\n").says("--all");
    assert!(defender.json().as_array().is_some_and(|alerts| alerts.len() > 100));
    assert_eq!(tenant.lists(), 1);
    let few = list(&["--api", "defender", "--limit", "7"]).says("these are 7 alerts of the newest incidents");
    assert_eq!(few.json().as_array().map(Vec::len), Some(7));
    let nothing = with(0);
    let home = signed_in(&nothing);
    for api in ["defender", "graph"] {
        let listed = home.run(&["alerts", "list", "--api", api]).succeeds().says("no alert matches");
        assert_eq!(listed.stdout, "[]\n");
    }
}

#[test]
fn the_same_conditions_choose_the_same_alerts() {
    let tenant = with(240);
    let home = signed_in(&tenant);
    let all = listed(&home, &["--all"]);
    queries(&tenant);
    let cases: [(&[&str], &str); 9] = [
        (&["--status", "new"], "status eq 'new'"),
        (&["--status", "in-progress,resolved"], "(status eq 'inProgress' or status eq 'resolved')"),
        (&["--severity", "high,Medium"], "(severity eq 'high' or severity eq 'medium')"),
        (&["--severity", "unspecified"], "severity eq 'unknown'"),
        (&["--assigned-to", "none"], "assignedTo eq null"),
        (&["--assigned-to", "me"], "assignedTo eq 'ana@northwind.example'"),
        (&["--assigned-to", "o'neil@northwind.example"], "assignedTo eq 'o''neil@northwind.example'"),
        (&["--service-source", "MicrosoftDefenderATP"], "serviceSource eq 'microsoftDefenderForEndpoint'"),
        (
            &["--service-source", "microsoft-defender-for-endpoint", "--status", "new"],
            "status eq 'new' and serviceSource eq 'microsoftDefenderForEndpoint'",
        ),
    ];
    for (arguments, expression) in cases {
        let graph = listed(&home, &[arguments, &["--all", "--api", "graph"]].concat());
        let query = queries(&tenant).remove(0);
        let sent = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "$filter");
        assert_eq!(sent.expect("a filter").1, expression);
        let arguments = [&["alerts", "list", "--all"], arguments].concat();
        let defender = home.run(&arguments).succeeds();
        assert!(defender.stderr.contains("since the service cannot"), "{}", defender.stderr);
        let defender = defender.json().as_array().expect("a list").clone();
        assert_eq!(ids(&defender), ids(&graph), "{arguments:?}");
        assert!(!graph.is_empty() && graph.len() < all.len(), "{arguments:?}: {}", graph.len());
    }
    let newest = all[0]["creationTime"].as_str().expect("a time").to_owned();
    for option in ["--created-since", "--updated-since"] {
        for api in ["defender", "graph"] {
            let some = listed(&home, &["--all", "--api", api, option, &newest]);
            assert!(!some.is_empty() && some.len() < all.len(), "{api} {option}: {}", some.len());
            assert!(listed(&home, &["--api", api, option, "2100-01-01"]).is_empty());
        }
    }
}

#[test]
fn a_filter_of_one_s_own_goes_to_graph_as_it_is_and_defender_has_none() {
    let tenant = with(20);
    let home = signed_in(&tenant);
    let before = tenant.requests().len();
    let filter = ["alerts", "list", "--filter", "serviceSource eq 'microsoftDefenderForEndpoint'"];
    home.run(&filter).fails_properly(2).says("does not list alerts but incidents").says("--api graph");
    home.run(&["alerts", "list", "--service-source", "x' or 'x"])
        .fails_with(2)
        .says("is no service source; there are microsoftDefenderForEndpoint, ");
    home.run(&["alerts", "list", "--api", "endpoint"])
        .fails_properly(2)
        .says("--api defender or --api graph");
    assert_eq!(tenant.requests().len(), before, "nothing has been sent");
    home.run(&[&filter[..], &["--api", "graph", "--status", "new"]].concat()).succeeds();
    let query = queries(&tenant).remove(0);
    assert!(
        query.contains("%28serviceSource%20eq%20%27microsoftDefenderForEndpoint%27%29%20and%20status%20eq"),
        "{query}"
    );
}

#[test]
fn a_script_for_one_service_reads_the_other_s_alerts() {
    let tenant = with(60);
    let home = signed_in(&tenant);
    let all = |api, shape| listed(&home, &["--all", "--api", api, "--shape", shape]);
    let devices = |alert: &Value| {
        let devices = alert["devices"].as_array().expect("devices").iter();
        devices.map(|device| device["mdatpDeviceId"].clone()).collect::<Vec<_>>()
    };
    let as_defender = |alert: &Value| {
        json!([alert["alertId"], alert["incidentId"], alert["title"], alert["category"], devices(alert)])
    };
    for (is, should_be) in all("graph", "defender").iter().zip(&all("defender", "native")) {
        assert_eq!(as_defender(is), as_defender(should_be), "{is}");
    }
    let as_graph = |alert: &Value| {
        let evidence = alert["evidence"].as_array().expect("evidence").iter();
        let kinds: HashSet<_> = evidence.map(|one| one["@odata.type"].as_str().unwrap()).collect();
        let kinds = kinds.contains("#microsoft.graph.security.deviceEvidence");
        json!([alert["id"], alert["incidentId"], alert["title"], alert["serviceSource"], kinds])
    };
    for (is, should_be) in all("defender", "graph").iter().zip(&all("graph", "native")) {
        assert_eq!(as_graph(is), as_graph(should_be));
    }
    let native = home.run(&["alerts", "list", "--api", "graph"]).succeeds().stdout;
    assert_eq!(home.run(&["alerts", "list", "--api", "graph", "--shape", "graph"]).succeeds().stdout, native);
}

#[test]
fn a_table_and_csv_show_what_an_analyst_looks_for() {
    let tenant = with(20);
    let home = signed_in(&tenant);
    let csv = |api| home.run(&["alerts", "list", "-o", "csv", "--api", api]).succeeds().stdout;
    let (graph, defender) = (csv("graph"), csv("defender"));
    let header = "id,severity,status,title,assigned_to,service_source,incident,updated,created,category,\
                  detection_source,classification,determination";
    assert_eq!(graph.lines().next(), Some(header));
    assert_eq!(defender.lines().next(), Some(header));
    assert_eq!(graph.lines().count(), defender.lines().count());
    let row = csv::Reader::from_reader(graph.as_bytes()).records().next().unwrap().unwrap();
    let unclassified = |cell: &&str| cell.is_empty();
    assert!(row.iter().take(4).chain(row.iter().skip(5).take(6)).all(|cell| !unclassified(&cell)), "{row:?}");
    let table = home.run(&["alerts", "list", "-o", "table"]).succeeds().stdout;
    assert!(table.contains("SEVERITY") && table.contains("TITLE"), "{table}");
}

#[cfg(unix)]
#[test]
fn a_terminal_of_any_width_shows_whole_ids_and_titles() {
    let tenant = with(20);
    let home = signed_in(&tenant);
    for api in ["defender", "graph"] {
        let ids = ids(&listed(&home, &["--api", api]));
        for (width, last) in
            [(60, "TITLE"), (80, "TITLE"), (100, "TITLE"), (120, "UPDATED"), (200, "UPDATED")]
        {
            let shown = home.start_on_terminal(&["alerts", "list", "--api", api, "--quiet"], width);
            let shown = shown.end().succeeds().stderr;
            let lines: Vec<_> = shown.lines().collect();
            assert!(lines.iter().all(|line| line.chars().count() <= width.into()), "{width}: {shown}");
            assert!(lines[0].contains("  TITLE") && lines[0].trim().ends_with(last), "{width}: {shown}");
            let first: Vec<_> = lines[1..].iter().map(|line| line.split(' ').next().unwrap()).collect();
            assert_eq!(first, ids, "{width}");
        }
    }
}

#[test]
fn alerts_that_arrive_meanwhile_make_none_come_twice() {
    for api in ["defender", "graph"] {
        let churn = Churn { arrivals: 3, updates: 5, ..Churn::default() };
        let tenant = Tenant::start(Options { incidents: 400, churn, ..Options::default() });
        let home = signed_in(&tenant);
        let alerts = ids(&listed(&home, &["--all", "--api", api]));
        let unique: HashSet<_> = alerts.iter().collect();
        assert_eq!(unique.len(), alerts.len(), "{api}");
    }
}

#[test]
fn a_page_in_trouble_is_asked_for_again_and_a_link_leads_nowhere_else() {
    let tenant = with(120);
    let home = signed_in(&tenant).with("M365D_API", "graph");
    let all = listed(&home, &["--all"]);
    for fault in [Fault::Reset, Fault::TruncatedBody, Fault::TruncatedJson, Fault::InternalServerError] {
        tenant.inject(Place::GraphAlerts, When::Next(1), fault.clone());
        assert_eq!(listed(&home, &["--all"]), all, "{fault:?}");
    }
    queries(&tenant);
    for url in ["https://graph.microsoft.com/v1.0/security/alerts_v2", "http://127.0.0.1:9/v1.0/x"] {
        tenant.inject(Place::GraphAlerts, When::Next(1), Fault::ForeignNextLink { url: url.into() });
        home.run(&["alerts", "list", "--all"])
            .fails_with(9)
            .says("wants to send this request on to another host")
            .says("(@odata.nextLink), where the token does not go")
            .says("the list breaks off after 100 alerts");
        assert_eq!(queries(&tenant).len(), 1, "{url}");
    }
}

#[test]
fn a_missing_permission_says_which_for_alerts() {
    let tenant = with(10);
    let home = signed_in(&tenant);
    tenant.change(|options| options.withdraw_consent(&directory::GRAPH));
    home.run(&["alerts", "list"]).succeeds();
    let refused = home
        .run(&["alerts", "list", "--api", "graph"])
        .fails_properly(4)
        .says("AADSTS65001")
        .says("SecurityAlert.Read.All (delegated or application) for reading alerts");
    assert!(refused.stderr.contains("/adminconsent?client_id="), "{}", refused.stderr);
    tenant.change(|options| options.consented.push("SecurityIncident.Read.All".into()));
    home.run(&["alerts", "list", "--api", "graph"])
        .fails_properly(4)
        .says("this takes SecurityAlert.Read.All")
        .says("Microsoft Graph › Delegated permissions › SecurityAlert.Read.All");
    assert!(queries(&tenant).is_empty(), "nothing has been sent");
}

#[test]
fn alerts_come_in_the_order_of_their_ids() {
    let tenant = with(60);
    let home = signed_in(&tenant);
    let all = listed(&home, &["--all", "--api", "graph"]);
    let (one, two) = (id(&all[0]), id(&all[7]));
    queries(&tenant);
    let got = home.run(&["alerts", "get", &two, &one, &two]).succeeds().json();
    let got = got.as_array().expect("a list");
    assert_eq!(ids(got), [two.clone(), one.clone()], "Graph is asked, once for each");
    let mut first = got[1].clone();
    assert!(first.as_object_mut().unwrap().remove("@odata.context").is_some());
    assert_eq!(first, all[0]);
    assert_eq!(queries(&tenant).len(), 2);

    // The ids of both services' lists lead there.
    let input: String = listed(&home, &["--limit", "9"]).iter().map(|alert| id(alert) + "\r\n").collect();
    let lines = home.run_with_input(&["alerts", "get", "-", "-o", "ndjson"], input.as_bytes()).succeeds();
    assert_eq!(lines.stdout.lines().count(), 9);
    let csv = home.run(&["alerts", "get", &one, "-o", "csv"]).succeeds().stdout;
    assert!(csv.starts_with("id,severity,status,title,") && csv.contains(&format!("\n{one},")), "{csv}");
    let shaped = home.run(&["alerts", "get", &one, "--shape", "defender"]).succeeds().json();
    assert!(shaped[0]["alertId"] == one && shaped[0]["devices"].is_array(), "{shaped}");
}

#[test]
fn what_is_not_there_is_said_and_the_others_come() {
    let tenant = with(60);
    let home = signed_in(&tenant);
    let here = id(&listed(&home, &["--limit", "1"])[0]);
    home.run(&["alerts", "get", "da1_-1"])
        .fails_with(5)
        .says("error: alert da1_-1: the service has not found it")
        .says("hint: m365d alerts list --api graph");
    let some = home.run(&["alerts", "get", "da1_-1", &here, "da2_-2"]).fails_with(9);
    assert_eq!(ids(some.json().as_array().unwrap()), std::slice::from_ref(&here));
    some.says("alert da2_-2: ")
        .says("2 of 3 alerts failed")
        .says("hint: m365d alerts list --api graph shows which there are");
    home.run(&["alerts", "get", &here, "--api", "defender"])
        .fails_properly(2)
        .says("cannot look up a single alert")
        .says("--api graph");
    for fault in [Fault::Reset, Fault::TruncatedBody, Fault::TruncatedJson, Fault::InternalServerError] {
        tenant.inject(Place::GraphAlerts, When::Next(1), fault.clone());
        home.run(&["alerts", "get", &here]).succeeds();
    }
    tenant.inject(Place::GraphAlerts, When::Every(1), Fault::ErrorBody);
    home.run(&["alerts", "get", &here]).fails_properly(8);
}

#[test]
fn what_is_no_id_of_an_alert_is_refused_before_anything_is_sent() {
    let tenant = with(10);
    let home = signed_in(&tenant);
    let before = tenant.requests().len();
    for id in [
        "",
        ".",
        "..",
        "../incidents",
        "a/b",
        "a?$top=1",
        "a#b",
        "%2e%2e",
        "a b",
        "a'",
        "ä",
        "a\u{202e}b",
        "a\n",
    ] {
        home.run(&["alerts", "get", id]).fails_with(2).says("an alert's id is");
    }
    let long = "a".repeat(1 << 20);
    let refused = home.run_with_input(&["alerts", "get", "-"], long.as_bytes()).fails_properly(2);
    assert!(refused.stderr.len() < 400, "{}", refused.stderr);
    home.run_with_input(&["alerts", "get", "-"], b"da1_-1\n..\n")
        .fails_properly(2)
        .says("line 2 of standard input is not an alert's id: ..")
        .says("m365d alerts list -o ndjson");
    assert_eq!(tenant.requests().len(), before);
}
