//! The pace: as many calls as a quota allows and no more, by all processes of a person together. What the service
//! counts is the judge.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use m365d::session::{Selector, Store};
use serde_json::json;

#[cfg(unix)]
use crate::support::signal;
use crate::support::{Home, now};
use crate::tenant::{Fault, Options, Place, RetryAfter, Tenant, ThrottleBody, When, directory};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);
const ONE: &[&str] = &["incidents", "list", "--limit", "1"];
const HUNT: &[&str] = &["hunt", "DeviceEvents | take 1", "--api", "defender"];

/// A tenant that counts for itself, so many calls in so many seconds, and a person who knows that.
fn counting(calls: u32, seconds: i64, rate: &str) -> (Tenant, Home) {
    let tenant = Tenant::start(Options {
        incidents: 1000,
        rate_limits: true,
        small_quota: Some((calls, seconds)),
        ..Options::default()
    });
    let home = Home::signed_in(&tenant).with("M365D_RATE", rate);
    (tenant, home)
}

fn healthy(rate: &str) -> (Tenant, Home) {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant).with("M365D_RATE", rate);
    (tenant, home)
}

/// The ledger of lists, which is there after the first call of the kind.
fn ledger(home: &Home) -> PathBuf {
    let folders = fs::read_dir(home.config_dir().join("quotas")).expect("the ledgers");
    let folders: Vec<_> = folders.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders[0].join("list")
}

fn throttled(retry_after: u64) -> Fault {
    Fault::Throttle { retry_after: Some(RetryAfter::Seconds(retry_after)), body: ThrottleBody::Documented }
}

#[test]
fn many_processes_at_once_never_run_into_the_quota() {
    let (tenant, home) = counting(5, 1, "5/s");
    let list = home.start(&["incidents", "list", "--all", "-o", "ndjson"]);
    let others: Vec<_> = (0..12).map(|_| home.start(ONE)).collect();
    for other in others {
        other.end().succeeds().does_not_say("the service is busy");
    }
    let list = list.end().succeeds().does_not_say("the service is busy");
    assert_eq!(list.stdout.lines().count(), 1000);
    assert_eq!(tenant.count(|request| request.status == Some(429)), 0);
    assert!(tenant.lists() >= 22, "{}", tenant.lists());
}

#[test]
fn a_service_that_wants_more_time_than_allowed_says_how_much_to_allow() {
    for (seconds, allow) in [(30, "15m"), (899, "15m"), (900, "16m"), (1800, "31m"), (5000, "84m")] {
        let tenant = Tenant::start(Options::default());
        let retry_after = Some(RetryAfter::Seconds(seconds));
        let fault = Fault::Throttle { retry_after, body: ThrottleBody::Documented };
        tenant.inject(Place::List, When::Next(1), fault);
        Home::signed_in(&tenant)
            .run(&["incidents", "list", "--max-wait", "5s"])
            .fails_properly(6)
            .says(&format!("hint: run it again later, or let it wait longer with --max-wait {allow}\n"));
    }
}

#[test]
fn a_wait_is_shown_and_one_that_is_longer_than_allowed_is_not_begun() {
    let (tenant, home) = counting(2, 60, "2/min");
    for _ in 0..2 {
        home.run(ONE).succeeds().does_not_say("quota");
    }
    for max_wait in ["0", "5s"] {
        home.run(&[ONE, &["--max-wait", max_wait]].concat())
            .fails_properly(6)
            .says(
                "the quota for lists of incidents from Microsoft 365 Defender, 2 calls a minute, is used up",
            )
            .says("is longer than --max-wait leaves")
            .says("hint: run it again later, or let it wait longer with --max-wait ");
    }
    let mut waits = home.start(ONE);
    waits.wait_for(|line| line.contains("2 calls a minute, is used up; asking again in "));
    waits.kill();
    assert_eq!(tenant.lists(), 2, "nothing else was sent");

    // Who is quiet waits just so, and what else the service counts is another matter.
    home.run(&[ONE, &["--max-wait", "0s", "-q"]].concat()).fails_properly(6);
    home.run(HUNT).succeeds();
    home.run(&["incidents", "get", "924480"]).succeeds();
    home.run(&["api", "GET", "/api/incidents?$top=1", "--max-wait", "0s"])
        .fails_properly(6)
        .says("lists of incidents");
}

