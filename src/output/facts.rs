//! A single thing, as a list of labelled facts for a person or as one object for a program.

use std::io::{self, Write};

use serde_json::Value;

use super::{Format, csv, one_line, wrap};

/// Terminals with fewer cells have no room for two columns of text.
pub const NARROW: u16 = 60;

/// A label and what is to say under it.
pub type Fact = (&'static str, String);

/// Writes `facts` for a person, as [`wrapped_facts`] does, and `object` for a program.
///
/// # Errors
/// When it cannot be written.
pub fn facts(
    format: Format,
    facts: &[Fact],
    object: &Value,
    width: Option<u16>,
    mut out: impl Write,
) -> io::Result<()> {
    match format {
        Format::Table => wrapped_facts(facts, width, &mut out)?,
        Format::Json => writeln!(out, "{object:#}")?,
        Format::Ndjson => writeln!(out, "{object}")?,
        Format::Csv => {
            let mut writer = csv::writer(&mut out);
            csv::write(&mut writer, ["name", "value"].map(str::to_owned))?;
            for (label, text) in facts {
                csv::write(&mut writer, [(*label).to_owned(), text.clone()])?;
            }
            writer.flush()?;
        }
    }
    out.flush()
}

/// Writes `facts` for a person in lines of at most `width` cells, where their words allow that; without a width, each fact
/// in one line. Where it is narrow, labels and texts have lines of their own.
///
/// # Errors
/// When it cannot be written.
pub fn wrapped_facts<L: AsRef<str>>(
    facts: &[(L, String)],
    width: Option<u16>,
    mut out: impl Write,
) -> io::Result<()> {
    let widest = facts.iter().map(|(label, _)| label.as_ref().len()).max().unwrap_or_default();
    for (label, text) in facts {
        let text = one_line(text);
        let label = label.as_ref();
        match width {
            None => writeln!(out, "{label:widest$}  {text}")?,
            Some(width) if width < NARROW => {
                writeln!(out, "{label}\n  {}", wrap(&text, width, 2).join("\n"))?;
            }
            Some(width) => writeln!(out, "{label:widest$}  {}", wrap(&text, width, widest + 2).join("\n"))?,
        }
    }
    out.flush()
}
