//! Incidents through Graph: the same command, the same flags, the other service.

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::{Fault, Options, Place, Tenant, When, directory};

fn signed_in(tenant: &Tenant) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", tenant.graph_url()).with("M365D_API", "graph")
}

fn with(incidents: usize) -> Tenant {
    Tenant::start(Options { incidents, ..Options::default() })
}

fn queries(tenant: &Tenant) -> Vec<String> {
    tenant.take_requests(|request| request.is_graph_list()).into_iter().map(|request| request.query).collect()
}

fn ids(json: &Value) -> Vec<u64> {
    json.as_array()
        .unwrap()
        .iter()
        .map(|incident| {
            let id = incident.get("incidentId").unwrap_or(&incident["id"]);
            id.as_u64().or_else(|| id.as_str()?.parse().ok()).unwrap()
        })
        .collect()
}

#[test]
fn a_list_through_graph_has_the_same_incidents_in_graph_s_own_words() {
    let tenant = with(120);
    let home = signed_in(&tenant);
    let page = home.run(&["incidents", "list"]).succeeds().says("these are the newest 50 incidents");
    assert_eq!(ids(&page.json()).len(), 50);
    assert_eq!(queries(&tenant), ["$top=50"]);
    let all = home.run(&["incidents", "list", "--all"]).succeeds().json();
    let requests = queries(&tenant);
    assert!(requests[1..3].iter().all(|query| query.starts_with("$skiptoken=")), "{requests:?}");
    assert!(requests[3].starts_with("$top=1&$filter=lastUpdateDateTime%20ge%20"), "{requests:?}");
    assert_eq!(requests.len(), 4, "{requests:?}");
    let defender = home.run(&["incidents", "list", "--all", "--api", "defender"]).succeeds().json();
    assert_eq!(ids(&all), ids(&defender));
    assert!(all[0]["displayName"].is_string() && all[0]["alerts"].is_null(), "{}", all[0]);
    assert_eq!(tenant.refreshes(), 1, "one sign-in serves both");

    let lines = home.run(&["incidents", "list", "--limit", "7", "-o", "ndjson"]).succeeds().stdout;
    assert_eq!((lines.lines().count(), queries(&tenant)), (7, vec!["$top=7".to_owned()]));
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first, all[0]);
}

#[test]
fn a_table_has_the_same_columns_and_the_service_expands_and_filters() {
    let tenant = with(60);
    let home = signed_in(&tenant);
    let csv = |api| {
        home.run(&["incidents", "list", "--limit", "20", "-o", "csv", "--expand", "alerts", "--api", api])
            .succeeds()
            .stdout
    };
    let (graph, defender) = (csv("graph"), csv("defender"));
    assert_eq!(graph.lines().next(), defender.lines().next());
    for (graph, defender) in graph.lines().zip(defender.lines()).skip(1) {
        // Id, name and number of alerts are the same; the values of enumerations are each service's own.
        let id = |row: &str| row.split(',').next().unwrap().to_owned();
        assert_eq!(id(graph), id(defender));
        assert!(graph.matches(',').count() == defender.matches(',').count(), "{graph}\n{defender}");
        assert!(
            graph.to_lowercase().contains(&defender.split(',').nth(3).unwrap().to_lowercase()),
            "{graph}"
        );
    }
    assert_eq!(queries(&tenant), ["$top=20&$expand=alerts"]);

    let high = home
        .run(&["incidents", "list", "--all", "--severity", "high,medium", "--status", "inprogress"])
        .succeeds()
        .json();
    assert_eq!(
        queries(&tenant)[0],
        "$top=50&$filter=status%20eq%20%27inProgress%27%20and%20%28severity%20eq%20%27high%27%20or%20\
         severity%20eq%20%27medium%27%29"
    );
    let arguments = [
        "incidents",
        "list",
        "--all",
        "--severity",
        "high,medium",
        "--status",
        "inprogress",
        "--api",
        "defender",
    ];
    assert_eq!(ids(&high), ids(&home.run(&arguments).succeeds().json()));
    assert!(!ids(&high).is_empty());
    for filter in [["--assigned-to", "none"], ["--created-since", "2020-01-01"], ["--updated-since", "7d"]] {
        home.run(&[&["incidents", "list"][..], &filter].concat()).succeeds();
    }
}

#[test]
fn a_next_link_is_followed_to_graph_only_and_never_back() {
    let tenant = with(20);
    let home = signed_in(&tenant);
    home.run(&["token"]).succeeds();
    for url in ["https://graph.microsoft.com/v1.0/security/incidents", "http://127.0.0.1:9/v1.0/x"] {
        tenant.inject(Place::GraphList, When::Next(1), Fault::ForeignNextLink { url: url.into() });
        home.run(&["incidents", "list", "--all"])
            .fails_with(9)
            .says("wants to send this request on to another host, ");
        assert_eq!(queries(&tenant).len(), 1, "{url}");
    }
    let back = format!("{}/v1.0/security/incidents?$top=50", tenant.graph_url());
    tenant.inject(Place::GraphList, When::Every(1), Fault::ForeignNextLink { url: back });
    home.run(&["incidents", "list", "--all"]).fails_with(9).says("a page that points ");
    assert_eq!(queries(&tenant).len(), 1);
}

