//! Commands that change something, whose output nobody reads, or that are interrupted.

use std::fs::File;
use std::process::Stdio;

use crate::support::{Home, signal};
use crate::tenant::{ActionEnd, Fault, Options, Place, Role, Tenant, When};

fn usual() -> (Tenant, Home) {
    let tenant = Tenant::start(Options { role: Role::Operator, ..Options::default() });
    tenant.change(|options| options.permit("Incident.ReadWrite"));
    let home = Home::signed_in(&tenant).with("M365D_ENDPOINT_URL", tenant.endpoint_url());
    (tenant, home)
}

/// The id of a machine, by its number.
fn id(number: u64) -> String {
    format!("{:040x}", 0x0123_4567_89ab_cdef_u64 * (number + 1))
}

/// Runs it into a pipe that is closed from the beginning: the exit code, and what was on stderr.
fn unread(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    into(home, arguments, writer)
}

fn into_full_disk(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    into(home, arguments, File::options().write(true).open("/dev/full").unwrap())
}

fn into(home: &Home, arguments: &[&str], stdout: impl Into<Stdio>) -> (Option<i32>, String) {
    let ended = home.command(arguments).stdout(stdout).output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
}

const UPDATE: &[&str] =
    &["incidents", "update", "924480", "924479", "924478", "--comment", "once", "-o", "ndjson"];

fn changed(tenant: &Tenant) -> usize {
    tenant.take_requests(|request| request.method == "PATCH").len()
}

#[test]
fn a_change_is_made_to_all_whoever_reads_of_it() {
    let (tenant, home) = usual();
    assert_eq!(unread(&home, UPDATE), (Some(0), String::new()));
    assert_eq!(changed(&tenant), 3);
    let (one, two, three) = (id(1), id(2), id(3));
    let isolate = ["machines", "isolate", &one, &two, &three, "--comment", "c", "-o", "ndjson", "-q"];
    assert_eq!(unread(&home, &isolate), (Some(0), String::new()));
    assert_eq!(tenant.machine_actions().len(), 3);
    let patch = ["api", "PATCH", "/api/incidents/924480", "-F", "status=Active"];
    assert_eq!(unread(&home, &patch), (Some(0), String::new()));
    assert_eq!(changed(&tenant), 1);
}

#[test]
fn a_change_is_made_to_all_on_a_full_disk_and_what_is_not_shown_is_said() {
    let (tenant, home) = usual();
    let (code, said) = into_full_disk(&home, UPDATE);
    assert_eq!((code, changed(&tenant)), (Some(1), 3), "{said}");
    assert!(said.contains("error: cannot write the output: No space left"), "{said}");
    assert!(said.contains("these incidents are not in it: 924480 924479 924478\n"), "{said}");
    assert!(said.contains("hint: m365d incidents get 924480 924479 924478\n"), "{said}");
    let (one, two) = (id(1), id(2));
    let (code, said) = into_full_disk(&home, &["machines", "isolate", &one, &two, "--comment", "c"]);
    let actions = tenant.machine_actions();
    assert_eq!((code, actions.len()), (Some(1), 2), "{said}");
    let hint = format!("hint: m365d machines action {} {}\n", actions[0].id, actions[1].id);
    assert!(said.contains(&hint), "{said}");
    // What has failed besides is the exit code.
    let update = ["incidents", "update", "924480", "7", "--comment", "once"];
    let (code, said) = into_full_disk(&home, &update);
    assert_eq!(code, Some(9), "{said}");
    assert!(said.contains("these incidents are not in it: 924480\n"), "{said}");
    let patch = ["api", "PATCH", "/api/incidents/924480", "-F", "status=Active"];
    let (code, said) = into_full_disk(&home, &patch);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("what was asked for is done all the same"), "{said}");
}

