//! `m365d token`: what it prints, where, and that it asks nobody without need.

use std::io::{self, Read};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{Home, now};
use crate::tenant::{AccessTokenFlaw, Options, Tenant};

#[test]
fn a_pipe_gets_the_bare_token_without_a_line_end() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let token = home.run(&["token"]).succeeds();
    assert_eq!(token.stdout, home.grant()["access_token"]);
    assert_eq!(token.stderr, "");
    assert_eq!(home.run(&["token", "--format", "raw"]).succeeds().stdout, token.stdout);
}

#[cfg(unix)]
#[test]
fn a_terminal_gets_one_line_end() {
    use std::fs::{File, OpenOptions};
    use std::os::unix::ffi::OsStrExt;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{OptionalActions, OutputModes, tcgetattr, tcsetattr};

    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let name = std::path::Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let theirs = OpenOptions::new().read(true).write(true).open(name).unwrap();
    // A terminal turns a line feed into two characters unless told otherwise.
    let mut modes = tcgetattr(&theirs).unwrap();
    modes.output_modes.remove(OutputModes::OPOST);
    tcsetattr(&theirs, OptionalActions::Now, &modes).unwrap();

    // Some systems throw away what nobody has read when the last user of the terminal goes.
    let kept = theirs.try_clone().unwrap();
    let mut child = home.command(&["token"]).stdin(Stdio::null()).stdout(theirs).spawn().unwrap();
    let expected = format!("{}\n", home.grant()["access_token"].as_str().unwrap());
    let mut shown = vec![0; expected.len()];
    let mut ours = File::from(ours);
    ours.read_exact(&mut shown).unwrap();
    assert_eq!(String::from_utf8(shown).unwrap(), expected);
    assert!(child.wait().unwrap().success());
    drop(kept);
    // Nothing follows: without a user, the terminal gives an error or the end of file.
    assert!(matches!(ours.read(&mut [0; 16]), Ok(0) | Err(_)));
}

#[test]
fn the_token_can_be_an_http_header() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let header = home.run(&["token", "--format", "header"]).succeeds().stdout;
    let token = home.run(&["token"]).succeeds().stdout;
    assert_eq!(header, format!("Authorization: Bearer {token}"));
}

#[test]
fn json_says_when_the_token_ends_in_every_form() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let session = home.grant();
    for arguments in
        [&["token", "--format", "json"][..], &["token", "-o", "json"], &["token", "-o", "ndjson"]]
    {
        let before = now();
        let printed = home.run(arguments).succeeds();
        let token = printed.json();
        assert_eq!(token["access_token"], session["access_token"]);
        assert_eq!(token["token_type"], json!("Bearer"));
        let expires_on = token["expires_on"].as_i64().unwrap();
        assert_eq!(json!(expires_on), session["expires_on"]);
        let expires_at = token["expires_at"].as_str().unwrap();
        assert!(expires_at.ends_with('Z'), "{expires_at}");
        assert_eq!(expires_at.parse::<jiff::Timestamp>().unwrap().as_second(), expires_on);
        let left = token["expires_in"].as_i64().unwrap();
        assert!((expires_on - now()..=expires_on - before).contains(&left), "{left}");
        assert_eq!(token["scopes"], json!(["Incident.Read", "AdvancedHunting.Read"]));
        assert_eq!(printed.stdout.lines().count(), 1);
    }
}

#[test]
fn a_token_that_is_no_jwt_is_a_token_like_any_other() {
    let tenant = Tenant::start(Options {
        incidents: 10,
        access_token_flaw: Some(AccessTokenFlaw::Opaque),
        ..Options::default()
    });
    let home = Home::signed_in(&tenant);
    let token = home.run(&["token", "--format", "json"]).succeeds().json();
    assert_eq!(token["scopes"], json!(["Incident.Read", "AdvancedHunting.Read"]), "as they were granted");
    home.run(&["incidents", "list"]).succeeds();
    home.run(&["token", "inspect"]).fails_properly(1).says("not a JWT");
}

#[test]
fn min_valid_renews_a_token_that_ends_too_soon() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    home.let_the_token_end_in(600);
    let old = home.run(&["token"]).succeeds().stdout;
    assert_eq!(home.run(&["token", "--min-valid", "5m"]).succeeds().stdout, old);
    assert_eq!(tenant.refreshes(), 0);
    let new = home.run(&["token", "--min-valid", "20m"]).succeeds().stdout;
    assert_eq!(tenant.refreshes(), 1);
    assert_ne!(new, old);
    assert_eq!(home.run(&["token", "--min-valid", "20m"]).succeeds().stdout, new);
    assert_eq!(tenant.refreshes(), 1);
}

#[test]
fn min_valid_that_no_token_has_is_said_and_nothing_is_printed() {
    let tenant = Tenant::start(Options { token_lifetime: Some(3600), ..Options::default() });
    let home = Home::signed_in(&tenant);
    home.run(&["token", "--min-valid", "3h"]).fails_properly(1).says("--min-valid");
    // The token that came is kept all the same.
    assert_eq!(tenant.refreshes(), 1);
    home.run(&["token", "--min-valid", "50m"]).succeeds();
    assert_eq!(tenant.refreshes(), 1);
}

#[test]
fn a_valid_session_asks_nobody() {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let requests = tenant.requests().len();
    let token = home.run(&["token"]).succeeds().stdout;
    assert_eq!(tenant.requests().len(), requests);
    // Nor could it.
    drop(tenant);
    assert_eq!(home.run(&["token"]).succeeds().stdout, token);
    home.run(&["token", "inspect"]).succeeds();
    home.run(&["status"]).succeeds();
    home.run(&["logout"]).succeeds();
}

#[test]
fn a_reader_that_has_gone_ends_every_command_quietly() {
    let tenant = Tenant::start(Options { incidents: 500, ..Options::default() });
    let home = Home::signed_in(&tenant);
    for arguments in [
        &["token"][..],
        &["token", "--format", "json"],
        &["token", "inspect"],
        &["status"],
        &["incidents", "list", "--all"],
        &["incidents", "list", "--all", "-o", "csv"],
        &["incidents", "list", "--all", "-o", "table"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
    ] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let (code, stderr) = run_into(home.command(arguments), writer);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_an_error_of_one_line() {
    let tenant = Tenant::start(Options { incidents: 10, ..Options::default() });
    let home = Home::signed_in(&tenant);
    for arguments in [&["token"][..], &["token", "inspect"], &["status"], &["incidents", "list"], &["man"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, stderr) = run_into(home.command(arguments), full);
        assert_eq!(code, Some(1), "{arguments:?}: {stderr}");
        // What was noted before the write failed is true and may stand.
        let lines: Vec<_> = stderr.lines().skip_while(|line| !line.starts_with("error: ")).collect();
        assert!(lines[0].starts_with("error: cannot write the output: "), "{arguments:?}: {stderr}");
        assert!(matches!(lines[1..], ["", hint] if hint.starts_with("hint: ")), "{arguments:?}: {stderr}");
    }
}

/// The exit code and what was said, with standard output going somewhere that the test does not read.
fn run_into(mut command: Command, stdout: impl Into<Stdio>) -> (Option<i32>, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The command still holds the other end of what may be a pipe.
    drop(command);
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap().code(), stderr)
}
