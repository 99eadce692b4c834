//! The query, from wherever it comes, as it is.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Failure;
use super::args::Hunt;
use crate::cli::terminal;

/// What Windows' editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// Several times what the engine reads.
const LONGEST: u64 = 16 << 20;
/// How the names of files with a query end.
const ENDINGS: [&str; 4] = ["kql", "csl", "kusto", "txt"];

pub(super) fn query(arguments: &Hunt) -> Result<String, Failure> {
    let (name, bytes) = match (&arguments.query, &arguments.file) {
        (None, None) => return Err(Failure::NothingGiven),
        (Some(query), _) if is_name_of_a_file(query) => return Err(Failure::NameOfAFile(query.clone())),
        (Some(query), _) if query != "-" => ("the argument".to_owned(), Ok(query.clone().into_bytes())),
        (_, Some(file)) if file != "-" => (file.clone(), File::open(file).and_then(whole)),
        _ => ("standard input".to_owned(), whole(terminal::stdin())),
    };
    let bytes = bytes.map_err(|error| Failure::Unreadable { name: name.clone(), error })?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::TooLong { name, limit: LONGEST });
    }
    let query = String::from_utf8(bytes).map_err(|_| Failure::NotText(name.clone()))?;
    let query = query.strip_prefix(BYTE_ORDER_MARK).map(str::to_owned).unwrap_or(query);
    if query.trim().is_empty() { Err(Failure::NoQuery(name)) } else { Ok(query) }
}

/// No table has a point in its name.
fn is_name_of_a_file(query: &str) -> bool {
    let path = Path::new(query);
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) && path.is_file()
}

fn whole(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
