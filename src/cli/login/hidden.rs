//! Keeps what is typed or pasted off the screen, since it stays there.
//!
//! It also takes away the terminal's own line editing, in which no line is longer than 1,024 bytes on macOS and 4,096 on
//! Linux: an address with one of Entra ID's codes is.

#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
use rustix::termios::Termios;

/// The terminal's modes before they were changed. The process's, as the terminal is.
#[cfg(unix)]
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// While this lives, nothing typed is shown; then all is as it was.
pub(super) struct Hidden;

impl Hidden {
    /// Nothing happens where standard input is no terminal.
    pub(super) fn begin() -> Self {
        #[cfg(unix)]
        hide();
        Self
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        show();
    }
}

#[cfg(unix)]
fn hide() {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

    let stdin = std::io::stdin();
    let Ok(before) = tcgetattr(&stdin) else { return };
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON);
    // Known first, for whoever ends the process meanwhile.
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner).replace(before);
    let _ = tcsetattr(&stdin, OptionalActions::Now, &hidden);
}

/// Makes the terminal what it was, also for a process that ends in the middle of something.
pub(in crate::cli) fn show() {
    #[cfg(unix)]
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, &before);
    }
}
