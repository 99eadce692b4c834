//! `m365d hunt --complete`: results that are more than a service gives at once.

use serde_json::Value;

use crate::support::Home;
use crate::tenant::{Fault, Hunting, Options, Place, RetryAfter, Tenant, ThrottleBody, When};

fn with(rows: usize, columns: usize) -> Tenant {
    Tenant::start(Options { hunting: Hunting { rows, columns, ..Hunting::default() }, ..Options::default() })
}

fn signed_in(tenant: &Tenant) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", tenant.graph_url())
}

/// Of rows whose last column it is.
fn numbers(ndjson: &str) -> Vec<u64> {
    let number = |line: &str| line.rsplit_once("\"ReportId\":").unwrap().1.trim_end_matches('}').parse();
    ndjson.lines().map(|line| number(line).unwrap()).collect()
}

#[test]
fn a_complete_result_has_every_row_once_however_many_there_are() {
    let tenant = with(120_000, 2);
    let home = signed_in(&tenant);
    let query = "DeviceEvents // all of them | take 1\n| where ReportId != name and Timestamp > ago(30d)";
    let all = ["hunt", query, "--complete", "--param", "name=x", "--max-wait", "5m"];
    let all = |arguments: &[&str]| home.run(&[&all, arguments].concat()).succeeds();
    let whole: Vec<u64> = (0..120_000).collect();
    for api in ["graph", "defender"] {
        let asked = tenant.hunts().len();
        let came = all(&["-o", "ndjson", "--api", api]).says("120000 rows, in 3 parts, read within ");
        assert_eq!(numbers(&came.stdout), whole, "{api}");
        let hunts = tenant.hunts().split_off(asked);
        assert!(hunts.len() <= 6, "{hunts:?}");
        assert_eq!(hunts[0].query, format!("let name = \"x\";\n{query}"));
        let condition = "let name = \"x\";\nDeviceEvents | where Timestamp < datetime(20";
        assert!(hunts[1].query.starts_with(condition), "{}", hunts[1].query);
    }
    let csv = all(&["-o", "csv"]).stdout;
    assert_eq!(csv.lines().filter(|line| line.starts_with("Timestamp,")).count(), 1);
    assert_eq!(csv.lines().count(), 120_001);
    assert_eq!(all(&["-o", "json"]).json().as_array().unwrap().len(), 120_000);
    // Relative to one and the same now.
    let asked = tenant.hunts().len();
    all(&["-o", "ndjson", "--timespan", "29d"]);
    let mut spans: Vec<_> = tenant.hunts().split_off(asked).into_iter().map(|hunt| hunt.timespan).collect();
    spans.dedup();
    assert!(matches!(&spans[..], [Some(since)] if since.ends_with('Z')), "{spans:?}");
}

#[test]
fn rows_without_a_time_come_too() {
    let tenant = with(120_000, 2);
    tenant.change(|options| options.hunting.timeless = 50);
    let home = signed_in(&tenant);
    let came = home.run(&["hunt", "DeviceEvents", "--complete", "-o", "ndjson"]).succeeds();
    let mut numbers = numbers(&came.stdout);
    numbers.sort_unstable();
    assert_eq!(numbers, (0..120_050).collect::<Vec<u64>>());
    assert_eq!(came.stdout.lines().filter(|line| line.starts_with("{\"Timestamp\":null,")).count(), 50);
}

#[test]
fn what_is_relative_to_now_is_the_same_in_each_part() {
    let tenant = with(120_000, 2);
    let home = signed_in(&tenant);
    let query = "let end = now(); DeviceEvents | where Timestamp between (ago(30d) .. end) // now()";
    let came = home.run(&["hunt", query, "--complete", "-o", "ndjson"]).succeeds();
    assert_eq!(numbers(&came.stdout), (0..120_000).collect::<Vec<u64>>());
    let hunts = tenant.hunts();
    assert_eq!(hunts[0].query, query, "what may be whole is asked for word for word");
    let relative = |query: &str| query.split_once(" | where").map(|(start, _)| start.to_owned());
    assert!(relative(&hunts[1].query).unwrap().starts_with("let end = datetime(20"), "{}", hunts[1].query);
    for hunt in &hunts[1..] {
        assert_eq!(relative(&hunt.query), relative(&hunts[1].query));
        let (_, end) = hunt.query.split_once(" between ((datetime(20").unwrap();
        assert!(end.ends_with("Z) - (30d)) .. end) // now()"), "{}", hunt.query);
    }
}

