//! The operating system's credential store: the Secret Service, the Keychain, the Credential Manager.
//!
//! It is another program, which may be absent, locked or hang: a thread of its own asks it, and nobody waits for that
//! thread longer than [`LIMIT`].

#[cfg(any(target_os = "macos", windows))]
mod native;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;

#[cfg(any(target_os = "macos", windows))]
use native as platform;
#[cfg(all(unix, not(target_os = "macos")))]
use secret_service as platform;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

pub use platform::NAME;

/// How long any call of the store may take.
const LIMIT: Duration = Duration::from_secs(3);

/// Under which the items of this program are filed.
const SERVICE: &str = "m365d";

/// Why the credential store cannot be used now. What is in it is not lost.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// There is none, or none that this process can reach.
    #[error("is not running, or not to be reached from here")]
    Absent,
    /// Its owner has to unlock it first.
    #[error("is locked")]
    Locked,
    /// It has nowhere to keep anything.
    #[error("has no default collection")]
    Homeless,
    /// It hangs, or it waits for a person.
    #[error("has not answered within {} seconds", LIMIT.as_secs())]
    Silent,
    /// Whatever it says itself.
    #[error("failed: {0}")]
    Failed(String),
}

/// A secret; wiped when dropped.
pub(super) type Secret = Zeroizing<Vec<u8>>;

/// Reads the secret of the session in `file`; `None` when the store, unlocked, has none.
pub(super) fn read(file: &Path) -> Result<Option<Secret>, Unavailable> {
    let account = account(file);
    within_limit(move || platform::read(&account))
}

/// Keeps `secret` for the session in `file`, unless there is one of its length already: gives the one that is kept,
/// as it was read back, so that nothing relies on a store that only says that it keeps things.
pub(super) fn read_or_keep(file: &Path, secret: Secret) -> Result<Secret, Unavailable> {
    let account = account(file);
    within_limit(move || {
        if let Some(kept) = platform::read(&account)?
            && kept.len() == secret.len()
        {
            return Ok(kept);
        }
        platform::write(&account, &secret)?;
        let kept = platform::read(&account)?;
        kept.ok_or_else(|| Unavailable::Failed("it did not keep the key".to_owned()))
    })
}

/// Forgets the secrets of the sessions in `files`. On Linux also those of sessions in `folder` whose files are gone,
/// which the other stores cannot list cheaply.
pub(super) fn forget(files: &[PathBuf], folder: Option<&Path>) -> Result<(), Unavailable> {
    let accounts: Vec<_> = files.iter().map(|file| account(file)).collect();
    let folder = folder.map(|folder| folder.canonicalize().unwrap_or_else(|_| folder.to_owned()));
    within_limit(move || platform::forget(&accounts, folder.as_deref()))
}

/// An item is called by the path of the file that it opens, which tells a person what it is for, and is another one
/// for each of several folders (`M365D_CONFIG_DIR`). The file itself may be gone; the folder has one name only.
fn account(path: &Path) -> String {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    let whole = match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    };
    whole.to_string_lossy().into_owned()
}

fn within_limit<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, Unavailable> + Send + 'static,
) -> Result<T, Unavailable> {
    let (sender, receiver) = mpsc::channel();
    // It may never end; the process does not wait for it.
    let thread = thread::Builder::new().spawn(move || sender.send(ask()));
    thread.map_err(|error| Unavailable::Failed(error.to_string()))?;
    match receiver.recv_timeout(LIMIT) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => Err(Unavailable::Silent),
        Err(RecvTimeoutError::Disconnected) => Err(Unavailable::Failed("its library panicked".to_owned())),
    }
}
