//! The one runtime, built when the network is needed and not before.

use std::future::Future;
use std::process;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::login::hidden;
use super::signals::Signals;

/// How long what was begun gets to clean up after itself.
const GRACE: Duration = Duration::from_millis(200);

/// Ctrl-C, or another signal that ends a process; with the exit code.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub(super) struct Interrupted(pub(super) u8);

/// Runs `future`; Ctrl-C ends it, and the process with it, as do the signals that ask a process to end.
///
/// # Errors
/// When the runtime cannot be built, [`Interrupted`], or what `future` says.
pub(super) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let (interrupt, interrupted) = oneshot::channel();
    let listening = runtime()?;
    let mut signals = listening.block_on(async { Signals::listen() })?;
    // A thread of its own, because a write to a full pipe would keep the runtime from noticing.
    thread::spawn(move || {
        let code = listening.block_on(signals.next());
        let _ = interrupt.send(code);
        thread::sleep(GRACE);
        hidden::show();
        process::exit(code.into());
    });
    runtime()?.block_on(async {
        tokio::select! {
            biased;
            outcome = future => outcome,
            Ok(code) = interrupted => Err(Interrupted(code).into()),
        }
    })
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}
