//! The lock beside a session: an advisory lock of the operating system, so that a crash releases it, on a file
//! of its own that is never deleted. Held for a refresh or a change of the file, never while a browser is open.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::Error;
use super::private::for_the_owner_only;

/// Longer than a refresh with all its time limits can take.
const PATIENCE: Duration = Duration::from_secs(240);

/// Held until dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock.
    pub(super) fn acquire(path: &Path) -> Result<Self, Error> {
        let file = open(path).map_err(Error::file("open", path))?;
        if file.try_lock().is_ok() {
            return Ok(Self { _file: file });
        }
        log::debug!("waiting for another m365d");
        // The system's lock has no time limit, so a thread waits for it, and this one waits for the thread.
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let locked = file.lock().map(|()| file);
            let _ = sender.send(locked);
        });
        match receiver.recv_timeout(PATIENCE) {
            Ok(Ok(file)) => Ok(Self { _file: file }),
            Ok(Err(error)) => Err(Error::file("lock", path)(error)),
            Err(_) => Err(Error::Locked { path: path.to_owned(), seconds: PATIENCE.as_secs() }),
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    for_the_owner_only(&mut options);
    options.open(path)
}
