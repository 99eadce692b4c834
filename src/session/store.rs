//! The folder of session files.
//!
//! A file is written beside the old one, synced and renamed over it, so that a reader, a crash or a full disk
//! finds the old session or the new one. A file that is not right is moved out of the way and means "signed out".

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::lock::Lock;
use super::private::{create_folder, for_the_owner_only};
use super::{Error, Key, Session, VERSION, selection};

const LONGEST: u64 = 16 << 20;

/// All sessions of this user.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The sessions in `folder`, which need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
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
    /// [`Error::SignedOut`] when there is none, [`Error::Damaged`] when the file was not one of `key` and has
    /// been set aside, [`Error::File`] when it cannot be read.
    pub fn load(&self, key: &Key) -> Result<Session, Error> {
        let path = self.path(key);
        let text = match read(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::SignedOut),
            // These do not pass by themselves, and would be in the way of every sign-in.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::IsADirectory | ErrorKind::InvalidData
                ) =>
            {
                return Err(set_aside(&path, "unreadable"));
            }
            Err(error) => return Err(Error::file("read", path)(error)),
        };
        let reason = match serde_json::from_slice::<Session>(&text) {
            Ok(session) if session.version == VERSION && session.key == *key => return Ok(session),
            Ok(_) => "of another application or version",
            Err(_) if text.is_empty() => "empty",
            Err(_) => "damaged",
        };
        Err(set_aside(&path, reason))
    }

    /// Keeps a session in place of the one before, which stays whole until this one is.
    ///
    /// # Errors
    /// [`Error::File`], and then nothing has changed.
    pub fn save(&self, session: &Session) -> Result<(), Error> {
        let lock = self.lock(&session.key)?;
        self.replace(&lock, session)
    }

    /// Deletes a session without reading it, and what was set aside of it or left behind by a crash; `false` when
    /// there was none.
    ///
    /// # Errors
    /// [`Error::File`] when it is still there.
    pub fn delete(&self, key: &Key) -> Result<bool, Error> {
        if !self.folder.is_dir() {
            return Ok(false);
        }
        let _lock = self.lock(key)?;
        let was_there = delete(&self.path(key))?;
        let digest = key.digest();
        for path in self.files()?.into_iter().filter(|path| digest_of(path) == Some(&digest)) {
            delete(&path)?;
        }
        self.unchoose(key)?;
        Ok(was_there)
    }

    /// Deletes every session, and what was set aside or left behind by a crash; says how many sessions there were.
    ///
    /// # Errors
    /// [`Error::File`] when one is still there.
    pub fn delete_all(&self) -> Result<usize, Error> {
        let mut sessions = 0;
        for path in self.files()? {
            let Some(digest) = digest_of(&path) else { continue };
            let _lock = Lock::acquire(&self.folder.join(format!("{digest}.lock")))?;
            let was_session = path.extension() == Some(OsStr::new("json"));
            if delete(&path)? && was_session {
                sessions += 1;
            }
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
        Lock::acquire(&self.path(key).with_extension("lock"))
    }

    /// Replaces the file of a session while its lock is held.
    pub(super) fn replace(&self, _lock: &Lock, session: &Session) -> Result<(), Error> {
        let path = self.path(&session.key);
        let written = serde_json::to_vec(session)
            .map(Zeroizing::new)
            .map_err(io::Error::other)
            .and_then(|text| write(&path, &text));
        written.map_err(Error::file("write", path))
    }
}

/// Whose session, or whose choice of one, a file holds; `None` for a lock, and for a file that somebody else put there.
fn digest_of(path: &Path) -> Option<&str> {
    let (digest, rest) = path.file_name()?.to_str()?.split_once('.')?;
    let is_digest = digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_ours = ["json", selection::ENDING].iter().any(|ending| rest.split('.').next() == Some(*ending));
    (is_digest && is_ours).then_some(digest)
}

/// A session has tens of kilobytes. What is no file is not waited for, and what is too long not read.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    fs::read(path)
}

/// The new file has one name, since only the holder of the lock writes it: what a crash leaves behind is
/// replaced by the next writer, and never written into, since it may be a link or readable for others.
fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.with_extension("json.new");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    for_the_owner_only(&mut options);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = options
        .open(&new)
        .and_then(|mut file| file.write_all(text).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // Half a file with secrets in it is worth nothing to anybody.
        let _ = fs::remove_file(&new);
        return written;
    }
    sync_folder(path)
}

/// The rename itself has to survive a power cut.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
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

fn delete(path: &Path) -> Result<bool, Error> {
    // What was set aside may be a folder that somebody made in a session's place.
    let deleted = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match deleted {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::file("delete", path)(error)),
    }
}
