//! An action in words: what is done to which machine, how it goes, and how to follow it.

use crate::api::endpoint::MachineAction;
use crate::token::{Operation, Permissions, Requirement, Service};

/// How it is in words, or in the service's own one that nobody has documented.
pub(super) fn status(action: &MachineAction) -> &str {
    const WORDS: &[(&str, &str)] = &[
        ("", "no status"),
        ("Pending", "pending"),
        ("InProgress", "in progress"),
        ("Succeeded", "succeeded"),
        ("Failed", "failed"),
        ("TimeOut", "timed out"),
        ("Cancelled", "cancelled"),
    ];
    WORDS.iter().find(|(status, _)| action.is(status)).map_or(&action.status, |(_, words)| words)
}

/// The command that follows actions.
pub(super) fn follow(ids: &str) -> String {
    format!("m365d machines action {ids} --wait")
}

/// The action in words: what is done to which machine.
pub(super) fn name(action: &MachineAction) -> String {
    let machine = match machine(action) {
        "" => "a machine",
        machine => machine,
    };
    match action.kind.as_str() {
        "Isolate" => format!("isolating {machine}"),
        "Unisolate" => format!("releasing {machine}"),
        "" => format!("an action on {machine}"),
        other => format!("{other} on {machine}"),
    }
}

/// The machine as a person knows it.
pub(super) fn machine(action: &MachineAction) -> &str {
    if action.computer_dns_name.is_empty() { &action.machine_id } else { &action.computer_dns_name }
}

/// How to follow what has begun, and with what, should the `permissions` not be enough.
pub(super) fn to_follow(id: &str, permissions: &Permissions) -> String {
    let needed = Requirement::find(Operation::ReadMachines, Service::Endpoint);
    let lacking = needed.filter(|needed| permissions.allow(needed) == Some(false));
    let takes = lacking.map(|needed| format!(", which takes {}", needed.delegated[0]));
    format!("to follow it{}: {}", takes.unwrap_or_default(), follow(id))
}
