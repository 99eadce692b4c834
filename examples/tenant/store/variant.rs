//! How incidents differ from each other: their id picks one of a few hundred variants, and each variant is rendered
//! once per API.

use std::sync::OnceLock;

use super::device::Device;
use super::scenarios::{self, SCENARIOS, Scenario};
use super::template::Template;

pub const VARIANTS: usize = 240;

/// Statuses that incidents have; the last one is documented for Graph only.
pub const STATUSES: [&str; 5] = ["Active", "InProgress", "Resolved", "Redirected", "AwaitingAction"];

/// So many devices the first alerts are about.
const DEVICES: usize = 90;

/// One template per variant, each rendered when it is first needed.
pub type Rendered = [OnceLock<Template>; VARIANTS];

#[derive(Debug, Clone, Copy)]
pub struct Variant(pub usize);

impl Variant {
    pub fn of(id: u64) -> Self {
        Self(usize::try_from(id).unwrap_or_default() % VARIANTS)
    }

    /// Its template among these, made if it is not there yet.
    pub fn template(self, rendered: &'static Rendered, render: impl FnOnce() -> String) -> &'static Template {
        rendered[self.0].get_or_init(|| Template::new(&render()))
    }

    pub fn scenario(self) -> &'static Scenario {
        &SCENARIOS[self.0 % SCENARIOS.len()]
    }

    pub fn status(self) -> &'static str {
        match (self.0 % 60, self.0 % 8) {
            (23, _) => STATUSES[4],
            (47, _) => STATUSES[3],
            (_, 0..=3) => STATUSES[0],
            (_, 4 | 5) => STATUSES[1],
            _ => STATUSES[2],
        }
    }

    /// `Critical` is in no documentation.
    pub fn severity(self) -> &'static str {
        match (self.0 % 80, self.0 / 2 % 7) {
            (13, _) => "Critical",
            (71, _) => "UnSpecified",
            (_, 0 | 1) => "High",
            (_, 2 | 3) => "Medium",
            (_, 4 | 5) => "Low",
            _ => "Informational",
        }
    }

    pub fn classification(self) -> &'static str {
        if self.status() == "Resolved" { "TruePositive" } else { "Unknown" }
    }

    pub fn determination(self) -> &'static str {
        if self.status() == "Resolved" { "Malware" } else { "NotAvailable" }
    }

    pub fn assigned_to(self) -> Option<&'static str> {
        match self.0 % 5 {
            2 => Some("ana@northwind.example"),
            3 => Some("bo@northwind.example"),
            4 => Some("o'neil@northwind.example"),
            _ => None,
        }
    }

    /// One in thirty has none, as after a merge.
    pub fn alerts(self) -> usize {
        if self.0 % 30 == 17 { 0 } else { 1 + self.0 / 3 % 2 }
    }

    /// Has fields that no documentation mentions.
    pub fn has_unknown_fields(self) -> bool {
        self.0 % 20 == 6
    }

    pub fn risk_score(self) -> &'static str {
        if self.0.is_multiple_of(2) { "High" } else { "None" }
    }

    pub fn device(self, position: usize) -> Device {
        Device(self.0 % DEVICES + position)
    }

    pub fn alert(self, position: usize) -> Alert {
        let scenario = &self.scenario().alerts[position];
        Alert {
            scenario,
            provider_id: format!("{:018}_-{:09}", 638_000_000_000_000_000 + self.0, 123_456_789 + position),
            status: match (self.0 % 3, self.status()) {
                (_, "Resolved") => "Resolved",
                (0, _) => "New",
                (1, _) => "InProgress",
                _ => "Active",
            },
            investigation_state: if self.0 % 4 == 1 { "PendingApproval" } else { "UnsupportedAlertType" },
            detection_source: if self.has_unknown_fields() {
                "unknownFutureValue"
            } else {
                scenario.detection_source
            },
            detector_id: format!("0a0a0a0a-1b1b-2c2c-3d3d-{:012x}", 7919 * (self.0 + 1)),
        }
    }
}

/// An alert of an incident, in the words of the Defender API.
pub struct Alert {
    pub scenario: &'static scenarios::Alert,
    /// The alert's own id has `da` before it, and `_` and the incident's id behind it.
    pub provider_id: String,
    pub status: &'static str,
    pub investigation_state: &'static str,
    pub detection_source: &'static str,
    pub detector_id: String,
}
