//! Hunting through either service: what a query can ask, what stands in its way, and what is remembered of it.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Client;
use crate::tenant::directory::{DEFENDER, GRAPH};
use crate::tenant::{Fault, Hunt, Hunting, HuntingForm, Options, Place, Tenant, When};

const RUN: &str = "/api/advancedhunting/run";
const GRAPH_RUN: &str = "/v1.0/security/runHuntingQuery";

fn tenant(rows: usize, columns: usize) -> Tenant {
    Tenant::start(Options { hunting: Hunting { rows, columns, ..Hunting::default() }, ..Options::default() })
}

fn rows(body: &Value) -> &[Value] {
    body.get("results").or(body.get("Results")).and_then(Value::as_array).expect("rows")
}

#[test]
fn both_services_print_the_same_rows_each_in_its_form() {
    let tenant = tenant(100, 20);
    let query = "DeviceProcessEvents\n| take 64 // \"";
    let theirs = Client::of(&tenant, &DEFENDER).post(RUN, &json!({"Query": query})).succeeds();
    let body = json!({"Query": query, "Timespan": "P30D"});
    let ours = Client::of(&tenant, &GRAPH).post(GRAPH_RUN, &body).succeeds();
    assert_eq!(rows(&ours), rows(&theirs));
    assert_eq!((rows(&ours).len(), rows(&ours)[0].as_object().expect("an object").len()), (64, 20));
    assert_eq!(theirs["Schema"][0], json!({"Name": "Timestamp", "Type": "DateTime"}));
    assert_eq!(ours["schema"][0], json!({"name": "Timestamp", "type": "DateTime"}));
    assert_eq!(theirs["Stats"]["dataset_statistics"][0]["table_row_count"], 64);
    let query = query.to_owned();
    let hunts = [
        Hunt { path: RUN.to_owned(), query: query.clone(), timespan: None },
        Hunt { path: GRAPH_RUN.to_owned(), query, timespan: Some("P30D".to_owned()) },
    ];
    assert_eq!(tenant.hunts(), hunts);
    tenant.change(|options| options.hunting.form = HuntingForm::CamelRows);
    let ours = Client::of(&tenant, &GRAPH).post(GRAPH_RUN, &body).succeeds();
    assert!(rows(&ours)[0]["timestamp"].is_string(), "{}", rows(&ours)[0]);
}

#[test]
fn slices_of_time_make_up_the_whole() {
    let tenant = tenant(1000, 2);
    let client = Client::of(&tenant, &GRAPH);
    let ask = |query: &str, timespan: Option<&str>| {
        client.post(GRAPH_RUN, &json!({"Query": query, "Timespan": timespan})).succeeds()
    };
    let numbers = |body: &Value| -> Vec<u64> {
        rows(body).iter().map(|row| row["ReportId"].as_u64().expect("a number")).collect()
    };
    let whole = ask("DeviceEvents", None);
    let time = |row: usize| rows(&whole)[row]["Timestamp"].as_str().expect("text").to_owned();
    let (start, middle, end) = (time(0), time(500), time(999));
    let early = ask(
        &format!("DeviceEvents | where Timestamp between (datetime({start}) .. datetime({middle}))"),
        None,
    );
    let late = ask("DeviceEvents", Some(&format!("{middle}/{end}")));
    let together: HashSet<u64> = numbers(&early).into_iter().chain(numbers(&late)).collect();
    assert_eq!(
        (numbers(&early).len(), numbers(&late).len(), together.len()),
        (501, 500, 1000),
        "both ends are inside"
    );
    let open = format!(
        "let t = datetime({middle}); DeviceEvents | where Timestamp >= datetime(\"{start}\") and Timestamp < t | count"
    );
    assert_eq!(rows(&ask(&open, None))[0]["Count"], 500);
    assert_eq!(
        rows(&ask("DeviceEvents | where Timestamp > ago(1d) | project ReportId", None))[0],
        json!({"ReportId": 965})
    );
    tenant.change(|options| options.hunting.burst = 400);
    let at_once = ask(&format!("DeviceEvents | where Timestamp == datetime({middle})"), None);
    assert_eq!(rows(&at_once).len(), 400);
    let moved = format!("DeviceEvents | where Timestamp == (datetime({middle}) + (0d)) | count");
    assert_eq!(rows(&ask(&moved, None))[0]["Count"], 400);
}

#[test]
fn a_row_without_a_time_is_neither_before_nor_after_any() {
    let tenant = tenant(10, 2);
    tenant.change(|options| options.hunting.timeless = 3);
    let client = Client::of(&tenant, &DEFENDER);
    for (condition, count) in [
        ("", 13),
        ("| where Timestamp <= now()", 10),
        ("| where Timestamp < datetime(2000-01-01)", 0),
        ("| where Timestamp < datetime(2000-01-01) or isnull(Timestamp)", 3),
    ] {
        let result = client.post(RUN, &json!({"Query": format!("DeviceEvents {condition}")})).succeeds();
        let rows = result["Results"].as_array().expect("rows");
        let timeless = rows.iter().filter(|row| row["Timestamp"].is_null()).count();
        assert_eq!((rows.len(), timeless), (count, count % 10), "{condition}");
    }
}

#[test]
fn a_result_ends_at_a_hundred_thousand_rows_or_is_refused_for_its_size() {
    let tenant = tenant(100_001, 20);
    let client = Client::of(&tenant, &DEFENDER);
    let ask = || client.post(RUN, &json!({"Query": "DeviceEvents"}));
    let result = ask();
    let rows = memchr::memmem::find_iter(&result.raw, b"\"ReportId\":").count();
    assert_eq!((result.status, rows), (200, 100_000));
    assert!(result.raw.ends_with(b"}]}"));
    tenant.change(|options| options.hunting.columns = 30);
    let error = ask().fails(400, "BadRequest");
    assert!(error["message"].as_str().expect("text").contains("exceeded the allowed result size"), "{error}");
}

