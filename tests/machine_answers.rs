//! What a service may answer to whoever asks for machines and for what is done to them: nothing is done to a machine that
//! was not named, and nothing is believed of another action.

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::{ActionEnd, Fault, Options, Place, RetryAfter, Role, Tenant, ThrottleBody, When};

const NAME: &str = "ws-003.corp.northwind.example";
const ANOTHER: &str = "5382f7ea-7557-4ab7-9782-d50480024a4e";

fn usual() -> (Tenant, Home) {
    let tenant = Tenant::start(Options { role: Role::Operator, ..Options::default() });
    let home = Home::signed_in(&tenant).with("M365D_ENDPOINT_URL", tenant.endpoint_url());
    (tenant, home)
}

/// The id of a machine, by its number.
fn id(number: u64) -> String {
    format!("{:040x}", 0x0123_4567_89ab_cdef_u64 * (number + 1))
}

fn isolate(machine: &str) -> [&str; 5] {
    ["machines", "isolate", machine, "--comment", "c"]
}

fn isolated(tenant: &Tenant) -> Vec<String> {
    tenant.machine_actions().iter().map(|action| action.machine_id.clone()).collect()
}

#[test]
fn a_machine_of_another_name_is_left_alone() {
    let (tenant, home) = usual();
    let answers = |body: Value| {
        tenant.inject(Place::Machines, When::Next(1), Fault::Words { status: 200, body });
    };
    for name in [json!("dc02.corp.northwind.example"), json!("ws-0030"), json!(null), json!(7), json!([NAME])]
    {
        answers(json!({"value": [{"id": id(5), "computerDnsName": name}]}));
        home.run(&isolate(NAME))
            .fails_properly(5)
            .says("no machine that you may see has the DNS name ws-003.");
    }
    answers(json!({"value": [{"id": id(5)}, 7, "x", null]}));
    home.run(&isolate(NAME)).fails_properly(5);
    answers(json!({"values": 7}));
    home.run(&isolate(NAME)).fails_properly(8);
    assert!(isolated(&tenant).is_empty());
    // The service's filter may not be heeded by all who answer.
    answers(json!({"value": [
        {"id": id(5), "computerDnsName": "ws-005.corp.northwind.example"},
        {"id": id(3), "computerDnsName": NAME.to_uppercase()},
    ]}));
    home.run(&isolate(NAME)).succeeds();
    assert_eq!(isolated(&tenant), [id(3)]);
}

#[test]
fn a_name_is_looked_for_on_every_page_and_in_any_case() {
    let (tenant, home) = usual();
    let next = format!("{}/api/machines?$skip=1", tenant.endpoint_url());
    let answers = |body: Value| {
        tenant.inject(Place::Machines, When::Next(1), Fault::Words { status: 200, body });
    };
    let named = |number| json!({"id": id(number), "computerDnsName": NAME});
    answers(json!({"value": [named(3)], "@odata.nextLink": next}));
    answers(json!({"value": [named(5)]}));
    home.run(&isolate(NAME))
        .fails_properly(2)
        .says(&format!("2 machines have the DNS name {NAME}: {}, {}", id(3), id(5)))
        .says(&format!("m365d machines list --filter \"computerDnsName eq '{NAME}'\""));
    assert!(isolated(&tenant).is_empty());
    answers(json!({"value": [], "@odata.nextLink": next}));
    answers(json!({"value": [named(3), named(3)]}));
    home.run(&isolate(NAME)).succeeds();
    assert_eq!(isolated(&tenant), [id(3)]);
    answers(json!({"value": [], "@odata.nextLink": "https://evil.example/api/machines"}));
    home.run(&isolate(NAME)).fails_properly(8);

    home.run(&isolate("WS-005.Corp.Northwind.Example")).succeeds();
    assert_eq!(isolated(&tenant), [id(3), id(5)]);
    let short = &id(7)[1..];
    home.run(&isolate(short)).fails_properly(5).says("which has 40 hexadecimal digits (this has 39)");
}

