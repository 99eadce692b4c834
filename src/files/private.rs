//! Files and folders that nobody but their owner may read.

use std::fs::{DirBuilder, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Only the owner may read what is created with these options.
pub fn for_the_owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// Creates a folder, and those that lead to it, for the owner only.
///
/// # Errors
/// What the system says.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Takes from others what they may do with a file or folder; `None` when they may do nothing, or the system keeps no
/// such modes.
#[cfg(unix)]
#[must_use]
pub fn tighten(path: &Path, metadata: &Metadata) -> Option<io::Result<()>> {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| set_permissions(path, Permissions::from_mode(mode & 0o700)))
}

/// On other systems a profile's files are its owner's.
#[cfg(not(unix))]
#[must_use]
pub fn tighten(_path: &Path, _metadata: &Metadata) -> Option<io::Result<()>> {
    None
}
