//! What has become of a machine that something was to be done to, and what to do then.

use super::words::{follow, name, status};
use crate::api::endpoint::{self, MachineAction};
use crate::api::{self, endpoint::Isolation};
use crate::cli::exit_code::{FAILED, NOT_FOUND, PARTIAL, PERMISSION, SERVICE, USAGE};
use crate::cli::permissions::{self, Missing};
use crate::cli::several::{Failed, Look};
use crate::token::{Operation, Service};

/// What was asked for has not been done, or not come to a good end.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Failure {
    /// Nothing has been done.
    #[error("{missing}; nothing was {done}")]
    NotPermitted {
        /// What the token lacks.
        missing: Missing,
        /// What would have been done.
        done: &'static str,
    },
    /// Nothing has been done.
    #[error("{}", no_machine(.name))]
    NoSuchName {
        /// What was asked for.
        name: String,
    },
    /// Nothing has been done.
    #[error("{} machines have the DNS name {name}: {}", .ids.len(), .ids.join(", "))]
    SeveralOfThatName {
        /// What was asked for.
        name: String,
        /// What it may mean.
        ids: Vec<String>,
    },
    /// It has begun, and nobody knows as what.
    #[error("the service has accepted it for {machine} without naming the action, which cannot be followed")]
    Unnamed {
        /// As the person names it.
        machine: String,
        /// Its id.
        id: String,
    },
    /// What has begun is not known.
    #[error(
        "it is not known what has become of {machine}: the service answered with an action on another machine, {other} (action {id})"
    )]
    AnotherMachine {
        /// As the person names it.
        machine: String,
        /// The machine that the answer is about.
        other: String,
        /// The action's id.
        id: String,
    },
    /// What has become of it is not known.
    #[error("it is not known what has become of action {asked}: the service answered with another, {got}")]
    AnotherAction {
        /// The action's id.
        asked: String,
        /// The answer's.
        got: String,
    },
    /// It has ended otherwise.
    #[error("{what} has not succeeded: {status} (action {id})")]
    Ended {
        /// The action, in words.
        what: String,
        /// How it is, in words.
        status: String,
        /// The action's id.
        id: String,
    },
    /// It has not ended in time.
    #[error("{what} has not ended within --timeout: {status} (action {id})")]
    Unfinished {
        /// The action, in words.
        what: String,
        /// How it is, in words.
        status: String,
        /// The action's id.
        id: String,
    },
}

impl Failure {
    /// How an action has ended, if not well, or that it has not.
    pub(super) fn of(action: &MachineAction) -> Option<Self> {
        let (what, status, id) = (name(action), status(action).to_owned(), action.id.clone());
        match (action.is_over(), action.has_succeeded()) {
            (true, true) => None,
            (true, false) => Some(Self::Ended { what, status, id }),
            (false, _) => Some(Self::Unfinished { what, status, id }),
        }
    }

    /// The same as what is wrong with one of several.
    pub(super) fn failed(self) -> Failed {
        let hint = self.hint();
        let seen = match &self {
            Self::Ended { id, .. } => Some((ENDED, id.clone())),
            Self::Unfinished { id, .. } => Some((OPEN, id.clone())),
            Self::Unnamed { id, .. } => Some((ALL_ACTIONS, id.clone())),
            Self::AnotherMachine { id, .. } | Self::AnotherAction { asked: id, .. } => {
                Some((ACTIONS_BY_ID, id.clone()))
            }
            Self::NotPermitted { .. } | Self::NoSuchName { .. } | Self::SeveralOfThatName { .. } => None,
        };
        let failed = Failed::of(self).hinting(hint);
        match seen {
            Some((look, id)) => failed.seen(look, &id),
            None => failed,
        }
    }

    /// The exit code.
    pub(in crate::cli) fn code(&self) -> u8 {
        match self {
            Self::NotPermitted { .. } => PERMISSION,
            Self::NoSuchName { .. } => NOT_FOUND,
            Self::SeveralOfThatName { .. } => USAGE,
            Self::Ended { .. } => FAILED,
            Self::Unfinished { .. } | Self::Unnamed { .. } => PARTIAL,
            Self::AnotherMachine { .. } | Self::AnotherAction { .. } => SERVICE,
        }
    }