#[test]
fn a_retry_is_a_call_too() {
    let (tenant, home) = counting(2, 60, "2/min");
    tenant.inject(Place::List, When::Next(1), Fault::Reset);
    home.run(ONE).succeeds();
    home.run(&[ONE, &["--max-wait", "5s"]].concat()).fails_properly(6).says("2 calls a minute");
}

#[test]
fn whoever_is_killed_wastes_a_turn_and_nothing_else() {
    let (tenant, home) = counting(2, 1, "2/s");
    tenant.inject(Place::List, When::Next(1), Fault::Hang);
    let hangs = home.start(ONE);
    assert!(tenant.wait_until(|requests| requests.iter().any(|request| request.is_list()), PATIENCE));
    hangs.kill();
    for waits in [home.start(ONE), home.start(ONE), home.start(ONE)] {
        waits.kill();
    }
    for _ in 0..4 {
        home.run(ONE).succeeds().does_not_say("the service is busy");
    }
    assert_eq!(tenant.count(|request| request.status == Some(429)), 0);
}

#[test]
#[cfg(unix)]
fn whoever_waits_and_is_ended_leaves_the_quota_to_those_who_are_there() {
    let (tenant, home) = healthy("1/min");
    home.run(ONE).succeeds();
    let waits = || {
        let mut waits = home.start(&[ONE, &["--max-wait", "30m"]].concat());
        waits.wait_for(|line| line.contains("is used up; asking again in "));
        waits
    };
    let within_a_minute = &[ONE, &["--max-wait", "65s"]].concat();
    let several = [("INT", waits()), ("TERM", waits()), ("INT", waits())];
    for (name, waits) in several {
        signal(name, waits.id());
        waits.end();
    }
    let mut waits_at_once = home.start(within_a_minute);
    waits_at_once.wait_for(|line| line.contains("asking again in "));
    signal("INT", waits_at_once.id());
    waits_at_once.end().fails_with(130);

    // Whoever is killed cannot leave, but is not heard of any more.
    let killed = [waits(), waits()];
    let mut moves_up = home.start(&[ONE, &["--max-wait", "30m"]].concat());
    let told = |line: &str| line.split("asking again in ").nth(1)?.split('.').next()?.parse::<u32>().ok();
    moves_up.wait_for(|line| told(line).is_some_and(|seconds| seconds > 100));
    for waits in killed {
        waits.kill();
    }
    moves_up.wait_for(|line| told(line).is_some_and(|seconds| seconds < 60));
    moves_up.kill();
    assert_eq!(tenant.lists(), 1);
}

#[test]
fn one_who_is_told_to_wait_tells_everybody() {
    let (tenant, home) = healthy("50/min");
    // Another computer has used the quota up.
    tenant.inject(Place::List, When::Next(1), throttled(1800));
    home.run(ONE).fails_properly(6).says("1800 s");
    home.run(ONE)
        .fails_properly(6)
        .says("the service has asked for a pause between lists of incidents")
        .says(" 30 min, is longer than --max-wait leaves");
    let mut waits = home.start(&[ONE, &["--max-wait", "1h"]].concat());
    waits.wait_for(|line| line.contains("has asked for a pause") && line.contains("asking again in "));
    waits.kill();
    assert_eq!(tenant.lists(), 1, "nobody else asks");
    home.run(HUNT).succeeds();

    let (tenant, home) = healthy("50/min");
    tenant.inject(Place::List, When::Next(1), throttled(1));
    let mut first = home.start(ONE);
    first.wait_for(|line| line.contains("the service is busy"));
    home.run(ONE).succeeds();
    first.end().succeeds();
    assert_eq!(tenant.lists(), 3);
}

