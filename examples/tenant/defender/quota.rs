//! The documented quotas, counted in fixed windows of the tenant's clock. A call that is refused counts as well.

#[derive(Default)]
pub struct Quotas {
    lists: [Window; 2],
    singles: [Window; 2],
}

#[derive(Default)]
struct Window {
    number: i64,
    calls: u32,
}

/// A quota that a call has exceeded.
pub struct Exceeded {
    /// As the service's message prints it.
    pub quota: &'static str,
    /// Seconds until the next window.
    pub wait: u64,
}

struct Limit {
    calls: u32,
    seconds: i64,
    printed: &'static str,
}

const PER_HOUR: Limit = Limit { calls: 1500, seconds: 3600, printed: "1500 per 01:00:00" };
const LISTS: [Limit; 2] = [Limit { calls: 50, seconds: 60, printed: "50 per 00:01:00" }, PER_HOUR];
const SINGLES: [Limit; 2] = [Limit { calls: 100, seconds: 60, printed: "100 per 00:01:00" }, PER_HOUR];

impl Quotas {
    pub fn count_list(&mut self, now: i64) -> Option<Exceeded> {
        count(&mut self.lists, &LISTS, now)
    }

    pub fn count_single(&mut self, now: i64) -> Option<Exceeded> {
        count(&mut self.singles, &SINGLES, now)
    }
}

fn count(windows: &mut [Window; 2], limits: &[Limit; 2], now: i64) -> Option<Exceeded> {
    let mut exceeded = None;
    for (window, limit) in windows.iter_mut().zip(limits) {
        let number = now.div_euclid(limit.seconds);
        if window.number != number {
            *window = Window { number, calls: 0 };
        }
        window.calls += 1;
        if window.calls > limit.calls {
            let wait = (number + 1) * limit.seconds - now;
            exceeded = Some(Exceeded { quota: limit.printed, wait: wait.cast_unsigned() });
        }
    }
    exceeded
}
