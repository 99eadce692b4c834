//! The query, from wherever it comes, as it is.

use std::fs::File;
use std::io::{self, Read};

use super::Failure;
use crate::cli::args::Hunt;

/// What Windows' editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

pub(super) fn query(arguments: &Hunt) -> Result<String, Failure> {
    let (name, bytes) = match (&arguments.query, &arguments.file) {
        (Some(query), _) if query != "-" => ("the argument".to_owned(), Ok(query.clone().into_bytes())),
        (_, Some(file)) if file != "-" => (file.clone(), File::open(file).and_then(whole)),
        _ => ("standard input".to_owned(), whole(io::stdin().lock())),
    };
    let bytes = bytes.map_err(|error| Failure::Unreadable { name: name.clone(), error })?;
    let query = String::from_utf8(bytes).map_err(|_| Failure::NotText(name.clone()))?;
    let query = query.strip_prefix(BYTE_ORDER_MARK).map(str::to_owned).unwrap_or(query);
    if query.trim().is_empty() { Err(Failure::NoQuery(name)) } else { Ok(query) }
}

fn whole(mut source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes)?;
    Ok(bytes)
}
