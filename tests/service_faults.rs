//! A service in trouble: what is waited for, what is given up, and that the token goes nowhere else.

use crate::support::{Ended, Home};
use crate::tenant::{Fault, Options, Place, RetryAfter, Tenant, ThrottleBody, When};

const ALL: &[&str] = &["incidents", "list", "--all"];

fn of_250() -> (Tenant, Home) {
    let tenant = Tenant::start(Options { incidents: 250, ..Options::default() });
    let home = Home::signed_in(&tenant);
    (tenant, home)
}

#[track_caller]
fn is_whole(ended: Ended) -> Ended {
    let ended = ended.succeeds();
    assert_eq!(ended.json().as_array().unwrap().len(), 250);
    ended
}

fn throttle(retry_after: Option<RetryAfter>, body: ThrottleBody) -> Fault {
    Fault::Throttle { retry_after, body }
}

#[test]
fn a_busy_service_is_waited_for_as_it_asks() {
    let (tenant, home) = of_250();
    for fault in [
        throttle(Some(RetryAfter::Seconds(1)), ThrottleBody::Documented),
        throttle(Some(RetryAfter::HttpDate(2)), ThrottleBody::Captured),
        throttle(None, ThrottleBody::Documented),
        Fault::Unavailable { retry_after: Some(RetryAfter::Seconds(0)) },
    ] {
        tenant.inject(Place::List, When::Nth(2), fault.clone());
        is_whole(home.run(ALL)).says("the service is busy").says("asking again in");
        tenant.clear_faults();
    }
}

#[test]
fn a_service_that_stays_busy_is_given_up_after_max_wait() {
    let (tenant, home) = of_250();
    for fault in [
        throttle(Some(RetryAfter::Seconds(3600)), ThrottleBody::Documented),
        throttle(Some(RetryAfter::HttpDate(3600)), ThrottleBody::Captured),
        Fault::Unavailable { retry_after: Some(RetryAfter::Seconds(3600)) },
    ] {
        tenant.inject(Place::List, When::Every(1), fault);
        home.run(ALL).fails_properly(6).says("3600 s").says("--max-wait");
        tenant.clear_faults();
    }
    // Being told not to wait is no leave to ask without end.
    for retry_after in [None, Some(RetryAfter::Seconds(0)), Some(RetryAfter::HttpDate(0))] {
        tenant.inject(Place::List, When::Every(1), throttle(retry_after, ThrottleBody::Documented));
        home.run(&["incidents", "list", "--max-wait", "500ms"]).fails_properly(6);
        tenant.clear_faults();
    }
}

#[test]
fn an_incomplete_answer_is_asked_for_again() {
    let (tenant, home) = of_250();
    for fault in [
        Fault::Reset,
        Fault::TruncatedBody,
        Fault::TruncatedJson,
        Fault::AnswerLost,
        Fault::InternalServerError,
    ] {
        tenant.inject(Place::List, When::Nth(2), fault.clone());
        is_whole(home.run(ALL));
        tenant.clear_faults();
    }
}

#[test]
fn a_service_that_stays_broken_is_one_clear_error() {
    let is_one_error = |(fault, code, says)| {
        let (tenant, home) = of_250();
        tenant.inject(Place::List, When::Every(1), fault);
        home.run(ALL).fails_properly(code).says(says);
    };
    let troubles = [
        (Fault::Reset, 7, "no answer from 127.0.0.1"),
        (Fault::TruncatedBody, 7, "no answer from 127.0.0.1"),
        (Fault::TruncatedJson, 8, "JSON that is cut off"),
        (Fault::ErrorBody, 8, "HTTP 200 InternalServerError"),
        (Fault::Html, 8, "a web page"),
        (Fault::InternalServerError, 8, "HTTP 500"),
        (Fault::Forbidden, 4, "HTTP 403"),
    ];
    // Each waits some seconds before it gives up.
    std::thread::scope(|scope| {
        for trouble in troubles {
            scope.spawn(move || is_one_error(trouble));
        }
    });
}

#[test]
fn a_body_without_end_ends() {
    let (tenant, home) = of_250();
    tenant.inject(Place::List, When::Every(1), Fault::EndlessBody);
    home.run(ALL).fails_properly(8).says("longer than");
}

