//! The words of Graph's enumerations for the words of the Defender API, and back (the schema of v1.0).

use super::super::api::filter::Text;

/// Members that clients made for an earlier schema do not know: without `Prefer` they get another one.
const EVOLVED: [&str; 2] = ["awaitingAction", "critical"];
const UNKNOWN_MEMBER: &str = "unknownFutureValue";

const STATUSES: [&str; 5] = ["active", "resolved", "inProgress", "redirected", "awaitingAction"];
const SEVERITIES: [&str; 5] = ["unknown", "informational", "low", "medium", "high"];
const CLASSIFICATIONS: [&str; 4] =
    ["unknown", "falsePositive", "truePositive", "informationalExpectedActivity"];
const DETERMINATIONS: [&str; 15] = [
    "unknown",
    "apt",
    "malware",
    "securityPersonnel",
    "securityTesting",
    "unwantedSoftware",
    "other",
    "multiStagedAttack",
    "compromisedAccount",
    "phishing",
    "maliciousUserActivity",
    "notMalicious",
    "notEnoughDataToValidate",
    "confirmedActivity",
    "lineOfBusinessApplication",
];

/// Where one word is not the other with a small letter: Graph's first. The first line for a word of Graph's is the way
/// back.
const OTHERS: [(Text, &str, &str); 14] = [
    (Text::Severity, "unknown", "UnSpecified"),
    (Text::Determination, "unknown", "NotAvailable"),
    (Text::Determination, "notMalicious", "Clean"),
    (Text::Determination, "notEnoughDataToValidate", "NoEnoughDataToValidate"),
    (Text::Determination, "notEnoughDataToValidate", "InsufficientData"),
    (Text::Determination, "compromisedAccount", "CompromisedAccount"),
    (Text::Determination, "compromisedAccount", "CompromisedUser"),
    (Text::Determination, "confirmedActivity", "ConfirmedActivity"),
    (Text::Determination, "confirmedActivity", "ConfirmedUserActivity"),
    (Text::ServiceSource, "microsoftDefenderForEndpoint", "MicrosoftDefenderForEndpoint"),
    (Text::ServiceSource, "microsoftDefenderForEndpoint", "MicrosoftDefenderATP"),
    (Text::ServiceSource, "microsoftDefenderForCloudApps", "MicrosoftCloudAppSecurity"),
    (Text::ServiceSource, "microsoftDefenderForOffice365", "OfficeATP"),
    (Text::ServiceSource, "azureAdIdentityProtection", "AADIdentityProtection"),
];

/// Graph's word for one of the Defender API's.
pub fn of_defender(property: Text, word: &str) -> String {
    let other = OTHERS.iter().find(|(of, _, theirs)| *of == property && *theirs == word);
    other.map_or_else(|| camel(word), |(_, ours, _)| (*ours).to_owned())
}

/// The Defender API's word for a member of the enumeration; absent when it is not one, in exactly this case.
pub fn to_defender(property: Text, word: &str) -> Option<String> {
    let members: &[&str] = match property {
        Text::AssignedTo => return Some(word.to_owned()),
        Text::Status => &STATUSES,
        Text::Severity => &SEVERITIES,
        Text::Classification => &CLASSIFICATIONS,
        Text::Determination => &DETERMINATIONS,
        // The alerts are filtered by the words of Graph's.
        Text::ServiceSource | Text::AlertStatus => return Some(word.to_owned()),
    };
    if !members.contains(&word) {
        return None;
    }
    let other = OTHERS.iter().find(|(of, ours, _)| *of == property && *ours == word);
    Some(other.map_or_else(|| pascal(word), |(_, _, theirs)| (*theirs).to_owned()))
}

/// Where the alert was detected.
pub fn detection_source(word: &str) -> &str {
    match word {
        "WindowsDefenderAtp" => "microsoftDefenderForEndpoint",
        "WindowsDefenderAv" => "antivirus",
        "OfficeATP" => "microsoftDefenderForOffice365",
        "AAD" => "azureAdIdentityProtection",
        "MCAS" => "cloudAppSecurity",
        other => other,
    }
}

/// Defender's `Active` has no counterpart: an alert that somebody works on.
pub fn alert_status(word: &str) -> String {
    if word == "Active" { "inProgress".to_owned() } else { camel(word) }
}

/// What the client gets to see of a member.
pub fn shown(member: &str, evolved: bool) -> &str {
    if !evolved && EVOLVED.contains(&member) { UNKNOWN_MEMBER } else { member }
}

pub fn camel(word: &str) -> String {
    with_first(word, char::to_ascii_lowercase)
}

fn pascal(word: &str) -> String {
    with_first(word, char::to_ascii_uppercase)
}

fn with_first(word: &str, change: fn(&char) -> char) -> String {
    let mut letters = word.chars();
    letters.next().iter().map(change).chain(letters).collect()
}