#[test]
fn machines_are_listed() {
    let (tenant, home) = usual();
    let three = home.run(&["machines", "list", "--limit", "3"]).succeeds().json();
    assert_eq!(three.as_array().unwrap().len(), 3);
    assert_eq!(three[0]["id"], *id(0));
    let filter = format!("computerDnsName eq '{NAME}'");
    let one = home.run(&["machines", "list", "--filter", &filter, "-o", "csv"]).succeeds().stdout;
    assert_eq!(
        one,
        format!(
            "id,name,os,health,risk,last_seen\n{},{NAME},Windows11,Active,None,2026-11-21T18:40:12.3Z\n",
            id(3)
        )
    );
    let next = format!("{}/api/machines?$skip=1", tenant.endpoint_url());
    let page = json!({"value": [{"id": id(9), "riskScore": 7}], "@odata.nextLink": next});
    tenant.inject(Place::Machines, When::Next(1), Fault::Words { status: 200, body: page });
    tenant.inject(Place::Machines, When::Next(1), Fault::Words { status: 200, body: json!({"value": [{}]}) });
    let table = home.run(&["machines", "list", "-o", "table"]).succeeds().stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    home.run(&["machines", "list", "--filter", "x"]).fails_properly(1);
    home.run(&["machines", "list", "--api", "graph"]).fails_properly(2);
}

#[test]
fn a_table_has_the_whole_name_and_the_whole_id() {
    let (tenant, home) = usual();
    let table = home.run(&[&isolate(NAME)[..], &["-o", "table"]].concat()).succeeds().stdout;
    let words: Vec<_> = table.split_whitespace().collect();
    assert_eq!(words, ["MACHINE", "STATUS", "ID", NAME, "Pending", &tenant.machine_actions()[0].id]);
}

#[cfg(unix)]
#[test]
fn a_machine_s_name_does_not_steer_the_terminal() {
    let (tenant, home) = usual();
    let name = "ws\u{202e}fdp\u{9b}31m\u{1b}]0;t\u{7}";
    for (words, place, body) in [
        (
            &["machines", "list"][..],
            Place::Machines,
            json!({"value": [{"id": id(1), "computerDnsName": name}]}),
        ),
        (
            &["machines", "action", ANOTHER],
            Place::MachineAction,
            json!({"id": ANOTHER, "machineId": id(1), "computerDnsName": name, "status": "Pending"}),
        ),
    ] {
        for format in ["json", "ndjson", "csv", "table"] {
            tenant.inject(place, When::Next(1), Fault::Words { status: 200, body: body.clone() });
            let words = [words, &["-o", format]].concat();
            let shown = home.start_on_terminal(&words, 120).end().succeeds().stderr;
            let steers = |character: char| {
                (character.is_control() && !"\r\n".contains(character)) || character == '\u{202e}'
            };
            assert!(shown.contains("ws") && !shown.contains(steers), "{format}: {shown:?}");
            let is_escaped = shown.contains("ws\\u202efdp\\u009b31m\\u001b");
            assert_eq!(is_escaped, format.ends_with("json"), "{shown:?}");
        }
    }
}

#[test]
fn an_action_that_is_not_the_one_is_not_believed() {
    let (tenant, home) = usual();
    let another = || Fault::Amended(json!({"id": ANOTHER, "status": "Succeeded"}));
    tenant.inject(Place::MachineAct, When::Next(1), Fault::Amended(json!({"machineId": id(9)})));
    home.run(&isolate(&id(1)))
        .fails_properly(8)
        .says(&format!("it is not known what has become of {}", id(1)))
        .says(&format!("an action on another machine, {}", id(9)))
        .says("m365d machines action ");
    let action = home.run(&isolate(&id(2))).succeeds().json()[0]["id"].as_str().unwrap().to_owned();
    for more in [&[][..], &["--wait"]] {
        tenant.inject(Place::MachineAction, When::Next(1), another());
        home.run(&[&["machines", "action", &action], more].concat())
            .fails_properly(8)
            .says(&format!("it is not known what has become of action {action}"));
    }
    tenant.inject(Place::MachineAction, When::Next(1), another());
    let lost = home.run(&[&isolate(&id(3))[..], &["--wait"]].concat()).fails_with(8);
    assert_eq!(lost.json()[0]["status"], "Pending");
}

