//! What a command that changes something is at, so that whoever interrupts it learns what has become of that.

use std::cell::RefCell;

use anyhow::Result;

use super::runtime::Interrupted;
use super::terminal::Terminal;

/// What is under way.
pub(super) struct UnderWay {
    terminal: Terminal,
    /// A request that has not been answered: what is not known, and how to learn it.
    sent: RefCell<Option<(String, String)>>,
    /// What goes on without us, by its ids.
    followed: RefCell<Vec<String>>,
}

impl UnderWay {
    /// Nothing is.
    pub(super) fn new(terminal: Terminal) -> Self {
        Self { terminal, sent: RefCell::default(), followed: RefCell::default() }
    }

    /// Runs `sending`; until it has ended, `unknown` is what is not known, and `look` tells how to learn it.
    pub(super) async fn sending<T>(
        &self,
        unknown: String,
        look: String,
        sending: impl Future<Output = T>,
    ) -> T {
        self.sent.replace(Some((unknown, look)));
        let sent = sending.await;
        self.sent.take();
        sent
    }

    /// Something has begun that is followed.
    pub(super) fn begun(&self, id: &str) {
        self.followed.borrow_mut().push(id.to_owned());
    }

    /// It is not followed any longer.
    pub(super) fn over(&self, id: &str) {
        self.followed.borrow_mut().retain(|other| other != id);
    }

    /// Says what is under way if `outcome` is that of a command that was interrupted; `follow` is the command that follows
    /// those of some ids.
    pub(super) fn end<T>(self, outcome: Result<T>, follow: fn(&str) -> String) -> Result<T> {
        if outcome.as_ref().is_err_and(anyhow::Error::is::<Interrupted>) {
            if let Some((unknown, look)) = self.sent.into_inner() {
                self.terminal.error(&format!("interrupted: {unknown}"), None, Some(&look));
            }
            let followed = self.followed.into_inner();
            if !followed.is_empty() {
                let (what, which) = match followed.len() {
                    1 => ("interrupted: it goes on without you".to_owned(), "it"),
                    several => (format!("interrupted: {several} actions go on without you"), "them"),
                };
                self.terminal.error(
                    &what,
                    None,
                    Some(&format!("to follow {which}: {}", follow(&followed.join(" ")))),
                );
            }
        }
        outcome
    }
}