#[test]
fn a_missing_permission_or_consent_says_which_in_both_forms() {
    let tenant = with(10);
    let home = signed_in(&tenant);
    tenant.change(|options| options.withdraw_consent(&directory::GRAPH));
    let refused = home
        .run(&["incidents", "list"])
        .fails_properly(4)
        .says("AADSTS65001")
        .says("SecurityIncident.Read.All (delegated or application) for reading incidents");
    assert!(refused.stderr.contains("/adminconsent?client_id="), "{}", refused.stderr);
    home.run(&["incidents", "list", "--api", "defender"]).succeeds();

    tenant.change(|options| options.consented.push("ThreatHunting.Read.All".into()));
    home.run(&["incidents", "list"])
        .fails_properly(4)
        .says("it has ThreatHunting.Read.All (delegated, from scp), and this takes SecurityIncident.Read.All")
        .says("Microsoft Graph › Delegated permissions › SecurityIncident.Read.All");
    assert!(queries(&tenant).is_empty(), "nothing has been sent");
    home.run(&["incidents", "list", "--api", "endpoint"])
        .fails_properly(2)
        .says("hint: run the command with --api defender or --api graph");
}

#[test]
fn the_doctor_says_which_services_the_application_may_use() {
    let tenant = with(10);
    let home = signed_in(&tenant).without("M365D_API");
    let finding = |home: &Home, check: &str| {
        let findings = home.run(&["doctor"]).json();
        findings.as_array().unwrap().iter().find(|finding| finding["check"] == check).unwrap().clone()
    };
    tenant.change(|options| options.withdraw_consent(&directory::GRAPH));
    let other = finding(&home, "other API");
    assert_eq!(other["verdict"], "note", "{other}");
    assert!(
        other["detail"].as_str().unwrap().contains("may not use Microsoft Graph: AADSTS65001"),
        "{other}"
    );
    assert!(
        other["remedy"].as_str().unwrap().contains("SecurityIncident.Read.All (delegated or application)"),
        "{other}"
    );
    let hunting = finding(&home, "hunting");
    assert!(hunting["detail"].as_str().unwrap().contains("2027-02-01"), "{hunting}");
    assert!(hunting["remedy"].as_str().unwrap().contains("ThreatHunting.Read.All"), "{hunting}");
    // What was chosen is a problem when it is missing.
    home.run(&["doctor", "--api", "graph"]).fails_with(1);

    tenant.change(|options| options.consented.push("SecurityIncident.Read.All".into()));
    let hunting = finding(&signed_in(&tenant).without("M365D_API"), "hunting");
    assert_eq!(hunting["verdict"], "note");
    assert!(
        hunting["detail"]
            .as_str()
            .unwrap()
            .ends_with("; the token for Microsoft Graph lacks ThreatHunting.Read.All"),
        "{hunting}"
    );

    tenant.change(|options| options.consented = options.registered.clone());
    assert_eq!(finding(&home, "other API")["verdict"], "ok");
    assert_eq!(finding(&home, "hunting")["verdict"], "ok");
    let home = home.with("M365D_API", "graph");
    home.run(&["doctor"]).succeeds();
    assert!(finding(&home, "other API")["detail"].as_str().unwrap().starts_with("Microsoft 365 Defender: "));
    assert!(finding(&home, "API")["verdict"] == "ok");
}

#[test]
fn errors_of_graph_are_read_like_those_of_defender() {
    let tenant = with(10);
    let home = signed_in(&tenant);
    let refused = home.run(&["incidents", "list", "--filter", "priorityScore gt 5"]).fails_properly(1);
    assert!(refused.stderr.contains("error: the service refuses the request: HTTP 400"), "{refused:?}");
    assert!(refused.stderr.contains("\nRequest ID "), "{refused:?}");
    refused.says(
        "hint: check --filter: Microsoft Graph filters incidents on assignedTo, classification, createdDateTime, \
         determination, lastUpdateDateTime, severity and status only",
    );
    home.run(&["incidents", "list", "--api", "defender", "--filter", "severity eq 'High'"])
        .fails_properly(1)
        .says("Microsoft 365 Defender filters incidents on status, assignedTo, createdTime and lastUpdateTime only");
    home.run(&["alerts", "list", "--filter", "incidentId eq '7'"])
        .fails_properly(1)
        .says("filters alerts on assignedTo, ")
        .says(", serviceSource and status only");
    tenant.inject(Place::GraphList, When::Next(1), Fault::Forbidden);
    home.run(&["incidents", "list"])
        .fails_properly(4)
        .says("the service does not permit this")
        .says("shows the permission SecurityIncident.Read.All, you lack a role in Entra ID")
        .says("Microsoft Graph › Delegated permissions › SecurityIncident.Read.All")
        .does_not_say("Defender itself");
    tenant.inject(Place::GraphAlerts, When::Next(1), Fault::Forbidden);
    home.run(&["alerts", "list"])
        .fails_properly(4)
        .says("SecurityAlert.Read.All, you lack a role in Entra ID");
    tenant.inject(Place::List, When::Next(1), Fault::Forbidden);
    home.run(&["incidents", "list", "--api", "defender"])
        .fails_properly(4)
        .says("shows the permission Incident.Read, you lack a role in Defender itself");
    tenant.inject(Place::GraphIncident, When::Nth(2), Fault::Forbidden);
    home.run(&["incidents", "update", "924480", "--status", "active"])
        .fails_properly(4)
        .says("you lack a role in Entra ID that may change incidents");
    assert_eq!(
        home.run(&["incidents", "list", "--limit", "1"]).succeeds().json().as_array().map(Vec::len),
        Some(1)
    );
    // Whoever is gone answers for none of its paths.
    let gone = home.with("M365D_GRAPH_URL", &format!("{}/gone", tenant.graph_url()));
    gone.run(&["incidents", "list"])
        .fails_properly(5)
        .says("If Microsoft Graph does not offer this any more, Microsoft 365 Defender does")
        .says("--api defender");
    let object = gone.run(&["status"]).succeeds().json();
    assert_eq!(object["api"], json!({"value": "graph", "source": "M365D_API"}));
}
