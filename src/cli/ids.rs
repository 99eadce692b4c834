//! Which things: ids from the command line and from standard input, each once, all checked before anything is sent.

use std::collections::HashSet;
use std::hash::Hash;
use std::io::{self, Read};

use anyhow::Result;

use super::several::Things;
use super::terminal::{self, Terminal};

/// Room for a few million ids.
const LONGEST_INPUT: u64 = 64 << 20;
/// So much of a wrong one is shown.
const EXCERPT: usize = 40;

/// An id as it stands on the command line.
#[derive(Debug, Clone)]
pub(super) enum Given<I> {
    This(I),
    OnStandardInput,
}

/// What stands on standard input is not ids; nothing has been sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAnId {
    #[error("line {line} of standard input is not {}: {text}", .things.id)]
    Line { line: usize, text: String, things: &'static Things },
    #[error("cannot read the ids from standard input: {0}")]
    Unreadable(io::Error),
    #[error("standard input has more than {} MiB", LONGEST_INPUT >> 20)]
    TooLong,
    #[error("no id came on standard input, so nothing was done")]
    None { things: &'static Things },
}

impl NotAnId {
    /// Where ids come from.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Line { things, .. } | Self::None { things } => {
                format!("ids stand one on a line: {}", things.listing)
            }
            Self::Unreadable(_) | Self::TooLong => "give the ids as words of the command".to_owned(),
        }
    }
}

/// The argument `text`, which may stand for standard input.
///
/// # Errors
/// What `parse` says.
pub(super) fn given<I, E>(text: &str, parse: fn(&str) -> Result<I, E>) -> Result<Given<I>, E> {
    if text == "-" { Ok(Given::OnStandardInput) } else { parse(text).map(Given::This) }
}

/// The ids in their order, of things to change: if there is none, what was to print them may have failed.
///
/// # Errors
/// [`NotAnId`]
pub(super) fn read_some<I: Clone + Eq + Hash, E>(
    given: &[Given<I>],
    things: &'static Things,
    parse: fn(&str) -> Result<I, E>,
) -> Result<Vec<I>> {
    let ids = unique(given, things, parse)?;
    if ids.is_empty() { Err(NotAnId::None { things }.into()) } else { Ok(ids) }
}

/// The ids in their order, of things to read. Where none is wanted, there is none to show, which is said.
///
/// # Errors
/// [`NotAnId`]
pub(super) fn read<I: Clone + Eq + Hash, E>(
    given: &[Given<I>],
    things: &'static Things,
    parse: fn(&str) -> Result<I, E>,
    terminal: Terminal,
) -> Result<Vec<I>> {
    let ids = unique(given, things, parse)?;
    if ids.is_empty() {
        terminal.warn("no id came on standard input");
    }
    Ok(ids)
}

fn unique<I: Clone + Eq + Hash, E>(
    given: &[Given<I>],
    things: &'static Things,
    parse: fn(&str) -> Result<I, E>,
) -> Result<Vec<I>> {
    let mut unique = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |id: I| {
        if seen.insert(id.clone()) {
            unique.push(id);
        }
    };
    for id in given {
        match id {
            Given::This(id) => add(id.clone()),
            Given::OnStandardInput => {
                from(terminal::stdin(), things, parse)?.into_iter().for_each(&mut add);
            }
        }
    }
    Ok(unique)
}

fn from<I, E>(
    input: impl Read,
    things: &'static Things,
    parse: fn(&str) -> Result<I, E>,
) -> Result<Vec<I>, NotAnId> {
    let mut text = Vec::new();
    input.take(LONGEST_INPUT + 1).read_to_end(&mut text).map_err(NotAnId::Unreadable)?;
    if text.len() as u64 > LONGEST_INPUT {
        return Err(NotAnId::TooLong);
    }
    let text = String::from_utf8_lossy(&text);
    // What Windows writes at the beginning of a text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut ids = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in line.split_ascii_whitespace() {
            let wrong = |_| NotAnId::Line { line: index + 1, text: excerpt(word), things };
            ids.push(parse(word).map_err(wrong)?);
        }
    }
    Ok(ids)
}

fn excerpt(word: &str) -> String {
    match word.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::incidents::{INCIDENTS, args};

    fn from(input: &[u8]) -> Result<Vec<u64>, NotAnId> {
        super::from(input, &INCIDENTS, args::id)
    }

    #[test]
    fn ids_are_numbers_between_spaces_and_line_ends() {
        assert_eq!(from(b"7\r\n 8\t9\n\n10").unwrap(), [7, 8, 9, 10]);
        assert!(from(b"").unwrap().is_empty());
        assert_eq!(from("\u{feff}7\n8".as_bytes()).unwrap(), [7, 8]);
        for wrong in
            ["\"7\"", "+7", "07", "-7", "7,8", "7\u{200f}", "18446744073709551616", "7;8", "../7", "%37"]
        {
            let error = from(format!("7\n{wrong}\n8").as_bytes()).unwrap_err().to_string();
            assert_eq!(error, format!("line 2 of standard input is not an incident's id: {wrong}"));
        }
        let long = from("1".repeat(1 << 20).as_bytes()).unwrap_err().to_string();
        assert!(long.len() < 120, "{long}");
        assert!(from(&[b'7', b'\n', 0xff]).is_err());
    }
}
