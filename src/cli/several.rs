//! The same for several things, one after the other: each is reported, and one that fails keeps no other from its
//! turn, unless it would fail alike.

use std::error::Error as StdError;
use std::fmt::Display;

use anyhow::Result;

use super::report;
use super::terminal::Terminal;
use crate::api;

/// So many ids make a command that a person still wants to see.
const MOST_NAMED: usize = 50;
/// More advice than this is none.
const MOST_REMEDIES: usize = 2;

/// What the things are, in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Things {
    /// Several of them.
    pub(super) many: &'static str,
    /// One of their ids.
    pub(super) id: &'static str,
    /// The command that prints their ids, one on a line.
    pub(super) listing: &'static str,
    /// How to look at some of them, if they can be looked at.
    pub(super) look: Option<Look>,
}

/// How to look at some things.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// What for, before the command.
    pub(super) why: &'static str,
    /// The command for ids that have spaces between them.
    pub(super) command: fn(&str) -> String,
    /// Whether those things have not failed, but have not ended.
    pub(super) is_open: bool,
}

/// What is wrong with one of them.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failed {
    message: String,
    /// What to do, where that is another thing than the error itself advises.
    pub(super) hint: Option<String>,
    /// How to look at it together with others of its kind, and by which id.
    seen: Option<(Look, String)>,
    pub(super) error: Box<dyn StdError + Send + Sync>,
}

/// Some are missing; each has been reported.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub(super) struct Partial {
    things: &'static Things,
    all: usize,
    failed: usize,
    open: usize,
    /// Which can be looked at, and how.
    seen: Vec<(Look, Vec<String>)>,
    /// Those that the command itself might be run for again.
    again: Vec<String>,
    untried: Vec<String>,
    /// What helps against the causes.
    remedies: Vec<String>,
}

impl Failed {
    /// What has become of it, as a clause, and the error that has kept it from more.
    pub(super) fn new(what: &str, error: api::Error, hint: Option<String>) -> Self {
        Self { message: format!("{what}: {error}"), hint, seen: None, error: error.into() }
    }

    /// An error that says everything itself.
    pub(super) fn of(error: impl StdError + Send + Sync + 'static) -> Self {
        Self { message: error.to_string(), hint: None, seen: None, error: error.into() }
    }

    /// The same with advice.
    pub(super) fn hinting(self, hint: String) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// The same, where the hint is about this one thing, and several are looked at so, each by such an `id`.
    pub(super) fn seen(self, look: Look, id: &impl Display) -> Self {
        Self { seen: Some((look, id.to_string())), ..self }
    }

    /// Whether the others may fare better: also where an answer to this one was lost, or half of it is done.
    fn is_about_one(&self) -> bool {
        self.seen.is_some() || self.error.downcast_ref().is_none_or(api::Error::is_about_one)
    }

    fn is_missing(&self) -> bool {
        matches!(self.error.downcast_ref(), Some(api::Error::NotFound(_)))
    }
}

impl Partial {
    fn new(things: &'static Things, all: usize) -> Self {
        let (seen, again, untried, remedies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { things, all, failed: 0, open: 0, seen, again, untried, remedies }
    }

    fn message(&self) -> String {
        let (all, things) = (self.all, self.things.many);
        let have = if self.open == 1 { "has" } else { "have" };
        let what = match (self.failed - self.open, self.open) {
            (failed, 0) => format!("{failed} of {all} {things} failed"),
            (0, open) => format!("{open} of {all} {things} {have} not ended"),
            (failed, open) => format!("{failed} of {all} {things} failed, and {open} {have} not ended"),
        };
        match self.untried.len() {
            0 => what,
            untried => format!("{what}, and {untried} more were not tried, since they would fail alike"),
        }
    }

    /// What to do: first what helps against the causes, then the commands that show what has become of them, each as it
    /// can be run; `api` was chosen with `--api`.
    pub(super) fn hint(&self, api: Option<&str>) -> String {
        let mut parts = self.remedies.clone();
        parts.extend(self.seen.iter().map(|(look, ids)| told(*look, ids, api)));
        let is_part = self.failed + self.untried.len() < self.all || !self.untried.is_empty();
        let again: Vec<_> = self.again.iter().chain(&self.untried).cloned().collect();
        match self.things.look {
            // Where all have failed, it would be the same command once more.
            Some(look) if is_part && !again.is_empty() => parts.push(told(look, &again, api)),
            None if !self.untried.is_empty() => parts.push(format!("not tried: {}", self.untried.join(" "))),
            _ => {}
        }
        parts.join("; ")
    }

    fn add(&mut self, id: &impl Display, failure: &Failed) {
        self.failed += 1;
        if let Some((look, seen)) = &failure.seen {
            self.open += usize::from(look.is_open);
            match self.seen.iter_mut().find(|(other, _)| other.why == look.why) {
                Some((_, ids)) => ids.push(seen.clone()),
                None => self.seen.push((*look, vec![seen.clone()])),
            }
        } else if !failure.is_missing() {
            self.again.push(id.to_string());
        }
        let is_about_another = failure.seen.is_some() && failure.hint.is_some();
        let remedy = report::remedy(failure).filter(|_| !is_about_another);
        if let Some(remedy) = remedy
            && !self.remedies.contains(&remedy)
            && self.remedies.len() < MOST_REMEDIES
        {
            self.remedies.push(remedy);
        }
    }
}

/// The advice to look at things, with a command that can be run.
fn told(look: Look, ids: &[String], api: Option<&str>) -> String {
    let named = &ids[..ids.len().min(MOST_NAMED)];
    let of =
        if named.len() < ids.len() { format!(" (the first {MOST_NAMED} of them)") } else { String::new() };
    let command = (look.command)(&named.join(" "));
    let api = api.filter(|_| !command.contains("--api ")).map(|api| format!(" --api {api}"));
    format!("{}{of}: {command}{}", look.why, api.unwrap_or_default())
}

/// Several things that something is done with, in one or more rounds, and what has become of that.
pub(super) struct Several {
    terminal: Terminal,
    outcome: Partial,
}

impl Several {
    /// So many of `things`.
    pub(super) fn new(things: &'static Things, all: usize, terminal: Terminal) -> Self {
        Self { terminal, outcome: Partial::new(things, all) }
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
        self.outcome.add(id, &failure);
        Ok(())
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`Partial`]
    pub(super) fn finish(self) -> Result<()> {
        if self.outcome.failed == 0 { Ok(()) } else { Err(self.outcome.into()) }
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
