//! Actions that have begun, followed to their ends.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::failure::{self, Failure};
use super::{Out, write};
use crate::api::endpoint::{self, MachineAction};
use crate::api::{self, Error};
use crate::cli::connection::SessionClient;
use crate::cli::several::{Failed, Several};
use crate::cli::terminal::Terminal;
use crate::http;

/// Most take a minute or a few; one that is over soon is seen soon, and a hundred of them stay within the quota.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// 100 calls a minute are allowed.
const PAUSE_FOR_EACH: Duration = Duration::from_millis(700);

/// Where it is said how they go.
pub(super) struct Report<'a> {
    pub(super) several: &'a mut Several,
    pub(super) out: &'a mut Out,
    pub(super) terminal: Terminal,
    /// What the person knows an action by.
    pub(super) id: fn(&MachineAction) -> String,
}

impl Report<'_> {
    /// An action as it is at the last, and what is wrong with that.
    fn end(&mut self, action: &MachineAction, failure: Option<Failed>) -> Result<()> {
        write(self.out, action)?;
        match failure {
            Some(failure) => self.several.has_failed(&(self.id)(action), failure),
            None => Ok(()),
        }
    }
}

/// Asks how the `open` ones are until each has ended or `timeout` is over, and writes each as it is then.
///
/// # Errors
/// As for [`Several::has_failed`], or when one cannot be written.
pub(super) async fn to_the_end(
    client: &SessionClient<'_>,
    mut open: Vec<MachineAction>,
    timeout: Duration,
    report: &mut Report<'_>,
) -> Result<()> {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let left = timeout.saturating_sub(began.elapsed());
        let mut still_open = Vec::new();
        for action in open {
            if action.is_over() || left.is_zero() {
                report.end(&action, Failure::of(&action).map(Failed::of))?;
            } else {
                still_open.push(action);
            }
        }
        if still_open.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(pause.max(PAUSE_FOR_EACH * count(&still_open)).min(left)).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        open = Vec::new();
        for action in still_open {
            match endpoint::action(client, &action.id).await {
                Ok(now) => {
                    if now.status != action.status {
                        report.terminal.note(&format!("{}: {}", failure::name(&now), now.status));
                    }
                    open.push(now);
                }
                Err(error) if is_passing(&error) => {
                    report.terminal.note(&format!("{error}; asking again"));
                    open.push(action);
                }
                Err(error) => {
                    let failure = failure::not_followed(&action, error);
                    report.end(&action, Some(failure))?;
                }
            }
        }
    }
}

fn count(actions: &[MachineAction]) -> u32 {
    u32::try_from(actions.len() - 1).unwrap_or(u32::MAX)
}

/// Whether it says nothing about the action, which goes on meanwhile.
fn is_passing(error: &api::Error) -> bool {
    match error {
        Error::Http(error) => matches!(error, http::Error::Network { .. } | http::Error::Proxy { .. }),
        Error::Failed(_) | Error::NotTheApi { .. } | Error::Throttled { .. } => true,
        _ => false,
    }
}
