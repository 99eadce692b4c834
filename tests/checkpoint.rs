//! `incidents list --checkpoint FILE`: what the runs print, one after the other, is what one run would have printed.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::Stdio;

use crate::support::{Ended, Home};
use crate::tenant::{Fault, Options, Place, Tenant, When};

const LIST: &[&str] = &["incidents", "list", "--all", "--checkpoint", "cp"];

fn of(incidents: usize) -> (Tenant, Home) {
    let tenant = Tenant::start(Options { incidents, ..Options::default() });
    let home = Home::signed_in(&tenant).with("M365D_GRAPH_URL", tenant.graph_url());
    (tenant, home)
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [LIST, more].concat()
}

/// Everything that is missing after a page goes missing on the n-th.
fn breaks_off(tenant: &Tenant, home: &Home, arguments: &[&str], place: Place, page: u32) -> Ended {
    tenant.inject(place, When::Nth(page), Fault::Forbidden);
    let broken = home.run(arguments);
    tenant.clear_faults();
    broken
}

#[test]
fn the_outputs_of_all_runs_are_the_output_of_one() {
    let (tenant, home) = of(420);
    for (api, place, format) in [
        ("defender", Place::List, "json"),
        ("defender", Place::List, "csv"),
        ("graph", Place::GraphList, "ndjson"),
        ("graph", Place::GraphList, "json"),
    ] {
        let arguments = with(&["--api", api, "-o", format]);
        let whole = home.run(&["incidents", "list", "--all", "--api", api, "-o", format]).succeeds().stdout;
        let mut together = String::new();
        // With every run a page or two.
        for _ in 0..2 {
            let broken = breaks_off(&tenant, &home, &arguments, place, 3).fails_with(9);
            let broken = broken
                .says("the list breaks off after ")
                .says("HTTP 403")
                .says("goes on where this one stopped");
            assert!(!broken.stdout.is_empty());
            together += &broken.stdout;
        }
        let rest = home.run(&arguments).succeeds().says("going on after ");
        together += &rest.stdout;
        assert!(together == whole, "{api} {format}: {} bytes for {}", together.len(), whole.len());
        assert!(!home.path("cp").exists() && !home.path("cp.lock").exists(), "{api} {format}");
    }
    // Whoever begins anew reads all.
    let lines = home.run(&with(&["-o", "ndjson"])).succeeds().does_not_say("going on").stdout;
    assert_eq!(lines.lines().count(), 420);
}

#[test]
fn a_limit_counts_what_was_listed_before() {
    let (tenant, home) = of(420);
    let limited = ["incidents", "list", "--limit", "250", "-o", "ndjson"];
    let whole = home.run(&limited).succeeds().stdout;
    let arguments = [&limited[..], &["--checkpoint", "cp"]].concat();
    let broken = breaks_off(&tenant, &home, &arguments, Place::List, 2).fails_with(9);
    let rest = home.run(&arguments).succeeds().says("there may be more");
    assert!([broken.stdout, rest.stdout].concat() == whole);
}

#[test]
fn what_happened_in_between_is_read_as_well() {
    let (tenant, home) = of(620);
    tenant.change(|options| options.last_updated_first = true);
    let arguments = with(&["-o", "ndjson"]);
    tenant.watch(None);
    let broken = breaks_off(&tenant, &home, &arguments, Place::List, 4).fails_with(9);
    // Some come, some change, and much of what was read is gone, so that everything has another number.
    let newest = tenant.watched().last().copied().unwrap();
    tenant.arrive(130);
    for id in newest - 600..newest - 500 {
        tenant.edit(id, |details| details.tags.push("late".to_owned()));
    }
    for id in (newest - 250..newest - 10).step_by(2) {
        tenant.merge(id, id + 1);
    }
    let rest = home.run(&arguments).succeeds();
    let both = [broken.stdout, rest.stdout].concat();
    let ids: Vec<u64> = both
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["incidentId"].as_u64().unwrap())
        .collect();
    let once: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(once.len(), ids.len());
    assert!(tenant.watched().iter().all(|id| once.contains(id)));
}

