//! What Entra ID's error numbers mean for the person in front of it.
//!
//! Only hints: nothing decides by these numbers except whether to ask again, since Microsoft may change them.
//! (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>)

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::explanation::{Explanation, Name};
#[allow(clippy::wildcard_imports, reason = "the table is made of all of them")]
use super::remedy::*;

/// How many digits a number has.
const DIGITS: RangeInclusive<usize> = 4..=8;

type Row = (u32, &'static str, &'static Remedy);

/// By number.
#[rustfmt::skip] // One line a number, so that it reads as the table that it is.
const CODES: &[Row] = &[
    (16000, "The account that is signed in to the browser does not exist in this tenant.", &OTHER_ACCOUNT),
    (28000, "The request names scopes of more than one API.", &ONE_RESOURCE),
    (28002, "A scope of the request is not valid for an access token.", &SCOPE),
    (28003, "The scope was left empty when the authorization code was redeemed.", &BUG),
    (50001, "The API that the token was asked for is disabled or does not exist.", &NO_SERVICE),
    (50011, "The redirect URI is not one that the application has registered.", &REDIRECT_URI),
    (50014, "The account does not exist in this tenant, or its invitation has not been accepted yet.", &OTHER_ACCOUNT),
    (50020, "The account is of another identity provider and no guest of this tenant.", &OTHER_ACCOUNT),
    (50033, "A passing error of Entra ID.", &WAIT),
    (50034, "There is no such account in this tenant.", &OTHER_ACCOUNT),
    (50053, "The account is locked after too many attempts, or the sign-in came from a suspicious IP address.", &UNLOCK_ACCOUNT),
    (50055, "The password has expired.", &NEW_PASSWORD),
    (50057, "The account is disabled.", &ENABLE_ACCOUNT),
    (50058, "Nobody is signed in to the browser, and the request allowed no question.", &LOGIN),
    (50059, "Neither the request nor the account says which tenant is meant.", &NAME_THE_TENANT),
    (50072, "You have to register for multi-factor authentication first.", &REGISTER_SECOND_FACTOR),
    (50074, "Multi-factor authentication is required and was not passed.", &SECOND_FACTOR),
    (50076, "The API, a policy or a new place requires multi-factor authentication.", &SECOND_FACTOR),
    (50078, "The multi-factor authentication is older than a policy allows.", &SECOND_FACTOR),
    (50079, "Multi-factor authentication is required, and you have not registered for it.", &REGISTER_SECOND_FACTOR),
    (50087, "A passing error in multi-factor authentication.", &WAIT),
    (50088, "The limit on telephone calls and messages for multi-factor authentication is reached.", &WAIT),
    (50089, "The sign-in has expired.", &LOGIN),
    (50097, "The device has to authenticate itself.", &DEVICE),
    (50105, "You are not assigned to the application, and it admits assigned users only.", &ASSIGNMENT),
    (50126, "The name or the password is wrong.", &PASSWORD),
    (50128, "The domain says nothing about which tenant is meant.", &NAME_THE_TENANT),
    (50129, "The device has to be registered with the organisation.", &DEVICE),
    (50131, "Conditional Access refused the sign-in: the device, suspicious activity, or a policy.", &POLICY),
    (50132, "The session is over, since the password has expired or was changed.", &LOGIN),
    (50133, "The session is over, since the password has expired or was changed.", &LOGIN),
    (50134, "The device code was entered in another region's data centre than it is from.", &NEW_CODE),
    (50144, "The password of the account in the local Active Directory has expired.", &NEW_PASSWORD),
    (50147, "The code challenge is missing or has the wrong size.", &BUG),
    (50158, "A security check of another provider was not passed.", &LOGIN),
    (50173, "The session was revoked: the password was changed, or someone signed you out everywhere.", &LOGIN),
    (50194, "The application is of a single tenant and was used without naming it.", &NAME_THE_TENANT),
    (50196, "The same request was made too often in too short a time.", &LOOP),
    (50199, "Entra ID wants a confirmation that this application is meant.", &CONFIRM),
    (51004, "The account does not exist in this tenant.", &OTHER_ACCOUNT),
    (53000, "Conditional Access requires a compliant device, and this one is not.", &DEVICE),
    (53001, "Conditional Access requires a domain-joined device, and this one is not.", &DEVICE),
    (53003, "Conditional Access blocks this sign-in.", &POLICY),
    (53004, "You have to register for multi-factor authentication first, and that is blocked because of risk.", &REGISTER_SECOND_FACTOR),
    (53011, "The account is blocked because of risk in its home tenant.", &RISK),
    (54005, "The authorization code was redeemed before.", &LOGIN),
    (65001, "Nobody has consented to what the application asks for.", &CONSENT),
    (65002, "An application of Microsoft's may use this API only if its owner has approved it.", &OWN_APPLICATION),
    (65004, "The consent was declined.", &CONSENT),
    (65005, "The application's registration does not name the API that the token was asked for.", &ADD_PERMISSION),
    (70001, "The application is disabled.", &DISABLED_APPLICATION),
    (70008, "The authorization code or refresh token has expired.", &LOGIN),
    (70011, "A scope of the request is not valid.", &SCOPE),
    (70016, "The device code has not been entered yet.", &ENTER_CODE),
    (70018, "The device code was entered wrongly.", &RETYPE_CODE),
    (70019, "The device code has expired.", &NEW_CODE),
    (70043, "A sign-in frequency policy wants you to sign in again; that is expected.", &LOGIN),
    (90002, "There is no such tenant in this cloud.", &WRONG_TENANT),
    (90006, "A passing error of a service behind Entra ID.", &WAIT),
    (90012, "The request has timed out within Entra ID.", &WAIT),
    (90014, "A field that the request needs is missing.", &BUG),
    (90023, "The request is not valid.", &BUG),
    (90024, "A passing error: a request took more than its share.", &WAIT),
    (90033, "A passing error: the directory service cannot be reached.", &WAIT),
    (90038, "The tenant is in another national cloud.", &OTHER_CLOUD),
    (90055, "The tenant makes too many requests.", &WAIT),
    (90072, "The account is of another tenant and no guest of this one.", &OTHER_ACCOUNT),
    (90090, "A passing error of Entra ID.", &WAIT),
    (90094, "Only an administrator can grant what the application asks for.", &ADMIN_CONSENT),
    (90095, "An administrator has to approve the request for consent.", &ADMIN_CONSENT),
    (90120, "The device code was used before.", &NEW_CODE),
    (500_011, "The tenant does not have the API that the token was asked for.", &NO_SERVICE),
    (500_021, "The network admits sign-ins to certain tenants only, and this is none of them.", &TENANT_RESTRICTION),
    (500_208, "The account is not of the kind that this tenant admits.", &WORK_ACCOUNT),
    (500_212, "Your organisation does not let its users into this tenant.", &TENANT_RESTRICTION),
    (500_213, "This tenant does not let the users of your organisation in.", &TENANT_RESTRICTION),
    (501_481, "The code verifier does not fit the code challenge.", &BUG),
    (501_491, "The code challenge has the wrong size.", &BUG),
    (530_032, "A security policy of the tenant blocks this sign-in.", &POLICY),
    (530_035, "The security defaults of the tenant block this sign-in.", &POLICY),
    (650_052, "The tenant has not subscribed to the service, or has not enabled it.", &NO_SERVICE),
    (650_054, "The API that the token was asked for was removed from the tenant.", &NO_SERVICE),
    (650_056, "The application's registration lists no permission of the API, or no administrator has consented.", &ADD_PERMISSION),
    (650_057, "The application's registration does not list the API that the token was asked for.", &ADD_PERMISSION),
    (700_016, "The tenant does not know the application.", &WRONG_APPLICATION),
    (700_022, "The request names scopes of more than one API.", &ONE_RESOURCE),
    (700_023, "A scope of the request is not valid.", &SCOPE),
    (700_025, "A secret was sent for a public client, which has none.", &BUG),
    (700_082, "The session was not used for too long.", &LOGIN),
    (700_084, "The session has ended after a day, since the redirect URI is registered as that of a web page (SPA).", &REDIRECT_URI),
    (900_144, "A parameter that the request needs is missing.", &BUG),
    (900_561, "The endpoint was asked with the wrong HTTP method.", &BUG),
    (7_000_112, "The application is disabled in this tenant.", &DISABLED_APPLICATION),
    (7_000_218, "Entra ID demands a secret, so it does not take the application for a public client.", &PUBLIC_CLIENT),
    (9_002_313, "The request is malformed.", &BUG),
];

