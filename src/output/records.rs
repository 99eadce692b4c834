//! CSV of many columns that are known only when they come, written cell by cell.

use std::io::{self, Write};

use super::csv::{self, into_io};

/// Writes records.
pub struct Records<W: Write> {
    writer: ::csv::Writer<W>,
    raw: bool,
}

impl<W: Write> Records<W> {
    /// Records into `out`; unless they are to be `raw`, a text that a spreadsheet would run is marked as text, and none
    /// steers a terminal.
    pub fn new(out: W, raw: bool) -> Self {
        Self { writer: csv::writer(out), raw }
    }

    /// Writes a cell with a text that anybody may have written.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn text(&mut self, cell: &str) -> io::Result<()> {
        // Most cells are such, and are written as they are.
        let is_plain = !csv::is_formula(cell) && cell.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if self.raw || is_plain { self.value(cell) } else { self.value(&csv::inert(cell)) }
    }

    /// Writes a cell with a number or the like, which runs nowhere.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn value(&mut self, cell: &str) -> io::Result<()> {
        self.writer.write_field(cell).map_err(into_io)
    }

    /// Ends a record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(&mut self) -> io::Result<()> {
        self.writer.write_record(None::<&[u8]>).map_err(into_io)
    }

    /// Sends on what has been written.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(raw: bool) -> String {
        let mut out = Vec::new();
        let mut records = Records::new(&mut out, raw);
        for (text, value) in [("=cmd()", "-1"), ("@a\r\n\"b\",c", ""), ("", "{\"a\":1}")] {
            records.text(text).unwrap();
            records.value(value).unwrap();
            records.end().unwrap();
        }
        records.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_text_is_disarmed_and_a_number_is_none() {
        assert_eq!(written(false), "'=cmd(),-1\n\"'@a  \"\"b\"\",c\",\n,\"{\"\"a\"\":1}\"\n");
        assert_eq!(written(true), "=cmd(),-1\n\"@a\r\n\"\"b\"\",c\",\n,\"{\"\"a\"\":1}\"\n");
    }
}
