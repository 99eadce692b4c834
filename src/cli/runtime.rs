//! The one runtime, built when the network is needed and not before.

use std::future::Future;
use std::process;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::exit_code::INTERRUPTED;

/// How long what was begun gets to clean up after itself.
const GRACE: Duration = Duration::from_millis(200);

/// Ctrl-C.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub(super) struct Interrupted;

/// Runs `future`; Ctrl-C ends it, and the process with it.
///
/// # Errors
/// When the runtime cannot be built, [`Interrupted`], or what `future` says.
pub(super) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let (interrupt, interrupted) = oneshot::channel();
    let interrupt = Mutex::new(Some(interrupt));
    // A thread of its own, because a write to a full pipe would keep the runtime from noticing.
    ctrlc::set_handler(move || {
        if let Some(interrupt) = interrupt.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = interrupt.send(());
            thread::sleep(GRACE);
        }
        process::exit(INTERRUPTED.into());
    })?;
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?.block_on(async {
        tokio::select! {
            biased;
            outcome = future => outcome,
            Ok(()) = interrupted => Err(Interrupted.into()),
        }
    })
}
