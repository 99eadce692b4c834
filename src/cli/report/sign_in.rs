//! What to do about an error of a sign-in, or of the session that it left.

use super::{LOGIN, Report, of_http, with_hint};
use crate::cli::exit_code::{FAILED, PERMISSION, SERVICE, SIGN_IN, THROTTLED, USAGE};
use crate::token::Service;
use crate::{auth, session};

pub(super) fn of_session(error: &session::Error) -> Report {
    use session::Error as E;
    match error {
        E::NoConsent { resource, rejection } => Report {
            code: PERMISSION,
            unconsented: Service::of_audience(resource),
            ..of_rejection(rejection)
        },
        E::Ended(rejection) | E::Challenged { rejection: Some(rejection), .. } => of_rejection(rejection),
        E::SignedOut | E::Damaged { .. } | E::NoRefreshToken | E::Challenged { rejection: None, .. } => {
            with_hint(SIGN_IN, LOGIN)
        }
        E::Sealed(reason) => with_hint(SIGN_IN, to_open(reason)),
        E::NoSeal(_) => with_hint(
            FAILED,
            "unlock or start it, or keep the session in a plain file: m365d login --store file",
        ),
        E::Refresh(error) => of_auth(error),
        E::SomebodyElses(_) => with_hint(
            SIGN_IN,
            "m365d login  (the stored session is unchanged; if it happens again, check M365D_AUTHORITY and any proxy)",
        ),
        E::File { .. } => with_hint(
            FAILED,
            "make room on the disk, or give yourself access to the folder, or set M365D_CONFIG_DIR to another one; what was stored before is unchanged",
        ),
        E::Locked { .. } => with_hint(FAILED, "end the other m365d process, then run the command again"),
    }
}

fn to_open(reason: &session::Unavailable) -> &'static str {
    use session::Unavailable as U;
    match reason {
        U::Locked | U::Homeless => {
            "unlock it and run the command again; the session is unchanged. Without it: m365d login --store file"
        }
        U::Absent => {
            "run the command in your desktop's session; this one is unchanged. Without it: m365d login --store file"
        }
        U::Silent | U::Failed(_) => {
            "run the command again; the session is unchanged. Without it: m365d login --store file"
        }
    }
}

pub(super) fn of_auth(error: &auth::Error) -> Report {
    use auth::Error as E;
    match error {
        E::Listen(_) => with_hint(
            FAILED,
            "free a port on 127.0.0.1, or allow this program to listen there, then: m365d login",
        ),
        E::Timeout(_) => with_hint(
            SIGN_IN,
            "read the browser's page: a wrong client id, redirect URI or tenant is shown only there. Then: m365d login (--timeout 10m gives more time)",
        ),
        E::NotEntered(_) => with_hint(
            SIGN_IN,
            "m365d login --device-code, and enter the code in time (--timeout 10m gives more). If the page has refused you: many organisations block device codes; m365d login --paste is another way",
        ),
        E::NotBrought(_) => with_hint(
            SIGN_IN,
            "m365d login --paste, and paste the address in time (--timeout 10m gives more). If the browser's page is stuck, read it: a wrong client id, redirect URI or tenant is shown only there",
        ),
        E::Rejected(rejection) => of_rejection(rejection),
        E::DeviceCode(rejection) => match auth::device_code::hint(rejection) {
            Some(hint) => Report { hint: Some(hint.to_owned()), remedy: None, ..of_rejection(rejection) },
            None => of_rejection(rejection),
        },
        E::Declined => with_hint(SIGN_IN, "m365d login --device-code, and accept there"),
        E::CodeExpired(_) => with_hint(
            SIGN_IN,
            "m365d login --device-code gives a new code. If the page has refused you: many organisations block device codes; m365d login --paste is another way",
        ),
        E::NotPasted(_) => with_hint(
            SIGN_IN,
            "m365d login --paste, then sign in and paste the address that the browser ends on; it begins with http://localhost",
        ),
        E::Unavailable { answer, throttled, .. } => Report {
            identifiers: answer.as_ref().and_then(|answer| answer.identifiers()),
            ..with_hint(
                if *throttled { THROTTLED } else { SERVICE },
                "run the command again in a few minutes; nothing is lost",
            )
        },
        E::Http(error) => of_http(error),
        E::Malformed { .. } => with_hint(
            SERVICE,
            "something other than the authority seems to be answering; check M365D_AUTHORITY and any proxy",
        ),
        E::Mismatch(_) => with_hint(FAILED, "nothing was kept of it; run: m365d login"),
        E::Clock { .. } => {
            with_hint(FAILED, "set this computer's clock (and its time zone), then: m365d login")
        }
        E::Address(_) => with_hint(USAGE, "check M365D_AUTHORITY"),
    }
}

fn of_rejection(rejection: &auth::ErrorResponse) -> Report {
    let code = if rejection.error == "invalid_scope" {
        USAGE
    } else if rejection.needs_consent() {
        PERMISSION
    } else if rejection.needs_interaction() {
        SIGN_IN
    } else {
        FAILED
    };
    Report {
        code,
        identifiers: rejection.identifiers(),
        hint: Some(LOGIN.to_owned()),
        remedy: rejection.explanation().map(|explanation| explanation.remedy),
        unconsented: None,
    }
}
