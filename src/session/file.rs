//! The files of sessions and of the choices between them, whatever is in them.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use jiff::Timestamp;

use super::{Error, seal};

const LONGEST: u64 = 16 << 20;
/// The ending of a file that says which session is meant.
pub(super) const SELECTION: &str = "account";

/// Whose session, or whose choice of one, a file holds; `None` for a lock, and for a file that somebody else put there.
pub(super) fn digest_of(path: &Path) -> Option<&str> {
    let (digest, rest) = path.file_name()?.to_str()?.split_once('.')?;
    let is_digest = digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_ours = ["json", SELECTION].iter().any(|ending| rest.split('.').next() == Some(*ending));
    (is_digest && is_ours).then_some(digest)
}

/// Whether a file cannot be read and will not be by waiting: it would be in the way of every sign-in.
pub(super) fn is_lasting(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::IsADirectory | ErrorKind::InvalidData)
}

/// Whether a file says of itself that it is sealed; nothing but its beginning is looked at.
pub(super) fn is_sealed(path: &Path) -> bool {
    let mut beginning = [0; seal::ENOUGH];
    // What is no file is not waited for.
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file
        && File::open(path).and_then(|mut file| file.read_exact(&mut beginning)).is_ok()
        && seal::is_sealed(&beginning)
}

/// A session has tens of kilobytes. What is no file is not waited for, and what is too long not read.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    readable(path)?;
    fs::read(path)
}

pub(super) fn readable(path: &Path) -> io::Result<Metadata> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    Ok(metadata)
}

/// Moves a file out of the way that is no session, and says so.
pub(super) fn set_aside(path: &Path, reason: &'static str) -> Error {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let aside = path.with_extension(format!("{ending}.damaged-{}", Timestamp::now().as_second()));
    match fs::rename(path, &aside) {
        Ok(()) => Error::Damaged { reason, aside },
        Err(error) => Error::file("set aside", path)(error),
    }
}

pub(super) fn delete(path: &Path) -> Result<bool, Error> {
    // What was set aside may be a folder that somebody made in a session's place.
    let deleted = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match deleted {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::file("delete", path)(error)),
    }
}
