//! `m365d hunt`: queries in KQL, through either service.

use std::fs;

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::{
    Fault, Hunt, Hunting, HuntingForm, Options, Place, RetryAfter, Tenant, ThrottleBody, When,
};

const QUERY: &str = "DeviceProcessEvents | take 64 // \"ü\"";

fn with(rows: usize, columns: usize) -> Tenant {
    Tenant::start(Options { hunting: Hunting { rows, columns, ..Hunting::default() }, ..Options::default() })
}

fn signed_in(tenant: &Tenant) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", tenant.graph_url())
}

fn last(tenant: &Tenant) -> Hunt {
    tenant.hunts().pop().expect("a hunt")
}

#[test]
fn rows_come_as_the_service_s_own_json_through_graph_unless_defender_is_chosen() {
    let tenant = with(100, 20);
    let home = signed_in(&tenant);
    let graph = home.run(&["hunt", QUERY]).succeeds().says("64 rows");
    assert_eq!(last(&tenant).path, "/v1.0/security/runHuntingQuery");
    assert_eq!((last(&tenant).query, last(&tenant).timespan), (QUERY.to_owned(), None));
    let rows = graph.json();
    assert_eq!(
        (rows.as_array().unwrap().len(), &rows[1]["LogonId"]),
        (64, &json!(9_007_199_254_740_994_u64))
    );

    let lines = home.run(&["hunt", QUERY, "-o", "ndjson", "--api", "defender"]).succeeds();
    assert_eq!(last(&tenant).path, "/api/advancedhunting/run");
    let lines = lines
        .says("warning: Microsoft 365 Defender's advanced hunting stops on 2027-02-01")
        .says("64 rows, 0.8 s of execution, 00:00:00.0156250 of CPU, 16 MiB on a node at most");
    let parsed: Vec<Value> = lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::from(parsed), rows);
    assert!(graph.stdout.contains(lines.stdout.lines().next().unwrap()), "untouched");
    assert_eq!(tenant.refreshes(), 1, "one sign-in serves both");
}

#[test]
fn csv_has_the_columns_of_the_schema_in_whatever_case_and_runs_nowhere() {
    let tenant = with(100, 20);
    let home = signed_in(&tenant);
    let csv =
        |arguments: &[&str]| home.run(&[&["hunt", QUERY, "-o", "csv"], arguments].concat()).succeeds().stdout;
    let usual = csv(&[]);
    let header = "Timestamp,ReportId,DeviceName,FileName,CommandLine,ProcessId,IsRemote,Confidence,AccountGuid,\
        AdditionalFields,Duration,Signer,ActionType,AccountDomain,AccountName,LogonId,RemoteIP,RemotePort,Protocol,Group\n";
    assert!(usual.starts_with(header), "{usual}");
    assert!(usual.contains(",\"'=HYPERLINK(\"\"https://evil.example\"\",\"\"x\"\")\",4003,"), "{usual}");
    assert!(usual.contains(",'-2 @SUM(A1),") && usual.contains(",line one  line two,"), "{usual}");
    assert!(usual.contains(",\"{\"\"Of\"\":[0,\"\"a,b\"\",null]}\","), "{usual}");
    let raw = csv(&["--raw"]);
    assert!(raw.contains(",-2\t@SUM(A1),") && raw.contains(",\"line one\r\nline two\","), "{raw}");
    for form in [HuntingForm::CamelRows, HuntingForm::PascalSchema] {
        tenant.change(|options| options.hunting.form = form);
        assert_eq!(csv(&[]), usual, "{form:?}");
    }
    assert_eq!(csv(&["--api", "defender"]), usual);
    let empty = home.run(&["hunt", "DeviceEvents | take 0 | project FileName", "-o", "csv"]).succeeds();
    assert_eq!(empty.says("0 rows").stdout, "FileName\n");
}