/// Everything in the table, by number.
pub fn all() -> impl Iterator<Item = Explanation> {
    CODES.iter().map(explanation)
}

/// What a number means.
#[must_use]
pub fn find(code: u32) -> Option<Explanation> {
    CODES.binary_search_by_key(&code, |(code, ..)| *code).ok().map(|row| explanation(&CODES[row]))
}

fn explanation(&(code, meaning, remedy): &Row) -> Explanation {
    Explanation { name: Name::Aadsts(code), meaning, remedy }
}

/// The numbers in a text, each once. In a list of numbers each word is one; in a text they stand after `AADSTS` or in the
/// address of Microsoft's page, and only where there is none such does a bare number count.
#[must_use]
pub fn codes_in(text: &str) -> Vec<u32> {
    let upper = text.to_ascii_uppercase();
    let words = || upper.split_whitespace().map(|word| word.trim_end_matches([',', ':', ';', '.']));
    let listed: Option<Vec<_>> =
        words().map(|word| code(word.strip_prefix("AADSTS").unwrap_or(word))).collect();
    let marked = || {
        ["AADSTS", "ERROR?CODE="]
            .into_iter()
            .flat_map(|marker| upper.split(marker).skip(1))
            .filter_map(|rest| code(&rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())]))
    };
    let mut found = listed.unwrap_or_else(|| marked().collect());
    if found.is_empty() {
        found = words().filter_map(code).collect();
    }
    let mut once = HashSet::new();
    found.retain(|code| once.insert(*code));
    found
}

