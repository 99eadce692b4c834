//! What has become of an incident that was to be read or changed, and what to do then.

use super::LOOK;
use crate::api;
use crate::cli::report::place_of_roles;
use crate::cli::several::{Failed, Look};

/// How several are looked at before anybody tries again.
const SEEN: Look = Look { why: "before you try again, see what has become of those", ..LOOK };

/// An incident that could not be read, and nothing else was wanted of it yet.
pub(super) fn unread(id: u64, error: api::Error) -> Failed {
    let hint = of_reading(&error).map(str::to_owned);
    Failed::new(&format!("incident {id}"), error, hint)
}

/// An incident that could not be changed, or only in part.
pub(super) fn unchanged(id: u64, failure: api::NotChanged) -> Failed {
    let api::NotChanged { done, error } = failure;
    let is_unclear = error.is_unclear();
    let what = match (done, is_unclear) {
        (0, false) => format!("incident {id} is unchanged"),
        (0, true) => format!("it is not known whether incident {id} was changed"),
        (_, false) => format!("incident {id} was changed, but the comment was not added"),
        (_, true) => format!("incident {id} was changed, and it is not known whether the comment was added"),
    };
    if done > 0 || is_unclear {
        return Failed::new(&what, error, Some(look_first(id))).seen(SEEN, &id);
    }
    let hint = of_changing(&error).or_else(|| of_reading(&error).map(str::to_owned));
    Failed::new(&what, error, hint)
}

/// An incident that was changed as wanted and then could not be read.
pub(super) fn unread_after_the_change(id: u64, error: api::Error) -> Failed {
    let what = format!("incident {id} was changed as you wanted, but cannot be shown");
    Failed::new(&what, error, Some(look_first(id))).seen(SEEN, &id)
}

/// What is not known of an incident whose change has got no answer, and how to learn it.
pub(super) fn unknown(id: u64) -> (String, String) {
    (format!("it is not known whether incident {id} was changed"), look_first(id))
}

/// Trying again without a look at it may do something twice.
fn look_first(id: u64) -> String {
    format!("before you try again, see what has become of it: m365d incidents get {id}")
}

fn of_reading(error: &api::Error) -> Option<&'static str> {
    match error {
        api::Error::NotFound(error) if error.has_known_code() => {
            Some("m365d incidents list shows which there are, as far as your role may see them")
        }
        _ => None,
    }
}

fn of_changing(error: &api::Error) -> Option<String> {
    match error {
        api::Error::Forbidden(error) if error.has_known_code() => Some(format!(
            "the token has the permission, so you lack a role {} that may change incidents, such as Security Operator",
            place_of_roles(error.service)
        )),
        api::Error::Refused(_) => {
            Some("nothing was changed; m365d incidents update --help tells what there is to set".to_owned())
        }
        _ => None,
    }
}