#[test]
fn a_table_shows_the_columns_that_fit_and_says_how_many_do_not() {
    let tenant = with(3, 20);
    let home = signed_in(&tenant);
    let table = home.run(&["hunt", "DeviceEvents", "-o", "table"]).succeeds();
    let table = table.says("the terminal has room for 5 of 20 columns; -o csv and -o json have all");
    let lines: Vec<_> = table.stdout.lines().collect();
    assert!(lines[0].starts_with("Timestamp ") && lines[0].ends_with(" CommandLine"), "{}", table.stdout);
    let whole = &home.run(&["hunt", "DeviceEvents"]).succeeds().json()[0]["Timestamp"];
    assert_eq!(lines[1].split_whitespace().next(), whole.as_str(), "no time is cut");
    assert!(lines.len() == 4 && lines.iter().all(|line| line.chars().count() <= 80), "{}", table.stdout);
    assert_eq!(home.run(&["hunt", "DeviceEvents | count", "-o", "table"]).succeeds().stdout, "Count\n3\n");
    let empty = home.run(&["hunt", "DeviceEvents | take 0", "-o", "table"]).succeeds();
    let empty = empty.says("0 rows").does_not_say("the terminal has room");
    assert!(
        empty.stdout.starts_with("Timestamp  ReportId") && empty.stdout.lines().count() == 1,
        "{}",
        empty.stdout
    );
}

#[test]
fn the_query_comes_from_the_argument_a_file_or_standard_input_and_arrives_as_it_is() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    let odd = "// \u{202e}\u{1}\\\"'&#%\r\nDeviceEvents\n| take 1\n";
    fs::write(home.path("q.kql"), format!("\u{feff}{odd}")).unwrap();
    home.run(&["hunt", "--file", &home.path("q.kql").display().to_string()]).succeeds();
    assert_eq!(last(&tenant).query, odd);
    let long = format!("DeviceEvents // {}", "x".repeat(1 << 20));
    for arguments in [&["hunt", "-"][..], &["hunt", "--file", "-"]] {
        home.run_with_input(arguments, long.as_bytes()).succeeds();
        assert!(last(&tenant).query == long);
    }
    let asked = tenant.hunts().len();
    home.run_with_input(&["hunt", "-"], b"\xff\xfeD\0")
        .fails_properly(2)
        .says("standard input is not UTF-8 text");
    home.run_with_input(&["hunt", "-"], b" \n")
        .fails_properly(2)
        .says("there is no query: standard input is empty");
    home.run(&["hunt", "--file", "none.kql"]).fails_properly(2).says("none.kql cannot be read: No such file");
    home.run(&["hunt", "--file", "/dev/zero"])
        .fails_properly(2)
        .says("/dev/zero has more than 16777216 bytes");
    home.run(&["hunt"])
        .fails_properly(2)
        .says("--file FILE, or - reads")
        .says("m365d hunt 'DeviceProcessEvents");
    home.run(&["hunt", &home.path("q.kql").display().to_string()])
        .fails_properly(2)
        .says("q.kql' is the name of a file and no query; nothing has been sent")
        .says("did you mean m365d hunt --file /")
        .says("/q.kql?");
    home.run(&["hunt", QUERY, "--api", "endpoint"]).fails_properly(2).says("--api defender or --api graph");
    assert_eq!(tenant.hunts().len(), asked);
    // What is not there is a query like any other.
    home.run(&["hunt", "r.kql"]).fails_properly(2).says("the service refuses the query");
}

#[test]
fn who_has_to_type_is_told() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    for (arguments, typed) in [
        (&["hunt", "-"][..], "DeviceEvents | take 1\n\u{4}"),
        (&["incidents", "get", "-"], "1\n\u{4}"),
        (&["api", "POST", "/api/advancedhunting/run", "--input", "-"], "{\"Query\":\"DeviceEvents\"}\n\u{4}"),
    ] {
        let mut terminal = home.start_on_terminal(arguments, 80);
        terminal.wait_for("reading from the terminal; end with Ctrl-D");
        terminal.type_in(typed);
        terminal.end();
    }
}

#[test]
fn whoever_has_chosen_defender_is_named() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    home.run(&["hunt", QUERY, "--api", "defender"])
        .succeeds()
        .says("; without --api defender, m365d hunt asks");
    let home = home.with("M365D_API", "defender");
    home.run(&["hunt", QUERY]).succeeds().says("; M365D_API says defender; --api graph asks Microsoft Graph");
}