#[test]
fn a_result_that_is_whole_is_asked_for_once_and_as_it_is() {
    let tenant = with(300, 2);
    let home = signed_in(&tenant);
    for format in ["json", "ndjson", "csv", "table"] {
        let run = |more: &[&str]| {
            home.run(&[&["hunt", "DeviceEvents", "-o", format], more].concat()).succeeds().stdout
        };
        assert_eq!(run(&["--complete"]), run(&[]), "{format}");
    }
    assert_eq!(tenant.hunts().len(), 8);
    assert!(tenant.hunts().iter().all(|hunt| hunt.query == "DeviceEvents" && hunt.timespan.is_none()));
}

#[test]
fn what_the_service_has_too_much_of_in_bytes_is_divided_too() {
    let tenant = with(4000, 2);
    let home = signed_in(&tenant);
    tenant.change(|options| options.hunting.largest_result = 50_000);
    for api in ["graph", "defender"] {
        let came = home.run(&["hunt", "DeviceEvents", "--complete", "-o", "ndjson", "--api", api]).succeeds();
        assert_eq!(numbers(&came.stdout), (0..4000).collect::<Vec<u64>>());
        assert!(tenant.hunts().len() > 8);
    }
}

#[test]
fn more_at_one_instant_than_the_service_gives_is_said_and_the_rest_comes() {
    let tenant = with(220_000, 2);
    let home = signed_in(&tenant);
    tenant.change(|options| options.hunting.burst = 105_000);
    let cut = home.run(&["hunt", "DeviceEvents", "--complete", "-o", "ndjson"]).fails_with(9);
    let cut = cut.says("the result is not whole: there is more than the service gives at once from 20");
    let mut numbers = numbers(&cut.stdout);
    assert_eq!(numbers.len(), 215_000);
    numbers.dedup();
    assert_eq!(numbers.len(), 215_000, "each once");
    // Where nothing at all can be had of it.
    tenant.change(|options| {
        options.hunting.rows = 2000;
        options.hunting.burst = 1000;
        options.hunting.largest_result = 20_000;
    });
    let cut = home.run(&["hunt", "DeviceEvents", "--complete", "-o", "csv"]).fails_with(9);
    assert_eq!(cut.says("the result is not whole").stdout.lines().count(), 1001);
}

#[test]
fn a_query_that_is_more_than_its_parts_is_not_divided() {
    let tenant = with(3, 2);
    let home = signed_in(&tenant);
    for (query, why) in [
        ("DeviceEvents | summarize count()", "summarize is not done row by row"),
        ("DeviceEvents | where a == '|' | take 5", "take is not done row by row"),
        ("DeviceEvents | sort by Timestamp", "sort is not done row by row"),
        ("DeviceEvents | where rand() < 0.1", "rand() need not give each part the same"),
        ("let T = materialize(DeviceEvents); T", "materialize() need not give each part the same"),
        ("union DeviceEvents, DeviceInfo", "it does not begin with the name of a table"),
        ("let d = DeviceInfo | take 5; DeviceEvents", "there is a query within the query"),
        ("DeviceEvents | where a == 'x", "a string or a bracket in it does not end"),
    ] {
        for api in ["graph", "defender"] {
            home.run(&["hunt", query, "--complete", "--api", api])
                .fails_properly(2)
                .says(&format!("--complete cannot divide this query: {why}; nothing has been sent"));
        }
    }
    assert!(tenant.hunts().is_empty());
}

#[test]
fn a_complete_result_survives_a_bad_service_and_says_where_it_broke_off() {
    let tenant = with(120_000, 2);
    let home = signed_in(&tenant);
    let all = ["hunt", "DeviceEvents", "--complete", "-o", "ndjson"];
    for fault in [
        Fault::Throttle { retry_after: Some(RetryAfter::Seconds(1)), body: ThrottleBody::Documented },
        Fault::TruncatedBody,
        Fault::Unauthorized,
    ] {
        tenant.inject(Place::GraphHunt, When::Every(2), fault.clone());
        let came = home.run(&all).succeeds();
        assert_eq!(numbers(&came.stdout), (0..120_000).collect::<Vec<u64>>(), "{fault:?}");
        tenant.clear_faults();
    }
    let says = "'where' operator: Failed to resolve scalar expression named 'Timestamp'";
    tenant.inject(Place::GraphHunt, When::Nth(2), Fault::Engine { says });
    home.run(&all).fails_properly(2).says(says).says("the table has no Timestamp");
    tenant.inject(Place::GraphHunt, When::Every(4), Fault::Forbidden);
    let part = home.run(&["hunt", "DeviceEvents", "--complete", "-o", "json"]).fails_with(4);
    let part = part.says("the result breaks off; what happened before 20");
    assert!(serde_json::from_str::<Value>(&part.stdout).is_err(), "no part is taken for the whole");
}
