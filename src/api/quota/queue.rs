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
/// Whoever waits and has not been heard of for so long is dead, and its turn nobody's: milliseconds.
const LEASE: u64 = 8000;
/// How often whoever waits is heard of.
pub(super) const RENEWAL: Duration = Duration::from_secs(2);
/// What a clock may be behind another one's, on a file system that machines share: milliseconds.
const SKEW: u64 = 5000;
const HOUR: u64 = 60 * 60 * 1000;
/// Nobody waits for longer, or is told to.
const DAY: u64 = 24 * HOUR;
/// Twice what a quota can look back on, so that those who wait have room.
const MOST: usize = 2 * Quota::MOST_CALLS as usize;

const MAGIC: u64 = u64::from_le_bytes(*b"m365d q2");
const HEADER: usize = 4;
/// The words of a turn.
const ENTRY: usize = 2;
/// The longest that a queue can be, in bytes.
pub(super) const LONGEST: u64 = (8 * (HEADER + ENTRY * MOST)) as u64;

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
    stage: Stage,
    /// Milliseconds since 1970: until when whoever waits for it is taken to be alive.
    alive_until: u64,
}

/// How far a turn is. The numbers are the file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waits = 0,
    Sent = 1,
    Settled = 2,
    /// Whoever waited for it went away, so no call was made.
    Left = 3,
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

/// What becomes of a turn that has been waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its call may go.
    Begun,
    /// It takes so long still.
    Waits(Wait),
    /// It is nobody's any more, since nothing was heard of who waited.
    Lost,
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
    const LEFT: Self = Self { at: 0, stage: Stage::Left, alive_until: 0 };

    fn of(&[time, alive_until]: &[u64; ENTRY]) -> Self {
        let stage = match time & 3 {
            0 => Stage::Waits,
            1 => Stage::Sent,
            2 => Stage::Settled,
            _ => Stage::Left,
        };
        Self { at: time >> 2, stage, alive_until }
    }

    fn words(self) -> [u64; ENTRY] {
        [self.at << 2 | self.stage as u64, self.alive_until]
    }

    fn sent(at: u64) -> Self {
        Self { at, stage: Stage::Sent, alive_until: 0 }
    }

    fn waits(at: u64, now: u64) -> Self {
        Self { at, stage: Stage::Waits, alive_until: now + LEASE }
    }

    /// By when the service has counted it, at the latest.
    fn counted_by(self) -> u64 {
        if self.stage == Stage::Settled { self.at } else { self.at + COUNTED_WITHIN }
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
        let words: Vec<_> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let (&[MAGIC, seen, held_until, first], turns) = words.split_first_chunk::<HEADER>()? else {
            return None;
        };
        let (turns, []) = turns.as_chunks() else { return None };
        first.checked_add(DAY)?;
        let mut queue = Self { now: seen, held_until, first, turns: turns.iter().map(Entry::of).collect() };
        queue.look(now);
        Some(queue)
    }

    /// As it is kept.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let header = [MAGIC, self.now, self.held_until, self.first];
        let turns = self.turns.iter().flat_map(|entry| entry.words());
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
        let Some(wait) = self.wait(turn, quotas) else {
            self.turns.push_back(Entry::sent(self.now));
            return Ok((turn, None));
        };
        if wait.length > patience.min(Duration::from_millis(DAY)) {
            return Err(wait);
        }
        self.turns.push_back(Entry::waits(self.now + milliseconds(wait.length), self.now));
        Ok((turn, Some(wait)))
    }

    /// Begins a turn, if that has been waited for long enough, or else says that somebody still waits for it. The wait
    /// is another one than before when a turn before it is late, or was left.
    pub(super) fn start(&mut self, turn: Turn, quotas: &[Quota]) -> Standing {
        if self.entry(turn).is_none_or(|entry| entry.stage != Stage::Waits) {
            return Standing::Lost;
        }
        let wait = self.wait(turn, quotas);
        let now = self.now;
        self.set(turn, |_| {
            wait.map_or(Entry::sent(now), |wait| Entry::waits(now + milliseconds(wait.length), now))
        });
        wait.map_or(Standing::Begun, Standing::Waits)
    }

    /// Whoever waited goes away, and those behind move up.
    pub(super) fn leave(&mut self, turn: Turn) {
        self.set(turn, |entry| if entry.stage == Stage::Waits { Entry::LEFT } else { entry });
    }

    /// The call of a turn has been answered, or has failed.
    pub(super) fn settle(&mut self, turn: Turn) {
        // A millisecond has been begun.
        let now = self.now + 1;
        self.set(turn, |started| Entry {
            at: started.counted_by().min(now),
            stage: Stage::Settled,
            alive_until: 0,
        });
    }

    /// Nobody goes for so long, or an hour: the service counts in no longer windows.
    pub(super) fn hold(&mut self, length: Duration) {
        self.held_until = self.held_until.max(self.now + milliseconds(length).min(HOUR));
    }

    /// How long `turn` has to wait; nothing when each call before it has surely been counted long enough ago.
    fn wait(&self, turn: Turn, quotas: &[Quota]) -> Option<Wait> {
        let surely = self.wait_if(turn, quotas, Entry::counted_by)?;
        // Those before it are answered meanwhile, as a rule.
        Some(self.wait_if(turn, quotas, |entry| entry.at).unwrap_or(surely))
    }

    /// The turns before this one that are somebody's, the last first.
    fn before(&self, turn: Turn) -> impl Iterator<Item = Entry> {
        let count = self.index(turn).unwrap_or_default();
        self.turns.iter().take(count).rev().filter(|entry| entry.stage != Stage::Left).copied()
    }

    /// The wait, if each turn before it is as old as `age_from` says.
    fn wait_if(&self, turn: Turn, quotas: &[Quota], age_from: impl Fn(Entry) -> u64) -> Option<Wait> {
        let used_up = quotas.iter().filter_map(|quota| {
            let entry = self.before(turn).nth(usize::try_from(quota.calls.checked_sub(1)?).ok()?)?;
            Some((age_from(entry) + milliseconds(quota.per), Cause::Quota(*quota)))
        });
        let waits = used_up.chain([(self.held_until, Cause::Asked)]);
        let (until, cause) = waits.max_by_key(|(until, _)| *until)?;
        let length = until.checked_sub(self.now).filter(|length| *length > 0)?;
        Some(Wait { length: Duration::from_millis(length), cause })
    }

    fn index(&self, turn: Turn) -> Option<usize> {
        usize::try_from(turn.0.checked_sub(self.first)?).ok()
    }

    fn entry(&self, turn: Turn) -> Option<Entry> {
        self.turns.get(self.index(turn)?).copied()
    }

    fn set(&mut self, turn: Turn, change: impl FnOnce(Entry) -> Entry) {
        if let Some(entry) = self.index(turn).and_then(|index| self.turns.get_mut(index)) {
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
                entry.alive_until = entry.alive_until.saturating_sub(ahead);
            }
        }
        self.now = self.now.max(now);
        if self.held_until > self.now + HOUR {
            self.held_until = 0;
        }
        for entry in &mut self.turns {
            entry.alive_until = entry.alive_until.min(self.now + LEASE + SKEW);
            let is_dead = entry.stage == Stage::Waits && entry.alive_until < self.now;
            if is_dead || entry.at > self.now + DAY {
                *entry = Entry::LEFT;
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