#[test]
fn a_timespan_is_sent_as_graph_documents_it_and_not_to_defender() {
    let tenant = with(100, 5);
    let home = signed_in(&tenant);
    for (given, sent) in
        [("7d", "P7D"), ("P7D", "P7D"), ("2020-01-01/P1D", "2020-01-01T00:00:00Z/2020-01-02T00:00:00Z")]
    {
        home.run(&["hunt", QUERY, "--timespan", given]).succeeds();
        assert_eq!(last(&tenant).timespan.as_deref(), Some(sent));
    }
    let asked = tenant.hunts().len();
    home.run(&["hunt", QUERY, "--timespan", "7d", "--api", "defender"])
        .fails_properly(2)
        .says("knows no timespan; nothing has been sent")
        .says("| where Timestamp > ago(7d)");
    home.run(&["hunt", QUERY, "--timespan", "week"]).fails_with(2).says("a timespan looks like 7d, P7D, ");
    assert_eq!(tenant.hunts().len(), asked);
}

#[test]
fn a_parameter_is_a_value_and_never_a_part_of_the_query() {
    let tenant = with(100, 5);
    let home = signed_in(&tenant);
    let query = "DeviceEvents | where FileName != name and Timestamp >= since | take 7";
    let hostile = "\" | take 1 // ' \\\r\n; let since = datetime(1970-01-01);";
    let name = format!("--param=name={hostile}");
    let rows = home.run(&["hunt", query, &name, "--param", "since:datetime=2020-01-01"]).succeeds().json();
    assert_eq!(rows.as_array().unwrap().len(), 7);
    assert_eq!(
        last(&tenant).query,
        format!(
            "let name = \"\\\" | take 1 // ' \\\\\\r\\n; let since = datetime(1970-01-01);\";\nlet since = datetime(2020-01-01T00:00:00Z);\n{query}"
        )
    );
    // Kusto takes statements in any order.
    let json = r#"{"n":18446744073709551616,"x":1,"x":2,"y":1.10}"#;
    let with_set = "set notruncation;\nDeviceEvents";
    home.run(&["hunt", with_set, "--param", &format!("a:dynamic={json}")]).succeeds();
    let escaped = json.replace('"', "\\\"");
    assert_eq!(last(&tenant).query, format!("let a = parse_json(\"{escaped}\");\n{with_set}"));
    let future = ["hunt", query, "--param", "name=x", "--param", "since:datetime=2999-01-01"];
    assert_eq!(home.run(&future).succeeds().json(), json!([]));
    let asked = tenant.hunts().len();
    home.run(&["hunt", query, "--param", "a=1", "--param", "a:long=2"])
        .fails_properly(2)
        .says("there are two parameters of the name a");
    home.run(&["hunt", query, "--param", "since:datetime=now()"])
        .fails_with(2)
        .says("'now()' is not a datetime");
    home.run(&["hunt", query, "--param", "a:int=x"]).fails_with(2).says("'x' is not an int");
    home.run(&["hunt", query, "--param", "a b=1"]).fails_with(2).says("'a b' is not a name");
    for inexact in ["a:datetime=2026-01-01T23:59:60Z", "a:datetime=2026-01-01T00:00:00.12345678Z"] {
        home.run(&["hunt", query, "--param", inexact]).fails_with(2).says("is not a datetime");
    }
    assert_eq!(tenant.hunts().len(), asked);
}

#[test]
fn what_is_wrong_with_a_query_stands_under_it() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    for api in ["graph", "defender"] {
        home.run(&["hunt", "DeviceEvents\n| \u{1b}wher a", "--api", api])
            .fails_properly(2)
            .says("   1 │ DeviceEvents\n   2 │ | \u{fffd}wher a\nerror: the service refuses the query: HTTP 400 BadRequest, A recognition error occurred.");
    }
    home.run(&["hunt", "Nothing"])
        .fails_properly(2)
        .says("named 'Nothing'")
        .says("like one that does not exist");
    home.run(&["hunt", "DeviceEvents | project nothing"]).fails_properly(2).says("| getschema' -o table");
    home.run(&["hunt", "DeviceEvents | wher a"])
        .fails_properly(2)
        .says("hint: mend the query and run the command again")
        .does_not_say("licence");
    for (says, hint) in [
        ("Query exceeded the timeout period.", "take a shorter time with --timespan 1d"),
        ("Query stopped due to excessive resource consumption.", "take a shorter time with --timespan 1d"),
        (
            "An unexpected error occurred during query execution. Please try again in a few minutes.",
            "hint: run the command again in a few minutes",
        ),
    ] {
        tenant.inject(Place::GraphHunt, When::Next(1), Fault::Engine { says });
        home.run(&["hunt", QUERY]).fails_properly(2).says(says).says(hint);
    }
    let long = format!("Nothing\n{}", "| take 1\n".repeat(30));
    home.run(&["hunt", &long])
        .fails_properly(2)
        .says("  20 │ | take 1")
        .says("│ … 11 lines more")
        .does_not_say("  21 │");
}

