//! The queue on a clock of the test's own, with the quotas that no test can wait for.

use proptest::prelude::*;

use super::*;

/// Some time in 2026.
const T: u64 = 1_780_000_000_000;
const NO_LIMIT: Duration = Duration::from_millis(DAY);
const MINUTE: u64 = 60_000;

fn documented() -> [Quota; 2] {
    [Quota::a_minute(50), Quota::an_hour(1500)]
}

/// The queue as the next process finds it.
fn at(queue: &Queue, now: u64) -> Queue {
    Queue::read(&queue.bytes(), now).expect("a queue")
}

/// What a turn still has to wait for.
fn still(standing: Standing) -> Option<Wait> {
    match standing {
        Standing::Begun => None,
        Standing::Waits(wait) => Some(wait),
        Standing::Lost => panic!("lost"),
    }
}

/// Calls without end, one after the other, each answered after `latency`: when they begin.
fn calls(quotas: &[Quota], latency: u64, until: u64) -> Vec<u64> {
    let (mut queue, mut now, mut begun) = (Queue::new(T), T, Vec::new());
    while now < until {
        queue = at(&queue, now);
        let (turn, mut wait) = queue.enter(quotas, NO_LIMIT).expect("no limit");
        while let Some(Wait { length, .. }) = wait {
            now += milliseconds(length.min(RENEWAL));
            queue = at(&queue, now);
            wait = still(queue.start(turn, quotas));
        }
        begun.push(now - T);
        now += latency;
        queue = at(&queue, now);
        queue.settle(turn);
    }
    begun
}

#[test]
fn fifty_go_at_once_and_fifty_a_minute_and_1500_an_hour_in_all() {
    let begun = calls(&documented(), 10, T + 2 * HOUR + MINUTE);
    assert!(begun[49] < 500, "{}", begun[49]);
    assert!((MINUTE..MINUTE + 20).contains(&begun[50]), "{}", begun[50]);
    assert!((29 * MINUTE..30 * MINUTE).contains(&begun[1499]), "{}", begun[1499]);
    assert!((HOUR..HOUR + 20).contains(&begun[1500]), "{}", begun[1500]);
    assert!((2 * HOUR..2 * HOUR + 40).contains(&begun[3000]), "{}", begun[3000]);
}

#[test]
fn a_wait_that_is_too_long_takes_no_turn_and_says_which_quota() {
    let quotas = documented();
    let mut queue = Queue::new(T);
    for _ in 0..50 {
        let (turn, wait) = queue.enter(&quotas, Duration::ZERO).unwrap();
        assert_eq!(wait, None);
        queue.settle(turn);
    }
    let before = queue.bytes();
    let wait = queue.enter(&quotas, Duration::from_secs(59)).unwrap_err();
    assert_eq!(wait, Wait { length: Duration::from_millis(60_001), cause: Cause::Quota(quotas[0]) });
    assert_eq!(queue.bytes(), before);
    let (_, wait) = queue.enter(&quotas, Duration::from_secs(61)).unwrap();
    assert_eq!(wait.map(|wait| wait.length), Some(Duration::from_millis(60_001)));
}

#[test]
fn who_waits_goes_in_order_and_who_leaves_or_dies_wastes_no_turn() {
    let quotas = [Quota { calls: 2, per: Duration::from_secs(60) }];
    let mut queue = Queue::new(T);
    let mut entered: Vec<_> = (0..8).map(|_| queue.enter(&quotas, NO_LIMIT).unwrap()).collect();
    let waits = entered.iter().map(|(_, wait)| wait.map_or(0, |wait| wait.length.as_secs()));
    assert_eq!(waits.collect::<Vec<_>>(), [0, 0, 60, 60, 120, 120, 180, 180]);
    let (last, _) = entered.pop().unwrap();
    let (next_to_last, _) = entered.pop().unwrap();
    for (turn, _) in &entered {
        queue.leave(*turn);
    }
    // The two that were sent are none to leave.
    let length =
        |queue: &mut Queue, turn| still(queue.start(turn, &quotas)).map(|wait| wait.length.as_secs());
    assert_eq!(length(&mut queue, last), Some(60));
    let mut next = at(&queue, T + LEASE);
    assert_eq!(length(&mut next, last), Some(52));
    // One of them is never heard of again, and another process moves up.
    let mut next = at(&next, T + LEASE + 1);
    assert_eq!(next.start(next_to_last, &quotas), Standing::Lost);
    let (another, wait) = next.enter(&quotas, NO_LIMIT).unwrap();
    assert_eq!(wait.map(|wait| wait.length.as_secs()), Some(51));
    let mut over = at(&next, T + 65_000);
    assert_eq!(over.start(another, &quotas), Standing::Lost);
    assert_eq!(over.enter(&quotas, Duration::ZERO).unwrap().1, None);
    assert_eq!(over.enter(&quotas, Duration::ZERO).unwrap().1, None);
    assert!(over.enter(&quotas, Duration::ZERO).is_err());
}

