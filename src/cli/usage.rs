//! What is wrong with the command line, or the help that was asked for.

use std::io::{self, Write};

use clap::error::ContextValue;

use crate::output::one_line;

/// More lines, and more characters in one, are somebody else's text that is repeated.
const LINES: usize = 20;
const CHARACTERS: usize = 1000;

/// Says it in colours, unless a text that is repeated in it would steer the terminal or is longer than anybody reads.
///
/// # Errors
/// When it cannot be written.
pub(super) fn print(error: &clap::Error) -> io::Result<()> {
    let text = error.render().to_string();
    let lines: Vec<_> = text.lines().collect();
    // The rendered text is without the escape sequences that a repeated one has.
    let mut repeated = error.context().filter_map(|(_, value)| match value {
        ContextValue::String(text) => Some(text),
        _ => None,
    });
    let is_fit = |text: &str| one_line(text) == text && text.chars().nth(CHARACTERS).is_none();
    let all_fit = lines.iter().all(|line| is_fit(line)) && repeated.all(|text| is_fit(text));
    if !error.use_stderr() || (lines.len() <= LINES && all_fit) {
        return error.print();
    }
    for line in without_the_middle(&lines, LINES, "…") {
        let line: Vec<_> = one_line(line).chars().collect();
        writeln!(io::stderr(), "{}", without_the_middle(&line, CHARACTERS, '…').collect::<String>())?;
    }
    Ok(())
}

/// The beginning and the end of what has more than `most` parts: what is wrong with a text stands after it.
fn without_the_middle<T: Copy>(parts: &[T], most: usize, left_out: T) -> impl Iterator<Item = T> {
    let half = if parts.len() > most { most / 2 } else { parts.len() };
    let (beginning, rest) = parts.split_at(half);
    let end = &rest[rest.len().saturating_sub(half)..];
    let gap = (!rest.is_empty()).then_some(left_out);
    beginning.iter().copied().chain(gap).chain(end.iter().copied())
}
