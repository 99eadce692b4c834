//! The same for several incidents, one after the other: each is reported, and one that fails keeps no other from its
//! turn, unless it would fail alike.

use anyhow::Result;

use crate::api;
use crate::cli::report;
use crate::cli::terminal::Terminal;

/// So many ids make a command that a person still wants to see.
const MOST_NAMED: usize = 50;

/// What is wrong with one incident.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {error}")]
pub(in crate::cli) struct Failed {
    pub(in crate::cli) id: u64,
    /// What has become of it, as a clause.
    what: String,
    /// It was to be changed.
    pub(in crate::cli) was_to_change: bool,
    /// Trying again without a look at it may do something twice.
    pub(in crate::cli) look_first: bool,
    pub(in crate::cli) error: api::Error,
}

/// Some are missing; each has been reported.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub(in crate::cli) struct Partial {
    all: usize,
    failed: Vec<u64>,
    untried: Vec<u64>,
}

impl Failed {
    /// An incident that could not be read, and nothing else was wanted of it yet.
    pub(super) fn unread(id: u64, error: api::Error) -> Self {
        Self { id, what: format!("incident {id}"), look_first: false, was_to_change: false, error }
    }

    /// An incident that could not be changed, or only in part.
    pub(super) fn unchanged(id: u64, failure: api::NotChanged) -> Self {
        let api::NotChanged { done, error } = failure;
        let is_unclear = error.is_unclear();
        let what = match (done, is_unclear) {
            (0, false) => format!("incident {id} is unchanged"),
            (0, true) => format!("it is not known whether incident {id} was changed"),
            (_, false) => format!("incident {id} was changed, but the comment was not added"),
            (_, true) => {
                format!("incident {id} was changed, and it is not known whether the comment was added")
            }
        };
        Self { id, what, look_first: done > 0 || is_unclear, was_to_change: true, error }
    }

    /// An incident that was changed as wanted and then could not be read.
    pub(super) fn unread_after_the_change(id: u64, error: api::Error) -> Self {
        let what = format!("incident {id} was changed as you wanted, but cannot be shown");
        Self { id, what, look_first: true, was_to_change: true, error }
    }
}

impl Partial {
    fn message(&self) -> String {
        let (failed, all) = (self.failed.len(), self.all);
        match self.untried.len() {
            0 => format!("{failed} of {all} incidents failed"),
            untried => format!(
                "{failed} of {all} incidents failed, and {untried} more were not tried, since they would fail alike"
            ),
        }
    }

    pub(in crate::cli) fn hint(&self) -> String {
        let ids: Vec<_> = self.failed.iter().chain(&self.untried).map(ToString::to_string).collect();
        let (named, rest) = ids.split_at(ids.len().min(MOST_NAMED));
        let more = if rest.is_empty() { "" } else { "  and so on" };
        format!("to see those: m365d incidents get {}{more}", named.join(" "))
    }
}

/// Does `work` for each of `ids`. Where there is one only, its error is the error.
///
/// # Errors
/// [`Partial`], [`Failed`], or an error that has nothing to do with any of them.
pub(super) async fn each(
    ids: &[u64],
    terminal: Terminal,
    mut work: impl AsyncFnMut(u64) -> Result<()>,
) -> Result<()> {
    let mut failed = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let Err(error) = work(*id).await else { continue };
        let failure = error.downcast::<Failed>()?;
        let is_about_one = failure.error.is_about_one();
        if ids.len() == 1 || (index == 0 && !is_about_one) {
            return Err(failure.into());
        }
        report::one_of_several(&failure, terminal);
        failed.push(*id);
        if !is_about_one {
            let untried = ids[index + 1..].to_vec();
            return Err(Partial { all: ids.len(), failed, untried }.into());
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Partial { all: ids.len(), failed, untried: Vec::new() }.into())
}