#[test]
fn a_call_whose_turn_before_it_is_late_waits_for_that() {
    let quotas = [Quota { calls: 1, per: Duration::from_secs(1) }];
    let mut queue = Queue::new(T);
    let (first, _) = queue.enter(&quotas, NO_LIMIT).unwrap();
    let (second, wait) = queue.enter(&quotas, NO_LIMIT).unwrap();
    assert_eq!(wait.map(|wait| wait.length), Some(Duration::from_secs(1)));
    let mut queue = at(&queue, T + 1000);
    assert_eq!(still(queue.start(second, &quotas)).map(|wait| wait.length), Some(LATENCY));
    queue.settle(first);
    let wait = still(queue.start(second, &quotas));
    assert_eq!(wait.map(|wait| wait.length), Some(Duration::from_millis(1001)));
    assert_eq!(at(&queue, T + 2001).start(second, &quotas), Standing::Begun);
}

#[test]
fn who_has_been_asked_for_a_pause_holds_everybody_for_an_hour_at_most() {
    let quotas = documented();
    let mut queue = Queue::new(T);
    queue.hold(Duration::from_secs(90));
    queue.hold(Duration::from_secs(9));
    let wait = queue.enter(&quotas, Duration::from_secs(89)).unwrap_err();
    assert_eq!(wait, Wait { length: Duration::from_secs(90), cause: Cause::Asked });
    assert_eq!(at(&queue, T + 90_000).enter(&quotas, Duration::ZERO).unwrap().1, None);
    queue.hold(NO_LIMIT);
    assert_eq!(
        at(&queue, T + 1000).enter(&quotas, Duration::ZERO).unwrap_err().length,
        Duration::from_secs(3599)
    );
}

#[test]
fn a_clock_that_is_set_makes_nobody_wait_for_longer_than_the_quota_says() {
    let quotas = documented();
    let mut queue = Queue::new(T);
    for _ in 0..50 {
        let (turn, _) = queue.enter(&quotas, Duration::ZERO).unwrap();
        queue.settle(turn);
    }
    queue.hold(Duration::from_secs(30));
    for earlier in [1, SKEW, SKEW + 1, MINUTE, DAY, 300 * DAY, T] {
        let wait = at(&queue, T - earlier).enter(&quotas, Duration::ZERO).unwrap_err();
        assert_eq!(wait.length, Duration::from_millis(60_001), "{earlier}");
        let mut mended = at(&at(&queue, T - earlier), T - earlier + 30_000 + SKEW);
        assert!(mended.enter(&quotas, Duration::from_secs(31)).is_ok(), "{earlier}");
    }
    for later in [60_001, DAY, 300 * DAY] {
        assert_eq!(at(&queue, T + later).enter(&quotas, Duration::ZERO).unwrap().1, None, "{later}");
    }
}

#[test]
fn what_is_over_is_forgotten_and_no_queue_grows_without_end() {
    let quotas = [Quota { calls: 1, per: Duration::from_secs(1) }];
    let mut queue = Queue::new(T);
    for _ in 0..2 * MOST {
        let _ = queue.enter(&quotas, NO_LIMIT).unwrap();
    }
    let mut queue = at(&queue, T);
    let (last, _) = queue.enter(&quotas, NO_LIMIT).unwrap();
    assert_eq!((last.0, queue.bytes().len() as u64), (2 * MOST as u64, LONGEST));
    assert_eq!(at(&queue, T + DAY).bytes().len(), 8 * HEADER);
}

