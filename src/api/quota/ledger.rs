//! The file that the processes share. Its lock is held for a reading and a writing, never for a wait.
//!
//! It need not outlive a power cut, so nothing is synced: a call takes some hundredths of a millisecond longer.

use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::queue::{self, Queue};
use crate::files::{Lock, create_folder};

/// Who holds the lock for longer has been stopped.
const PATIENCE: Duration = Duration::from_secs(2);

/// A ledger by its name, which need not be there yet.
pub(super) struct Ledger<'a> {
    pub(super) folder: &'a Path,
    pub(super) name: &'static str,
}

impl Ledger<'_> {
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(self.name)
    }

    /// Changes what it says, while nobody else does. What makes no sense is an empty ledger.
    ///
    /// # Errors
    /// What the system says; [`ErrorKind::TimedOut`] when somebody else holds it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> io::Result<T> {
        let lock = self.lock()?;
        let mut file = lock.file();
        if !file.metadata()?.is_file() {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut before = Vec::new();
        file.take(queue::LONGEST).read_to_end(&mut before)?;
        let mut queue = Queue::read(&before, now()).unwrap_or_else(|| {
            if !before.is_empty() {
                log::info!("{} makes no sense and begins anew", self.path().display());
            }
            Queue::new(now())
        });
        let changed = change(&mut queue);
        let after = queue.bytes();
        file.rewind()?;
        file.write_all(&after)?;
        if after.len() < before.len() {
            file.set_len(after.len() as u64)?;
        }
        Ok(changed)
    }

    fn lock(&self) -> io::Result<Lock> {
        let acquire = || Lock::acquire(&self.path(), PATIENCE, || ());
        match acquire() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create_folder(self.folder)?;
                acquire()
            }
            acquired => acquired,
        }
    }
}

/// Milliseconds since 1970: the one clock that all processes share.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}
