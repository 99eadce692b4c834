//! How far a list was written, in a file, so that the same command can go on with it.
//!
//! It is saved after a page has been written and sent on. What the runs print, one after the other, is what one run
//! would have printed. A process that is killed in between has written more than the file knows: where the output is a
//! file, that is cut off again; a pipe may get that one page twice.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};

use super::question::Times;
use super::written::Written;
use crate::api::Walk;
use crate::cli::exit_code::{FAILED, USAGE};
use crate::files::{Lock, replace};

const VERSION: u32 = 1;

/// Why a list cannot go on, or could not go on later.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Failure {
    #[error("the checkpoint {} cannot be read: {error}", .path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{} is no checkpoint of this m365d, or is damaged", .path.display())]
    Damaged { path: PathBuf },
    #[error("{} is no checkpoint of m365d's, but another file; it is left as it is", .path.display())]
    SomethingElse { path: PathBuf },
    #[error("there is no folder {} for the checkpoint", .folder.display())]
    NoFolder { folder: PathBuf },
    #[error("the checkpoint {} is of another list: it has {name} {was}, and this command {now}", .path.display())]
    OfAnother { path: PathBuf, name: String, was: String, now: String },
    #[error("another m365d is at work with the checkpoint {}", .path.display())]
    Busy { path: PathBuf },
    #[error("the checkpoint {} cannot be saved: {error}", .path.display())]
    Unsaved { path: PathBuf, error: io::Error },
}

impl Failure {
    pub(in crate::cli) fn code(&self) -> u8 {
        match self {
            Self::OfAnother { .. } | Self::SomethingElse { .. } | Self::NoFolder { .. } => USAGE,
            Self::Unreadable { .. } | Self::Damaged { .. } | Self::Busy { .. } | Self::Unsaved { .. } => {
                FAILED
            }
        }
    }

    pub(in crate::cli) fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "name a file that you may read and write".to_owned(),
            Self::Damaged { path } => {
                format!("to begin the list anew, delete it: rm {}", word(path))
            }
            Self::SomethingElse { .. } => "name another file, or one that is not there yet".to_owned(),
            Self::NoFolder { folder } => {
                format!("make it: mkdir -p {}  (or name another file)", word(folder))
            }
            Self::OfAnother { path, .. } => format!(
                "give the command that began the list, or another file; to begin anew, delete it: rm {}",
                word(path)
            ),
            Self::Busy { .. } => "wait for it, or name another file".to_owned(),
            Self::Unsaved { .. } => {
                "make room on the disk, or give yourself access to the folder; then run the command again"
                    .to_owned()
            }
        }
    }
}

/// The path as a word of a shell's.
fn word(path: &Path) -> String {
    let path = path.display().to_string();
    shlex::try_quote(&path).map(Into::into).unwrap_or(path)
}

/// What the file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    version: u32,
    /// What makes it this list and no other, by the names that a person knows it by.
    pub(super) list: BTreeMap<String, String>,
    /// What they meant when it began.
    pub(super) times: Times,
    pub(super) read: usize,
    pub(super) items: usize,
    pub(super) last: String,
    /// `None` before the first request.
    pub(super) walk: Option<Walk>,
    /// The ids read: the portable format of Roaring bitmaps, in base64.
    seen: String,
    /// Where the output ended, unless the process came to an end of its own.
    written: Option<Written>,
}

impl Kept {
    /// A list of which nothing has been read.
    pub(super) fn beginning(list: BTreeMap<String, String>, times: Times) -> Self {
        Self {
            version: VERSION,
            list,
            times,
            read: 0,
            items: 0,
            last: String::new(),
            walk: None,
            seen: String::new(),
            written: None,
        }
    }

    /// Cuts off what was written after the file had been saved. How many bytes that were.
    pub(super) fn cut(&self) -> io::Result<u64> {
        self.written.as_ref().map_or(Ok(0), Written::cut)
    }

    /// The ids read.
    pub(super) fn seen(&self) -> Option<RoaringTreemap> {
        let bytes = STANDARD.decode(&self.seen).ok()?;
        if bytes.is_empty() {
            Some(RoaringTreemap::new())
        } else {
            RoaringTreemap::deserialize_from(&bytes[..]).ok()
        }
    }
}

