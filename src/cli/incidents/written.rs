//! How long the file is that standard output goes to, if it goes to one.

use std::io;

use serde::{Deserialize, Serialize};

/// A file, and how much of it had been written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    device: u64,
    inode: u64,
    length: u64,
}

#[cfg(unix)]
impl Written {
    /// Of now.
    pub(super) fn now() -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = stdout().ok()?.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(Self { device: metadata.dev(), inode: metadata.ino(), length: metadata.len() })
    }

    /// Makes the file as long as it was, if it is the same one and longer now. By how many bytes.
    pub(super) fn cut(&self) -> io::Result<u64> {
        let now = Self::now().filter(|now| (now.device, now.inode) == (self.device, self.inode));
        let more = now.map_or(0, |now| now.length.saturating_sub(self.length));
        if more > 0 {
            stdout()?.set_len(self.length)?;
        }
        Ok(more)
    }
}

#[cfg(unix)]
fn stdout() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Other systems do not tell one file from another without more.
#[cfg(not(unix))]
impl Written {
    pub(super) fn now() -> Option<Self> {
        None
    }

    pub(super) fn cut(&self) -> io::Result<u64> {
        Ok(0)
    }
}
