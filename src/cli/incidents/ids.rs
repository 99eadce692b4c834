//! Which incidents: ids from the command line and from standard input, each once, all checked before anything is sent.

use std::io::{self, Read};

use anyhow::Result;

use super::args::{self, Ids, IncidentId};

/// Room for a few million ids.
const LONGEST_INPUT: u64 = 64 << 20;
/// So much of a wrong one is shown.
const EXCERPT: usize = 40;

/// What stands on standard input is not ids; nothing has been sent.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum NotAnId {
    #[error("line {line} of standard input is not an incident's id: {text}")]
    Line { line: usize, text: String },
    #[error("cannot read the ids from standard input: {0}")]
    Unreadable(io::Error),
    #[error("standard input has more than {} MiB", LONGEST_INPUT >> 20)]
    TooLong,
}

/// The ids in their order.
///
/// # Errors
/// [`NotAnId`]
pub(super) fn read(ids: &Ids) -> Result<Vec<u64>> {
    let mut unique = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut add = |id| {
        if seen.insert(id) {
            unique.push(id);
        }
    };
    for id in &ids.ids {
        match id {
            IncidentId::Given(id) => add(*id),
            IncidentId::OnStandardInput => from(io::stdin().lock())?.into_iter().for_each(&mut add),
        }
    }
    Ok(unique)
}

fn from(input: impl Read) -> Result<Vec<u64>, NotAnId> {
    let mut text = Vec::new();
    input.take(LONGEST_INPUT + 1).read_to_end(&mut text).map_err(NotAnId::Unreadable)?;
    if text.len() as u64 > LONGEST_INPUT {
        return Err(NotAnId::TooLong);
    }
    let text = String::from_utf8_lossy(&text);
    let mut ids = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in line.split_ascii_whitespace() {
            let wrong = |_| NotAnId::Line { line: index + 1, text: excerpt(word) };
            ids.push(args::id(word).map_err(wrong)?);
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

    #[test]
    fn ids_are_numbers_between_spaces_and_line_ends() {
        assert_eq!(from(&b"7\r\n 8\t9\n\n10"[..]).unwrap(), [7, 8, 9, 10]);
        assert!(from(&b""[..]).unwrap().is_empty());
        for wrong in
            ["\"7\"", "+7", "07", "-7", "7,8", "7\u{200f}", "18446744073709551616", "7;8", "../7", "%37"]
        {
            let error = from(format!("7\n{wrong}\n8").as_bytes()).unwrap_err().to_string();
            assert_eq!(error, format!("line 2 of standard input is not an incident's id: {wrong}"));
        }
        let long = from("1".repeat(1 << 20).as_bytes()).unwrap_err().to_string();
        assert!(long.len() < 120, "{long}");
        assert!(from(&[b'7', b'\n', 0xff][..]).is_err());
    }
}
