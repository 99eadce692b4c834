//! The folder of session files.
//!
//! A file is written beside the old one, synced and renamed over it, so that a reader, a crash or a full disk
//! finds the old session or the new one. A file that is not right is moved out of the way and means "signed out".
//!
//! A session is sealed under a key in the credential store, or plain. Both have the same file, so that one replaces the
//! other whole, and a refresh keeps to what it finds.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::draft::Draft;
use super::file::{delete, digest_of, is_lasting, is_sealed, readable, set_aside};
use super::seal;
use super::seal_keys::SealKeys;
use super::{Error, Kept, Key, Session, form};
use crate::files::{Lock, create_folder, tighten};

/// Longer than a refresh with all its time limits can take. No lock is held while a browser is open.
const PATIENCE: Duration = Duration::from_secs(240);

/// All sessions of this user.
#[derive(Clone)]
pub struct Store {
    folder: PathBuf,
    warn: Rc<dyn Fn(&str)>,
    keys: SealKeys,
}

impl Store {
    /// The sessions in `folder`, which need not exist yet; `warn` gets to know, in a sentence, what a person should.
    #[must_use]
    pub fn new(folder: PathBuf, warn: impl Fn(&str) + 'static) -> Self {
        let warn: Rc<dyn Fn(&str)> = Rc::new(warn);
        Self { folder, keys: SealKeys::new(Rc::clone(&warn)), warn }
    }

