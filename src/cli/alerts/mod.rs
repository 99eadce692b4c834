//! `m365d alerts`: list, get.
//!
//! As for incidents, Defender is asked for a list unless somebody has chosen: it lists no alerts, but its incidents have
//! them. One by its id only Graph gives, so there Graph is asked.

pub(super) mod args;
pub(super) mod get;
pub(super) mod list;

use super::listing::Kind;
use super::several::{Look, Things};
use super::shaper::Shaper;
use crate::output::{Column, Width};

pub(super) const ALERTS: Things = Things {
    many: "alerts",
    id: "an alert's id",
    listing: "m365d alerts list -o ndjson | jq -r '.alertId // .id'",
    look: Some(Look {
        why: "to see those",
        command: |ids| format!("m365d alerts get {ids}"),
        is_open: false,
    }),
};
/// The id is what an alert is got by, so it stays, and as a whole: two letters and at the most a GUID
/// (<https://learn.microsoft.com/defender-xdr/investigate-alerts#alert-sources>).
const COLUMNS: &[Column<'_>] = &[
    Column { name: "id", width: Some(Width::Cells(38, 38)), expendable: 0 },
    Column { name: "severity", width: Some(Width::Cells(13, 13)), expendable: 1 },
    Column { name: "status", width: Some(Width::Cells(10, 10)), expendable: 2 },
    Column { name: "title", width: Some(Width::Rest(24)), expendable: 0 },
    Column { name: "assigned to", width: Some(Width::Cells(11, 28)), expendable: 6 },
    Column { name: "service source", width: Some(Width::Cells(14, 21)), expendable: 5 },
    Column { name: "incident", width: Some(Width::Cells(8, 8)), expendable: 4 },
    Column { name: "updated", width: Some(Width::Cells(12, 12)), expendable: 3 },
    Column::csv_only("created"),
    Column::csv_only("category"),
    Column::csv_only("detection source"),
    Column::csv_only("classification"),
    Column::csv_only("determination"),
];

const OF_GRAPH: Kind = Kind {
    one: "alert",
    many: "alerts",
    place: None,
    fit: ["matches; m365d filters them", "match; m365d filters them"],
    shaped: Shaper::alert,
};
const OF_DEFENDER: Kind = Kind { place: Some("the newest incidents"), ..OF_GRAPH };