#[test]
fn a_wait_ends_with_whoever_reads_and_with_ctrl_c() {
    let (tenant, home) = healthy("1/min");
    let all = ["incidents", "list", "--all", "-o", "ndjson"];
    assert_eq!(home.run_into_closed_pipe(&all).0, Some(0));
    #[cfg(unix)]
    {
        let mut waits = home.start(ONE);
        waits.wait_for(|line| line.contains("is used up; asking again in "));
        signal("INT", waits.id());
        waits.end().fails_with(130);
    }
    assert_eq!(tenant.lists(), 1);
}

/// A session of Microsoft's authority, on a network that leads nowhere.
fn of_microsofts() -> (Home, PathBuf) {
    let tenant = Tenant::start(Options::default());
    let home = Home::signed_in(&tenant);
    let store = Store::new(home.config_dir().join("sessions"), |_| ());
    let selector = |authority: &str| Selector {
        profile: "default".to_owned(),
        cloud: "public".to_owned(),
        authority: format!("{authority}/"),
        tenant: directory::TENANT_ID.to_owned(),
        client_id: directory::CLIENT_ID.to_owned(),
    };
    let mut session = store.load(&store.select(&selector(tenant.authority())).unwrap()).unwrap();
    let microsofts = selector("https://login.microsoftonline.com");
    session.key.authority = microsofts.authority.clone();
    store.save(&mut session, false).unwrap();
    store.choose(&microsofts, &session.key).unwrap();
    let ledgers = home.config_dir().join("quotas").join(session.key.digest_of_application());
    fs::create_dir_all(&ledgers).unwrap();
    let home = home.without("M365D_AUTHORITY").without("M365D_API_URL");
    (home.with("HTTPS_PROXY", "http://127.0.0.1:9"), ledgers)
}

#[test]
fn microsoft_s_own_services_have_the_documented_quotas() {
    let (home, ledgers) = of_microsofts();
    let write = |name: &str, calls: usize| {
        let now = now().cast_unsigned() * 1000;
        let header = [u64::from_le_bytes(*b"m365d q2"), now, 0, 0];
        let answered = std::iter::repeat_n([now << 2 | 2, 0], calls).flatten();
        let ledger: Vec<u8> = header.into_iter().chain(answered).flat_map(u64::to_le_bytes).collect();
        fs::write(ledgers.join(name), ledger).unwrap();
    };
    let list = ["incidents", "list", "--max-wait", "0"];
    let get = ["incidents", "get", "7", "--max-wait", "0"];
    let hunt = [HUNT, &["--max-wait", "0"]].concat();
    for (command, name, calls) in [(&list[..], "list", 50), (&get, "get", 100), (&hunt, "hunting", 45)] {
        write(name, calls);
        home.run(command).fails_with(6).says(&format!(", {calls} calls a minute, is used up"));
        // A broken connection is tried again, and each time may have been counted.
        write(name, calls - 10);
        home.run(command).fails_with(7);
    }
    write("list", 50);
    home.run(&[&list[..], &["--rate", "100/min"]].concat()).fails_with(7);
    write("list", 1500);
    home.run(&[&list[..], &["--rate", "2000/min"]].concat())
        .fails_with(6)
        .says("1500 calls an hour, is used up");
}

#[test]
fn a_ledger_that_makes_no_sense_begins_anew() {
    let (tenant, home) = healthy("1/min");
    home.run(ONE).succeeds();
    let path = ledger(&home);
    let good = fs::read(&path).unwrap();
    let mut other_version = good.clone();
    other_version[7] = b'9';
    let nothing: &[u8] = b"";
    for bad in [nothing, &good[..good.len() - 3], &other_version, b"\0", &[0xff; 100_000]] {
        fs::write(&path, bad).unwrap();
        let ended = home.run(&[ONE, &["-v"]].concat()).succeeds();
        if !bad.is_empty() {
            ended.says("makes no sense and begins anew");
        }
        home.run(&[ONE, &["--max-wait", "0s"]].concat()).fails_properly(6).says("1 call a minute");
    }
    assert_eq!(fs::metadata(&path).unwrap().len(), good.len() as u64);
    assert_eq!(tenant.lists(), 6);
}