/// The file, and the right to it.
pub(super) struct Checkpoint {
    pub(super) path: PathBuf,
    lock_path: PathBuf,
    _lock: Lock,
}

impl Checkpoint {
    /// Takes the file at `path`, if nobody else has it, and reads it, if it is there.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<Kept>), Failure> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Some(folder) =
            path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
        {
            return Err(Failure::NoFolder { folder: folder.to_owned() });
        }
        // Nothing is put beside a file that is somebody's own.
        read(&path)?;
        let mut lock_path = path.clone().into_os_string();
        lock_path.push(".lock");
        let lock_path = PathBuf::from(lock_path);
        let lock = Lock::acquire(&lock_path, Duration::ZERO, || ()).map_err(|error| match error.kind() {
            ErrorKind::TimedOut => Failure::Busy { path: path.clone() },
            _ => Failure::Unsaved { path: path.clone(), error },
        })?;
        let kept = read(&path)?;
        Ok((Self { path, lock_path, _lock: lock }, kept))
    }

    /// Says when `kept` is of another list than this one.
    pub(super) fn is_of(&self, kept: &Kept, list: &BTreeMap<String, String>) -> Result<(), Failure> {
        let named = |value: Option<&String>| value.filter(|value| !value.is_empty()).cloned();
        let mut all = kept.list.keys().chain(list.keys());
        let Some(name) = all.find(|name| kept.list.get(*name) != list.get(*name)) else { return Ok(()) };
        let [was, now] =
            [&kept.list, list].map(|list| named(list.get(name)).unwrap_or_else(|| "none".to_owned()));
        Err(Failure::OfAnother { path: self.path.clone(), name: name.clone(), was, now })
    }

    /// Saves what `kept` says, with the ids read.
    pub(super) fn save(&self, kept: &mut Kept, seen: &RoaringTreemap) -> Result<(), Failure> {
        let mut bytes = Vec::with_capacity(seen.serialized_size());
        let saved = seen.serialize_into(&mut bytes).and_then(|()| {
            kept.seen = STANDARD.encode(&bytes);
            kept.written = Written::now();
            replace(&self.path, &serde_json::to_vec(kept)?)
        });
        saved.map_err(|error| Failure::Unsaved { path: self.path.clone(), error })
    }

    /// The process comes to an end of its own: whatever else will be in the output then is not its.
    pub(super) fn settle(&self) {
        if let Ok(Some(kept)) = read(&self.path)
            && let Ok(json) = serde_json::to_vec(&Kept { written: None, ..kept })
        {
            let _ = replace(&self.path, &json);
        }
    }

    /// The list is whole.
    pub(super) fn remove(self) -> Result<(), Failure> {
        let removed = fs::remove_file(&self.path).and_then(|()| fs::remove_file(&self.lock_path));
        removed.map_err(|error| Failure::Unsaved { path: self.path, error })
    }
}

fn read(path: &Path) -> Result<Option<Kept>, Failure> {
    let unreadable = |error| Failure::Unreadable { path: path.to_owned(), error };
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(unreadable(ErrorKind::InvalidInput.into())),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    }
    let json = fs::read(path).map_err(unreadable)?;
    if json.is_empty() {
        // Made by `mktemp`, or by a shell.
        return Ok(None);
    }
    let path = || path.to_owned();
    match serde_json::from_slice::<Kept>(&json) {
        Ok(kept) if kept.version == VERSION && kept.seen().is_some() => Ok(Some(kept)),
        Ok(_) => Err(Failure::Damaged { path: path() }),
        Err(_) if has_mark(&json) => Err(Failure::Damaged { path: path() }),
        Err(_) => Err(Failure::SomethingElse { path: path() }),
    }
}

/// Whether it begins as a checkpoint does, of whichever version: what it is otherwise is somebody's own.
fn has_mark(json: &[u8]) -> bool {
    let version = json.strip_prefix(b"{\"version\":").unwrap_or_default();
    let digits = version.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && version[digits..].starts_with(b",\"list\":{")
}