#[test]
fn fields_of_any_form_do_not_hide_what_has_begun() {
    let (tenant, home) = usual();
    let odd = json!({"requestorComment": 5, "type": null, "scope": [], "computerDnsName": {}});
    tenant.inject(Place::MachineAct, When::Next(1), Fault::Amended(odd));
    let begun = home.run(&isolate(&id(1))).succeeds();
    begun.json()[0]["id"].as_str().unwrap();
    begun.says("to follow it: m365d machines action ");

    let nothing = || Fault::Words { status: 202, body: Value::Null };
    tenant.inject(Place::MachineAct, When::Next(1), nothing());
    let look = format!("m365d api GET '/api/machineactions?$filter=machineId%20eq%20%27{}%27'", id(2));
    let accepted = home.run(&isolate(&id(2))).succeeds();
    assert_eq!(accepted.json(), json!([]));
    accepted.says("the service has accepted it").says("without naming the action").says(&look);
    tenant.inject(Place::MachineAct, When::Next(1), nothing());
    home.run(&[&isolate(&id(2))[..], &["--wait"]].concat())
        .fails_with(9)
        .says("without naming the action, which cannot be followed")
        .says(&look);
}

#[test]
fn waiting_ends_with_the_timeout_whatever_the_service_asks_for() {
    let (tenant, home) = usual();
    let retry_after = Some(RetryAfter::Seconds(3600));
    let busy = || Fault::Throttle { retry_after, body: ThrottleBody::Documented };
    for max_wait in ["1s", "2h"] {
        tenant.change(|options| options.action_end = ActionEnd::Never);
        tenant.inject(Place::MachineAction, When::Every(1), busy());
        let waits = ["--wait", "--timeout", "1s", "--max-wait", max_wait];
        let machine = if max_wait == "1s" { id(1) } else { id(2) };
        let ended = home.run(&[&isolate(&machine)[..], &waits].concat()).fails_with(9);
        assert_eq!(ended.json()[0]["status"], "Pending");
        ended.says("has not ended within --timeout: pending").says(" --wait");
        tenant.clear_faults();
    }
    // One that has just begun need not be found at once.
    tenant.change(|options| options.action_end = ActionEnd::Succeeded);
    let missing = json!({"error": {"code": "ResourceNotFound", "message": "Not yet."}});
    tenant.inject(Place::MachineAction, When::Next(1), Fault::Words { status: 404, body: missing });
    home.run(&[&isolate(&id(4))[..], &["--wait"]].concat()).succeeds().says("; asking again");
}

#[test]
fn several_that_have_not_ended_have_one_command_that_follows_them() {
    let (tenant, home) = usual();
    tenant.change(|options| options.action_end = ActionEnd::Never);
    let (one, two) = (id(1), id(2));
    let both = ["machines", "isolate", &one, &two, "--comment", "c", "--wait", "--timeout", "1s"];
    let open = home.run(&both).fails_with(9);
    let actions: Vec<_> = open.json().as_array().unwrap().iter().map(|action| action["id"].clone()).collect();
    let command = format!(
        "m365d machines action {} {} --wait",
        actions[0].as_str().unwrap(),
        actions[1].as_str().unwrap()
    );
    open.says("error: 2 of 2 machines have not ended").says(&format!("begins when it is back: {command}\n"));
    let words: Vec<_> = command.split(' ').skip(1).chain(["--timeout", "1s"]).collect();
    home.run(&words).fails_with(9).says("error: 2 of 2 actions have not ended");
    tenant.inject(Place::MachineAct, When::Next(2), Fault::Reset);
    let (three, four) = (id(3), id(4));
    home.run(&["machines", "isolate", &three, &four, "--comment", "c"]);
    tenant.clear_faults();
    tenant.inject(Place::MachineAct, When::Next(2), Fault::InternalServerError);
    home.run(&["machines", "isolate", &three, &four, "--comment", "c"]).fails_with(9).says(
        "see what has become of those, newest first: m365d api GET /api/machineactions --api endpoint\n",
    );
}

#[test]
fn an_empty_input_changes_nothing_and_is_said() {
    let (tenant, home) = usual();
    let before = tenant.requests().len();
    for changes in [
        &["machines", "isolate", "-", "--comment", "c"][..],
        &["incidents", "update", "-", "--status", "active"],
    ] {
        for input in [&b""[..], b"\n \r\n", b"\xef\xbb\xbf"] {
            home.run_with_input(changes, input)
                .fails_properly(2)
                .says("no id came on standard input, so nothing was done");
        }
    }
    assert_eq!(tenant.requests().len(), before);
    for reads in [&["machines", "action", "-"][..], &["incidents", "get", "-"]] {
        let nothing = home.run_with_input(reads, b"").succeeds();
        assert_eq!(nothing.json(), json!([]));
        nothing.says("warning: no id came on standard input");
    }
    let input = format!("\u{feff}{}\r\n", id(1));
    home.run_with_input(&isolate("-"), input.as_bytes()).succeeds();
}
