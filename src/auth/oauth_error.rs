//! What the values of `error` and `suberror` mean, for errors that come without a number that is known.
//!
//! (RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5,
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>; the suberrors are those that MSAL knows.)

use super::explanation::{Explanation, Name};
#[allow(clippy::wildcard_imports, reason = "the table is made of all of them")]
use super::remedy::*;

type Row = (&'static str, &'static str, &'static Remedy);

/// Errors and suberrors, by name.
#[rustfmt::skip] // One line a name, as in the table of the numbers.
const ERRORS: &[Row] = &[
    ("access_denied", "The consent or the sign-in was declined.", &CONSENT),
    ("additional_action", "Something has to be done outside of the sign-in first.", &SEE_BROWSER),
    ("authorization_declined", "The sign-in with the device code was declined in the browser.", &CONSENT),
    ("authorization_pending", "The device code has not been entered yet.", &ENTER_CODE),
    ("bad_token", "The refresh token is not valid any more.", &LOGIN),
    ("bad_verification_code", "The device code is not known.", &NEW_CODE),
    ("basic_action", "A sign-in in the browser mends it.", &LOGIN),
    ("client_mismatch", "The refresh token belongs to another application.", &LOGIN),
    ("code_expired", "The device code has expired.", &NEW_CODE),
    ("consent_required", "Nobody has consented to what the application asks for.", &CONSENT),
    ("expired_token", "The device code has expired.", &NEW_CODE),
    ("interaction_required", "Entra ID wants something of you that takes a browser.", &LOGIN),
    ("invalid_client", "Entra ID does not take the application for a public client.", &PUBLIC_CLIENT),
    ("invalid_grant", "The authorization code or refresh token is not valid any more.", &LOGIN),
    ("invalid_request", "The request is malformed.", &BUG),
    ("invalid_resource", "The API is not in the tenant, or not in the application's registration.", &ADD_PERMISSION),
    ("invalid_scope", "A scope of the request is not valid.", &SCOPE),
    ("login_required", "Nobody is signed in to the browser, and the request allowed no question.", &LOGIN),
    ("message_only", "The tenant's policies do not allow it, and no sign-in changes that now.", &POLICY),
    ("protection_policy_required", "A policy demands an app that your organisation manages.", &PROTECTED_APPS),
    ("server_error", "Entra ID has failed for a moment.", &WAIT),
    ("slow_down", "The authority was asked too often whether the device code has been entered.", &ENTER_CODE),
    ("temporarily_unavailable", "Entra ID is busy.", &WAIT),
    ("token_expired", "The refresh token has expired.", &LOGIN),
    ("unauthorized_client", "The application may not sign in this way, or the tenant does not know it.", &WRONG_APPLICATION),
    ("unsupported_grant_type", "The authority does not support what the request presents.", &BUG),
    ("unsupported_response_type", "The authority does not support the answer that the request asks for.", &BUG),
    ("user_password_expired", "The password has expired.", &NEW_PASSWORD),
];

/// Everything in the table, by name.
pub fn all() -> impl Iterator<Item = Explanation> {
    ERRORS.iter().map(explanation)
}

/// What an `error` or `suberror` means.
#[must_use]
pub fn find(name: &str) -> Option<Explanation> {
    ERRORS.binary_search_by_key(&name, |(known, ..)| *known).ok().map(|row| explanation(&ERRORS[row]))
}

fn explanation(&(name, meaning, remedy): &Row) -> Explanation {
    Explanation { name: Name::OAuth(name), meaning, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(ERRORS.is_sorted_by(|(one, ..), (other, ..)| one < other));
        assert!(all().all(|one| find(&one.name.to_string()).is_some()));
    }
}
