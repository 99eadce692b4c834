//! `m365d incidents list`.

use crate::support::Home;
use crate::tenant::{Options, Tenant};

#[test]
fn all_incidents_are_listed_once_whatever_the_format() {
    let tenant = Tenant::start(Options { incidents: 250, ..Options::default() });
    let home = Home::signed_in(&tenant);
    let listed = home.run(&["incidents", "list", "--all"]).succeeds();
    assert_eq!(listed.json().as_array().unwrap().len(), 250);
    let lines = home.run(&["incidents", "list", "--all", "-o", "ndjson"]).succeeds();
    assert_eq!(lines.stdout.lines().count(), 250);
}
