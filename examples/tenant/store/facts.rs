//! What follows from an incident's id: when it came, how it differs from others, and how it fills a template.

use super::template::{Hole, Template, quoted};
use super::ticks::{self, TICKS};
use super::{Details, NEWEST, Variant, names};

/// Seconds between two incidents; the jitter keeps their order.
const STEP: i64 = 257;
const JITTER: u64 = 200;

/// One incident.
#[derive(Debug)]
pub struct Facts<'a> {
    pub id: u64,
    /// Ticks since 1970.
    pub created: i64,
    /// Ticks since 1970.
    pub updated: i64,
    pub variant: Variant,
    /// What it is like, once somebody has written to it.
    pub changed: Option<&'a Details>,
}

impl<'a> Facts<'a> {
    /// An incident that nobody has touched. `started` is in ticks, and so is when it `arrived`, if that was later.
    pub fn generated(id: u64, started: i64, arrived: Option<i64>) -> Self {
        let scattered = scatter(id);
        let created = arrived.unwrap_or_else(|| {
            let age = NEWEST.saturating_sub(id).cast_signed() * STEP + (scattered % JITTER).cast_signed();
            started - age * TICKS - fraction(scattered)
        });
        let open_for = (scattered >> 8) % (6 * 3600);
        let updated = (created + open_for.cast_signed() * TICKS).min(started.max(created));
        Self { id, created, updated, variant: Variant::of(id), changed: None }
    }

    pub fn status(&self) -> &'a str {
        self.changed.map_or(self.variant.status(), |changed| &changed.status)
    }

    pub fn severity(&self) -> &'a str {
        self.changed.map_or(self.variant.severity(), |changed| &changed.severity)
    }

    pub fn classification(&self) -> &'a str {
        self.changed.map_or(self.variant.classification(), |changed| &changed.classification)
    }

    pub fn determination(&self) -> &'a str {
        self.changed.map_or(self.variant.determination(), |changed| &changed.determination)
    }

    pub fn assigned_to(&self) -> Option<&'a str> {
        self.changed.map_or(self.variant.assigned_to(), |changed| changed.assigned_to.as_deref())
    }

    /// All that can be written to, with nothing left to be filled in.
    pub fn details(&self) -> Details {
        self.changed.cloned().unwrap_or_else(|| {
            let mut details = Details::of(self.variant);
            details.name = Some(self.generated_name().to_owned());
            details.comments.iter_mut().for_each(|comment| comment.time = Some(self.updated));
            if details.status == "Redirected" {
                details.redirect = Some(self.id + 1);
            }
            details
        })
    }

    /// Fills its id, name and times into the holes.
    pub fn print(&self, template: &Template, out: &mut Vec<u8>) {
        let minutes = |minutes: i64| minutes * 60 * TICKS;
        let id = self.id.to_string();
        let times = [
            (Hole::Created, self.created),
            (Hole::Updated, self.updated),
            (Hole::FirstActivity, self.created - minutes(6)),
            (Hole::LastActivity, self.created - minutes(2)),
        ];
        let times = times.map(|(hole, ticks)| (hole, ticks::print(ticks)));
        template.print(out, |hole, out| match hole {
            Hole::Id => out.extend_from_slice(id.as_bytes()),
            // Merged into the one that came after it.
            Hole::Redirect => out.extend_from_slice((self.id + 1).to_string().as_bytes()),
            Hole::Name => out.extend_from_slice(quoted(self.generated_name()).as_bytes()),
            time => {
                let (_, printed) =
                    times.iter().find(|(hole, _)| *hole == time).expect("every time has its hole");
                out.extend_from_slice(printed);
            }
        });
    }

    fn generated_name(&self) -> &'static str {
        let awkward = NEWEST.checked_sub(self.id).and_then(names::awkward);
        awkward.unwrap_or(self.variant.scenario().name)
    }
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
pub fn scatter(id: u64) -> u64 {
    let mut bits = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) >> 1
}
