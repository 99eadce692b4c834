//! The values that an incident may be given and an alert asked for, in either service's spelling
//! (<https://learn.microsoft.com/defender-xdr/api-update-incidents>,
//! <https://learn.microsoft.com/graph/api/security-incident-update>).
//!
//! A person need not know whose word it is, nor how it is written: `InProgress`, `inProgress` and `in-progress` are one.
//! Where Defender's documents have two words for one thing, the given one is sent to Defender.

use thiserror::Error;

use super::Shape;
use super::words::Words;

/// A value that the services do not take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// No service has such a value.
    #[error("'{value}' is no {property}; there are {}", .expected.join(", "))]
    Unknown {
        /// `status`, `classification`, `determination` or `service source`.
        property: &'static str,
        /// What was given.
        value: String,
        /// The values that there are.
        expected: Vec<&'static str>,
    },
    /// The determination is one of another classification.
    #[error("the classification {classification} does not go with the determination {determination}; these do: {}", .allowed.join(", "))]
    NotTogether {
        /// The classification.
        classification: &'static str,
        /// The determination.
        determination: &'static str,
        /// The determinations that it allows.
        allowed: Vec<&'static str>,
    },
}

const STATUSES: &[&str] = &["Active", "InProgress", "Resolved", "Redirected"];

/// Of alerts: what raises them. One word for each product.
const SERVICE_SOURCES: &[&str] = &[
    "MicrosoftDefenderForEndpoint",
    "MicrosoftDefenderForIdentity",
    "MicrosoftCloudAppSecurity",
    "MicrosoftDefenderForOffice365",
    "Microsoft365Defender",
    "AADIdentityProtection",
    "MicrosoftAppGovernance",
    "DataLossPrevention",
    "MicrosoftDefenderForCloud",
    "MicrosoftSentinel",
    "MicrosoftInsiderRiskManagement",
    "MicrosoftThreatIntelligence",
];

/// Defender's classifications, each with its determinations.
const CLASSIFICATIONS: &[(&str, &[&str])] = &[
    (
        "TruePositive",
        &[
            "MultiStagedAttack",
            "MaliciousUserActivity",
            "CompromisedAccount",
            "Malware",
            "Phishing",
            "UnwantedSoftware",
            "Other",
        ],
    ),
    (
        "InformationalExpectedActivity",
        &["SecurityTesting", "LineOfBusinessApplication", "ConfirmedActivity", "Other"],
    ),
    ("FalsePositive", &["Clean", "NoEnoughDataToValidate", "Other"]),
];

/// A status, as the service of `to` writes it.
///
/// # Errors
/// [`Refused::Unknown`]
pub fn status(value: &str, to: Shape) -> Result<&'static str, Refused> {
    one_of(Words::IncidentStatus, "status", STATUSES.iter().copied(), value, to)
}

/// What raises alerts, as the service of `to` writes it.
///
/// # Errors
/// [`Refused::Unknown`]
pub fn service_source(value: &str, to: Shape) -> Result<&'static str, Refused> {
    one_of(Words::ServiceSource, "service source", SERVICE_SOURCES.iter().copied(), value, to)
}

/// A classification, as the service of `to` writes it.
///
/// # Errors
/// [`Refused::Unknown`]
pub fn classification(value: &str, to: Shape) -> Result<&'static str, Refused> {
    let settable = CLASSIFICATIONS.iter().map(|(classification, _)| *classification);
    one_of(Words::Classification, "classification", settable, value, to)
}

/// A determination, as the service of `to` writes it.
///
/// # Errors
/// [`Refused::Unknown`]
pub fn determination(value: &str, to: Shape) -> Result<&'static str, Refused> {
    let mut settable: Vec<&str> = Vec::new();
    for determination in CLASSIFICATIONS.iter().flat_map(|(_, determinations)| *determinations) {
        if !settable.contains(determination) {
            settable.push(determination);
        }
    }
    one_of(Words::Determination, "determination", settable.into_iter(), value, to)
}

/// The determinations that go with a classification, as the service of `to` writes them.
///
/// # Errors
/// [`Refused::Unknown`] when there is no such classification.
pub fn determinations(classification: &str, to: Shape) -> Result<Vec<&'static str>, Refused> {
    let classification = self::classification(classification, Shape::Defender)?;
    let allowed = CLASSIFICATIONS.iter().find(|(one, _)| *one == classification);
    let determinations = allowed.map_or(&[][..], |(_, determinations)| *determinations);
    Ok(determinations.iter().map(|word| spelled(Words::Determination, word, to)).collect())
}

