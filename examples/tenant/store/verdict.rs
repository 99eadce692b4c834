//! Which determination goes with which classification (Microsoft: "Update incidents API").

use super::Details;

/// What can be set. The second names of a page that disagrees with the others are taken as well.
const DETERMINATIONS: [(&str, &[&str]); 3] = [
    (
        "TruePositive",
        &[
            "MultiStagedAttack",
            "MaliciousUserActivity",
            "CompromisedAccount",
            "CompromisedUser",
            "Malware",
            "Phishing",
            "UnwantedSoftware",
            "Other",
        ],
    ),
    (
        "InformationalExpectedActivity",
        &[
            "SecurityTesting",
            "LineOfBusinessApplication",
            "ConfirmedActivity",
            "ConfirmedUserActivity",
            "Other",
        ],
    ),
    ("FalsePositive", &["Clean", "NoEnoughDataToValidate", "InsufficientData", "Other"]),
];

/// Whether somebody can set this classification.
pub fn is_classification(word: &str) -> bool {
    DETERMINATIONS.iter().any(|(classification, _)| *classification == word)
}

impl Details {
    /// Sets one or both, or says why not. A determination that a new classification does not allow is taken back.
    pub fn judge(&mut self, classification: Option<&str>, determination: Option<&str>) -> Result<(), String> {
        let classification = classification.unwrap_or(&self.classification).to_owned();
        let allowed = allowed(&classification);
        let determination = match determination {
            None if allowed.contains(&self.determination.as_str()) => self.determination.clone(),
            None => NOT_AVAILABLE.to_owned(),
            Some(determination) if determination == NOT_AVAILABLE || allowed.contains(&determination) => {
                determination.to_owned()
            }
            Some(determination) => {
                return Err(format!(
                    "The determination '{determination}' is not allowed with the classification '{classification}'."
                ));
            }
        };
        (self.classification, self.determination) = (classification, determination);
        Ok(())
    }
}

const NOT_AVAILABLE: &str = "NotAvailable";

fn allowed(classification: &str) -> &'static [&'static str] {
    DETERMINATIONS.iter().find(|(name, _)| *name == classification).map_or(&[], |(_, allowed)| allowed)
}
