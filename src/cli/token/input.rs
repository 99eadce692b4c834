//! Where a token to inspect is read from.

use std::fs::File;
use std::io::{self, Read};

use crate::cli::terminal;
use crate::token::AccessToken;

/// Far more than any token has, and far less than hurts.
const LONGEST: u64 = 1 << 20;

/// Reads a token from the named file, or from standard input for `-`.
pub(super) fn read(file: &str) -> io::Result<AccessToken> {
    let mut bytes = Vec::new();
    if file == "-" {
        terminal::stdin().take(LONGEST).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(LONGEST).read_to_end(&mut bytes)?;
    }
    Ok(AccessToken::copied(&bytes))
}
