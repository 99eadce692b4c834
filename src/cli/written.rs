//! The output of a command whose work does not depend on whether anybody reads of it: it goes on when the output cannot
//! be written, and what was not written is said at the end.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anyhow::Result;

use super::several::{Failed, Partial, Things};
use super::terminal::Terminal;
use crate::output::Sink;

/// The work is done, and the output does not have all of it.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the output: {error}; {}", self.what())]
pub(super) struct Unwritten {
    error: io::Error,
    things: Option<&'static Things>,
    ids: Vec<String>,
}

impl Unwritten {
    /// What is done in spite of it; the `things` of those `ids` were to be written, if it is any.
    pub(super) fn new(error: io::Error, things: Option<&'static Things>, ids: Vec<String>) -> Self {
        Self { error, things, ids }
    }

    fn what(&self) -> String {
        let done = "what was asked for is done all the same";
        match self.things.filter(|_| !self.ids.is_empty()) {
            None => done.to_owned(),
            Some(things) => {
                format!("{done}, and these {} are not in it: {}", things.many, self.ids.join(" "))
            }
        }
    }

    /// How to see them.
    pub(super) fn hint(&self) -> String {
        match self.things.and_then(|things| things.look) {
            Some(look) if !self.ids.is_empty() => (look.command)(&self.ids.join(" ")),
            _ => "check where the output goes: the disk may be full; nothing has to be done again".to_owned(),
        }
    }
}

/// Such an output.
pub(super) struct Written<W: Write> {
    sink: Sink<'static, W>,
    things: &'static Things,
    terminal: Terminal,
    error: Option<io::Error>,
    missing: Vec<String>,
}

impl<W: Write> Written<W> {
    /// An output of `things`, in `sink`.
    pub(super) fn new(sink: Sink<'static, W>, things: &'static Things, terminal: Terminal) -> Self {
        Self { sink, things, terminal, error: None, missing: Vec::new() }
    }

    /// Writes the thing of that id, unless nothing can be written any more.
    pub(super) fn write(
        &mut self,
        id: &impl Display,
        write: impl FnOnce(&mut Sink<'static, W>) -> io::Result<()>,
    ) {
        if self.error.is_none() {
            self.error = write(&mut self.sink).err();
        }
        if self.error.is_some() {
            self.missing.push(id.to_string());
        }
    }

    /// For a command that reads only: whether it is worth going on.
    ///
    /// # Errors
    /// When the output could not be written.
    pub(super) fn is_read(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// Ends the output of a command that ended so: what is there is whole, and what is missing has been said. Whoever
    /// has closed the pipe has read enough.
    ///
    /// # Errors
    /// [`Unwritten`], or that of `outcome`.
    pub(super) fn finish(self, outcome: Result<()>) -> Result<()> {
        let Self { sink, things, terminal, mut error, missing } = self;
        let is_whole = match &outcome {
            Ok(()) => true,
            Err(error) => sink.has_items() && (error.is::<Partial>() || error.is::<Failed>()),
        };
        if is_whole && error.is_none() {
            error = sink.finish().err();
        }
        let Some(error) = error.filter(|error| error.kind() != ErrorKind::BrokenPipe) else { return outcome };
        let unwritten = Unwritten::new(error, Some(things), missing);
        if outcome.is_err() {
            terminal.error(&unwritten.to_string(), None, None);
            return outcome;
        }
        Err(unwritten.into())
    }
}