/// Somebody who calls again and again.
#[derive(Debug, Clone)]
struct Caller {
    /// How long each answer takes, when in that time it is counted (in percent), and how long until the next call.
    latency: u64,
    counted: u64,
    pause: u64,
    /// Which call it dies in, or which wait for one.
    dies_at: usize,
    waits_to_die: bool,
}

fn callers() -> impl Strategy<Value = Vec<Caller>> {
    let caller = (1..4000_u64, 0..=100_u64, 0..2000_u64, 1..200_usize, any::<bool>()).prop_map(
        |(latency, counted, pause, dies_at, waits_to_die)| Caller {
            latency,
            counted,
            pause,
            dies_at,
            waits_to_die,
        },
    );
    prop::collection::vec(caller, 1..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However many call at once, however long their answers take and whoever dies: the service never counts too many.
    #[test]
    fn no_window_has_more_calls_than_its_quota(callers in callers(), calls in 1..20_u32, seconds in 1..20_u64) {
        enum State { Idle, Waits(Turn), Sent(Turn) }
        let quota = Quota { calls, per: Duration::from_secs(seconds) };
        let quotas = [quota, Quota { calls: calls * 3, per: Duration::from_secs(seconds * 5) }];
        let (mut queue, mut counted) = (Queue::new(T), Vec::new());
        let mut all: Vec<_> = callers.iter().map(|caller| (T, State::Idle, caller, 0)).collect();
        for _ in 0..400 {
            let Some(next) = all.iter_mut().min_by_key(|caller| caller.0) else { break };
            let (now, state, caller, made) = next;
            queue = at(&queue, *now);
            let (turn, wait) = match state {
                State::Idle => queue.enter(&quotas, NO_LIMIT).unwrap(),
                State::Waits(turn) => (*turn, still(queue.start(*turn, &quotas))),
                State::Sent(turn) => {
                    queue.settle(*turn);
                    *state = State::Idle;
                    *now += caller.pause;
                    continue;
                }
            };
            if let Some(wait) = wait {
                *state = State::Waits(turn);
                *now += milliseconds(wait.length.min(RENEWAL));
                if caller.waits_to_die && *made + 1 == caller.dies_at {
                    *now = u64::MAX;
                    all.retain(|caller| caller.0 != u64::MAX);
                }
                continue;
            }
            counted.push(*now + caller.latency * caller.counted / 100);
            *made += 1;
            *now += caller.latency;
            *state = State::Sent(turn);
            if *made == caller.dies_at {
                *now = u64::MAX;
            }
            all.retain(|caller| caller.0 != u64::MAX);
        }
        counted.sort_unstable();
        for quota in quotas {
            for window in counted.windows(quota.calls as usize + 1) {
                let length = window[quota.calls as usize] - window[0];
                prop_assert!(length >= milliseconds(quota.per), "{quota}: {length} ms");
            }
        }
    }

    /// Whatever a file says, it is read or not, and nobody waits for longer than is allowed.
    #[test]
    fn a_damaged_queue_is_no_queue_or_a_queue(words in prop::collection::vec(any::<u64>(), 0..70), cut in 0..8_usize) {
        let words = [MAGIC].into_iter().chain(words).flat_map(u64::to_le_bytes);
        let mut bytes: Vec<u8> = words.collect();
        bytes.truncate(bytes.len() - cut);
        if let Some(mut queue) = Queue::read(&bytes, T) {
            prop_assert_eq!(bytes.len() % 8, 0);
            if let Ok((turn, wait)) = queue.enter(&documented(), NO_LIMIT) {
                prop_assert!(wait.is_none_or(|wait| wait.length <= NO_LIMIT));
                queue.settle(turn);
            }
            queue.settle(Turn(7));
            prop_assert!(Queue::read(&queue.bytes(), T).is_some());
        }
        prop_assert!(Queue::read(&bytes[1..], T).is_none());
    }
}
