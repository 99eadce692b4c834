//! What has become of a machine that something was to be done to, and what to do then.

use crate::api::endpoint::{self, MachineAction};
use crate::api::{self, endpoint::Isolation};
use crate::cli::exit_code::{FAILED, NOT_FOUND, PARTIAL, USAGE};
use crate::cli::several::Failed;

/// What was asked for has not been done, or not come to a good end.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Failure {
    /// Nothing has been done.
    #[error("no machine that you may see has the DNS name {0}")]
    NoSuchName(String),
    /// Nothing has been done.
    #[error("{} machines have the DNS name {name}: {}", .ids.len(), .ids.join(", "))]
    SeveralOfThatName {
        /// What was asked for.
        name: String,
        /// What it may mean.
        ids: Vec<String>,
    },
    /// It has ended otherwise.
    #[error("{what} has not succeeded: {status} (action {id})")]
    Ended {
        /// The action, in words.
        what: String,
        /// In the service's own word.
        status: String,
        /// The action's id.
        id: String,
    },
    /// It has not ended in time.
    #[error("{what} has not ended within --timeout: {status} (action {id})")]
    Unfinished {
        /// The action, in words.
        what: String,
        /// In the service's own word.
        status: String,
        /// The action's id.
        id: String,
    },
}

impl Failure {
    /// How an action has ended, if not well, or that it has not.
    pub(super) fn of(action: &MachineAction) -> Option<Self> {
        let (what, status, id) = (name(action), action.status.clone(), action.id.clone());
        match (action.is_over(), action.has_succeeded()) {
            (true, true) => None,
            (true, false) => Some(Self::Ended { what, status, id }),
            (false, _) => Some(Self::Unfinished { what, status, id }),
        }
    }

    /// The exit code.
    pub(in crate::cli) fn code(&self) -> u8 {
        match self {
            Self::NoSuchName(_) => NOT_FOUND,
            Self::SeveralOfThatName { .. } => USAGE,
            Self::Ended { .. } => FAILED,
            Self::Unfinished { .. } => PARTIAL,
        }
    }

    /// What to do about it.
    pub(in crate::cli) fn hint(&self) -> String {
        match self {
            Self::NoSuchName(_) => format!("{LISTING}  (computerDnsName is the whole name, with the domain)"),
            Self::SeveralOfThatName { .. } => {
                "choose one by its id; m365d api GET /api/machines/ID --api endpoint says when it was last seen".to_owned()
            }
            Self::Ended { id, .. } => format!(
                "the machine's page in the Defender portal says why (Action center); the action itself: m365d machines action {id}"
            ),
            Self::Unfinished { id, .. } => {
                format!("it goes on without you, and a machine that is off begins when it is back: {}", follow(id))
            }
        }
    }
}

const LISTING: &str = "m365d api GET /api/machines --api endpoint";

/// The command that follows an action.
pub(super) fn follow(id: &str) -> String {
    format!("m365d machines action {id} --wait")
}

/// The action in words: what is done to which machine.
pub(super) fn name(action: &MachineAction) -> String {
    let machine = action.computer_dns_name.as_ref().or(action.machine_id.as_ref());
    let kind = action.kind.as_deref().unwrap_or("action");
    format!("{kind} of {}", machine.map_or("a machine", String::as_str))
}

/// A machine whose name could not be looked up; nothing has been done to it.
pub(super) fn not_looked_up(machine: &str, error: api::Error) -> Failed {
    Failed::new(&format!("nothing was done to {machine}"), error, None)
}

/// What was to be done to the machine of that id was not, or nobody knows.
pub(super) fn not_begun(machine: &str, id: &str, isolation: Isolation, error: api::Error) -> Failed {
    let verb = match isolation {
        Isolation::Isolate(_) => "isolated",
        Isolation::Release => "released",
    };
    let actions = format!("m365d api GET '{}' --api endpoint", endpoint::path_of_actions(id));
    if error.is_unclear() {
        let what = format!("it is not known whether {machine} is being {verb}");
        let hint = format!("before you try again, see what has become of it: {actions}");
        return Failed::new(&what, error, Some(hint));
    }
    let hint = match &error {
        api::Error::Refused(error) if error.code == "ActiveRequestAlreadyExists" => {
            Some(format!("another action on it has not ended; this shows which: {actions}"))
        }
        api::Error::Refused(_) => {
            Some("nothing was done; m365d help machines tells what there is to choose".to_owned())
        }
        api::Error::NotFound(error) if error.has_known_code() => {
            Some(format!("{LISTING} shows which there are, as far as you may see them"))
        }
        api::Error::Forbidden(error) if error.has_known_code() => Some(
            "the token has the permission, so you lack the right \"Active remediation actions\" in Defender itself, \
             or access to the machine's device group"
                .to_owned(),
        ),
        _ => None,
    };
    Failed::new(&format!("{machine} was not {verb}"), error, hint)
}

/// An action that cannot be looked at.
pub(super) fn not_shown(id: &str, error: api::Error) -> Failed {
    let hint = match &error {
        api::Error::NotFound(error) if error.has_known_code() => {
            Some("m365d api GET /api/machineactions --api endpoint shows which there are".to_owned())
        }
        _ => None,
    };
    Failed::new(&format!("action {id}"), error, hint)
}

/// An action that has begun and cannot be followed any longer.
pub(super) fn not_followed(action: &MachineAction, error: api::Error) -> Failed {
    let what = format!("{} was {} and cannot be followed", name(action), action.status);
    let hint = format!("it goes on all the same; to follow it: {}", follow(&action.id));
    let hint = error.is_about_one().then_some(hint);
    Failed::new(&what, error, hint)
}
