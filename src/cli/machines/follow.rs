//! Actions that have begun, followed to their ends.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::failure::{self, Failure};
use super::{Out, words, write};
use crate::api::endpoint::{self, MachineAction};
use crate::api::{self, Error};
use crate::cli::connection::SessionClient;
use crate::cli::several::{Failed, Several};
use crate::cli::terminal::Terminal;
use crate::cli::under_way::UnderWay;
use crate::http;

/// Most take a minute or a few; one that is over soon is seen soon, and a hundred of them stay within the quota.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// 100 calls a minute are allowed.
const PAUSE_FOR_EACH: Duration = Duration::from_millis(700);
/// For so long one that has just begun need not be found.
const UNTIL_IT_IS_FOUND: Duration = Duration::from_secs(60);
/// The last look may take so long beyond the timeout.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// Where it is said how they go.
pub(super) struct Report<'a> {
    pub(super) several: &'a mut Several,
    pub(super) out: &'a mut Out,
    pub(super) under_way: &'a UnderWay,
    pub(super) terminal: Terminal,
    /// What the person knows an action by.
    pub(super) id: fn(&MachineAction) -> String,
}

impl Report<'_> {
    /// An action as it is at the last, and what is wrong with that.
    fn end(&mut self, action: &MachineAction, failure: Option<Failed>) -> Result<()> {
        self.under_way.over(&action.id);
        write(self.out, action);
        match failure {
            Some(failure) => self.several.has_failed(&(self.id)(action), failure),
            None => Ok(()),
        }
    }
}

/// Asks how the `open` ones are until each has ended or `timeout` is over, and writes each as it is then.
///
/// # Errors
/// As for [`Several::has_failed`].
pub(super) async fn to_the_end(
    client: &SessionClient<'_>,
    mut open: Vec<MachineAction>,
    timeout: Duration,
    report: &mut Report<'_>,
) -> Result<()> {
    let began = Instant::now();
    let left = || timeout.saturating_sub(began.elapsed());
    let (mut pause, mut asked) = (FIRST_PAUSE, Duration::ZERO);
    loop {
        let is_over = left().is_zero();
        let mut still_open = Vec::new();
        for action in open {
            if action.is_over() || is_over {
                report.end(&action, Failure::of(&action).map(Failure::failed))?;
            } else {
                still_open.push(action);
            }
        }
        if still_open.is_empty() {
            return Ok(());
        }
        let for_all = PAUSE_FOR_EACH * count(&still_open);
        tokio::time::sleep(pause.max(for_all).max(asked).min(left())).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        asked = Duration::ZERO;
        open = Vec::new();
        for action in still_open {
            // Whatever a request waits for by itself, it does not wait beyond the timeout.
            let look = tokio::time::timeout(left().max(LAST_LOOK), endpoint::action(client, &action.id));
            match look.await {
                Ok(Ok(now)) if !now.id.eq_ignore_ascii_case(&action.id) => {
                    let another = Failure::AnotherAction { asked: action.id.clone(), got: now.id };
                    report.end(&action, Some(another.failed()))?;
                }
                Ok(Ok(now)) => {
                    if now.status != action.status {
                        let (name, status) = (words::name(&now), words::status(&now));
                        report.terminal.note(&format!("{name}: {status}"));
                    }
                    open.push(now);
                }
                Ok(Err(error)) if is_passing(&error, began) => {
                    report.terminal.note(&format!("{error}; asking again"));
                    asked = asked.max(pause_of(&error));
                    open.push(action);
                }
                Ok(Err(error)) => {
                    let failure = failure::not_followed(&action, error);
                    report.end(&action, Some(failure))?;
                }
                Err(_) => open.push(action),
            }
        }
    }
}

fn count(actions: &[MachineAction]) -> u32 {
    u32::try_from(actions.len() - 1).unwrap_or(u32::MAX)
}

/// Whether it says nothing about the action, which goes on meanwhile.
fn is_passing(error: &api::Error, began: Instant) -> bool {
    match error {
        Error::Http(error) => matches!(error, http::Error::Network { .. } | http::Error::Proxy { .. }),
        Error::Failed(_) | Error::NotTheApi { .. } | Error::Throttled { .. } | Error::QuotaUsedUp { .. } => {
            true
        }
        Error::NotFound(_) => began.elapsed() < UNTIL_IT_IS_FOUND,
        _ => false,
    }
}

/// How long the service, or a quota, wants not to be asked.
fn pause_of(error: &api::Error) -> Duration {
    match error {
        Error::Throttled { wait, .. } | Error::QuotaUsedUp { wait, .. } => *wait,
        _ => Duration::ZERO,
    }
}
