//! Whose session a profile means: that of the account which signed in last.
//!
//! The settings may say `organizations` or a domain, and two profiles may belong to two people, so only the ID token
//! tells which session a sign-in has brought. A small file beside the sessions remembers it; nothing in it is secret.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::store::{read, set_aside, sync_folder};
use super::{Error, Key, Selector, Store};
use crate::files::create_folder;

/// The ending of the files.
pub(super) const ENDING: &str = "account";

impl Store {
    /// The session that `selector` means.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when nobody has signed in with these settings, [`Error::Damaged`] when it cannot be told
    /// who has.
    pub fn select(&self, selector: &Selector) -> Result<Key, Error> {
        let path = self.selection(selector);
        match read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| set_aside(&path, "damaged")),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::SignedOut),
            Err(error) => Err(Error::file("read", path)(error)),
        }
    }

    /// From now on `selector` means the session of `key`, and so does whoever asks for its tenant by the id.
    ///
    /// # Errors
    /// [`Error::File`] when that cannot be written.
    pub fn choose(&self, selector: &Selector, key: &Key) -> Result<(), Error> {
        let by_id = selector.by_id(&key.tenant_id);
        let news = [selector, &by_id]
            .into_iter()
            .filter(|selector| !self.select(selector).is_ok_and(|old| old == *key));
        for path in news.map(|selector| self.selection(selector)) {
            write(&path, key).map_err(Error::file("write", path))?;
        }
        Ok(())
    }

    /// From now on `selector` means nobody's session; the one that it meant is deleted unless somebody else means it.
    /// `false` when there was none.
    ///
    /// # Errors
    /// [`Error::File`] when it is still there.
    pub fn forget(&self, selector: &Selector) -> Result<bool, Error> {
        let key = match self.select(selector) {
            Ok(key) => key,
            Err(Error::SignedOut) => return Ok(false),
            Err(error) => return Err(error),
        };
        for selector in [selector, &selector.by_id(&key.tenant_id)] {
            let path = self.selection(selector);
            if self.select(selector).is_ok_and(|other| other == key) {
                fs::remove_file(&path).map_err(Error::file("delete", path))?;
            }
        }
        self.release(&key)?;
        Ok(true)
    }

    /// Deletes a session unless somebody means it.
    ///
    /// # Errors
    /// [`Error::File`] when it is still there.
    pub fn release(&self, key: &Key) -> Result<(), Error> {
        if self.selections_of(key)?.is_empty() {
            self.delete(key)?;
        }
        Ok(())
    }

    /// From now on nobody means the session of `key`.
    pub(super) fn unchoose(&self, key: &Key) -> Result<(), Error> {
        for path in self.selections_of(key)? {
            fs::remove_file(&path).map_err(Error::file("delete", path))?;
        }
        Ok(())
    }

    fn selections_of(&self, key: &Key) -> Result<Vec<PathBuf>, Error> {
        let means_it = |path: &PathBuf| {
            path.extension() == Some(OsStr::new(ENDING))
                && read(path)
                    .is_ok_and(|text| serde_json::from_slice(&text).is_ok_and(|other: Key| other == *key))
        };
        Ok(self.files()?.into_iter().filter(means_it).collect())
    }

    fn selection(&self, selector: &Selector) -> PathBuf {
        self.folder().join(format!("{}.{ENDING}", selector.digest()))
    }
}

/// Under a name of its own, since no lock keeps two sign-ins apart; the last one counts.
fn write(path: &Path, key: &Key) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    create_folder(folder)?;
    let prefix = format!("{}.", path.file_name().unwrap_or_default().to_string_lossy());
    let mut file = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)?;
    serde_json::to_writer(&mut file, key)?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(path)
}
