//! The turns of a bucket's calls in the order in which they were taken, and when each may go.
//!
//! A sliding window: a call waits until the one that came so many turns before it, as the quota has calls, is as old
//! as the quota's time. How old that is counts from its answer, because the service has counted it by then. So no
//! window of the quota's length has more calls in it than the quota allows, wherever the service begins its windows.

use std::collections::VecDeque;
use std::time::Duration;

use super::Quota;

/// Within this much time a call that has been sent is counted, however long its answer takes: milliseconds.
const COUNTED_WITHIN: u64 = 5000;
/// The same.
pub(super) const LATENCY: Duration = Duration::from_millis(COUNTED_WITHIN);
/// What a clock may be behind another one's, on a file system that machines share: milliseconds.
const SKEW: u64 = 5000;
const HOUR: u64 = 60 * 60 * 1000;
/// Nobody waits for longer, or is told to.
const DAY: u64 = 24 * HOUR;
/// Twice what a quota can look back on, so that those who wait have room.
const MOST: usize = 2 * Quota::MOST_CALLS as usize;

const MAGIC: u64 = u64::from_le_bytes(*b"m365d q1");
const HEADER: usize = 4;
/// The longest that a queue can be, in bytes.
pub(super) const LONGEST: u64 = (8 * (HEADER + MOST)) as u64;

/// What the ledger says, at one instant.
#[derive(Debug)]
pub(super) struct Queue {
    /// Milliseconds since 1970, and never less than the last time that somebody looked.
    now: u64,
    /// Nobody goes before.
    held_until: u64,
    /// The number of the oldest turn that is remembered.
    first: u64,
    turns: VecDeque<Entry>,
}

/// What is known of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    /// Milliseconds since 1970: when it goes or went, or once that is settled, by when it was counted.
    at: u64,
    settled: bool,
}

/// Somebody's turn.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct Turn(u64);

/// A wait that a turn takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) length: Duration,
    pub(super) cause: Cause,
}

/// Why a turn takes a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The quota is used up.
    Quota(Quota),
    /// The service has asked for it.
    Asked,
}

impl Entry {
    fn of(word: u64) -> Self {
        Self { at: word >> 1, settled: word & 1 == 1 }
    }

    fn word(self) -> u64 {
        self.at << 1 | u64::from(self.settled)
    }

    /// By when the service has counted it, at the latest.
    fn counted_by(self) -> u64 {
        if self.settled { self.at } else { self.at + COUNTED_WITHIN }
    }
}

impl Queue {
    /// Nobody's turn yet.
    pub(super) fn new(now: u64) -> Self {
        Self { now, held_until: 0, first: 0, turns: VecDeque::new() }
    }

    /// Reads what [`Queue::bytes`] wrote; `None` when it is something else.
    pub(super) fn read(bytes: &[u8], now: u64) -> Option<Self> {
        let (words, []) = bytes.as_chunks() else { return None };
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        if words.next()? != MAGIC {
            return None;
        }
        let (seen, held_until, first) = (words.next()?, words.next()?, words.next()?);
        first.checked_add(DAY)?;
        let mut queue = Self { now: seen, held_until, first, turns: words.map(Entry::of).collect() };
        queue.look(now);
        Some(queue)
    }

    /// As it is kept.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let header = [MAGIC, self.now, self.held_until, self.first];
        let turns = self.turns.iter().map(|entry| entry.word());
        header.into_iter().chain(turns).flat_map(u64::to_le_bytes).collect()
    }

    /// Takes the next turn, which begins now where there is nothing to wait for.
    ///
    /// # Errors
    /// The wait, when it is longer than `patience`; no turn is taken then.
    pub(super) fn enter(
        &mut self,
        quotas: &[Quota],
        patience: Duration,
    ) -> Result<(Turn, Option<Wait>), Wait> {
        let turn = Turn(self.first + self.turns.len() as u64);
        let Some(surely) = self.wait(turn, quotas, Entry::counted_by) else {
            self.turns.push_back(Entry { at: self.now, settled: false });
            return Ok((turn, None));
        };
        // Those before it are answered meanwhile, as a rule.
        let planned = self.wait(turn, quotas, |entry| entry.at).unwrap_or(surely);
        if planned.length > patience.min(Duration::from_millis(DAY)) {
            return Err(planned);
        }
        self.turns.push_back(Entry { at: self.now + milliseconds(planned.length), settled: false });
        Ok((turn, Some(planned)))
    }

    /// Begins a turn that has been waited for, unless one before it has been late.
    pub(super) fn start(&mut self, turn: Turn, quotas: &[Quota]) -> Option<Wait> {
        let wait = self.wait(turn, quotas, Entry::counted_by);
        let at = self.now + wait.map_or(0, |wait| milliseconds(wait.length));
        self.set(turn, |_| Entry { at, settled: false });
        wait
    }

    /// The call of a turn has been answered, or has failed.
    pub(super) fn settle(&mut self, turn: Turn) {
        // A millisecond has been begun.
        let now = self.now + 1;
        self.set(turn, |started| Entry { at: started.counted_by().min(now), settled: true });
    }

    /// Nobody goes for so long, or an hour: the service counts in no longer windows.
    pub(super) fn hold(&mut self, length: Duration) {
        self.held_until = self.held_until.max(self.now + milliseconds(length).min(HOUR));
    }

    /// How long `turn` has to wait, if each before it is as old as `age_from` says.
    fn wait(&self, turn: Turn, quotas: &[Quota], age_from: impl Fn(Entry) -> u64) -> Option<Wait> {
        let used_up = quotas.iter().filter_map(|quota| {
            let number = turn.0.checked_sub(quota.calls.into())?;
            let entry = self.turns.get(usize::try_from(number.checked_sub(self.first)?).ok()?)?;
            Some((age_from(*entry) + milliseconds(quota.per), Cause::Quota(*quota)))
        });
        let waits = used_up.chain([(self.held_until, Cause::Asked)]);
        let (until, cause) = waits.max_by_key(|(until, _)| *until)?;
        let length = until.checked_sub(self.now).filter(|length| *length > 0)?;
        Some(Wait { length: Duration::from_millis(length), cause })
    }

    fn set(&mut self, turn: Turn, change: impl FnOnce(Entry) -> Entry) {
        let index = turn.0.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| self.turns.get_mut(index)) {
            *entry = change(*entry);
        }
    }

    /// Moves on to `now`. A clock that was set back takes what is remembered along: the last look was just now then.
    fn look(&mut self, now: u64) {
        let ahead = self.now.saturating_sub(now);
        if ahead > SKEW {
            self.now = now;
            self.held_until = self.held_until.saturating_sub(ahead);
            for entry in &mut self.turns {
                entry.at = entry.at.saturating_sub(ahead);
            }
        }
        self.now = self.now.max(now);
        if self.held_until > self.now + HOUR {
            self.held_until = 0;
        }
        for entry in &mut self.turns {
            if entry.at > self.now + DAY {
                *entry = Entry { at: 0, settled: true };
            }
        }
        let is_over = |entry: &Entry| entry.at + HOUR + COUNTED_WITHIN <= self.now;
        let over = self.turns.iter().take_while(|entry| is_over(entry)).count();
        let over = over.max(self.turns.len().saturating_sub(MOST - 1));
        self.turns.drain(..over);
        self.first += over as u64;
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).min(DAY)
}

#[cfg(test)]
mod tests;
