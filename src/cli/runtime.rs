//! The one runtime, built when the network is needed and not before.

use std::future::Future;

use super::exit_code::INTERRUPTED;

/// Runs `future`; Ctrl-C ends the process at once, and the system closes its ports.
///
/// # Errors
/// When the runtime cannot be built, or what `future` says.
pub(super) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    // A handler of its own thread, because a write to a full pipe would keep the runtime's from running.
    ctrlc::set_handler(|| std::process::exit(INTERRUPTED.into()))?;
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?.block_on(future)
}