#[test]
fn the_exit_code_is_about_the_machine_and_not_about_its_reader() {
    let (tenant, home) = usual();
    let machines: Vec<_> = (1..=5).map(id).collect();
    let isolate = |machine: usize, more: &[&str]| {
        unread(
            &home,
            &[&["machines", "isolate", &machines[machine], "--comment", "c", "--wait"], more].concat(),
        )
    };
    assert_eq!(isolate(0, &[]).0, Some(0));
    tenant.change(|options| options.action_end = ActionEnd::Failed);
    assert_eq!(isolate(1, &[]).0, Some(1));
    let action = tenant.machine_actions()[1].id.clone();
    assert_eq!(unread(&home, &["machines", "action", &action, "--wait"]).0, Some(1));
    tenant.change(|options| options.action_end = ActionEnd::Never);
    assert_eq!(isolate(2, &["--timeout", "1s", "-o", "ndjson"]).0, Some(9));
    // Whoever only looks has seen enough.
    assert_eq!(unread(&home, &["machines", "action", &action]).0, Some(0));
}

#[test]
fn whoever_interrupts_a_change_learns_what_is_not_known_of_it() {
    let (tenant, home) = usual();
    let machine = id(1);
    let isolate = ["-v", "machines", "isolate", &machine, "--comment", "c"];
    let update = ["-v", "incidents", "update", "924480", "--status", "active", "--api", "defender"];
    let patch = ["-v", "api", "PATCH", "/api/incidents/924480", "-F", "status=Active"];
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        tenant.inject(Place::MachineAct, When::Next(1), Fault::Hang);
        let mut running = home.start(&isolate);
        running.wait_for(|line| line.contains("POST /api/machines/"));
        signal(name, running.id());
        running
            .end()
            .fails_with(code)
            .says(&format!("error: interrupted: it is not known whether {machine} is being isolated"))
            .says(
                "hint: before you try again, see what has become of it: m365d api GET '/api/machineactions",
            );

        tenant.inject(Place::Incident, When::Nth(2), Fault::Hang);
        let mut running = home.start(&update);
        running.wait_for(|line| line.contains("PATCH /api/incidents/"));
        signal(name, running.id());
        running
            .end()
            .fails_with(code)
            .says("error: interrupted: it is not known whether incident 924480 was changed")
            .says("see what has become of it: m365d incidents get 924480 --api defender");
        tenant.clear_faults();

        tenant.inject(Place::Incident, When::Next(1), Fault::Hang);
        let mut running = home.start(&patch);
        running.wait_for(|line| line.contains("PATCH /api/incidents/"));
        signal(name, running.id());
        running.end().fails_with(code).says("error: interrupted: it is not known whether this was done");
        tenant.clear_faults();
    }
    // While it is read, there is nothing to say.
    tenant.inject(Place::Incident, When::Next(1), Fault::Hang);
    let mut running = home.start(&update);
    running.wait_for(|line| line.contains("GET /api/incidents/"));
    signal("INT", running.id());
    running.end().fails_with(130).does_not_say("interrupted");
}

#[test]
fn whoever_interrupts_the_waiting_learns_how_to_go_on() {
    let (tenant, home) = usual();
    tenant.change(|options| options.action_end = ActionEnd::Never);
    let (one, two) = (id(1), id(2));
    let mut running = home.start(&["machines", "isolate", &one, &two, "--comment", "c", "--wait"]);
    running.wait_for(|line| line.contains("in progress"));
    signal("INT", running.id());
    let ended = running.end().fails_with(130);
    let actions = tenant.machine_actions();
    ended.says("error: interrupted: 2 actions go on without you").says(&format!(
        "hint: to follow them: m365d machines action {} {} --wait\n",
        actions[0].id, actions[1].id
    ));
}

#[test]
fn where_nobody_listens_nothing_was_done() {
    let (tenant, home) = usual();
    home.run(&["token", "--api", "endpoint"]).succeeds();
    home.run(&["token"]).succeeds();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("http://127.0.0.1:{port}");
    let home = home.with("M365D_ENDPOINT_URL", &nobody);
    home.run(&["machines", "isolate", &id(1), "--comment", "c"])
        .fails_properly(7)
        .says(&format!("error: {} was not isolated: no answer from", id(1)))
        .says("asking again")
        .does_not_say("not known");
    let home = home.with("M365D_API_URL", &nobody);
    home.run(&["api", "PATCH", "/api/incidents/924480", "-F", "status=Active"])
        .fails_properly(7)
        .does_not_say("not known");
    assert_eq!(changed(&tenant), 0);
}
