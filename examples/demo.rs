//! The main job, end to end, on a tenant that runs on your own machine: no account, no network.
//!
//! Runs the real commands in order and shows each as it would be typed, followed by what it prints.

#![allow(
    clippy::pedantic,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used
)]
#![allow(missing_docs, unreachable_pub)]

mod program;
#[path = "tenant/mod.rs"]
mod tenant;

use std::io::{Read, Write};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use program::Program;
use tenant::{Options, Tenant, browser};

fn main() -> Result<ExitCode> {
    // Started again by `m365d login`, in place of a browser.
    if let Some(code) = browser::run(std::env::args_os().skip(1)) {
        return Ok(code);
    }
    let tenant = Tenant::start(Options::default());
    let m365d = Program::of(&tenant)?;
    println!("A tenant of Entra ID and the Defender API runs at {}.", tenant.authority());
    println!("A program stands in for the browser and signs in as {}.", tenant::directory::ANA.upn);

    show(&m365d, &["login"])?;
    show(&m365d, &["status", "-o", "table"])?;
    show(&m365d, &["token", "inspect", "--verify", "-o", "table"])?;
    show(&m365d, &["incidents", "list", "--limit", "14", "-o", "table"])?;
    show_beginning(&m365d, &["incidents", "list", "--status", "active"], 600)?;
    println!("\n\nTo keep such a tenant running, with real sign-in pages for a real browser:");
    println!("    cargo run --example tenant");
    Ok(ExitCode::SUCCESS)
}

/// Runs a command with this terminal as its own.
fn show(m365d: &Program, arguments: &[&str]) -> Result<()> {
    announce(arguments, "");
    let status = m365d.command(arguments).status()?;
    ensure!(status.success(), "m365d {arguments:?}: {status}");
    Ok(())
}

/// Runs a command into a pipe that is closed after some bytes, as `head` does.
fn show_beginning(m365d: &Program, arguments: &[&str], bytes: u64) -> Result<()> {
    announce(arguments, &format!(" | head -c {bytes}"));
    let mut child = m365d.command(arguments).stdout(Stdio::piped()).spawn()?;
    let mut beginning = Vec::new();
    child.stdout.take().context("stdout")?.take(bytes).read_to_end(&mut beginning)?;
    std::io::stdout().write_all(&beginning)?;
    let status = child.wait()?;
    ensure!(status.success(), "m365d {arguments:?}: {status}");
    Ok(())
}

fn announce(arguments: &[&str], rest: &str) {
    println!("\n$ m365d {}{rest}", arguments.join(" "));
}
