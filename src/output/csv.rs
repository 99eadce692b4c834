//! Rows as CSV, with cells that a terminal and a spreadsheet will show and not run.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::one_line;

/// A writer of rows with LF line ends.
pub(super) fn writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out)
}

/// Writes one row.
pub(super) fn write<W: Write>(
    writer: &mut Writer<W>,
    cells: impl IntoIterator<Item = String>,
) -> io::Result<()> {
    writer.write_record(cells.into_iter().map(|cell| inert(&cell))).map_err(into_io)
}

/// One visible line, since a file is soon printed in a terminal. A text that begins like a formula gets an apostrophe, as
/// spreadsheets themselves mark text (<https://owasp.org/www-community/attacks/CSV_Injection>).
pub(super) fn inert(cell: &str) -> String {
    let mark = if is_formula(cell) { "'" } else { "" };
    format!("{mark}{}", one_line(cell))
}

/// Whether a spreadsheet would take the text for something to run.
pub(super) fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

pub(super) fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
