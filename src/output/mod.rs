//! Rows out, through one sink. What an item is, only its caller knows.

mod csv;
mod escaping;
mod facts;
mod records;
mod sink;
mod table;
mod text;
mod wrap;

pub use escaping::Escaping;
pub use facts::{Fact, NARROW, facts, wrapped_facts};
pub use records::Records;
pub use sink::Sink;
pub use table::Width;
pub use text::{one_line, shortened};
pub use wrap::wrap;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person: the columns that fit, one line a row.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values (RFC 4180).
    Csv,
}

/// A column of tables and CSV.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// What the caller finds the cell's text by.
    pub name: &'a str,
    /// How wide it is in a table; `None` keeps it out of tables.
    pub width: Option<Width>,
    /// In a narrow terminal the columns with the highest number go first; 0 stays.
    pub expendable: u8,
}

impl<'a> Column<'a> {
    /// A column that no table is wanted for.
    #[must_use]
    pub const fn csv_only(name: &'a str) -> Self {
        Self { name, width: None, expendable: 0 }
    }
}
