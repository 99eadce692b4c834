//! A file that is whole at every moment.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Puts a file with `content`, for its owner only, in place of the one at `path`, which stays whole until this one is.
///
/// # Errors
/// What the system says, and then nothing has changed.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let prefix = format!("{}.", path.file_name().unwrap_or_default().to_string_lossy());
    let mut file = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(path)
}

/// Has what has become of `path` survive a power cut: its name is a matter of the folder.
///
/// # Errors
/// What the system says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder_of(path))?.sync_all() } else { Ok(()) }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
