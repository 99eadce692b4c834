//! A service that answers as a retired one would, for every command that the other service can do as well.

use serde_json::json;

use crate::support::Home;
use crate::tenant::{Api, Fault, Options, Place, Retirement, Tenant, When};

const ID: &str = "924480";
const WAYS: [(Retirement, i32, &str); 3] = [
    (Retirement::NotFound, 5, "HTTP 404"),
    (Retirement::Gone, 5, "HTTP 410"),
    (Retirement::Forbidden, 4, "HTTP 403 EndpointRetired"),
];

fn signed_in() -> (Tenant, Home) {
    let mut options = Options::default();
    options.permit("Incident.ReadWrite");
    let tenant = Tenant::start(options);
    let home = Home::signed_in(&tenant).with("M365D_GRAPH_URL", tenant.graph_url());
    (tenant, home)
}

#[test]
fn a_retired_service_is_left_for_the_other_by_every_command_that_both_have() {
    let (tenant, home) = signed_in();
    for (command, of_defender) in [
        (&["incidents", "list"][..], Api::Defender),
        (&["incidents", "list", "--all", "--status", "active"], Api::Defender),
        (&["incidents", "get", ID], Api::Defender),
        (&["incidents", "update", ID, "--status", "active"], Api::Defender),
        (&["alerts", "list", "--all", "--status", "new"], Api::Defender),
        (&["hunt", "DeviceEvents | count"], Api::DefenderHunting),
    ] {
        for (api, other, retired) in [("defender", "graph", of_defender), ("graph", "defender", Api::Graph)] {
            for (how, code, says) in WAYS {
                tenant.change(|options| options.retired = vec![(retired, how)]);
                let hint = format!("does: run the command with --api {other}");
                home.run(&[command, &["--api", api]].concat()).fails_properly(code).says(says).says(&hint);
                // Which is true.
                home.run(&[command, &["--api", other]].concat()).succeeds().does_not_say("any more");
            }
        }
    }
}

#[test]
fn a_change_that_is_no_longer_offered_is_told_from_one_that_is_not_allowed() {
    let (tenant, home) = signed_in();
    for (api, other, place) in
        [("defender", "graph", Place::Incident), ("graph", "defender", Place::GraphIncident)]
    {
        let update = ["incidents", "update", ID, "--status", "active", "--api", api];
        let hint = format!("does: run the command with --api {other}");
        for (status, body, code) in
            [(404, json!(null), 5), (410, json!({}), 5), (403, json!({"error": {"code": "Retired"}}), 4)]
        {
            // It can still be read.
            tenant.inject(place, When::Nth(2), Fault::Words { status, body });
            home.run(&update).fails_properly(code).says("incident 924480 is unchanged: ").says(&hint);
            tenant.clear_faults();
        }
        // What the service itself knows of is no retirement.
        tenant.inject(place, When::Nth(2), Fault::Forbidden);
        home.run(&update).fails_properly(4).does_not_say("any more");
        tenant.clear_faults();
        home.run(&["incidents", "get", "7", "--api", api]).fails_properly(5).does_not_say("any more");
    }
}

#[test]
fn several_ids_at_a_retired_service_say_so_for_each() {
    let (tenant, home) = signed_in();
    tenant.change(|options| options.retired = vec![(Api::Defender, Retirement::Gone)]);
    let both = home.run(&["incidents", "get", ID, "924479"]).fails_with(9);
    both.says("error: incident 924480: the service has not found it: HTTP 410")
        .says("error: 2 of 2 incidents failed")
        .says("Microsoft Graph does: run the command with --api graph");
}

#[test]
fn an_alert_by_its_id_is_nothing_that_the_other_service_has() {
    let (tenant, home) = signed_in();
    for (how, code, says) in WAYS {
        tenant.change(|options| options.retired = vec![(Api::Graph, how)]);
        home.run(&["alerts", "get", "da1_-1"])
            .fails_properly(code)
            .says(says)
            .says("lists them: m365d alerts list --api defender");
        home.run(&["alerts", "get", "da1_-1", "da2_-1"]).does_not_say("run the command with --api defender");
        home.run(&["alerts", "list", "--api", "defender"]).succeeds();
    }
}
