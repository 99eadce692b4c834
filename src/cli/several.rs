//! The same for several things, one after the other: each is reported, and one that fails keeps no other from its
//! turn, unless it would fail alike.

use std::error::Error as StdError;
use std::fmt::Display;

use anyhow::Result;

use super::report;
use super::terminal::Terminal;
use crate::api;
use crate::token::Service;

/// So many ids make a command that a person still wants to see.
const MOST_NAMED: usize = 50;

/// What the things are, in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Things {
    /// Several of them.
    pub(super) many: &'static str,
    /// One of their ids.
    pub(super) id: &'static str,
    /// Whether both services that have incidents give them one by one.
    pub(super) of_both: bool,
    /// The command that prints their ids, one on a line.
    pub(super) listing: &'static str,
    /// The command that shows those of some ids, which have spaces between them.
    pub(super) look: fn(&str) -> String,
}

/// What is wrong with one of them.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failed {
    message: String,
    /// What to do, where that is another thing than the error itself advises.
    pub(super) hint: Option<String>,
    pub(super) error: Box<dyn StdError + Send + Sync>,
}

/// Some are missing; each has been reported.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub(super) struct Partial {
    things: &'static Things,
    all: usize,
    failed: Vec<String>,
    untried: Vec<String>,
    /// The service that one of them may have failed for, since that is gone.
    retired: Option<Service>,
}

impl Failed {
    /// What has become of it, as a clause, and the error that has kept it from more.
    pub(super) fn new(what: &str, error: api::Error, hint: Option<String>) -> Self {
        Self { message: format!("{what}: {error}"), hint, error: error.into() }
    }

    /// An error that says everything itself.
    pub(super) fn of(error: impl StdError + Send + Sync + 'static) -> Self {
        Self { message: error.to_string(), hint: None, error: error.into() }
    }

    fn is_about_one(&self) -> bool {
        self.error.downcast_ref().is_none_or(api::Error::is_about_one)
    }
}

impl Partial {
    fn message(&self) -> String {
        let (failed, all, things) = (self.failed.len(), self.all, self.things.many);
        match self.untried.len() {
            0 => format!("{failed} of {all} {things} failed"),
            untried => format!(
                "{failed} of {all} {things} failed, and {untried} more were not tried, since they would fail alike"
            ),
        }
    }

    pub(super) fn hint(&self) -> String {
        let ids: Vec<_> = self.failed.iter().chain(&self.untried).map(String::as_str).collect();
        let (named, rest) = ids.split_at(ids.len().min(MOST_NAMED));
        let more = if rest.is_empty() { "" } else { "  and so on" };
        let elsewhere = self.retired.map(report::elsewhere).unwrap_or_default();
        format!("to see those: {}{more}{elsewhere}", (self.things.look)(&named.join(" ")))
    }
}

/// Several things that something is done with, in one or more rounds, and what has become of that.
pub(super) struct Several {
    terminal: Terminal,
    outcome: Partial,
}

impl Several {
    /// So many of `things`.
    pub(super) fn new(things: &'static Things, all: usize, terminal: Terminal) -> Self {
        let outcome = Partial { things, all, failed: Vec::new(), untried: Vec::new(), retired: None };
        Self { terminal, outcome }
    }

    /// Does `work` for each of `ids`, up to one that fails as all others would.
    ///
    /// # Errors
    /// As for [`Self::has_failed`], for a first one that fails as all others would, or an error that has nothing to do
    /// with any of them.
    pub(super) async fn each<I: Display>(
        &mut self,
        ids: &[I],
        mut work: impl AsyncFnMut(&I) -> Result<()>,
    ) -> Result<()> {
        for (index, id) in ids.iter().enumerate() {
            let Err(error) = work(id).await else { continue };
            let failure = error.downcast::<Failed>()?;
            let is_about_one = failure.is_about_one();
            if index == 0 && !is_about_one {
                return Err(failure.into());
            }
            self.has_failed(id, failure)?;
            if !is_about_one {
                self.outcome.untried = ids[index + 1..].iter().map(ToString::to_string).collect();
                break;
            }
        }
        Ok(())
    }

    /// Reports a failure.
    ///
    /// # Errors
    /// Where there is one thing only, its failure is the error.
    pub(super) fn has_failed(&mut self, id: &impl Display, failure: Failed) -> Result<()> {
        if self.outcome.all == 1 {
            return Err(failure.into());
        }
        report::one_of_several(&failure, self.terminal);
        self.outcome.failed.push(id.to_string());
        let retired = failure.error.downcast_ref().and_then(api::Error::perhaps_retired);
        let retired = retired.filter(|_| self.outcome.things.of_both);
        self.outcome.retired = self.outcome.retired.or(retired);
        Ok(())
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`Partial`]
    pub(super) fn finish(self) -> Result<()> {
        if self.outcome.failed.is_empty() { Ok(()) } else { Err(self.outcome.into()) }
    }
}

/// Does `work` for each of `ids`, once. Where there is one only, its error is the error.
///
/// # Errors
/// [`Partial`], [`Failed`], or an error that has nothing to do with any of them.
pub(super) async fn each<I: Display>(
    things: &'static Things,
    ids: &[I],
    terminal: Terminal,
    work: impl AsyncFnMut(&I) -> Result<()>,
) -> Result<()> {
    let mut several = Several::new(things, ids.len(), terminal);
    several.each(ids, work).await?;
    several.finish()
}