#[test]
fn a_refused_token_is_renewed_once_and_the_list_goes_on() {
    let (tenant, home) = of_250();
    tenant.inject(Place::List, When::Nth(2), Fault::Unauthorized);
    is_whole(home.run(ALL));
    assert_eq!(tenant.refreshes(), 1);

    tenant.clear_faults();
    tenant.expire_access_tokens();
    is_whole(home.run(ALL));
    assert_eq!(tenant.refreshes(), 2);

    tenant.inject(Place::List, When::Every(1), Fault::Unauthorized);
    home.run(ALL).fails_properly(3).says("hint: m365d login; if it stays so: m365d doctor");
    assert_eq!(tenant.refreshes(), 3, "one renewal, not a loop");
}

#[test]
fn the_token_goes_to_no_other_host() {
    let (tenant, home) = of_250();
    let other = Tenant::start(Options::default());
    let elsewhere = format!("{}/api/incidents", other.api_url());
    tenant.inject(Place::List, When::Next(1), Fault::Redirect { location: elsewhere.clone() });
    home.run(ALL).fails_properly(8).says("where the token does not go");
    tenant.inject(Place::List, When::Next(1), Fault::ForeignNextLink { url: elsewhere });
    home.run(ALL).fails_with(9).says("where the token does not go");
    assert!(other.requests().is_empty(), "{:?}", other.requests());
}

#[test]
fn a_list_that_breaks_off_is_not_taken_for_a_whole_one() {
    let (tenant, home) = of_250();
    tenant.inject(Place::List, When::Nth(2), Fault::Forbidden);
    let broken = home
        .run(ALL)
        .fails_with(9)
        .says("the list breaks off after 100 incidents, the last of them 924381")
        .says("HTTP 403");
    assert!(serde_json::from_str::<serde_json::Value>(&broken.stdout).is_err(), "not valid JSON");
}

#[test]
fn the_quota_of_the_service_is_kept_to() {
    let tenant =
        Tenant::start(Options { rate_limits: true, small_quota: Some((5, 60)), ..Options::default() });
    let home = Home::signed_in(&tenant);
    for _ in 0..5 {
        home.run(&["incidents", "list", "--limit", "1"]).succeeds();
    }
    let mut list = home.start(&["incidents", "list", "--limit", "1"]);
    list.wait_for(|line| line.contains("the service is busy") && line.contains("asking again in"));
    list.kill();
}

/// Whoever starts it by nohup wants it to outlive the terminal.
#[test]
#[cfg(unix)]
fn a_hang_up_ends_nothing_that_was_told_to_outlive_it() {
    use crate::support::{Running, signal};
    let (tenant, home) = of_250();
    tenant.inject(
        Place::List,
        When::Nth(2),
        throttle(Some(RetryAfter::Seconds(1)), ThrottleBody::Documented),
    );
    let program = home.command(ALL);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
    shell.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut list = Running::start(shell);
    list.wait_for(|line| line.contains("the service is busy"));
    signal("HUP", list.id());
    is_whole(list.end());
}

#[test]
fn a_page_that_leads_back_to_itself_ends_the_list() {
    let (tenant, home) = of_250();
    let again = format!("{}/api/incidents?$top=100&$skip=0", tenant.api_url());
    tenant.inject(Place::List, When::Every(1), Fault::ForeignNextLink { url: again });
    home.run(ALL).fails_with(9).says("a page that points to itself");
    assert_eq!(
        tenant.lists(),
        6,
        "every page, the last one once more, where it points to, and that once more"
    );
}

#[test]
fn whoever_has_read_enough_does_not_wait_for_the_next_page() {
    let tenant = Tenant::start(Options { incidents: 1000, ..Options::default() });
    let home = Home::signed_in(&tenant);
    tenant.inject(
        Place::List,
        When::Nth(2),
        throttle(Some(RetryAfter::Seconds(3600)), ThrottleBody::Documented),
    );
    let arguments = ["incidents", "list", "--all", "-o", "ndjson", "--max-wait", "2h"];
    assert_eq!(home.run_into_closed_pipe(&arguments).0, Some(0));
}
