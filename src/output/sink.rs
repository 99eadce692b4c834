//! The one way out for a list: items go in one by one, and nothing is kept but what a table's block needs.

use std::io::{self, Write};

use memchr::memchr2;

use super::table::Layout;
use super::{Column, Format, csv};

/// How many rows of a table are laid out together.
const BLOCK: usize = 100;

/// Writes items in one format.
pub struct Sink<'a, W: Write> {
    writer: Writer<'a, W>,
    columns: &'a [Column<'a>],
    items: usize,
}

enum Writer<'a, W: Write> {
    Json(W),
    Ndjson(W),
    Csv(Box<::csv::Writer<W>>),
    Table { out: W, layout: Layout<'a>, block: Vec<Vec<String>> },
}

impl<'a, W: Write> Sink<'a, W> {
    /// A sink into `out`; `width` is the terminal's, in cells.
    pub fn new(format: Format, columns: &'a [Column<'a>], width: u16, out: W) -> Self {
        let writer = match format {
            Format::Json => Writer::Json(out),
            Format::Ndjson => Writer::Ndjson(out),
            Format::Csv => Writer::Csv(Box::new(csv::writer(out))),
            Format::Table => Writer::Table { out, layout: Layout::new(columns, width), block: Vec::new() },
        };
        Self { writer, columns, items: 0 }
    }

    /// The same, going on with a list that has so many items already.
    #[must_use]
    pub fn after(self, items: usize) -> Self {
        Self { items, ..self }
    }

    /// The same for columns that are a part of the result: a table has their names as they are, and has them even if
    /// there are no rows.
    #[must_use]
    pub fn with_names_as_they_are(mut self) -> Self {
        if let Writer::Table { layout, .. } = &mut self.writer {
            layout.keeps_names = true;
        }
        self
    }

    /// Whether rows are asked for at all, or the JSON alone will do.
    pub fn wants_rows(&self) -> bool {
        matches!(self.writer, Writer::Csv(_) | Writer::Table { .. })
    }

    /// How many of the columns a table has room for; all of them in any other format.
    pub fn columns_shown(&self) -> usize {
        match &self.writer {
            Writer::Table { layout, .. } => layout.names().count(),
            Writer::Json(_) | Writer::Ndjson(_) | Writer::Csv(_) => self.columns.len(),
        }
    }

    /// Whether anything has been written.
    pub fn has_items(&self) -> bool {
        self.items > 0
    }

    /// Whether a person reads the rows.
    pub fn is_table(&self) -> bool {
        matches!(self.writer, Writer::Table { .. })
    }

    /// Writes one item: its JSON as it is, or the cells that `cell` gives for the columns' names.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn push(&mut self, json: &str, cell: impl Fn(&str) -> String) -> io::Result<()> {
        let first = self.items == 0;
        self.items += 1;
        match &mut self.writer {
            Writer::Json(out) => {
                out.write_all(if first { b"[\n" } else { b",\n" })?;
                out.write_all(json.as_bytes())
            }
            Writer::Ndjson(out) => {
                write_in_one_line(out, json)?;
                out.write_all(b"\n")
            }
            Writer::Csv(out) => {
                if first {
                    csv::write(out, header(self.columns))?;
                }
                csv::write(out, self.columns.iter().map(|column| cell(column.name)))
            }
            Writer::Table { out, layout, block } => {
                if first {
                    out.write_all(layout.header().as_bytes())?;
                }
                block.push(layout.names().map(cell).collect());
                if block.len() == BLOCK {
                    out.write_all(layout.lines(block.drain(..)).as_bytes())?;
                }
                Ok(())
            }
        }
    }

    /// Sends on what has been written so far.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.writer {
            Writer::Json(out) | Writer::Ndjson(out) => out.flush(),
            Writer::Csv(out) => out.flush(),
            Writer::Table { out, layout, block } => {
                out.write_all(layout.lines(block.drain(..)).as_bytes())?;
                out.flush()
            }
        }
    }

    /// Ends the list. A list that is not finished is not valid JSON, so nobody takes a part for the whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        match &mut self.writer {
            Writer::Json(out) => out.write_all(if self.items == 0 { b"[]\n" } else { b"\n]\n" })?,
            Writer::Csv(out) if self.items == 0 => csv::write(out, header(self.columns))?,
            Writer::Table { out, layout, .. } if self.items == 0 && layout.keeps_names => {
                out.write_all(layout.header().as_bytes())?;
            }
            Writer::Ndjson(_) | Writer::Csv(_) | Writer::Table { .. } => {}
        }
        self.flush()
    }
}

