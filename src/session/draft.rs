//! The file that takes a session's place: made, and given its room on the disk, before anything depends on it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use crate::files::for_the_owner_only;
use crate::files::sync_folder;

/// A file beside a session's, gone when dropped unless it was kept. Only the holder of the session's lock has one.
pub(super) struct Draft {
    file: File,
    new: PathBuf,
    path: PathBuf,
    is_kept: bool,
}

impl Draft {
    /// An empty one for the session in `path`. It has one name: what a crash left behind is replaced by the next writer,
    /// and never written into, since it may be a link or readable for others.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        let new = path.with_extension("json.new");
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        for_the_owner_only(&mut options);
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { file: options.open(&new)?, new, path: path.to_owned(), is_kept: false })
    }

    /// Takes the room of two sessions like `old`, since tokens grow with what a person is a member of. A disk that
    /// compresses has to be given something like what will come.
    pub(super) fn reserve(&mut self, old: &[u8]) -> io::Result<()> {
        self.file.write_all(old)?;
        self.file.write_all(old)?;
        self.file.sync_all()
    }

    /// Puts `text` in the session's place.
    pub(super) fn keep(mut self, text: &[u8]) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(text)?;
        self.file.set_len(text.len() as u64)?;
        self.file.sync_all()?;
        fs::rename(&self.new, &self.path)?;
        self.is_kept = true;
        sync_folder(&self.path)
    }
}

impl Drop for Draft {
    /// Half a file with secrets in it is worth nothing to anybody.
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.new);
        }
    }
}
