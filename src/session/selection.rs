//! Whose session a profile means: that of the account which signed in last.
//!
//! The settings may say `organizations` or a domain, and two profiles may belong to two people, so only the ID token
//! tells which session a sign-in has brought. A small file beside the sessions remembers it; nothing in it is secret.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::file::{SELECTION, is_lasting, is_sealed, read, set_aside};
use super::{Error, Key, Selector, Store};
use crate::files::{Lock, create_folder, replace};

/// Sessions that nobody means.
#[derive(Debug, Default)]
pub struct Unselected {
    /// How many of the application's were deleted.
    pub deleted: usize,
    /// How many there still are whose application their files do not tell, such as sealed ones.
    pub unknown: usize,
}

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
            // As of a session: none of this passes by itself.
            Err(error) if is_lasting(&error) => Err(set_aside(&path, "unreadable")),
            Err(error) => Err(Error::file("read", path)(error)),
        }
    }

    /// From now on `selector` means the session of `key`, and so does whoever asks for its tenant by the id.
    ///
    /// # Errors
    /// [`Error::File`] when that cannot be written.
    ///
    /// Whoever chooses holds [`Store::lock_selections`] from the look at what is chosen until now.
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
            Err(Error::SignedOut | Error::Damaged { .. }) => {
                return Ok(self.delete_unselected(selector)?.deleted > 0);
            }
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

    /// Keeps two sign-ins apart, from the look at who is signed in until the new session is chosen.
    ///
    /// # Errors
    /// [`Error::Locked`], or [`Error::File`] when there can be no lock.
    pub fn lock_selections(&self) -> Result<Lock, Error> {
        create_folder(self.folder()).map_err(Error::file("create", self.folder()))?;
        self.acquire(&self.folder().join("selections.lock"))
    }

    /// Deletes the sessions of the selector's application that nobody means, since what meant them is lost or damaged:
    /// nobody would find them any more, and there are refresh tokens in them.
    ///
    /// # Errors
    /// [`Error::File`] when one is still there.
    pub fn delete_unselected(&self, selector: &Selector) -> Result<Unselected, Error> {
        let mut unselected = Unselected::default();
        if !self.folder().is_dir() {
            return Ok(unselected);
        }
        // A sign-in saves its session before it is chosen.
        let _lock = self.lock_selections()?;
        let files = self.files()?;
        let meant: Vec<_> =
            files.iter().filter_map(|path| chosen_in(path)).map(|key| self.path(&key)).collect();
        for path in files.iter().filter(|path| path.extension() == Some(OsStr::new("json"))) {
            if meant.contains(path) {
                continue;
            }
            match key_in(path) {
                Some(key) if self.path(&key) != *path || !selector.is_answered_by(&key) => {}
                Some(key) => unselected.deleted += usize::from(self.delete(&key)?),
                None => unselected.unknown += 1,
            }
        }
        Ok(unselected)
    }

    /// From now on nobody means the session of `key`.
    pub(super) fn unchoose(&self, key: &Key) -> Result<(), Error> {
        for path in self.selections_of(key)? {
            fs::remove_file(&path).map_err(Error::file("delete", path))?;
        }
        Ok(())
    }

    fn selections_of(&self, key: &Key) -> Result<Vec<PathBuf>, Error> {
        let means_it = |path: &PathBuf| chosen_in(path).is_some_and(|other| other == *key);
        Ok(self.files()?.into_iter().filter(means_it).collect())
    }

    fn selection(&self, selector: &Selector) -> PathBuf {
        self.folder().join(format!("{}.{SELECTION}", selector.digest()))
    }
}

/// The session that a selection's file means.
fn chosen_in(path: &Path) -> Option<Key> {
    let is_selection = path.extension() == Some(OsStr::new(SELECTION));
    is_selection.then(|| read(path).ok()).flatten().and_then(|text| serde_json::from_slice(&text).ok())
}

/// Which session a plain file says that it is.
fn key_in(path: &Path) -> Option<Key> {
    #[derive(Deserialize)]
    struct Session {
        key: Key,
    }
    let text = (!is_sealed(path)).then(|| read(path).ok().map(Zeroizing::new)).flatten()?;
    serde_json::from_slice(&text).ok().map(|session: Session| session.key)
}

/// Under a name of its own, since a reader takes no lock.
fn write(path: &Path, key: &Key) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    create_folder(folder)?;
    replace(path, &serde_json::to_vec(key)?)
}
