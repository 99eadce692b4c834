//! JSON for a person's eyes: the same JSON, in which nothing steers the terminal or reorders the line.

use std::io::{self, Write};

use super::text::is_bidi_control;

/// Writes control characters and those that reorder text (UAX #9) as JSON's `\u` escapes (RFC 8259 section 7), which
/// mean the same in a string. JSON has none outside of strings but line ends and tabs, which stay.
pub struct Escaping<W: Write> {
    out: W,
    is_terminal: bool,
    /// The beginning of a character whose rest has not come yet.
    begun: Vec<u8>,
}

impl<W: Write> Escaping<W> {
    /// Into `out`, untouched unless that `is_terminal`.
    pub fn new(out: W, is_terminal: bool) -> Self {
        Self { out, is_terminal, begun: Vec::new() }
    }

    fn write_escaped(&mut self, text: &str) -> io::Result<()> {
        let steers = |character: char| {
            (character.is_control() && !['\n', '\t'].contains(&character)) || is_bidi_control(character)
        };
        let mut rest = text;
        while let Some(at) = rest.find(steers) {
            let (plain, from) = rest.split_at(at);
            let mut characters = from.chars();
            let escape = characters.next().map(u32::from).unwrap_or_default();
            write!(self.out, "{plain}\\u{escape:04x}")?;
            rest = characters.as_str();
        }
        self.out.write_all(rest.as_bytes())
    }
}

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_terminal {
            return self.out.write(bytes);
        }
        let all = [&std::mem::take(&mut self.begun)[..], bytes].concat();
        let mut done = 0;
        for chunk in all.utf8_chunks() {
            self.write_escaped(chunk.valid())?;
            done += chunk.valid().len() + chunk.invalid().len();
            if chunk.invalid().is_empty() {
                continue;
            }
            let may_go_on =
                std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
            if done == all.len() && may_go_on {
                self.begun = chunk.invalid().to_vec();
            } else {
                write!(self.out, "{}", char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[&[u8]], is_terminal: bool) -> String {
        let mut out = Vec::new();
        let mut writer = Escaping::new(&mut out, is_terminal);
        for piece in pieces {
            writer.write_all(piece).unwrap();
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn a_terminal_gets_no_controls_and_the_same_json() {
        let json = "[\n\t\"\u{1b}[31m\u{9b}2J\u{202e}fdp\u{7f}\r é🛡\"]\n";
        let safe = written(&[json.as_bytes()], true);
        assert_eq!(safe, "[\n\t\"\\u001b[31m\\u009b2J\\u202efdp\\u007f\\u000d é🛡\"]\n");
        assert_eq!(written(&[json.as_bytes()], false), json);
        // However it is cut.
        let bytes: Vec<_> = json.as_bytes().chunks(1).collect();
        assert_eq!(written(&bytes, true), safe);
        assert_eq!(written(&[b"a\xffb", b"\xe2\x80", b"c"], true), "a\u{fffd}b\u{fffd}c");
    }
}