    /// Where they are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the session of `key` is kept.
    #[must_use]
    pub fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{}.json", key.digest()))
    }

    /// Reads a session.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when there is none, [`Error::Damaged`] when the file was not one of `key`, or nothing opens
    /// it any more, and has been set aside, [`Error::Sealed`] when the key to it cannot be had for now,
    /// [`Error::File`] when it cannot be read.
    pub fn load(&self, key: &Key) -> Result<Session, Error> {
        let path = self.path(key);
        let file = match self.read(&path) {
            Ok(file) => Zeroizing::new(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::SignedOut),
            Err(error) if is_lasting(&error) => return Err(set_aside(&path, "unreadable")),
            Err(error) => return Err(Error::file("read", path)(error)),
        };
        let (text, kept) = if !seal::is_sealed(&file) {
            (file, Kept::Plain)
        } else if let Some(text) = self.keys.open(&path, &key.digest(), &file)? {
            (text, Kept::Sealed)
        } else if fs::read(&path).is_ok_and(|now| now != *file) {
            // Somebody has signed in meanwhile, and the key with which this was sealed is gone for that reason.
            return self.load(key);
        } else {
            return Err(set_aside(
                &path,
                "changed, or sealed with a key that the credential store does not have",
            ));
        };
        let reason = match form::read(&text) {
            Ok(Some(session)) if session.key == *key => {
                return Ok(Session { kept, ..session });
            }
            Ok(_) => "of another application or version",
            Err(_) if text.is_empty() => "empty",
            Err(_) => "damaged",
        };
        Err(set_aside(&path, reason))
    }

    /// Whether the credential store would keep a key.
    ///
    /// # Errors
    /// [`Error::NoSeal`] when not.
    pub fn can_seal(&self) -> Result<(), Error> {
        SealKeys::can_be_kept(&self.folder).map_err(Error::NoSeal)
    }

    /// Keeps something in the credential store, reads it back and forgets it.
    ///
    /// # Errors
    /// [`Error::NoSeal`] when that does not work.
    pub fn try_credential_store(&self) -> Result<(), Error> {
        SealKeys::round_trip(&self.folder).map_err(Error::NoSeal)
    }

    /// Keeps a session in place of the one before, which stays whole until this one is; sealed if `sealed` and if
    /// the credential store can keep the key, or else plain, which is then said. How it is kept, `session` tells.
    ///
    /// # Errors
    /// [`Error::File`], and then nothing has changed.
    pub fn save(&self, session: &mut Session, sealed: bool) -> Result<(), Error> {
        let lock = self.lock(&session.key)?;
        let path = self.path(&session.key);
        let draft = Draft::begin(&path).map_err(Error::file("write", &path))?;
        let was_sealed = is_sealed(&path);
        session.kept = if sealed { self.keys.find_or_make(&path) } else { Kept::Plain };
        self.replace(&lock, draft, session)?;
        if was_sealed && !sealed {
            self.keys.forget(&[path], None);
        }
        Ok(())
    }

    /// Deletes a session without opening it, and what was set aside of it or left behind by a crash; `false` when
    /// there was none. The file goes first: a key without it opens nothing.
    ///
    /// # Errors
    /// [`Error::File`] when it is still there.
    pub fn delete(&self, key: &Key) -> Result<bool, Error> {
        if !self.folder.is_dir() {
            return Ok(false);
        }
        let _lock = self.lock(key)?;
        let (session, digest) = (self.path(key), key.digest());
        let mut was_sealed = is_sealed(&session);
        let was_there = delete(&session)?;
        for path in self.files()?.into_iter().filter(|path| digest_of(path) == Some(&digest)) {
            was_sealed |= is_sealed(&path);
            delete(&path)?;
        }
        self.unchoose(key)?;
        if was_sealed {
            self.keys.forget(&[session], None);
        }
        Ok(was_there)
    }

    /// Deletes every session, and what was set aside or left behind by a crash; says how many sessions there were.
    ///
    /// # Errors
    /// [`Error::File`] when one is still there.
    pub fn delete_all(&self) -> Result<usize, Error> {
        let mut sessions = 0;
        let mut sealed = Vec::new();
        for path in self.files()? {
            let Some(digest) = digest_of(&path) else { continue };
            let session = self.folder.join(format!("{digest}.json"));
            let _lock = self.acquire(&session.with_extension("lock"))?;
            if is_sealed(&path) {
                sealed.push(session);
            }
            let was_session = path.extension() == Some(OsStr::new("json"));
            if delete(&path)? && was_session {
                sessions += 1;
            }
        }
        if self.folder.is_dir() {
            self.keys.forget(&sealed, Some(&self.folder));
        }
        Ok(sessions)
    }

    pub(super) fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::file("read", &self.folder)(error)),
        };
        entries.map(|entry| Ok(entry.map_err(Error::file("read", &self.folder))?.path())).collect()
    }

    /// Takes the lock of a session.
    pub(super) fn lock(&self, key: &Key) -> Result<Lock, Error> {
        create_folder(&self.folder).map_err(Error::file("create", &self.folder))?;
        if let Ok(metadata) = fs::metadata(&self.folder) {
            self.tighten(&self.folder, &metadata);
        }
        self.acquire(&self.path(key).with_extension("lock"))
    }

    /// Waits for a lock, and says so if that takes long.
    pub(super) fn acquire(&self, path: &Path) -> Result<Lock, Error> {
        let waits = || self.warn(&format!("waiting for another m365d, which holds {}", path.display()));
        Lock::acquire(path, PATIENCE, waits).map_err(|error| match error.kind() {
            ErrorKind::TimedOut => Error::Locked { path: path.to_owned(), seconds: PATIENCE.as_secs() },
            _ => Error::file("lock", path)(error),
        })
    }

    /// Makes room for what will replace the session of `key`, while its lock is held.
    ///
    /// # Errors
    /// [`Error::File`] when there is none; nothing has changed.
    pub(super) fn make_room(&self, _lock: &Lock, key: &Key) -> Result<Draft, Error> {
        let path = self.path(key);
        let room = || -> io::Result<Draft> {
            let mut draft = Draft::begin(&path)?;
            draft.reserve(&Zeroizing::new(fs::read(&path)?))?;
            Ok(draft)
        };
        room().map_err(Error::file("renew the session before there is room for the next one in", &path))
    }

    /// Replaces the file of a session while its lock is held.
    pub(super) fn replace(&self, _lock: &Lock, draft: Draft, session: &Session) -> Result<(), Error> {
        let path = self.path(&session.key);
        let mut text = serde_json::to_vec(session).map(Zeroizing::new).map_err(io::Error::other);
        if session.kept == Kept::Sealed {
            let key = self.keys.known(&path);
            let seal = |text: Zeroizing<Vec<u8>>| key?.seal(&session.key.digest(), &text).map(Zeroizing::new);
            text = text.and_then(|text| seal(text).ok_or(io::Error::other("it cannot be sealed")));
        }
        text.and_then(|text| draft.keep(&text)).map_err(Error::file("write", path))
    }

    /// Reads a file that others should not be able to read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.tighten(path, &readable(path)?);
        fs::read(path)
    }

    /// Says what a person should know.
    pub(super) fn warn(&self, text: &str) {
        (self.warn)(text);
    }

    fn tighten(&self, path: &Path, metadata: &Metadata) {
        match tighten(path, metadata) {
            None => {}
            Some(Ok(())) => {
                (self.warn)(&format!("others could read {}; now only you can", path.display()));
            }
            Some(Err(error)) => {
                (self.warn)(&format!("others can read {}, which cannot be changed: {error}", path.display()));
            }
        }
    }
}