#[test]
fn what_may_be_cut_off_is_said() {
    let tenant = with(100_001, 2);
    let home = signed_in(&tenant);
    let cut = home.run(&["hunt", "DeviceEvents | take 100001", "-o", "ndjson"]).fails_with(9);
    let cut = cut.says("no more than 100000 rows, and 100000 came").says("hint: what came has been written");
    assert_eq!(cut.stdout.lines().count(), 100_000);
    let whole = home.run(&["hunt", "DeviceEvents | take 99999"]).succeeds();
    assert_eq!(whole.json().as_array().unwrap().len(), 99_999);
    tenant.change(|options| options.hunting.largest_result = 1000);
    for api in ["graph", "defender"] {
        home.run(&["hunt", "DeviceEvents", "--api", api])
            .fails_properly(9)
            .says("the result is larger than the service gives")
            .says("--timespan 1d");
    }
}

#[test]
fn what_is_as_large_as_the_service_gives_may_be_cut_off() {
    let tenant = with(3, 2);
    let home = signed_in(&tenant);
    let answer = |bytes: usize| {
        let around = json!({"schema": [{"name": "a", "type": "String"}], "results": [{"a": ""}]});
        let text = "x".repeat(bytes - around.to_string().len());
        let body = json!({"schema": [{"name": "a", "type": "String"}], "results": [{"a": text}]});
        tenant.inject(Place::GraphHunt, When::Next(1), Fault::Words { status: 200, body });
        home.run(&["hunt", "DeviceEvents", "-o", "csv"])
    };
    let cut = answer(50_000_000).fails_with(9);
    let cut =
        cut.says("may not be whole: Microsoft Graph documents no more than 50 MB, and 50000000 bytes came");
    assert!(cut.says("--complete asks for one part").stdout.len() > 49_000_000, "and is written");
    answer(49_999_999).succeeds();
}

#[test]
fn an_engine_that_is_used_up_is_waited_for_whatever_the_status() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    let used_up = |again: &'static str| Fault::Engine { says: again };
    for (place, api) in [(Place::GraphHunt, "graph"), (Place::Hunt, "defender")] {
        tenant.inject(
            place,
            When::Next(1),
            used_up("You have exceeded processing resources allocated to this tenant. You can run queries again in 00:00:01."),
        );
        let came = home.run(&["hunt", QUERY, "--api", api]).succeeds();
        came.says("the service is busy: HTTP 400 BadRequest, You have exceeded")
            .says("asking again in 1.0 s");
        tenant.inject(
            place,
            When::Every(1),
            used_up("You have exceeded processing resources allocated to this tenant. You can run queries again in 00:12:00."),
        );
        for more in [&[][..], &["--complete"]] {
            let query = ["hunt", "DeviceEvents", "--api", api];
            home.run(&[&query, more].concat())
                .fails_properly(6)
                .says("the next wait of 720 s is longer than --max-wait leaves")
                .says("hint: run it again later");
        }
        tenant.clear_faults();
    }
}

#[test]
fn a_query_changes_nothing_and_so_graph_is_asked_again() {
    is_asked_again("graph", Place::GraphHunt);
}

#[test]
fn a_query_changes_nothing_and_so_defender_is_asked_again() {
    is_asked_again("defender", Place::Hunt);
}

