//! What Entra ID's error numbers mean for the person in front of it.
//!
//! Only hints: nothing decides by these numbers except whether to ask again, since Microsoft may change them.
//! (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>)

/// Numbers that Entra ID uses when it is busy or has failed for a moment.
const TRANSIENT: &[u32] = &[90033, 90006, 90024, 90090, 50033, 50087, 50088, 90012, 90055];

const SIGN_IN_AGAIN: &str = "m365d login";
const ADD_PERMISSION: &str = "Entra admin center › App registrations › your application › API permissions › Add a permission › APIs my organization uses › Microsoft Threat Protection; then \"Grant admin consent\" and m365d login";
const ADMIN_CONSENT: &str = "ask an administrator: Entra admin center › Enterprise applications › your application › Permissions › \"Grant admin consent\"; then m365d login";
const REDIRECT_URI: &str = "Entra admin center › App registrations › your application › Authentication: add the platform \"Mobile and desktop applications\" with the redirect URI http://localhost (not Web, not SPA)";
const WRONG_APPLICATION: &str =
    "check the client id and the tenant: m365d login --tenant TENANT --client-id CLIENT_ID";
const POLICY: &str = "this is your organisation's Conditional Access: use a browser and device that it allows, or give your administrator the identifiers above";

/// Whether the same request may succeed a moment later.
pub(super) fn is_transient(code: u32) -> bool {
    TRANSIENT.contains(&code)
}

/// Who can mend it, and how.
pub(super) fn hint(code: u32) -> Option<&'static str> {
    Some(match code {
        65001 | 65004 | 90094 | 90095 => ADMIN_CONSENT,
        650_057 | 650_056 | 65005 => ADD_PERMISSION,
        50011 | 7_000_218 | 700_084 => REDIRECT_URI,
        700_016 | 90002 | 50194 | 7_000_112 | 70001 => WRONG_APPLICATION,
        500_011 | 650_052 => "this tenant has no Microsoft 365 Defender: check --tenant, or the licences",
        70011 | 28000 | 28002 | 700_022 | 700_023 => {
            "ask for scopes of one API only, spelt as in its documentation: m365d login --scope Incident.Read"
        }
        50076 | 50074 | 50078 | 50079 | 50072 | 50158 | 50058 | 70043 | 700_082 | 70008 | 50089 | 50173
        | 50132 | 50133 | 54005 => SIGN_IN_AGAIN,
        53003 | 53000 | 53001 | 53004 | 50097 | 530_032 | 530_035 => POLICY,
        50105 => {
            "ask an administrator to assign you to the application: Entra admin center › Enterprise applications › your application › Users and groups"
        }
        50020 | 50034 | 51004 | 90072 => {
            "this account is not of this tenant: sign in with another one, or ask to be invited"
        }
        _ => return None,
    })
}