#[test]
fn where_no_ledger_can_be_kept_calls_go_unpaced_and_say_so_when_asked() {
    let unpaced = |home: &Home| {
        for _ in 0..2 {
            home.run(ONE).succeeds().does_not_say("unpaced");
        }
        home.run(&[ONE, &["-v"]].concat()).succeeds().says("calls go unpaced, since ");
    };
    let (_tenant, home) = healthy("1/min");
    fs::write(home.config_dir().join("quotas"), "in its place").unwrap();
    unpaced(&home);
    fs::remove_file(home.config_dir().join("quotas")).unwrap();
    home.run(ONE).succeeds();
    let path = ledger(&home);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    unpaced(&home);
    #[cfg(unix)]
    {
        fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        unpaced(&home);
        fs::remove_file(&path).unwrap();
        let mkfifo = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(mkfifo.expect("mkfifo").success());
        unpaced(&home);
    }
}

#[test]
fn a_ledger_that_somebody_holds_is_not_waited_for_without_end() {
    let (_tenant, home) = healthy("1/min");
    home.run(ONE).succeeds();
    let held = File::options().read(true).write(true).open(ledger(&home)).unwrap();
    held.lock().unwrap();
    home.run(&[ONE, &["-v"]].concat()).succeeds().says("calls go unpaced, since ").says("timed out");
}

#[test]
#[cfg(unix)]
fn the_ledger_is_nobody_else_s_business_and_says_no_name() {
    use std::os::unix::fs::PermissionsExt;
    let (_tenant, home) = healthy("50/min");
    home.run(ONE).succeeds();
    let path = ledger(&home);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    // A header and the time of one call, which has been answered.
    let ledger = fs::read(&path).unwrap();
    assert_eq!((ledger.len(), ledger[32] & 3), (48, 2));
}

#[test]
fn without_a_rate_a_custom_authority_is_asked_as_fast_as_can_be_and_nothing_is_written() {
    let tenant = Tenant::start(Options { incidents: 6000, ..Options::default() });
    let home = Home::signed_in(&tenant);
    home.run(&["incidents", "list", "--all"]).succeeds().does_not_say("quota");
    assert!(tenant.lists() > 60);
    let paced = home.with("M365D_RATE", "1/min");
    paced.run(&["token"]).succeeds();
    paced.run(&["status"]).succeeds();
    assert!(!paced.config_dir().join("quotas").exists());
}

#[test]
fn a_rate_is_a_setting_as_every_other() {
    let (_tenant, home) = healthy("50/min");
    let rate = |home: &Home, arguments: &[&str]| {
        home.run(&[&["status"], arguments].concat()).succeeds().json()["rate"].clone()
    };
    assert_eq!(rate(&home, &[]), json!({"value": "50/min", "source": "M365D_RATE"}));
    assert_eq!(rate(&home, &["--rate", "2/second"]), json!({"value": "2/s", "source": "--rate"}));
    for bad in ["fast", "0/s", "50", "5.5/s", "5001/h", "5/day"] {
        home.run(&["status", "--rate", bad])
            .fails_properly(2)
            .says(&format!("error: {bad:?} (from --rate) is not a number of calls"));
    }
    let home = home.without("M365D_RATE");
    assert_eq!(rate(&home, &[]), json!(null));
    home.run(&["profile", "add", "slow", "--rate", "20/m"]).succeeds();
    assert_eq!(
        home.run(&["status", "--profile", "slow"]).json()["rate"],
        json!({"value": "20/min", "source": "config.toml"})
    );
}
