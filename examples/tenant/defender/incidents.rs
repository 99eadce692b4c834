//! Which incidents there are. Nothing of them is kept: everything about an incident follows from its id and from
//! when the tenant started, so a hundred thousand cost as little as ten.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::names;
use super::query::Query;
use super::template::{Hole, quoted};
use super::variant::Variant;

/// Id of the newest incident at start.
const NEWEST: u64 = 924_480;
/// Seconds between two incidents; the jitter keeps their order.
const STEP: i64 = 257;
const JITTER: u64 = 200;
/// Times of this API are in units of 100 ns.
const TICKS: i64 = 10_000_000;

/// Statuses that a filter may name; the last one is in no documentation.
pub const STATUSES: [&str; 5] = ["Active", "InProgress", "Resolved", "Redirected", "AwaitingAction"];

pub struct Incidents {
    newest: u64,
    oldest: u64,
    /// Ticks since 1970.
    started: i64,
}

/// What a filter can ask of an incident.
#[derive(Debug)]
pub struct Facts {
    pub id: u64,
    /// Ticks since 1970.
    pub created: i64,
    /// Ticks since 1970.
    pub updated: i64,
    pub status: &'static str,
    pub assigned_to: Option<&'static str>,
}

impl Incidents {
    pub fn new(count: usize, now: i64) -> Self {
        let oldest = (NEWEST + 1).saturating_sub(count as u64).max(1);
        Self { newest: NEWEST, oldest, started: now * TICKS }
    }

    pub fn arrive(&mut self, count: usize) {
        self.newest += count as u64;
    }

    /// Prints the page, newest first, with commas between. True when there is more.
    pub fn print_page(&self, query: &Query, nulls: bool, out: &mut Vec<u8>) -> bool {
        let all = (self.oldest..=self.newest).rev();
        match &query.filter {
            None => print_first(all.skip(query.skip).map(|id| self.facts(id)), query.top, nulls, out),
            Some(filter) => {
                let matching = all.map(|id| self.facts(id)).filter(|facts| filter.matches(facts));
                print_first(matching.skip(query.skip), query.top, nulls, out)
            }
        }
    }

    /// False when there is no such incident.
    pub fn print_one(&self, id: u64, nulls: bool, out: &mut Vec<u8>) -> bool {
        let there = (self.oldest..=self.newest).contains(&id);
        if there {
            self.facts(id).print(nulls, out);
        }
        there
    }

    fn facts(&self, id: u64) -> Facts {
        let scattered = scatter(id);
        let created = match id.checked_sub(NEWEST) {
            // Arrivals: a tenth of a millisecond apart, since they come while the tenant runs.
            Some(arrival @ 1..) => self.started + arrival.cast_signed() * 1000,
            _ => {
                let age = (NEWEST - id).cast_signed() * STEP + (scattered % JITTER).cast_signed();
                self.started - age * TICKS - fraction(scattered)
            }
        };
        let open_for = (scattered >> 8) % (6 * 3600);
        let updated = (created + open_for.cast_signed() * TICKS).min(self.started.max(created));
        let variant = Variant::of(id);
        Facts { id, created, updated, status: variant.status(), assigned_to: variant.assigned_to() }
    }
}

impl Facts {
    fn print(&self, nulls: bool, out: &mut Vec<u8>) {
        let minutes = |minutes: i64| minutes * 60 * TICKS;
        let template = Variant::of(self.id).template(nulls);
        let id = self.id.to_string();
        let times = [
            (Hole::Created, self.created),
            (Hole::Updated, self.updated),
            (Hole::FirstActivity, self.created - minutes(6)),
            (Hole::LastActivity, self.created - minutes(2)),
        ];
        let times = times.map(|(hole, ticks)| (hole, print_time(ticks)));
        template.print(out, |hole, out| match hole {
            Hole::Id => out.extend_from_slice(id.as_bytes()),
            Hole::Name => match NEWEST.checked_sub(self.id).and_then(names::awkward) {
                Some(name) => out.extend_from_slice(quoted(name).as_bytes()),
                None => out.extend_from_slice(template.name.as_bytes()),
            },
            time => {
                let (_, printed) =
                    times.iter().find(|(hole, _)| *hole == time).expect("every time has its hole");
                out.extend_from_slice(printed);
            }
        });
    }
}

fn print_first(
    mut incidents: impl Iterator<Item = Facts>,
    top: usize,
    nulls: bool,
    out: &mut Vec<u8>,
) -> bool {
    for (position, facts) in incidents.by_ref().take(top).enumerate() {
        if position > 0 {
            out.push(b',');
        }
        facts.print(nulls, out);
    }
    incidents.next().is_some()
}

/// `2026-05-04T08:15:30.1234567Z`, without the fraction's closing zeros, as .NET prints it.
fn print_time(ticks: i64) -> Vec<u8> {
    let time = Timestamp::from_second(ticks.div_euclid(TICKS)).expect("incidents are of this century");
    let time = Offset::UTC.to_datetime(time);
    let mut printed = Vec::with_capacity(28);
    digits(&mut printed, i64::from(time.year()), 4, b'-');
    digits(&mut printed, i64::from(time.month()), 2, b'-');
    digits(&mut printed, i64::from(time.day()), 2, b'T');
    digits(&mut printed, i64::from(time.hour()), 2, b':');
    digits(&mut printed, i64::from(time.minute()), 2, b':');
    digits(&mut printed, i64::from(time.second()), 2, b'.');
    digits(&mut printed, ticks.rem_euclid(TICKS), 7, b'0');
    while matches!(printed.last(), Some(b'0')) {
        printed.pop();
    }
    if printed.last() == Some(&b'.') {
        printed.pop();
    }
    printed.push(b'Z');
    printed
}

fn digits(out: &mut Vec<u8>, number: i64, width: u32, then: u8) {
    for place in (0..width).rev() {
        let digit = u8::try_from(number / 10_i64.pow(place) % 10).unwrap_or_default();
        out.push(b'0' + digit);
    }
    out.push(then);
}

/// Fractions of a second of 0, 2, 3 and 7 digits.
fn fraction(scattered: u64) -> i64 {
    let ticks = (scattered >> 24).cast_signed() % TICKS;
    match scattered % 4 {
        0 => 0,
        1 => ticks - ticks % 100_000,
        2 => ticks - ticks % 10_000,
        _ => ticks,
    }
}

/// Spreads neighbouring ids over all numbers (the finaliser of `SplitMix64`), positive as a signed one.
fn scatter(id: u64) -> u64 {
    let mut bits = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) >> 1
}
