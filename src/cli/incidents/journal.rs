//! How far a list is, as it goes on.

use std::collections::BTreeMap;

use anyhow::Result;

use super::checkpoint::{Checkpoint, Kept};
use super::question::Times;
use crate::api::{Resumable, Walk};
use crate::cli::context::Context;
use crate::cli::listing::Listed;

/// Where it is kept how far a list is, if anybody wants that.
pub(super) struct Journal<'a> {
    checkpoint: Option<&'a Checkpoint>,
    kept: Option<Kept>,
    times: Times,
}

impl<'a> Journal<'a> {
    /// Goes on with the list that was `kept`, if it is `list`, or begins it.
    pub(super) fn begin(
        context: &Context,
        checkpoint: Option<&'a Checkpoint>,
        kept: Option<Kept>,
        list: impl FnOnce() -> BTreeMap<String, String>,
        times: Times,
    ) -> Result<Self> {
        let Some(at) = checkpoint else { return Ok(Self { checkpoint, kept: None, times }) };
        let Some(kept) = kept else {
            return Ok(Self { checkpoint, kept: Some(Kept::beginning(list(), times)), times });
        };
        at.is_of(&kept, &list())?;
        let path = at.path.display();
        let bytes = kept.cut()?;
        if bytes > 0 {
            context
                .terminal
                .warn(&format!("cut off the output's last {bytes} bytes, which {path} does not know of"));
        }
        context.terminal.note(&format!("going on after {} incidents, as {path} says", kept.items));
        let times = kept.times;
        Ok(Self { checkpoint, kept: Some(kept), times })
    }

    /// What has been listed already.
    pub(super) fn listed(&self) -> Listed {
        self.kept
            .as_ref()
            .map_or_else(Listed::default, |kept| Listed::before(kept.read, kept.items, kept.last.clone()))
    }

    /// What times mean that were given by how long ago they are.
    pub(super) fn times(&self) -> Times {
        self.times
    }

    /// What is known of the list already.
    pub(super) fn walk(&self, incidents: &impl Resumable) -> Walk {
        let Some(kept) = &self.kept else { return Walk::new(incidents) };
        incidents.has_seen(kept.seen().unwrap_or_default());
        kept.walk.clone().map_or_else(|| Walk::new(incidents), Walk::resumed)
    }

    /// What has been sent on is never sent on again.
    pub(super) fn save(&mut self, incidents: &impl Resumable, walk: &Walk, listed: &Listed) -> Result<()> {
        let (Some(checkpoint), Some(kept)) = (self.checkpoint, &mut self.kept) else { return Ok(()) };
        kept.walk = Some(walk.clone());
        kept.last.clone_from(&listed.last);
        (kept.read, kept.items) = (listed.read, listed.items);
        Ok(checkpoint.save(kept, &incidents.seen())?)
    }
}