fn is_asked_again(api: &str, place: Place) {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    for fault in [
        Fault::InternalServerError,
        Fault::Unavailable { retry_after: None },
        Fault::Transient,
        Fault::Words { status: 502, body: json!({}) },
        Fault::Words { status: 504, body: json!("the gateway's") },
        Fault::Reset,
        Fault::AnswerLost,
        Fault::TruncatedBody,
        Fault::TruncatedJson,
        Fault::Unauthorized,
        Fault::Throttle { retry_after: Some(RetryAfter::Seconds(1)), body: ThrottleBody::Captured },
    ] {
        tenant.inject(place, When::Next(1), fault.clone());
        let rows = home.run(&["hunt", QUERY, "--api", api]).succeeds().json();
        assert_eq!(rows.as_array().unwrap().len(), 3, "{fault:?}");
    }
    tenant.inject(place, When::Every(1), Fault::InternalServerError);
    home.run(&["hunt", QUERY, "--api", api]).fails_properly(8);
    tenant.clear_faults();
    for (fault, code) in [
        (Fault::ErrorBody, 8),
        (Fault::Html, 8),
        (Fault::Forbidden, 4),
        (Fault::OutOfCpu { retry_after: Some(RetryAfter::Seconds(720)) }, 6),
    ] {
        tenant.inject(place, When::Every(1), fault);
        home.run(&["hunt", QUERY, "--api", api]).fails_properly(code);
        tenant.clear_faults();
    }
}

#[test]
fn a_missing_permission_is_named_in_both_forms_before_anything_is_sent() {
    let tenant = with(3, 5);
    tenant.change(|options| options.consented.retain(|name| !name.contains("Hunting")));
    let home = signed_in(&tenant);
    home.run(&["hunt", QUERY]).fails_properly(4).says("ThreatHunting.Read.All");
    home.run(&["hunt", QUERY, "--api", "defender"])
        .fails_properly(4)
        .says("AdvancedHunting.Read (delegated) or AdvancedHunting.Read.All (application)");
    assert!(tenant.hunts().is_empty());
}

#[test]
fn a_result_of_either_service_comes_in_the_other_s_names() {
    let tenant = with(70, 20);
    let home = signed_in(&tenant);
    let run = |arguments: &[&str]| home.run(&[&["hunt", QUERY], arguments].concat()).succeeds();
    let envelope = |api, shape| run(&["--envelope", "--api", api, "--shape", shape]).json();
    let (defender, graph) = (envelope("defender", "native"), envelope("graph", "native"));
    assert_eq!(defender["Schema"][0], json!({"Name": "Timestamp", "Type": "DateTime"}));
    assert_eq!(graph["schema"][0], json!({"name": "Timestamp", "type": "DateTime"}));

    let as_defender = envelope("graph", "defender");
    assert_eq!(as_defender["Schema"], defender["Schema"]);
    assert_eq!(as_defender["Results"], defender["Results"]);
    assert_eq!(as_defender["@odata.context"], graph["@odata.context"], "nothing is dropped");
    let as_graph = envelope("defender", "graph");
    assert_eq!((&as_graph["schema"], &as_graph["results"]), (&graph["schema"], &graph["results"]));
    assert_eq!(as_graph["Stats"], defender["Stats"]);

    // Rows that Graph spells with small letters.
    tenant.change(|options| options.hunting.form = HuntingForm::CamelRows);
    assert_eq!(envelope("graph", "defender")["Results"], defender["Results"]);
    for format in ["json", "ndjson"] {
        let list = |api, shape| run(&["-o", format, "--api", api, "--shape", shape]).stdout;
        assert_eq!(list("graph", "defender"), list("defender", "native"), "{format}");
        assert!(list("graph", "native").contains("\"deviceName\":"), "{format}");
        assert_eq!(list("graph", "graph"), list("graph", "native"), "{format}");
    }
    for format in ["csv", "ndjson", "table"] {
        home.run(&["hunt", QUERY, "--envelope", "-o", format]).fails_properly(2).says("one JSON document");
    }
    home.run(&["hunt", QUERY, "--envelope", "--complete"]).fails_with(2);
}

