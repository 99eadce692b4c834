//! The keys to sealed sessions, in the credential store: one a session, made by the first sign-in that seals it and
//! kept until it is forgotten, so that a sign-in that fails half way leaves the session before readable.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process;
use std::rc::Rc;

use zeroize::Zeroizing;

use super::credential_store::{self, NAME, Unavailable};
use super::seal::SealKey;
use super::{Error, Kept};

#[derive(Clone)]
pub(super) struct SealKeys {
    warn: Rc<dyn Fn(&str)>,
    /// Of the session that was used last, so that the credential store is asked once a run.
    last: Rc<RefCell<Option<(PathBuf, SealKey)>>>,
}

impl SealKeys {
    pub(super) fn new(warn: Rc<dyn Fn(&str)>) -> Self {
        Self { warn, last: Rc::default() }
    }

    /// Whether the credential store answers and is unlocked.
    pub(super) fn can_be_kept(folder: &Path) -> Result<(), Unavailable> {
        credential_store::read(&folder.join("nobody")).map(drop)
    }

    /// Keeps a key that opens nothing, reads it back and forgets it; under a name that nobody else uses at the same time.
    pub(super) fn round_trip(folder: &Path) -> Result<(), Unavailable> {
        let file = folder.join(format!("doctor-{:016x}", RandomState::new().hash_one(process::id())));
        let Some(key) = SealKey::random() else {
            return Err(Unavailable::Failed("this system gives no random numbers".to_owned()));
        };
        let kept = credential_store::read_or_keep(&file, Zeroizing::new(key.as_bytes().to_vec()))?;
        credential_store::forget(&[file], None)?;
        match SealKey::new(&kept) {
            Some(kept) if kept.as_bytes() == key.as_bytes() => Ok(()),
            _ => Err(Unavailable::Failed("it gives back something else than it was given".to_owned())),
        }
    }

    /// Opens the sealed `file` that lies in `path` under `name`; `None` when it can never be opened.
    pub(super) fn open(
        &self,
        path: &Path,
        name: &str,
        file: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        if let Some(text) = self.known(path).and_then(|key| key.open(name, file)) {
            return Ok(Some(text));
        }
        let kept = credential_store::read(path).map_err(Error::Sealed)?;
        let Some(key) = kept.and_then(|kept| SealKey::new(&kept)) else { return Ok(None) };
        let text = key.open(name, file);
        self.last.replace(Some((path.to_owned(), key)));
        Ok(text)
    }

    /// A key to seal the session in `path` with, or a word why there is none.
    pub(super) fn find_or_make(&self, path: &Path) -> Kept {
        let Some(new) = SealKey::random() else {
            return self.stays_plain("this system gives no random numbers");
        };
        let kept = credential_store::read_or_keep(path, Zeroizing::new(new.as_bytes().to_vec()));
        match kept.map(|kept| SealKey::new(&kept)) {
            Ok(Some(key)) => {
                self.last.replace(Some((path.to_owned(), key)));
                Kept::Sealed
            }
            Ok(None) => self.stays_plain(&format!("{NAME} has something else where the key belongs")),
            Err(reason) => self.stays_plain(&format!("{NAME} {reason}")),
        }
    }

    /// The key that has been used for the session in `path`.
    pub(super) fn known(&self, path: &Path) -> Option<SealKey> {
        let last = self.last.borrow();
        last.as_ref().filter(|(of, _)| of == path).map(|(_, key)| key.clone())
    }

    /// Forgets the keys of the sessions in `sealed`, and those of `folder` whose files are gone. One that cannot be
    /// deleted is worth a word and no more: without the file it opens nothing.
    pub(super) fn forget(&self, sealed: &[PathBuf], folder: Option<&Path>) {
        if let Err(reason) = credential_store::forget(sealed, folder)
            && !sealed.is_empty()
        {
            (self.warn)(&format!(
                "the sealed file is gone, but the key to it, which opens nothing else, is still in {NAME}, which {reason}"
            ));
        }
    }

    fn stays_plain(&self, reason: &str) -> Kept {
        (self.warn)(&format!("the session is not sealed but kept in a plain file, since {reason}"));
        Kept::Plain
    }
}