#[test]
fn another_list_is_refused_and_says_what_differs() {
    let (tenant, home) = of(250);
    let arguments = with(&["-o", "ndjson", "--created-since", "9d"]);
    breaks_off(&tenant, &home, &arguments, Place::List, 2).fails_with(9);
    let before = fs::read(home.path("cp")).unwrap();
    let lists = tenant.lists();
    for (other, says) in [
        (with(&["-o", "ndjson", "--created-since", "8d"]), "it has --created-since 9d, and this command 8d"),
        (with(&["-o", "csv", "--created-since", "9d"]), "it has --output ndjson, and this command csv"),
        (with(&["-o", "ndjson"]), "it has --created-since 9d, and this command none"),
        ([&arguments[..], &["--api", "graph"]].concat(), "it has --api defender, and this command graph"),
        ([&arguments[..], &["--shape", "graph"]].concat(), "it has --shape native, and this command graph"),
        ([&arguments[..], &["--status", "active"]].concat(), "it has --status none, and this command Active"),
    ] {
        home.run(&other).fails_properly(2).says(says).says("to begin anew, delete it: rm ");
    }
    assert_eq!((fs::read(home.path("cp")).unwrap(), tenant.lists()), (before, lists));
    // The day that 9d meant is the day that it meant at first.
    let first = tenant.requests().into_iter().find(|request| request.is_list()).unwrap().query;
    tenant.take_requests(|request| request.is_list());
    home.run(&arguments).succeeds();
    let again = &tenant.requests().into_iter().find(|request| request.is_list()).unwrap().query;
    assert_eq!(first.split("$filter").nth(1), again.split("$filter").nth(1));
}

#[test]
fn a_file_that_is_damaged_or_no_checkpoint_is_left_alone() {
    let (tenant, home) = of(250);
    let arguments = with(&["-o", "ndjson"]);
    breaks_off(&tenant, &home, &arguments, Place::List, 2).fails_with(9);
    let good = fs::read(home.path("cp")).unwrap();
    let lists = tenant.lists();
    let without_seen = String::from_utf8(good.clone()).unwrap().replace("\"seen\":\"", "\"seen\":\"?");
    for bad in [&good[..good.len() / 2], without_seen.as_bytes()] {
        fs::write(home.path("cp"), bad).unwrap();
        home.run(&arguments).fails_properly(1).says("is damaged").says("delete it: rm ");
        assert_eq!(fs::read(home.path("cp")).unwrap(), bad);
    }
    fs::remove_file(home.path("cp")).unwrap();
    fs::remove_file(home.path("cp.lock")).unwrap();
    // Somebody's own file, or what a link leads to, is not for m365d to have deleted.
    for (name, bad) in [("cp", &b"{}"[..]), ("notes", b"my notes\n"), ("notes", &good[1..]), ("cp", b" ")] {
        fs::write(home.path(name), bad).unwrap();
        #[cfg(unix)]
        if name != "cp" {
            let _ = fs::remove_file(home.path("cp"));
            std::os::unix::fs::symlink(home.path(name), home.path("cp")).unwrap();
        }
        home.run(&arguments)
            .fails_properly(2)
            .says("is no checkpoint of m365d's")
            .says("hint: name another file")
            .does_not_say("rm ");
        assert_eq!(fs::read(home.path(name)).unwrap(), bad);
        assert!(!home.path(&format!("{name}.lock")).exists());
    }
    fs::remove_file(home.path("cp")).unwrap();
    fs::create_dir(home.path("cp")).unwrap();
    home.run(&arguments).fails_properly(1).says("cannot be read");
    assert_eq!(tenant.lists(), lists);
    home.run(&["incidents", "list", "--checkpoint", "cp"]).fails_with(2).says("--all");
}

#[test]
#[cfg(unix)]
fn a_checkpoint_that_leads_elsewhere_takes_no_token_there() {
    let (tenant, home) = of(250);
    let other = Tenant::start(Options::default());
    let arguments = with(&["-o", "ndjson"]);
    breaks_off(&tenant, &home, &arguments, Place::List, 2).fails_with(9);
    let mut kept: serde_json::Value = serde_json::from_slice(&fs::read(home.path("cp")).unwrap()).unwrap();
    kept["walk"]["link"] = format!("{}/api/incidents", other.api_url()).into();
    fs::write(home.path("cp"), kept.to_string()).unwrap();
    home.run(&arguments).fails_with(9).says("where the token does not go");
    assert!(other.requests().is_empty());
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(home.path("cp")).unwrap().permissions()) & 0o77,
        0
    );
}

#[test]
fn two_processes_do_not_share_a_checkpoint() {
    let (tenant, home) = of(250);
    tenant.inject(Place::List, When::Nth(2), Fault::Hang);
    let first = home.start(&with(&["-o", "ndjson"]));
    assert!(tenant.wait_until(
        |log| log.iter().filter(|request| request.is_list()).count() == 2,
        std::time::Duration::from_secs(60)
    ));
    home.run(&with(&["-o", "ndjson"])).fails_properly(1).says("another m365d is at work with the checkpoint");
    first.kill();
    tenant.clear_faults();
    home.run(&with(&["-o", "ndjson"])).succeeds();
}

