//! How incidents differ from each other: their id picks one of a few hundred variants, and each variant is rendered
//! once.

use std::sync::OnceLock;

use super::incidents::STATUSES;
use super::rendering;
use super::scenarios::{SCENARIOS, Scenario};
use super::template::Template;

const VARIANTS: usize = 240;

#[derive(Debug, Clone, Copy)]
pub struct Variant(pub usize);

impl Variant {
    pub fn of(id: u64) -> Self {
        Self(usize::try_from(id).unwrap_or_default() % VARIANTS)
    }

    /// The incident's JSON, with nulls or without.
    pub fn template(self, nulls: bool) -> &'static Template {
        static SPARSE: [OnceLock<Template>; VARIANTS] = [const { OnceLock::new() }; VARIANTS];
        static FULL: [OnceLock<Template>; VARIANTS] = [const { OnceLock::new() }; VARIANTS];
        let rendered = if nulls { &FULL } else { &SPARSE };
        rendered[self.0]
            .get_or_init(|| Template::new(&rendering::incident(self, nulls), self.scenario().name))
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
}
