//! How long a browser waits for its last page, from sending the true callback: undisturbed, and while everything else
//! that ever comes to such a port is there at once.
//!
//!     cargo run --release --example bench_loopback

#![allow(
    clippy::pedantic,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used
)]
#![allow(missing_docs, unreachable_pub)]

mod neighbours;
mod program;
#[path = "tenant/mod.rs"]
mod tenant;

use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, TcpStream};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use neighbours::{Callback, FAMILIES, OCCUPATIONS, STRAYS, talk};
use program::Program;
use tenant::{Options, Tenant, browser};

const ROUNDS: usize = 100;

fn main() -> Result<ExitCode> {
    if let Some(code) = browser::run(std::env::args_os().skip(1)) {
        return Ok(code);
    }
    let tenant = Tenant::start(Options::default());
    let m365d = Program::of(&tenant)?;
    println!("{ROUNDS} sign-ins each, in turn       median       worst");
    let mut waits = vec![Vec::new(); 2 * FAMILIES.len()];
    for _ in 0..ROUNDS {
        for (number, waits) in waits.iter_mut().enumerate() {
            let family = FAMILIES[number / 2];
            waits.push(sign_in(&m365d, family, if number % 2 == 0 { |_| Vec::new() } else { everything })?);
        }
    }
    for (number, mut waits) in waits.into_iter().enumerate() {
        waits.sort();
        println!(
            "{:10} {:16} {:>8.1} ms {:>8.1} ms",
            FAMILIES[number / 2].to_string(),
            if number % 2 == 0 { "undisturbed" } else { "everything else" },
            waits[waits.len() / 2].as_secs_f64() * 1e3,
            waits[waits.len() - 1].as_secs_f64() * 1e3,
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Every stray request, answered, and everything that stays open, over both families.
fn everything(callback: &Callback) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for family in FAMILIES {
        for (_, _, request) in STRAYS {
            talk(callback.address(family), &request(callback));
        }
    }
    for family in FAMILIES {
        held.extend(OCCUPATIONS.iter().flat_map(|(_, occupy)| occupy(callback, family)));
    }
    held
}

/// Signs in; the time from the first byte of the callback to the last one of the page, with the tokens fetched, checked
/// and stored in between.
fn sign_in(m365d: &Program, family: IpAddr, disturb: fn(&Callback) -> Vec<TcpStream>) -> Result<Duration> {
    let mut login = m365d.command(&["login", "--no-browser"]);
    let mut login = login.stderr(Stdio::piped()).spawn()?;
    let mut said = BufReader::new(login.stderr.take().context("stderr")?);
    let url = said.by_ref().lines().find_map(|line| line.ok().filter(|line| line.starts_with("http")));
    let callback = Callback::of(&url.context("an address")?);
    let code = callback.code();
    let held = disturb(&callback);
    let since = Instant::now();
    let page = callback.deliver(family, &code);
    let wait = since.elapsed();
    drop(held);
    std::io::copy(&mut said, &mut std::io::sink())?;
    let status = login.wait()?;
    ensure!(status.success() && page.contains("<h1>Signed in</h1>"), "{status}: {page}");
    Ok(wait)
}