/// Both, as the service of `to` writes them, if the one allows the other.
///
/// # Errors
/// [`Refused`]
pub fn together(
    classification: &str,
    determination: &str,
    to: Shape,
) -> Result<(&'static str, &'static str), Refused> {
    let allowed = determinations(classification, to)?;
    let classification = self::classification(classification, to)?;
    let determination = self::determination(determination, to)?;
    let meant = common(Words::Determination, determination);
    if allowed.iter().any(|word| common(Words::Determination, word) == meant) {
        return Ok((classification, determination));
    }
    Err(Refused::NotTogether { classification, determination, allowed })
}

fn one_of(
    words: Words,
    property: &'static str,
    settable: impl Iterator<Item = &'static str> + Clone,
    value: &str,
    to: Shape,
) -> Result<&'static str, Refused> {
    let known = words.lines().find(|(defender, _)| is_same(defender, value)).map(|(defender, _)| defender);
    let known = known
        .or_else(|| words.lines().find(|(_, graph)| is_same(graph, value)).map(|(defender, _)| defender));
    match known {
        Some(known) if settable.clone().any(|word| common(words, word) == common(words, known)) => {
            Ok(spelled(words, known, to))
        }
        _ => {
            let expected = settable.map(|word| spelled(words, word, to)).collect();
            Err(Refused::Unknown { property, value: value.to_owned(), expected })
        }
    }
}

/// Defender's word as the service of `to` has it.
fn spelled(words: Words, defender: &'static str, to: Shape) -> &'static str {
    match to {
        Shape::Defender => defender,
        Shape::Graph => common(words, defender),
    }
}

/// Graph's word for either's: it has one for each thing.
fn common(words: Words, word: &'static str) -> &'static str {
    words.lines().find(|(defender, _)| *defender == word).map_or(word, |(_, graph)| graph)
}

/// Neither case nor hyphens make another value.
fn is_same(word: &str, value: &str) -> bool {
    let letters = value.bytes().filter(|byte| !matches!(byte, b'-' | b'_'));
    letters.map(|byte| byte.to_ascii_lowercase()).eq(word.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::Shape::{Defender, Graph};
    use super::*;

    #[test]
    fn either_service_s_spelling_is_taken() {
        for value in ["InProgress", "inProgress", "in-progress", "IN_PROGRESS"] {
            assert_eq!(status(value, Defender), Ok("InProgress"));
            assert_eq!(status(value, Graph), Ok("inProgress"));
        }
        for (value, defender, graph) in [
            ("Clean", "Clean", "notMalicious"),
            ("notMalicious", "Clean", "notMalicious"),
            ("CompromisedUser", "CompromisedUser", "compromisedAccount"),
            ("compromised-account", "CompromisedAccount", "compromisedAccount"),
            ("InsufficientData", "InsufficientData", "notEnoughDataToValidate"),
            ("notEnoughDataToValidate", "NoEnoughDataToValidate", "notEnoughDataToValidate"),
            ("confirmedUserActivity", "ConfirmedUserActivity", "confirmedActivity"),
        ] {
            assert_eq!(determination(value, Defender), Ok(defender), "{value}");
            assert_eq!(determination(value, Graph), Ok(graph), "{value}");
        }
    }

    #[test]
    fn what_no_service_takes_is_refused_with_what_they_take() {
        let refused = status("Done", Graph).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "'Done' is no status; there are active, inProgress, resolved, redirected"
        );
        // They are read, and not written.
        assert!(status("AwaitingAction", Graph).is_err());
        assert!(classification("Unknown", Defender).is_err());
        for withdrawn in ["Apt", "SecurityPersonnel", "NotAvailable", "unknown", ""] {
            assert!(determination(withdrawn, Defender).is_err(), "{withdrawn}");
        }
    }

    #[test]
    fn a_determination_goes_with_its_classification() {
        assert_eq!(together("TruePositive", "malware", Defender), Ok(("TruePositive", "Malware")));
        assert_eq!(
            together("falsePositive", "InsufficientData", Graph),
            Ok(("falsePositive", "notEnoughDataToValidate"))
        );
        for (classification, determinations) in CLASSIFICATIONS {
            for determination in *determinations {
                for to in [Defender, Graph] {
                    assert!(together(classification, determination, to).is_ok(), "{determination}");
                }
            }
        }
        let refused = together("FalsePositive", "Malware", Graph).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the classification falsePositive does not go with the determination malware; these do: \
                notMalicious, notEnoughDataToValidate, other"
        );
    }
}