fn code(digits: &str) -> Option<u32> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_number && DIGITS.contains(&digits.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that Microsoft documents and that a public client of one API can meet.
    const EXPECTED: &[u32] = &[
        65001, 65004, 90094, 90095, 65002, 50011, 7_000_218, 700_025, 700_016, 7_000_112, 70001, 90002,
        90038, 50194, 50059, 50128, 50020, 50034, 50014, 51004, 90072, 16000, 500_208, 50076, 50074, 50079,
        50072, 50078, 50158, 50105, 53003, 530_032, 530_035, 50131, 53000, 53001, 50097, 50129, 53004, 53011,
        50055, 50144, 50126, 50057, 50053, 70043, 700_082, 70008, 50089, 50173, 50132, 50133, 700_084, 54005,
        50147, 501_481, 501_491, 70011, 28002, 700_023, 28000, 700_022, 28003, 500_011, 650_052, 650_054,
        650_057, 650_056, 65005, 50001, 900_144, 90014, 9_002_313, 900_561, 90023, 70016, 70018, 70019,
        90120, 50134, 50196, 50058, 50199, 90033, 90006, 90024, 90090, 50033, 50087, 50088, 90012, 90055,
        500_021, 500_212, 500_213,
    ];

    #[test]
    fn every_code_is_there_once_and_in_order() {
        assert!(CODES.is_sorted_by(|(one, ..), (other, ..)| one < other));
        for &code in EXPECTED {
            assert_eq!(find(code).map(|found| found.name), Some(Name::Aadsts(code)));
        }
        assert_eq!(CODES.len(), EXPECTED.len());
        assert!(find(99999).is_none());
    }

    #[test]
    fn what_passes_is_nobodys_to_mend() {
        let transient = EXPECTED.iter().filter(|code| find(**code).unwrap().remedy.who == Who::Nobody);
        let expected = [90033, 90006, 90024, 90090, 50033, 50087, 50088, 90012, 90055];
        assert!(transient.eq(&expected));
    }

    #[test]
    fn numbers_are_found_in_whatever_is_pasted() {
        let pasted = r#"{"error":"invalid_grant","error_description":"AADSTS50076: Due to 1234567 …\r\nTrace ID: 65001a11-2222
            Timestamp: 2026-11-22 10:00:00Z","error_codes":[50076],"error_uri":"https://login.microsoftonline.com/error?code=50076"}"#;
        for (text, found) in [
            ("AADSTS65001", &[65001][..]),
            ("aadsts65001:", &[65001]),
            ("65001, 50105", &[65001, 50105]),
            ("(AADSTS700016)", &[700_016]),
            ("https://login.microsoftonline.com/error?code=90002", &[90002]),
            ("AADSTS99999999999 AADSTS0 AADSTS 123 2026-11-22", &[]),
            ("AADSTS0000 00065001", &[]),
            ("é AADSTSé", &[]),
            ("error 65001, at 2026-11-22", &[65001]),
            (pasted, &[50076]),
        ] {
            assert_eq!(codes_in(text), found, "{text}");
        }
    }
}
