//! What `m365d incidents list --all` costs beside one `curl` that fetches the same pages over one connection.
//!
//!     cargo run --release --example bench_incidents

#![allow(
    clippy::pedantic,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used
)]
#![allow(missing_docs, unreachable_pub)]

mod measure;
mod program;
#[path = "tenant/mod.rs"]
mod tenant;

use std::fmt::Write;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;
use measure::Contender;
use program::Program;
use tenant::{Fault, Options, Place, Tenant, When, browser};

const ROUNDS: usize = 9;
/// What the service itself needs for a page: nothing at all, and as little as a service across a network may need.
const PAGE_TIMES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(5)];

fn main() -> Result<ExitCode> {
    if let Some(code) = browser::run(std::env::args_os().skip(1)) {
        return Ok(code);
    }
    println!("incidents   page time   m365d      curl       m365d/curl   m365d peak   curl peak");
    for page_time in PAGE_TIMES {
        for incidents in [10_000, 100_000] {
            compare(incidents, page_time)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(incidents: usize, page_time: Duration) -> Result<()> {
    let tenant = Tenant::start(Options { incidents, ..Options::default() });
    let m365d = Program::of(&tenant)?;
    m365d.sign_in()?;
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("curl");
    std::fs::write(&config, pages(&tenant, &m365d.output(&["token"])?, incidents))?;
    if !page_time.is_zero() {
        tenant.inject(Place::List, When::Every(1), Fault::Delay(page_time));
    }

    let mut contenders = [
        Contender::new("m365d", move || m365d.command(&["incidents", "list", "--all", "-o", "ndjson"])),
        Contender::new("curl", move || {
            let mut curl = Command::new("curl");
            curl.arg("--silent").arg("--config").arg(&config);
            curl
        }),
    ];
    measure::rounds(&mut contenders, ROUNDS)?;
    let [ours, curl] = &contenders;
    println!(
        "{incidents:>9}   {:>6} ms   {:>6.3} s   {:>6.3} s   {:>9.2}x   {:>6.1} MiB   {:>5.1} MiB",
        page_time.as_millis(),
        ours.median().as_secs_f64(),
        curl.median().as_secs_f64(),
        ours.median().as_secs_f64() / curl.median().as_secs_f64(),
        ours.peak_kib() as f64 / 1024.0,
        curl.peak_kib() as f64 / 1024.0,
    );
    Ok(())
}

/// One transfer a page, all over the one connection that curl keeps.
fn pages(tenant: &Tenant, token: &str, incidents: usize) -> String {
    let mut config = format!("header = \"Authorization: Bearer {token}\"\n");
    for skip in (0..incidents).step_by(100) {
        let _ = writeln!(config, "url = \"{}/api/incidents?$top=100&$skip={skip}\"", tenant.api_url());
        config.push_str("output = /dev/null\n");
    }
    config
}
