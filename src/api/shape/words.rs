//! The words of both services' enumerations (<https://graph.microsoft.com/v1.0/$metadata>,
//! <https://learn.microsoft.com/defender-xdr/api-list-incidents>).
//!
//! Most of Graph's words are Defender's with a small letter. Where they are not, a line pairs them; the first line that
//! has a word is the way to the other one.

use super::Shape;
use super::table::Table;

/// An enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    IncidentStatus,
    AlertStatus,
    Severity,
    Classification,
    Determination,
    InvestigationState,
    ServiceSource,
    DetectionSource,
    Verdict,
    RemediationStatus,
    HealthStatus,
    RiskScore,
}

impl Words {
    pub(super) const ALL: [Self; 12] = [
        Self::IncidentStatus,
        Self::AlertStatus,
        Self::Severity,
        Self::Classification,
        Self::Determination,
        Self::InvestigationState,
        Self::ServiceSource,
        Self::DetectionSource,
        Self::Verdict,
        Self::RemediationStatus,
        Self::HealthStatus,
        Self::RiskScore,
    ];

    /// Defender's word and Graph's.
    const fn pairs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Severity => &[("UnSpecified", "unknown")],
            Self::AlertStatus => &[("InProgress", "inProgress"), ("Active", "inProgress")],
            // Some of either side's words are of older documents, and are still seen.
            Self::Determination => &[
                ("NotAvailable", "unknown"),
                ("Clean", "notMalicious"),
                ("NoEnoughDataToValidate", "notEnoughDataToValidate"),
                ("CompromisedAccount", "compromisedAccount"),
                ("ConfirmedActivity", "confirmedActivity"),
                ("Clean", "clean"),
                ("InsufficientData", "notEnoughDataToValidate"),
                ("NoEnoughDataToValidate", "insufficientData"),
                ("CompromisedUser", "compromisedAccount"),
                ("CompromisedAccount", "compromisedUser"),
                ("ConfirmedUserActivity", "confirmedActivity"),
                ("ConfirmedActivity", "confirmedUserActivity"),
            ],
            Self::ServiceSource => &[
                ("MicrosoftDefenderForEndpoint", "microsoftDefenderForEndpoint"),
                ("MicrosoftDefenderATP", "microsoftDefenderForEndpoint"),
                ("MicrosoftCloudAppSecurity", "microsoftDefenderForCloudApps"),
                ("MicrosoftDefenderForOffice365", "microsoftDefenderForOffice365"),
                ("OfficeATP", "microsoftDefenderForOffice365"),
                ("AADIdentityProtection", "azureAdIdentityProtection"),
            ],
            Self::DetectionSource => &[
                ("WindowsDefenderAtp", "microsoftDefenderForEndpoint"),
                ("WindowsDefenderAv", "antivirus"),
                ("OfficeATP", "microsoftDefenderForOffice365"),
                ("AAD", "azureAdIdentityProtection"),
                ("MCAS", "cloudAppSecurity"),
            ],
            _ => &[],
        }
    }

    /// Graph's members, each with Defender's word for those that differ in the first letter alone.
    const fn members(self) -> &'static [(&'static str, &'static str)] {
        macro_rules! members {
            ($($defender:literal $graph:literal),* $(,)?) => { &[$(($defender, $graph)),*] };
        }
        match self {
            Self::IncidentStatus => members![
                "Active" "active", "Resolved" "resolved", "InProgress" "inProgress", "Redirected" "redirected",
                "AwaitingAction" "awaitingAction",
            ],
            Self::AlertStatus => members!["Unknown" "unknown", "New" "new", "Resolved" "resolved"],
            Self::Severity => members![
                "Unknown" "unknown", "Informational" "informational", "Low" "low", "Medium" "medium",
                "High" "high",
            ],
            Self::Classification => members![
                "Unknown" "unknown", "FalsePositive" "falsePositive", "TruePositive" "truePositive",
                "InformationalExpectedActivity" "informationalExpectedActivity",
            ],
            Self::Determination => members![
                "Unknown" "unknown", "Apt" "apt", "Malware" "malware", "SecurityPersonnel" "securityPersonnel",
                "SecurityTesting" "securityTesting", "UnwantedSoftware" "unwantedSoftware", "Other" "other",
                "MultiStagedAttack" "multiStagedAttack", "Phishing" "phishing",
                "MaliciousUserActivity" "maliciousUserActivity",
                "LineOfBusinessApplication" "lineOfBusinessApplication",
            ],
            Self::InvestigationState => members![
                "Unknown" "unknown", "Terminated" "terminated",
                "SuccessfullyRemediated" "successfullyRemediated", "Benign" "benign", "Failed" "failed",
                "PartiallyRemediated" "partiallyRemediated", "Running" "running",
                "PendingApproval" "pendingApproval", "PendingResource" "pendingResource", "Queued" "queued",
                "InnerFailure" "innerFailure", "PreexistingAlert" "preexistingAlert",
                "UnsupportedOs" "unsupportedOs", "UnsupportedAlertType" "unsupportedAlertType",
                "SuppressedAlert" "suppressedAlert", "PartiallyInvestigated" "partiallyInvestigated",
                "TerminatedByUser" "terminatedByUser", "TerminatedBySystem" "terminatedBySystem",
            ],
            Self::ServiceSource => members![
                "Unknown" "unknown", "MicrosoftDefenderForIdentity" "microsoftDefenderForIdentity",
                "Microsoft365Defender" "microsoft365Defender",
                "MicrosoftAppGovernance" "microsoftAppGovernance", "DataLossPrevention" "dataLossPrevention",
                "MicrosoftDefenderForCloud" "microsoftDefenderForCloud", "MicrosoftSentinel" "microsoftSentinel",
                "MicrosoftInsiderRiskManagement" "microsoftInsiderRiskManagement",
                "MicrosoftThreatIntelligence" "microsoftThreatIntelligence",
            ],
            Self::DetectionSource => members![
                "Unknown" "unknown", "SmartScreen" "smartScreen", "CustomTi" "customTi",
                "AutomatedInvestigation" "automatedInvestigation",
                "MicrosoftThreatExperts" "microsoftThreatExperts", "CustomDetection" "customDetection",
                "MicrosoftDefenderForIdentity" "microsoftDefenderForIdentity",
                "Microsoft365Defender" "microsoft365Defender", "Manual" "manual",
                "MicrosoftDataLossPrevention" "microsoftDataLossPrevention",
                "AppGovernancePolicy" "appGovernancePolicy", "AppGovernanceDetection" "appGovernanceDetection",
                "NrtAlerts" "nrtAlerts", "ScheduledAlerts" "scheduledAlerts", "BuiltInMl" "builtInMl",
                "MicrosoftSentinel" "microsoftSentinel",
            ],
            Self::Verdict => members![
                "Unknown" "unknown", "Suspicious" "suspicious", "Malicious" "malicious",
                "NoThreatsFound" "noThreatsFound",
            ],
            Self::RemediationStatus => members![
                "None" "none", "Remediated" "remediated", "Prevented" "prevented", "Blocked" "blocked",
                "NotFound" "notFound", "Active" "active", "PendingApproval" "pendingApproval",
                "Declined" "declined", "Unremediated" "unremediated", "Running" "running",
                "PartiallyRemediated" "partiallyRemediated",
            ],
            Self::HealthStatus => members![
                "Active" "active", "Inactive" "inactive", "ImpairedCommunication" "impairedCommunication",
                "NoSensorData" "noSensorData",
                "NoSensorDataImpairedCommunication" "noSensorDataImpairedCommunication", "Unknown" "unknown",
            ],
            Self::RiskScore => members![
                "None" "none", "Informational" "informational", "Low" "low", "Medium" "medium", "High" "high",
            ],
        }
    }

    pub(super) fn lines(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.pairs().iter().chain(self.members()).copied()
    }

    /// The words of the other shape for those that lead to `to`.
    pub(super) fn table(self, to: Shape) -> Table<Word> {
        let directed = || {
            self.lines().map(|(defender, graph)| match to {
                Shape::Graph => (defender, graph),
                Shape::Defender => (graph, defender),
            })
        };
        let mut table = Table::default();
        for (from, word) in directed() {
            let back = directed().find(|(_, other)| *other == word).map(|(from, _)| from);
            // The first line with the word the other way round.
            let exact = back == Some(from);
            table.add(from, Word { word, exact });
        }
        // Words that are the other shape's already: unchanged, although on the way back they would be.
        for (from, word) in directed() {
            table.add(word, Word { word, exact: from == word });
        }
        table
    }
}

/// A word in the other shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) word: &'static str,
    /// Whether the way back leads to the same word.
    pub(super) exact: bool,
}