#[test]
fn the_parameters_are_those_of_the_documentation() {
    let tenant = tenant(10, 2);
    let defender = Client::of(&tenant, &DEFENDER);
    defender.post(RUN, &json!({"query": "DeviceEvents"})).fails(400, "MissingRequiredParameter");
    defender.post(RUN, &json!({})).fails(400, "MissingRequiredParameter");
    defender.post(RUN, &json!({"Query": "DeviceEvents", "Timespan": "P1D"})).fails(400, "InvalidRequestBody");
    defender.get(RUN).fails(405, "MethodNotAllowed");
    let graph = Client::of(&tenant, &GRAPH);
    graph.post(GRAPH_RUN, &json!({"Query": "DeviceEvents", "Timespan": "7d"})).fails(400, "BadRequest");
    graph.post(GRAPH_RUN, &json!({"Timespan": "P7D"})).fails(400, "BadRequest");
    assert!(tenant.hunts().iter().all(|hunt| hunt.path == GRAPH_RUN));
    tenant.change(|options| options.consented.retain(|name| !name.contains("Hunting")));
    Client::of(&tenant, &GRAPH).post(GRAPH_RUN, &json!({"Query": "DeviceEvents"})).fails(403, "Forbidden");
}

#[test]
fn a_query_that_the_engine_does_not_understand_is_refused_in_its_words() {
    let tenant = tenant(10, 5);
    let client = Client::of(&tenant, &GRAPH);
    for (query, says) in [
        ("DeviceEvents | wher a", "A recognition error occurred."),
        ("DeviceEvents | take", "A recognition error occurred."),
        ("DeviceEvents | where FileName == \"a", "A recognition error occurred."),
        ("DeviceEvents | where (FileName == 'a'", "A recognition error occurred."),
        ("DeviceEvents ?", "A recognition error occurred. (line 1, column 14)"),
        ("", "The parameter 'Query' is missing."),
        ("Nowhere", "Failed to resolve table or column expression named 'Nowhere'"),
        ("DeviceEvents | project x", "'project' operator: Failed to resolve scalar expression named 'x'"),
        ("DeviceEvents | where x == 1", "'where' operator: Failed to resolve scalar expression named 'x'"),
        ("DeviceEvents | where FileName matches regex 'a'", "A recognition error occurred."),
        ("DeviceEvents | where strlen(FileName) > 3", "A recognition error occurred."),
        (
            "DeviceEvents | project-away FileName | where FileName == 'a'",
            "'where' operator: Failed to resolve scalar expression named 'FileName'",
        ),
        ("DeviceEvents | summarize count()", "A recognition error occurred."),
    ] {
        let error = client.post(GRAPH_RUN, &json!({"Query": query})).fails(400, "BadRequest");
        assert_eq!(error["message"], says, "{query}");
    }
    let awkward = "let a = @\"c:\\\"; DeviceEvents | where FileName != h'a\\' | take' and FileName !has \"|;//\" | take 3";
    assert_eq!(rows(&client.post(GRAPH_RUN, &json!({"Query": awkward})).succeeds()).len(), 3);
    tenant.inject(Place::GraphHunt, When::Next(1), Fault::OutOfCpu { retry_after: None });
    client.post(GRAPH_RUN, &json!({"Query": "DeviceEvents"})).fails(429, "TooManyRequests");
}

#[test]
fn conditions_hold_for_the_rows_that_come() {
    let tenant = tenant(64, 20);
    let client = Client::of(&tenant, &GRAPH);
    for (condition, expected) in [
        ("RemotePort == 3389", 16),
        ("RemotePort != 3389", 48),
        ("RemotePort in (3389, 80)", 16),
        ("RemotePort !in (3389, 80)", 48),
        ("RemotePort < 1000 and IsRemote == true", 16),
        ("not(RemotePort >= 443)", 0),
        ("FileName =~ \"POWERSHELL.exe\"", 16),
        ("FileName == \"POWERSHELL.exe\"", 0),
        ("FileName in~ (\"POWERSHELL.exe\", name)", 32),
        ("FileName has \"exe\" and FileName !has \"shell\"", 64),
        ("FileName contains \"shell\"", 16),
        ("FileName startswith \"rechnung\" or ReportId <= few", 18),
        (
            "(DeviceName == name or DeviceName endswith \"-003.corp.northwind.example\") and Confidence > 3.0",
            1,
        ),
        ("isempty(AccountName)", 12),
        ("ReportId between (10 .. 19)", 10),
        ("Timestamp > ago(7d) and ReportId == 62 or FileName == name", 17),
        ("Timestamp > ago(7d) | where ReportId > 60 | sort by ReportId asc | take few", 2),
    ] {
        let query = format!(
            "let name = \"svchst.exe\"; let few = long(2); DeviceNetworkEvents | where {condition} | count"
        );
        assert_eq!(
            rows(&client.post(GRAPH_RUN, &json!({"Query": query})).succeeds())[0]["Count"],
            expected,
            "{condition}"
        );
    }
    let query = "DeviceEvents | where ReportId != 63 | sort by ReportId | project-away Timestamp | project ReportId | limit 2";
    let sorted = client.post(GRAPH_RUN, &json!({"Query": query})).succeeds();
    assert_eq!(rows(&sorted), [json!({"ReportId": 62}), json!({"ReportId": 61})]);
}
