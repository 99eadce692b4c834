//! CSV of many columns that are known only when they come, written cell by cell.
//!
//! A large result is a matter of millions of cells, most of them plain (`examples/bench_hunt.rs`): those are copied, and
//! the others quoted as RFC 4180 says.

use std::io::{self, Write};

use super::csv;

/// So much is written at once.
const BLOCK: usize = 256 * 1024;

/// Writes records.
pub struct Records<W: Write> {
    out: W,
    block: Vec<u8>,
    /// Where the current record begins.
    start: usize,
    is_first: bool,
    raw: bool,
}

impl<W: Write> Records<W> {
    /// Records into `out`; unless they are to be `raw`, a text that a spreadsheet would run is marked as text, and none
    /// steers a terminal.
    pub fn new(out: W, raw: bool) -> Self {
        Self { out, block: Vec::with_capacity(2 * BLOCK), start: 0, is_first: true, raw }
    }

    /// Writes a cell with a text that anybody may have written.
    pub fn text(&mut self, cell: &str) {
        if is_plain(cell, None) && (self.raw || !csv::is_formula(cell)) {
            self.plain(cell);
        } else if self.raw {
            self.quoted(cell);
        } else {
            self.quoted(&csv::inert(cell));
        }
    }

    /// Writes a cell with the text that stands so `written` in a JSON string, unless there is more to it than that;
    /// then it is left to [`Self::text`], and this is `false`.
    #[inline]
    pub fn written(&mut self, written: &str) -> bool {
        let is_plain = is_plain(written, Some(b'\\')) && !csv::is_formula(written);
        if is_plain {
            self.plain(written);
        }
        is_plain
    }

    /// Writes a cell with a number or the like, which runs nowhere.
    #[inline]
    pub fn value(&mut self, cell: &str) {
        if is_plain(cell, None) { self.plain(cell) } else { self.quoted(cell) }
    }

    /// Ends a record.
    ///
    /// # Errors
    /// When it cannot be written.
    #[inline]
    pub fn end(&mut self) -> io::Result<()> {
        // An empty line would be no record.
        if self.block.len() == self.start && !self.is_first {
            self.block.extend_from_slice(b"\"\"");
        }
        self.block.push(b'\n');
        if self.block.len() >= BLOCK {
            self.out.write_all(&self.block)?;
            self.block.clear();
        }
        self.start = self.block.len();
        self.is_first = true;
        Ok(())
    }

    /// Sends on what has been written.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.block)?;
        self.block.clear();
        self.start = 0;
        self.out.flush()
    }

    #[inline]
    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.block.push(b',');
        }
    }

    #[inline]
    fn plain(&mut self, cell: &str) {
        self.separate();
        self.block.extend_from_slice(cell.as_bytes());
    }

    fn quoted(&mut self, cell: &str) {
        self.separate();
        if !cell.contains(['"', ',', '\n', '\r']) {
            self.block.extend_from_slice(cell.as_bytes());
            return;
        }
        self.block.push(b'"');
        for (index, part) in cell.split('"').enumerate() {
            self.block.extend_from_slice(if index > 0 { b"\"\"" } else { b"" });
            self.block.extend_from_slice(part.as_bytes());
        }
        self.block.push(b'"');
    }
}

/// Whether there is nothing in the text that CSV or a terminal would take for something else, and none of `besides`. It is
/// looked at to its end without asking in between: the compiler makes that a matter of many bytes at once.
#[inline]
#[allow(clippy::needless_bitwise_bool, reason = "see above")]
fn is_plain(cell: &str, besides: Option<u8>) -> bool {
    let besides = besides.unwrap_or(b'"');
    let is_plain =
        |byte: u8| (byte.wrapping_sub(b' ') < 0x5f) & (byte != b'"') & (byte != b',') & (byte != besides);
    cell.bytes().fold(true, |all, byte| all & is_plain(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(raw: bool) -> String {
        let mut out = Vec::new();
        let mut records = Records::new(&mut out, raw);
        for (text, value) in
            [("=cmd()", "-1"), ("@a\r\n\"b\",c", ""), ("", "{\"a\":1}"), ("\tx", "+"), ("-", "")]
        {
            records.text(text);
            records.value(value);
            records.end().unwrap();
        }
        records.flush().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_text_is_disarmed_and_a_number_is_none() {
        assert_eq!(written(false), "'=cmd(),-1\n\"'@a  \"\"b\"\",c\",\n,\"{\"\"a\"\":1}\"\n' x,+\n'-,\n");
        assert_eq!(written(true), "=cmd(),-1\n\"@a\r\n\"\"b\"\",c\",\n,\"{\"\"a\"\":1}\"\n\tx,+\n-,\n");
    }

    #[test]
    fn what_stands_in_json_without_an_escape_is_the_text() {
        let mut out = Vec::new();
        let mut records = Records::new(&mut out, false);
        for (cell, is_plain) in
            [("a b", true), ("a\\n", false), ("=1", false), ("a,b", false), ("\u{e9}", false)]
        {
            assert_eq!(records.written(cell), is_plain, "{cell}");
        }
        records.end().unwrap();
        records.flush().unwrap();
        assert_eq!(out, b"a b\n");
    }

    fn read_back(records: &[Vec<String>]) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        let mut writer = Records::new(&mut out, true);
        for record in records {
            for cell in record {
                writer.text(cell);
            }
            writer.end().unwrap();
        }
        writer.flush().unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&out[..]);
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    proptest! {
        #[test]
        fn a_reader_finds_the_same_cells(
            records in prop::collection::vec(prop::collection::vec("([ -~]|[\"',\r\n\u{e9}\u{202e}]){0,9}", 3), 0..9),
            alone in prop::collection::vec(prop::collection::vec("[\", a\n]{0,3}", 1), 0..9),
        ) {
            prop_assert_eq!(read_back(&records), records);
            prop_assert_eq!(read_back(&alone), alone);
        }
    }
}
