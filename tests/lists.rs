//! Lists of incidents that change while they are read: whatever matched all the time is printed, once.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use crate::support::{Ended, Home};
use crate::tenant::{Churn, Fault, Options, Place, RetryAfter, Tenant, ThrottleBody, When};

const SERVICES: [(&str, Place); 2] = [("defender", Place::List), ("graph", Place::GraphList)];
const ALL: &[&str] = &["incidents", "list", "--all", "-o", "ndjson"];

fn home(tenant: &Tenant, api: &str) -> Home {
    Home::signed_in(tenant).with("M365D_GRAPH_URL", tenant.graph_url()).with("M365D_API", api)
}

/// The ids of an ndjson list, in its order.
fn ids(stdout: &str) -> Vec<u64> {
    let id = |line: &str| {
        let incident: Value = serde_json::from_str(line).expect("an incident a line");
        let id = incident.get("incidentId").unwrap_or(&incident["id"]);
        id.as_u64().or_else(|| id.as_str()?.parse().ok()).expect("an id")
    };
    stdout.lines().map(id).collect()
}

/// Asserts that the list has whatever the tenant has watched, and nothing twice.
#[track_caller]
fn is_complete(ended: &Ended, tenant: &Tenant, about: &str) {
    let listed = ids(&ended.stdout);
    let once: BTreeSet<u64> = listed.iter().copied().collect();
    assert_eq!(once.len(), listed.len(), "nothing twice: {about}");
    let missing: Vec<u64> = tenant.watched().into_iter().filter(|id| !once.contains(id)).collect();
    assert!(missing.is_empty(), "{} of {}: {missing:?}; {about}", missing.len(), tenant.watched().len());
}

fn calls(tenant: &Tenant) -> usize {
    tenant.count(|request| request.is_list() || request.is_graph_list())
}

/// What happens to a tenant, and the filter that its list is read with.
fn churns(seed: u64) -> [(Churn, Option<&'static str>); 5] {
    let still = Churn { seed, seconds: 2, ..Churn::default() };
    [
        (Churn { arrivals: 7, ..still }, None),
        (Churn { updates: 9, arrivals: 2, ..still }, None),
        (Churn { deletions: 3, merges: 2, merged_vanish: true, ..still }, None),
        (Churn { resolutions: 6, updates: 6, arrivals: 3, merges: 2, ..still }, Some("active")),
        (Churn { bulk: Some((3, 260)), updates: 3, ..still }, Some("active")),
    ]
}

/// Reads lists while everything happens to them, in both orders. How many incidents they had, and how many calls they
/// took.
fn survey(api: &str, seeds: Range<u64>, usual: &Options) -> (usize, usize) {
    let (mut listed, mut made) = (0, 0);
    for (seed, last_updated_first) in seeds.flat_map(|seed| [(seed, false), (seed, true)]) {
        for (churn, status) in churns(seed) {
            let tenant = Tenant::start(Options { last_updated_first, churn, ..usual.clone() });
            let home = home(&tenant, api);
            tenant.watch(status.map(|_| "status eq 'Active'"));
            let mut arguments = vec!["incidents", "list", "--all", "-o", "ndjson"];
            arguments.extend(status.iter().flat_map(|status| ["--status", status]));
            let ended = home.run(&arguments).succeeds();
            let about = format!("{api}, {churn:?}, last updated first: {last_updated_first}");
            is_complete(&ended, &tenant, &about);
            listed += ended.stdout.lines().count();
            made += calls(&tenant);
        }
    }
    (listed, made)
}

#[test]
fn a_list_of_defender_that_changes_while_it_is_read_is_whole() {
    survey("defender", 1..2, &of(900));
}

#[test]
fn a_list_whose_pages_have_less_than_was_asked_for_is_whole() {
    for seed in 1..6 {
        let churn =
            Churn { seed, seconds: 2, arrivals: 2, updates: 2, deletions: 1, merges: 1, ..Churn::default() };
        let tenant = Tenant::start(Options { most_on_a_page: Some(30), churn, ..of(450) });
        let home = home(&tenant, "defender");
        tenant.watch(None);
        is_complete(&home.run(ALL).succeeds(), &tenant, &format!("{churn:?}"));
    }
}

fn of(incidents: usize) -> Options {
    Options { incidents, ..Options::default() }
}

#[test]
fn a_list_of_graph_that_changes_while_it_is_read_is_whole() {
    survey("graph", 1..2, &of(450));
}

#[test]
#[ignore = "minutes of every kind of change, for the figures"]
fn survey_of_many_seeds() {
    for (api, page) in [("defender", 100), ("graph", 50)] {
        let (listed, made) = survey(api, 1..11, &of(3000));
        eprintln!("{api}: {listed} incidents with {made} calls; they fill {} pages", listed.div_ceil(page));
    }
}

/// Asserts that 250 incidents are listed whole whatever happens to the n-th page.
#[track_caller]
fn is_whole_in_spite_of(fault: &Fault, page: u32) {
    for (api, place) in SERVICES {
        let tenant = Tenant::start(Options::default());
        let home = home(&tenant, api);
        tenant.watch(None);
        tenant.inject(place, When::Nth(page), fault.clone());
        let ended = home.run(ALL).succeeds();
        is_complete(&ended, &tenant, &format!("{api}, {fault:?}"));
        assert_eq!(ended.stdout.lines().count(), 250);
    }
}

#[test]
fn a_page_that_repeats_shrinks_or_is_empty_is_not_taken_for_what_it_says() {
    for page in 1..=3 {
        for fault in [Fault::RepeatedPage, Fault::ShrunkPage, Fault::EmptyPage] {
            // The first page can repeat none.
            if page > 1 || fault != Fault::RepeatedPage {
                is_whole_in_spite_of(&fault, page);
            }
        }
    }
}

#[test]
fn whatever_happens_to_a_page_the_list_goes_on_where_it_stopped() {
    let throttle =
        Fault::Throttle { retry_after: Some(RetryAfter::Seconds(1)), body: ThrottleBody::Documented };
    let troubles = [
        Fault::Reset,
        Fault::AnswerLost,
        Fault::TruncatedBody,
        Fault::TruncatedJson,
        Fault::ErrorBody,
        Fault::InternalServerError,
        Fault::Transient,
        Fault::Unauthorized,
        throttle,
    ];
    std::thread::scope(|scope| {
        for fault in &troubles {
            scope.spawn(|| is_whole_in_spite_of(fault, 3));
        }
    });
}

#[test]
fn a_token_that_expires_in_the_middle_of_a_list_is_renewed() {
    for (api, _) in SERVICES {
        let churn = Churn { seconds: 900, ..Churn::default() };
        let tenant = Tenant::start(Options {
            incidents: 1000,
            churn,
            token_lifetime: Some(3600),
            ..Options::default()
        });
        let home = home(&tenant, api);
        tenant.watch(None);
        let before = tenant.refreshes();
        is_complete(&home.run(ALL).succeeds(), &tenant, api);
        assert!(tenant.refreshes() >= before + 2, "{api}");
    }
}

#[test]
fn a_list_that_cannot_go_on_says_how_far_it_came() {
    // Some wait a few seconds before they give up.
    std::thread::scope(|scope| {
        for (api, place) in SERVICES {
            scope.spawn(move || says_how_far_it_came(api, place));
        }
    });
}

fn says_how_far_it_came(api: &str, place: Place) {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant, api);
    for (fault, says) in [
        (Fault::Forbidden, "HTTP 403"),
        (Fault::ErrorBody, "HTTP 200 InternalServerError"),
        (Fault::Html, "a web page"),
        (Fault::Reset, "from 127.0.0.1"),
        (
            Fault::ForeignNextLink { url: "https://elsewhere.example/x".to_owned() },
            "where the token does not go",
        ),
    ] {
        home.run(&["token"]).succeeds();
        tenant.inject(place, When::Nth(1), Fault::Delay(std::time::Duration::ZERO));
        tenant.inject(place, When::Every(1), fault.clone());
        let broken = home.run(ALL);
        tenant.clear_faults();
        let listed = ids(&broken.stdout);
        let last = listed.last().unwrap();
        broken
            .fails_with(9)
            .says(&format!("the list breaks off after {} incidents, the last of them {last}, ", listed.len()))
            .says(says)
            .says("--checkpoint FILE");
    }
}