#[test]
fn an_answer_that_nobody_has_documented_is_read_as_far_as_it_makes_sense() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    // Rows before the schema, types and members of no documentation, a row with too little and one with too much.
    let rows = json!([{"a": {"x": [1]}, "results": "r"}, {"A": "=1"}, {"B": 1, "a": "\u{e9}\\"}]);
    let schema = json!([{"name": "A", "type": "Quantum"}, {"name": "results"}]);
    let answer = Fault::Words {
        status: 200,
        body: json!({"more": [{"results": []}], "results": rows, "schema": schema}),
    };
    let run = |format| {
        tenant.inject(Place::GraphHunt, When::Next(1), answer.clone());
        home.run(&["hunt", QUERY, "-o", format]).succeeds()
    };
    assert_eq!(run("json").json(), rows);
    assert_eq!(run("csv").stdout, "A,results\n\"{\"\"x\"\":[1]}\",r\n'=1,\n\u{e9}\\,\n");
    for (body, code) in [
        (json!({"schema": [], "results": null}), 8),
        (json!({"results": []}), 8),
        (json!([]), 8),
        (json!({"error": {"code": "InternalServerError", "message": "no"}}), 8),
        (json!({"schema": schema, "results": [7]}), 8),
    ] {
        tenant.inject(Place::GraphHunt, When::Every(1), Fault::Words { status: 200, body });
        let asked =
            ["csv", "json", "ndjson", "table"].map(|format| home.start(&["hunt", QUERY, "-o", format]));
        for asked in asked {
            asked.end().fails_with(code);
        }
        tenant.clear_faults();
    }
}

#[test]
fn what_the_schema_does_not_name_is_left_out_with_a_word() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    let body = json!({
        "schema": [{"name": "DeviceName", "type": null}, {"name": "N"}, {"name": "N"}],
        "results": [
            {"DeviceName": "a", "deviceName": "b", "N": 1},
            {"N": 2, "\u{1b}[31mred": 1, "x": 1, "y": 1, "z": 1},
        ],
    });
    let run = |arguments: &[&str]| {
        let answer = Fault::Words { status: 200, body: body.clone() };
        tenant.inject(Place::GraphHunt, When::Next(1), answer);
        home.run(&[&["hunt", QUERY], arguments].concat()).succeeds()
    };
    let csv = run(&["-o", "csv"]).says(
        "warning: rows have values under names that the schema does not have: deviceName, \u{fffd}[31mred, x and others; -o json has them",
    );
    assert_eq!(csv.stdout, "DeviceName,N,N\na,1,1\n,2,2\n");
    assert_eq!(csv.stderr.matches("warning: rows").count(), 1, "{}", csv.stderr);
    assert!(run(&["-o", "table"]).says("warning: rows have values").stdout.contains("a           1  1\n"));
    assert_eq!(run(&[]).does_not_say("warning").json(), body["results"]);
    home.run(&["hunt", QUERY, "-o", "csv"]).succeeds().does_not_say("warning");
}

#[test]
fn a_document_that_is_no_result_is_not_asked_for_again() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    for body in [
        json!({"schema": [], "results": null}),
        json!({"schema": null, "results": []}),
        json!({"schema": [{"type": "Int"}], "results": []}),
        json!([]),
    ] {
        tenant.inject(Place::GraphHunt, When::Next(1), Fault::Words { status: 200, body });
        home.run(&["hunt", QUERY])
            .fails_properly(8)
            .says("JSON that is no result of a query")
            .does_not_say("asking again");
    }
}

#[test]
fn a_word_of_kql_s_own_is_no_name_of_a_parameter() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    for name in ["let", "where", "__a"] {
        home.run(&["hunt", QUERY, "--param", &format!("{name}=1")])
            .fails_with(2)
            .says(&format!("'{name}' is KQL's own"));
    }
    assert!(tenant.hunts().is_empty());
}

#[test]
fn lines_of_parameters_are_told_from_those_of_the_query() {
    let tenant = with(3, 5);
    let home = signed_in(&tenant);
    home.run(&["hunt", "DeviceEvents\n| wher a", "--param", "a=1", "--param", "b=2"])
        .fails_properly(2)
        .says("   2 │ let b = \"2\";\n   3 │ DeviceEvents\n   4 │ | wher a\n")
        .says("\nthe first 2 lines are those of --param: line 3 is line 1 of the query as you gave it\n");
    home.run(&["hunt", "DeviceEvents | wher a", "--param", "a=1"])
        .fails_properly(2)
        .says("\nthe first line is that of --param: line 2 is line 1 of the query as you gave it\n");
    home.run(&["hunt", "DeviceEvents | wher a"]).fails_properly(2).does_not_say("--param");
}
