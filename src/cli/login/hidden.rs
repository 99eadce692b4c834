//! Keeps what is typed or pasted off the screen, since it stays there.
//!
//! It also takes away the terminal's own line editing, in which no line is longer than 1,024 bytes on macOS and 4,096 on
//! Linux: an address with one of Entra ID's codes is.

/// While this lives, nothing typed is shown; then all is as it was.
pub(super) struct Hidden {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

#[cfg(unix)]
impl Hidden {
    /// Nothing happens where standard input is no terminal.
    pub(super) fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let stdin = std::io::stdin();
        let Ok(before) = tcgetattr(&stdin) else { return Self { before: None } };
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON);
        let done = tcsetattr(&stdin, OptionalActions::Now, &hidden);
        Self { before: done.is_ok().then_some(before) }
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ =
                rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}

#[cfg(not(unix))]
impl Hidden {
    pub(super) fn begin() -> Self {
        Self {}
    }
}
