//! The signals that ask a process to end, as exit codes: 128 and the signal's number, as shells report it.

use std::io;

#[cfg(unix)]
pub(super) use unix::Signals;
#[cfg(windows)]
pub(super) use windows::Signals;

#[cfg(unix)]
mod unix {
    use std::io::IsTerminal;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::io;

    /// Ctrl-C, `kill`, and a terminal that is closed.
    pub(in crate::cli) struct Signals {
        interrupt: Signal,
        terminate: Signal,
        hang_up: Option<Signal>,
    }

    impl Signals {
        /// From now on none of them ends the process at once.
        pub(in crate::cli) fn listen() -> io::Result<Self> {
            // Whom no terminal listens to, nohup may have told to outlive the one that it was started on.
            let has_terminal = io::stderr().is_terminal();
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: has_terminal.then(|| signal(SignalKind::hangup())).transpose()?,
            })
        }

        /// The exit code for the first that comes.
        pub(in crate::cli) async fn next(&mut self) -> u8 {
            let hang_up = async {
                match &mut self.hang_up {
                    Some(hang_up) => hang_up.recv().await,
                    None => std::future::pending().await,
                }
            };
            let kind = tokio::select! {
                _ = self.interrupt.recv() => SignalKind::interrupt(),
                _ = self.terminate.recv() => SignalKind::terminate(),
                _ = hang_up => SignalKind::hangup(),
            };
            u8::try_from(128 + kind.as_raw_value()).unwrap_or(super::super::exit_code::FAILED)
        }
    }
}

#[cfg(windows)]
mod windows {
    use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

    use super::io;
    use crate::cli::exit_code::INTERRUPTED;

    /// Ctrl-C, Ctrl-Break, and a console that is closed.
    pub(in crate::cli) struct Signals(CtrlC, CtrlBreak, CtrlClose);

    impl Signals {
        /// From now on none of them ends the process at once.
        pub(in crate::cli) fn listen() -> io::Result<Self> {
            Ok(Self(ctrl_c()?, ctrl_break()?, ctrl_close()?))
        }

        /// The exit code for the first that comes.
        pub(in crate::cli) async fn next(&mut self) -> u8 {
            tokio::select! {
                _ = self.0.recv() => {}
                _ = self.1.recv() => {}
                _ = self.2.recv() => {}
            }
            INTERRUPTED
        }
    }
}
