//! A process that dies while it renews a session, and those that look on: whatever the moment, there is the old
//! session or the new one, whole, and the next command works.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Home, Running};
use crate::tenant::{Options, Tenant};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many kills have to land between the authority's answer and the end of the process.
const KILLS: usize = 1000;

/// Every command renews such a token, and who dies between the authority and the disk has the older refresh token,
/// which stays good, as Entra ID's do.
fn short_lived() -> Tenant {
    Tenant::start(Options { token_lifetime: Some(1), ..Options::default() })
}

/// `m365d token` under strace, which writes to `trace` and may be told to interfere. It follows the first thread alone,
/// which does all that a refresh consists of.
fn traced(home: &Home, trace: &Path, interference: &[String]) -> Command {
    let program = home.command(&["token"]);
    let mut strace = Command::new("strace");
    strace.args(["--decode-fds=path", "--string-limit=40", "--output"]).arg(trace);
    strace.args(interference).arg(program.get_program()).args(program.get_args());
    strace.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.current_dir(program.get_current_dir().expect("a home"));
    strace
}

/// Where in a trace the process reads the token endpoint's answer: from here on there is something to lose.
fn answer(calls: &[&str]) -> Option<usize> {
    calls.iter().position(|call| call.contains("\"HTTP/1.1 200 OK"))
}

fn name(call: &str) -> &str {
    call.split('(').next().unwrap()
}

/// A system call at which to kill, as strace counts them: how many of its name there were, itself included.
type Step = (String, usize);

fn steps(trace: &str) -> Vec<Step> {
    let calls: Vec<_> = trace.lines().filter(|call| call.contains('(')).collect();
    let nth = |at: usize| calls[..=at].iter().filter(|call| name(call) == name(calls[at])).count();
    (answer(&calls).expect("a refresh")..calls.len())
        .map(|at| (name(calls[at]).to_owned(), nth(at)))
        .collect()
}

/// What a step does, for a person: the call, and which of the files it is about.
fn what(call: &str) -> String {
    let files = [".json.new", ".json", ".lock", "/sessions", "pipe:", "socket:"];
    let file = files.iter().find(|file| call.contains(*file)).copied().unwrap_or_default();
    format!("{} {file}", name(call))
}

/// How many kills landed at each step, and how many of them left the new session.
type Landed = BTreeMap<String, (usize, usize)>;

/// Kills `m365d token` at one step after the other until `kills` of them came after the authority's answer.
fn sweep(kills: usize) -> Landed {
    let tenant = short_lived();
    let home = Home::signed_in(&tenant);
    let trace = home.path("trace");
    Running::start(traced(&home, &trace, &[])).end().succeeds();
    let steps = steps(&fs::read_to_string(&trace).unwrap());
    let mut landed = Landed::new();
    // How often the process looks for news is not the same in every run, so now and then one gets away.
    for (system_call, nth) in steps.iter().cycle().take(10 * kills) {
        let before = home.session();
        let interference = format!("--inject={system_call}:signal=KILL:when={nth}");
        Running::start(traced(&home, &trace, &[interference])).end();
        let text = fs::read_to_string(&trace).unwrap();
        let calls: Vec<_> = text.lines().collect();
        let after = home.session();
        let renamed = calls.iter().any(|call| name(call) == "rename" && call.ends_with("= 0"));
        if renamed {
            assert_is_the_next(&tenant, &before, &after);
        } else {
            assert_eq!(after, before, "{text}");
        }
        home.run(&["token"]).succeeds();
        if answer(&calls).is_some() && text.ends_with("+++ killed by SIGKILL +++\n") {
            let (here, new) = landed.entry(what(calls[calls.len() - 2])).or_default();
            *here += 1;
            *new += usize::from(renamed);
            if landed.values().map(|(here, _)| here).sum::<usize>() == kills {
                return landed;
            }
        }
    }
    panic!("too few of them landed: {landed:?}")
}

#[track_caller]
fn assert_is_the_next(tenant: &Tenant, before: &Value, after: &Value) {
    assert_ne!(before["refresh_token"], after["refresh_token"]);
    let refresh_token = after["refresh_token"].as_str().expect("it is whole").to_owned();
    assert!(tenant.secrets().contains(&refresh_token), "the authority has issued it");
}

