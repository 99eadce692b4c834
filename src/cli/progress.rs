//! One line that says how far a long list has come, for a person who would otherwise see nothing happen.
//!
//! Our own dozen lines: the usual crate's estimator is all that would need the mathematics library, and loading
//! that costs every start of the program more than reading the session does.

use std::cell::Cell;
use std::io::Write;
use std::time::{Duration, Instant};

const AT_MOST_EVERY: Duration = Duration::from_millis(200);
/// To the beginning of the line, and clear it (ECMA-48 section 8.3.41).
const CLEAR: &str = "\r\u{1b}[K";

/// The line, or nothing where nobody watches.
pub(super) struct Progress {
    shown: Option<Cell<Instant>>,
    /// What is listed.
    many: &'static str,
}

impl Progress {
    pub(super) fn new(is_watched: bool, many: &'static str) -> Self {
        Self { shown: is_watched.then(|| Cell::new(Instant::now())), many }
    }

    /// Says how many have been listed.
    pub(super) fn set(&self, items: usize) {
        self.say(|| format!("{items} {} …", self.many));
    }

    /// Says how far it is.
    pub(super) fn say(&self, text: impl FnOnce() -> String) {
        if let Some(shown) = &self.shown
            && shown.get().elapsed() >= AT_MOST_EVERY
        {
            shown.set(Instant::now());
            write(&format!("{CLEAR}{}", text()));
        }
    }

    /// Makes room for another line, or for the prompt.
    pub(super) fn clear(&self) {
        if self.shown.is_some() {
            write(CLEAR);
        }
    }
}

fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