    /// What to do about it.
    pub(in crate::cli) fn hint(&self) -> String {
        match self {
            // To look a name up, and to follow, is another permission than to isolate.
            Self::NotPermitted { missing, .. } if missing.operation() == Operation::ReadMachines => format!(
                "by the machine's id and without --wait, it takes {} only. Else: {}",
                permissions::delegated(Service::Endpoint, Some(Operation::IsolateMachines)),
                missing.hint()
            ),
            Self::NotPermitted { missing, .. } => missing.hint(),
            Self::NoSuchName { .. } => format!("a DNS name is the whole name, with the domain: {LISTING}"),
            Self::SeveralOfThatName { name, .. } => {
                format!(
                    "choose one by its id; this says when each was last seen: {LISTING} --filter \"computerDnsName eq '{name}'\""
                )
            }
            Self::Unnamed { id, .. } => format!("this shows which it is: {}", actions_on(id)),
            Self::AnotherMachine { id, .. } | Self::AnotherAction { asked: id, .. } => {
                format!("look at the action before you try again: m365d machines action {id}")
            }
            Self::Ended { id, .. } => format!(
                "the machine's page in the Defender portal says why (Action center); the action itself: m365d machines action {id}"
            ),
            Self::Unfinished { id, .. } => {
                format!(
                    "it goes on without you, and a machine that is off begins when it is back: {}",
                    follow(id)
                )
            }
        }
    }
}

const LISTING: &str = "m365d machines list";
/// Where several of them are looked at together.
const ENDED: Look = Look {
    why: "the machines' pages in the Defender portal say why (Action center); the actions themselves",
    ..ACTIONS_BY_ID
};
const OPEN: Look = Look {
    why: "they go on without you, and a machine that is off begins when it is back",
    command: follow,
    is_open: true,
};
const ACTIONS_BY_ID: Look = Look {
    why: "before you try again, look at the actions",
    command: |ids| format!("m365d machines action {ids}"),
    is_open: false,
};
const ALL_ACTIONS: Look = Look {
    why: "before you try again, see what has become of those, newest first",
    command: |_| "m365d api GET /api/machineactions --api endpoint".to_owned(),
    is_open: false,
};

const ALREADY: Look = Look { why: "other actions have not ended; this shows which", ..ALL_ACTIONS };

/// What to say of a name that no machine has, and which may be meant for an id.
fn no_machine(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        format!(
            "{name} is neither a machine's id, which has 40 hexadecimal digits (this has {}), nor the whole DNS name of a \
             machine that you may see",
            name.len()
        )
    } else {
        format!("no machine that you may see has the DNS name {name}")
    }
}

/// The command that shows what is done to the machine of that id.
fn actions_on(id: &str) -> String {
    format!("m365d api GET '{}' --api endpoint", endpoint::path_of_actions(id))
}

/// A machine whose name could not be looked up; nothing has been done to it.
pub(super) fn not_looked_up(machine: &str, error: api::Error) -> Failed {
    Failed::new(&format!("nothing was done to {machine}"), error, None)
}

fn verb(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::Isolate(_) => "isolated",
        Isolation::Release => "released",
    }
}

/// `error`, where it is that the token does not permit it, with what has become of the machines.
pub(super) fn not_permitted(error: anyhow::Error, isolation: Isolation) -> anyhow::Error {
    match error.downcast() {
        Ok(missing) => Failure::NotPermitted { missing, done: verb(isolation) }.into(),
        Err(error) => error,
    }
}

/// What is not known of a request that has got no answer, and how to learn it.
pub(super) fn unknown(machine: &str, id: &str, isolation: Isolation) -> (String, String) {
    (
        format!("it is not known whether {machine} is being {}", verb(isolation)),
        format!("before you try again, see what has become of it: {}", actions_on(id)),
    )
}

/// What was to be done to the machine of that id was not, or nobody knows.
pub(super) fn not_begun(machine: &str, id: &str, isolation: Isolation, error: api::Error) -> Failed {
    if error.is_unclear() {
        let (what, hint) = unknown(machine, id, isolation);
        return Failed::new(&what, error, Some(hint)).seen(ALL_ACTIONS, &id);
    }
    let what = format!("{machine} was not {}", verb(isolation));
    if let api::Error::Refused(refused) = &error
        && refused.code == "ActiveRequestAlreadyExists"
    {
        let hint = format!("another action on it has not ended; this shows which: {}", actions_on(id));
        return Failed::new(&what, error, Some(hint)).seen(ALREADY, &id);
    }
    let hint = match &error {
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
    Failed::new(&what, error, hint)
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
    let what =
        format!("{} was {} and cannot be followed (action {})", name(action), status(action), action.id);
    let hint = format!("it goes on all the same; to follow it: {}", follow(&action.id));
    let hint = error.is_about_one().then_some(hint);
    Failed::new(&what, error, hint).seen(OPEN, &action.id)
}
