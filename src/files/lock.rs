//! A lock beside a file: an advisory lock of the operating system, so that a crash releases it, on a file of its own
//! that is never deleted.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::for_the_owner_only;

/// Nobody wonders about a wait that is shorter.
const UNNOTICED: Duration = Duration::from_secs(2);

/// Held until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Waits for the lock, for as long as `patience`; `waits` hears when a person might begin to wonder.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] when somebody else holds it for longer, or what the system says.
    pub fn acquire(path: &Path, patience: Duration, waits: impl FnOnce()) -> io::Result<Self> {
        let file = open(path)?;
        if file.try_lock().is_ok() {
            return Ok(Self { file });
        }
        log::debug!("waiting for another m365d");
        // The system's lock has no time limit, so a thread waits for it, and this one waits for the thread.
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let locked = file.lock().map(|()| file);
            let _ = sender.send(locked);
        });
        let locked = receiver.recv_timeout(UNNOTICED.min(patience)).or_else(|_| {
            waits();
            receiver.recv_timeout(patience.saturating_sub(UNNOTICED))
        });
        let file = locked.map_err(|_| ErrorKind::TimedOut)??;
        Ok(Self { file })
    }

    /// The file, open for reading and writing: a small one that is never replaced is its own lock.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// For reading too: with a pipe in its place, opening it for writing alone would wait for a reader.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    for_the_owner_only(&mut options);
    options.open(path)
}
