//! A single thing, as a list of labelled facts for a person or as one object for a program.

use std::io::{self, Write};

use serde_json::Value;

use super::{Format, csv, one_line, wrap};

/// A label and what is to say under it.
pub type Fact = (&'static str, String);

/// Writes `facts` for a person and `object` for a program.
///
/// # Errors
/// When it cannot be written.
pub fn facts(format: Format, facts: &[Fact], object: &Value, mut out: impl Write) -> io::Result<()> {
    match format {
        Format::Table => {
            let widest = facts.iter().map(|(label, _)| label.len()).max().unwrap_or_default();
            for (label, text) in facts {
                writeln!(out, "{label:widest$}  {}", one_line(text))?;
            }
        }
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
/// in one line.
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
        let lines = match width {
            Some(width) => wrap(&text, width, widest + 2),
            None => vec![text],
        };
        writeln!(out, "{:widest$}  {}", label.as_ref(), lines.join("\n"))?;
    }
    out.flush()
}