#[test]
fn links_that_never_end_or_lead_in_a_circle_end() {
    for (api, place) in SERVICES {
        let tenant = Tenant::start(Options { incidents: 20, ..Options::default() });
        let home = home(&tenant, api);
        // Each page is empty and has another link than any before.
        tenant.inject(place, When::Every(1), Fault::EmptyPage);
        home.run(ALL).fails_properly(8).says("its last 50 pages have nothing new");
        tenant.clear_faults();
        // From the first to the second and back.
        let path = if api == "graph" { "v1.0/security/incidents" } else { "api/incidents" };
        let link = |word: &str| Fault::ForeignNextLink {
            url: format!("{}/{path}?$top=50&{word}=1", tenant.api_url()),
        };
        for (page, word) in [(1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "a"), (6, "a")] {
            tenant.inject(place, When::Nth(page), link(word));
        }
        let ended = home.run(ALL).fails_with(9).says("a page that points ");
        assert_eq!(ids(&ended.stdout).len(), 20, "{api}");
    }
}

#[test]
fn a_service_that_refuses_skip_is_read_by_its_links_and_that_is_said() {
    let churn = Churn { arrivals: 1, seconds: 1, ..Churn::default() };
    for (churn, says) in [(Churn::default(), ""), (churn, "by its own links only")] {
        let tenant = Tenant::start(Options { churn, no_skip: true, ..Options::default() });
        let home = home(&tenant, "graph");
        tenant.watch(None);
        let ended = home.run(ALL).succeeds().says(says);
        assert_eq!(ended.stderr.is_empty(), says.is_empty(), "{}", ended.stderr);
        is_complete(&ended, &tenant, says);
        home.run(&["incidents", "list", "--limit", "120"]).succeeds();
    }
}

#[test]
fn a_list_that_never_holds_still_ends_and_says_so() {
    let churn = Churn { updates: 120, seconds: 1, ..Churn::default() };
    let tenant =
        Tenant::start(Options { incidents: 300, last_updated_first: true, churn, ..Options::default() });
    let home = home(&tenant, "graph");
    let ended = home.run(ALL).fails_with(9).says("faster than it could be read").says("quieter time");
    assert!(calls(&tenant) < 1000, "{}", calls(&tenant));
    let listed = ids(&ended.stdout);
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len());
}

#[test]
fn values_that_nobody_documented_pass_through() {
    for (api, place) in SERVICES {
        let tenant = Tenant::start(Options { incidents: 120, ..Options::default() });
        let home = home(&tenant, api);
        tenant.inject(place, When::Every(1), Fault::UndocumentedValues);
        let listed = home.run(ALL).succeeds().stdout.to_lowercase();
        assert!(listed.contains("\"severity\":\"catastrophic\""), "{api}");
        assert_eq!(listed.lines().count(), 120, "{api}");
        let table = home.run(&["incidents", "list", "--all", "-o", "table"]).succeeds().stdout.to_lowercase();
        assert!(table.contains("catastrophic"), "{api}: {table}");
    }
}