fn header(columns: &[Column<'_>]) -> impl Iterator<Item = String> {
    columns.iter().map(|column| column.name.replace(' ', "_"))
}

/// A line break in JSON stands between tokens and never in a string, so leaving it out changes nothing.
fn write_in_one_line(out: &mut impl Write, json: &str) -> io::Result<()> {
    let mut rest = json.as_bytes();
    while let Some(end) = memchr2(b'\n', b'\r', rest) {
        out.write_all(&rest[..end])?;
        rest = &rest[end + 1..];
    }
    out.write_all(rest)
}

#[cfg(test)]
mod tests {
    use super::super::Width;
    use super::*;

    const COLUMNS: &[Column<'_>] = &[
        Column { name: "id", width: Some(Width::Cells(4, 4)), expendable: 0 },
        Column { name: "name", width: Some(Width::Rest(6)), expendable: 0 },
        Column { name: "assigned to", width: Some(Width::Cells(11, 11)), expendable: 1 },
    ];

    fn written(format: Format, width: u16, items: &[(&str, &str)]) -> String {
        let mut out = Vec::new();
        let mut sink = Sink::new(format, COLUMNS, width, &mut out);
        for (json, name) in items {
            sink.push(json, |column| if column == "name" { (*name).to_owned() } else { "7".to_owned() })
                .unwrap();
        }
        sink.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_is_one_array_of_the_items_as_they_are() {
        assert_eq!(
            written(Format::Json, 80, &[("{\"a\": 1.0}", ""), ("{}", "")]),
            "[\n{\"a\": 1.0},\n{}\n]\n"
        );
        assert_eq!(written(Format::Json, 80, &[]), "[]\n");
    }

    #[test]
    fn ndjson_is_one_line_an_item_even_if_the_service_prints_it_prettily() {
        assert_eq!(
            written(Format::Ndjson, 80, &[("{\r\n  \"a\": \"x\\ny\"\n}", ""), ("{}", "")]),
            "{  \"a\": \"x\\ny\"}\n{}\n"
        );
        assert_eq!(written(Format::Ndjson, 80, &[]), "");
    }

    #[test]
    fn csv_quotes_and_disarms() {
        let text =
            written(Format::Csv, 80, &[("", "a \"b\", c\nd"), ("", "=cmd()"), ("", "\u{1b}[2J\u{202e}")]);
        assert_eq!(
            text,
            "id,name,assigned_to\n7,\"a \"\"b\"\", c d\",7\n7,'=cmd(),7\n7,\u{fffd}[2J\u{fffd},7\n"
        );
        assert_eq!(written(Format::Csv, 80, &[]), "id,name,assigned_to\n");
    }

    #[test]
    fn a_table_fits_its_terminal_and_gives_up_what_it_can_spare() {
        let name = "a long name with an \u{1b}[31mescape and 検出 in it";
        for width in [25, 30, 40, 80] {
            let text = written(Format::Table, width, &[("", name), ("", "")]);
            assert_eq!(text.lines().count(), 3, "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= width.into()), "{width}:\n{text}");
            assert!(!text.contains('\u{1b}'));
        }
        assert!(written(Format::Table, 25, &[("", name)]).contains("ASSIGNED TO"));
        assert!(!written(Format::Table, 20, &[("", name)]).contains("ASSIGNED TO"));
    }
}
