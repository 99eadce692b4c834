//! The files of the sessions, looked at without opening any: for a person who wants to know why it does not work.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::file::{is_sealed, read};
use super::{Error, Key, Store, form};
use crate::auth::Account;

/// What is in the folder of the sessions.
#[derive(Debug, Default)]
pub struct Inspection {
    /// How many sessions there are.
    pub sessions: usize,
    /// What others than the owner may read or write; only Unix tells.
    pub open_to_others: Vec<PathBuf>,
    /// What was no session and has been set aside.
    pub set_aside: Vec<PathBuf>,
    /// Locks that somebody holds at this moment.
    pub locked: Vec<PathBuf>,
}

/// Whose session there is.
#[derive(Debug, Clone)]
pub enum Owner {
    /// This account's.
    Account(Account),
    /// It is sealed, and only its key tells.
    Sealed,
    /// The file does not say.
    Unknown,
}

impl Store {
    /// Looks at the folder and its files, and whether a file can be written there; a folder that does not exist yet
    /// is an empty one.
    ///
    /// # Errors
    /// [`Error::File`] when the folder cannot be read or written.
    pub fn inspect(&self) -> Result<Inspection, Error> {
        let mut found = Inspection::default();
        if !self.folder().exists() {
            return Ok(found);
        }
        tempfile::tempfile_in(self.folder())
            .and_then(|file| file.sync_all())
            .map_err(Error::file("write in", self.folder()))?;
        for path in self.files()? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.extension() == Some(OsStr::new("json")) {
                found.sessions += 1;
            }
            if path.extension() == Some(OsStr::new("lock")) && is_held(&path) {
                found.locked.push(path.clone());
            }
            if is_open_to_others(&path) {
                found.open_to_others.push(path.clone());
            }
            if name.contains(".damaged-") {
                found.set_aside.push(path);
            }
        }
        if is_open_to_others(self.folder()) {
            found.open_to_others.push(self.folder().to_owned());
        }
        Ok(found)
    }

    /// Whether the session of `key` is there, and whose it is: nobody can tell of one that is sealed, or that is no
    /// session of that key.
    #[must_use]
    pub fn whose(&self, key: &Key) -> Option<Owner> {
        let path = self.path(key);
        if is_sealed(&path) {
            return Some(Owner::Sealed);
        }
        let text = path.is_file().then(|| read(&path).map(Zeroizing::new))?;
        let session = text.ok().and_then(|text| form::read(&text).ok().flatten());
        let account = session.filter(|session| session.key == *key).map(|session| session.account);
        Some(account.map_or(Owner::Unknown, Owner::Account))
    }
}

fn is_held(lock: &std::path::Path) -> bool {
    File::options()
        .read(true)
        .write(true)
        .open(lock)
        .is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

#[cfg(unix)]
fn is_open_to_others(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.permissions().mode() & 0o077 != 0,
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &std::path::Path) -> bool {
    false
}