#[test]
fn a_checkpoint_that_cannot_be_saved_is_said_before_anything_is_listed() {
    let (tenant, home) = of(250);
    let in_no_folder =
        |path| home.run(&["incidents", "list", "--all", "--checkpoint", path]).fails_properly(2);
    in_no_folder("no/such folder/cp")
        .says("there is no folder no/such folder for the checkpoint")
        .says("hint: make it: mkdir -p 'no/such folder'  (or name another file)")
        .does_not_say("disk");
    fs::write(home.path("file"), "").unwrap();
    in_no_folder("file/cp").says("there is no folder file for the checkpoint");
    assert_eq!(tenant.lists(), 0);
}

#[test]
fn an_empty_file_is_a_new_checkpoint() {
    let (tenant, home) = of(250);
    let arguments = with(&["-o", "ndjson"]);
    fs::write(home.path("cp"), "").unwrap();
    let broken = breaks_off(&tenant, &home, &arguments, Place::List, 2).fails_with(9);
    let rest = home.run(&arguments).succeeds().says("going on after ");
    assert_eq!(broken.stdout.lines().count() + rest.stdout.lines().count(), 250);
    assert!(!home.path("cp").exists());
}

/// Appends to a file, as `>>` does.
fn run_into(home: &Home, arguments: &[&str], output: &Path) -> std::process::Child {
    let file = OpenOptions::new().create(true).append(true).open(output).unwrap();
    let mut command = home.command(arguments);
    command.stdin(Stdio::null()).stdout(file).stderr(Stdio::null()).spawn().expect("it starts")
}

#[test]
#[cfg(unix)]
fn killed_at_every_page_the_file_has_every_incident_once() {
    let (tenant, home) = of(620);
    let output = home.path("out");
    let arguments = with(&["-o", "ndjson"]);
    let whole = home.run(&["incidents", "list", "--all", "-o", "ndjson"]).succeeds().stdout;
    for round in 1..=5 {
        let so_far = tenant.lists();
        tenant.inject(Place::List, When::Nth(3), Fault::Hang);
        let mut child = run_into(&home, &arguments, &output);
        let asked = |log: &[crate::tenant::Recorded]| log.iter().filter(|request| request.is_list()).count();
        // The request that hangs was sent while the page before is written, so a kill may come in the middle of that.
        assert!(
            tenant.wait_until(|log| asked(log) >= so_far + 3, std::time::Duration::from_secs(60)),
            "{round}"
        );
        child.kill().unwrap();
        child.wait().unwrap();
        tenant.clear_faults();
        // And what a kill in the middle of a page leaves, at the latest now.
        if round % 2 == 0 {
            let mut torn = OpenOptions::new().append(true).open(&output).unwrap();
            std::io::Write::write_all(&mut torn, b"{\"incidentId\":7,\"incid").unwrap();
        }
    }
    assert!(run_into(&home, &arguments, &output).wait().unwrap().success());
    let together = fs::read_to_string(&output).unwrap();
    assert!(together == whole, "{} bytes for {}", together.len(), whole.len());
}

#[test]
#[cfg(unix)]
fn what_somebody_else_has_appended_since_is_left_alone() {
    let (tenant, home) = of(250);
    let output = home.path("out");
    let arguments = with(&["-o", "ndjson"]);
    tenant.inject(Place::List, When::Nth(2), Fault::Forbidden);
    assert_eq!(run_into(&home, &arguments, &output).wait().unwrap().code(), Some(9));
    tenant.clear_faults();
    let mut file = OpenOptions::new().append(true).open(&output).unwrap();
    std::io::Write::write_all(&mut file, b"mine\n").unwrap();
    assert!(run_into(&home, &arguments, &output).wait().unwrap().success());
    let together = fs::read_to_string(&output).unwrap();
    assert_eq!((together.lines().count(), together.lines().nth(100)), (251, Some("mine")));
}

#[test]
#[cfg(unix)]
fn a_full_disk_under_the_output_loses_nothing() {
    let (_tenant, home) = of(250);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let arguments = with(&["-o", "ndjson"]);
    let ended = home.command(&arguments).stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(home.run(&arguments).succeeds().stdout.lines().count(), 250);
}