#[test]
#[ignore = "needs strace"]
fn a_thousand_kills_at_every_step_of_a_refresh_leave_the_old_session_or_the_new_one() {
    let sweeps = [KILLS / 2; 2].map(|kills| thread::spawn(move || sweep(kills)));
    let mut landed = Landed::new();
    for (step, (kills, new)) in sweeps.into_iter().flat_map(|sweep| sweep.join().expect("a sweep")) {
        let (all, all_new) = landed.entry(step).or_default();
        *all += kills;
        *all_new += new;
    }
    for (step, (kills, new)) in &landed {
        println!("{kills:4} kills at {step:24} {:4} old sessions, {new:4} new ones", kills - new);
    }
    assert_eq!(landed.values().map(|(kills, _)| kills).sum::<usize>(), KILLS);
    for step in
        ["write .json.new", "ftruncate .json.new", "fsync .json.new", "rename .json.new", "fsync /sessions"]
    {
        assert!(landed.contains_key(step), "none at {step}: {landed:?}");
    }
}

#[test]
#[ignore = "needs strace"]
fn what_a_power_cut_must_not_lose_is_synced_first() {
    let tenant = short_lived();
    let home = Home::signed_in(&tenant);
    let trace = home.path("trace");
    Running::start(traced(&home, &trace, &[])).end().succeeds();
    let text = fs::read_to_string(&trace).unwrap();
    let calls: Vec<_> = text.lines().collect();
    let answer = answer(&calls).expect("a refresh");
    // There is room for what will come before anything is asked for.
    let room = ["openat .json.new", "write .json.new", "fsync .json.new"];
    let question = calls.iter().position(|call| call.contains("\"POST /")).expect("a refresh");
    let steps = calls[..question].iter().map(|call| what(call));
    let steps: Vec<_> = steps.filter(|step| room.contains(&step.as_str())).collect();
    assert_eq!([&steps[..2], &steps[3..]].concat(), room, "{text}");
    let order = [
        "write .json.new",
        "fsync .json.new",
        "rename .json.new",
        "fsync /sessions",
        // Only now does anybody get the access token.
        "write pipe:",
    ];
    let steps = calls[answer..].iter().map(|call| what(call));
    assert_eq!(steps.filter(|step| order.contains(&step.as_str())).collect::<Vec<_>>(), order, "{text}");
}

/// Looks at the session while `change` goes on: at its file without a pause, as another program would, and by the
/// program's own eyes. Whoever finds it half written, or gone, fails the test.
fn look_on(home: &Home, change: impl FnOnce()) {
    let over = AtomicBool::new(false);
    let file = home.session_file();
    thread::scope(|scope| {
        let readers = scope.spawn(|| {
            let mut looks = 0;
            while !over.load(Ordering::Relaxed) {
                let text = fs::read(&file).expect("the session is there");
                let session: Value = serde_json::from_slice(&text).expect("the session is whole");
                assert!(session["refresh_token"].is_string(), "{session}");
                looks += 1;
            }
            looks
        });
        let status = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert_eq!(home.run(&["status"]).succeeds().json()["renewable"], true);
            }
        });
        change();
        over.store(true, Ordering::Relaxed);
        assert!(readers.join().expect("what was read") > 0);
        status.join().expect("what the program saw");
    });
}

#[test]
fn no_reader_ever_sees_half_a_session() {
    let tenant = short_lived();
    let home = Home::signed_in(&tenant);
    look_on(&home, || {
        for _ in 0..100 {
            home.run(&["token"]).succeeds();
        }
    });
    assert_eq!(tenant.refreshes(), 100);
}

#[test]
fn kills_at_random_moments_of_a_refresh_leave_a_whole_session() {
    let tenant = short_lived();
    let home = Home::signed_in(&tenant);
    look_on(&home, || {
        for round in 1..=200 {
            let asked = tenant.refreshes();
            let token = home.start(&["token"]);
            assert!(tenant.wait_until(
                |log| log.iter().filter(|request| request.is_refresh()).count() > asked,
                PATIENCE
            ));
            // Around here the answer is read, written, synced and renamed. There is no event to wait for: any moment
            // between the request and a little after the end will do, and none may hurt. The later rounds wait
            // longer, since disks are not equally fast.
            let moment = Duration::from_micros(RandomState::new().hash_one(round) % (round * 100));
            let since = Instant::now();
            while since.elapsed() < moment {
                thread::yield_now();
            }
            token.kill();
        }
    });
    home.run(&["token"]).succeeds();
}
