//! One service's JSON in the other's names, types and words.
//!
//! Microsoft moves Defender's API to Graph, field by field under other names. A program that was written for one reads
//! the other's answers through this:
//!
//! * A field that the other service has gets its name, and its value the other's type and word: `incidentId: 7`
//!   is `id: "7"`, `status: "InProgress"` is `status: "inProgress"`, `devices` and `entities` are `evidence`.
//! * What has no counterpart keeps its name. Nothing is dropped; fields and words that nobody has documented pass.
//! * Where the way back would lead elsewhere, the original stands before it: `"@defender.determination":
//!   "CompromisedUser", "determination": "compromisedAccount"`. So does a field whose name means something else in the
//!   other shape. Names that begin with `@defender.` and `@graph.` are those of annotations in `OData`'s JSON
//!   (4.01, section 4.6), which readers pass over.
//!
//! A long list must not wait for this, so nothing is parsed into values: the text is gone through once, what stays is
//! copied in runs, and names are found in tables (`examples/bench_shape.rs`).

mod entity;
mod evidence;
mod field;
mod fields;
mod members;
mod scan;
mod table;
mod translator;
pub mod values;
mod words;

pub(super) use members::Members;
pub use translator::{NotJson, Translator};

/// Whose names, types and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Those of the Microsoft 365 Defender API.
    Defender,
    /// Those of Microsoft Graph's security API, v1.0.
    Graph,
}

impl Shape {
    /// Begins the names under which the other shape keeps what is only this one's.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Defender => "@defender.",
            Self::Graph => "@graph.",
        }
    }
}

#[cfg(test)]
mod tests;
