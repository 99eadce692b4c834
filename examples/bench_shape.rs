//! What it costs to show incidents in the other service's shape, beside the list of them as they are.
//!
//!     cargo run --release --example bench_shape

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

use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use anyhow::Result;
use m365d::api::shape::{Shape, Translator};
use measure::Contender;
use program::Program;
use tenant::{Options, Tenant, browser};

const INCIDENTS: usize = 100_000;
const ROUNDS: usize = 9;

fn main() -> Result<ExitCode> {
    if let Some(code) = browser::run(std::env::args_os().skip(1)) {
        return Ok(code);
    }
    let tenant = Tenant::start(Options { incidents: INCIDENTS, ..Options::default() });
    let m365d = Rc::new(Program::of(&tenant)?);
    m365d.sign_in()?;
    let list = ["incidents", "list", "--all", "-o", "ndjson"];
    let incidents = m365d.output(&list)?;
    let mut contenders = ["native", "graph"].map(|shape| {
        let m365d = Rc::clone(&m365d);
        let list = [&list[..], &["--shape", shape]].concat();
        Contender::new(shape, move || m365d.command(&list))
    });
    measure::rounds(&mut contenders, ROUNDS)?;
    let native = contenders[0].median();
    println!("{INCIDENTS} incidents, {} MB, {ROUNDS} rounds", incidents.len() / 1_000_000);
    for contender in &contenders {
        println!(
            "--shape {:<9} {:>6.3} s, {:>5.1} MiB, {:.2}x",
            contender.name,
            contender.median().as_secs_f64(),
            contender.peak_kib() as f64 / 1024.0,
            contender.median().as_secs_f64() / native.as_secs_f64(),
        );
    }

    let there = time("Defender to Graph", Shape::Defender, Shape::Graph, &incidents);
    let back = time("Graph to Defender", Shape::Graph, Shape::Defender, &there);
    let same = incidents.lines().zip(back.lines()).take(1000).all(|(before, after)| {
        let value = |json| serde_json::from_str::<serde_json::Value>(json).unwrap();
        value(before) == value(after)
    });
    println!("there and back    {}", if same { "the same" } else { "NOT THE SAME" });
    Ok(ExitCode::SUCCESS)
}

fn time(what: &str, from: Shape, to: Shape, incidents: &str) -> String {
    let mut translator = Translator::new(from, to);
    let mut page = Vec::new();
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for (index, incident) in incidents.lines().enumerate() {
                if index % 100 == 0 {
                    page.clear();
                }
                translator.incident(incident, &mut page).unwrap();
            }
            start.elapsed()
        })
        .collect();
    times.sort();
    let median = times[ROUNDS / 2];
    println!(
        "{what} {:>6.3} s alone, {:.2} µs an incident, {:.2} GB/s",
        median.as_secs_f64(),
        median.as_secs_f64() * 1e6 / INCIDENTS as f64,
        incidents.len() as f64 / median.as_secs_f64() / 1e9,
    );
    let mut all = Vec::with_capacity(incidents.len() * 2);
    for incident in incidents.lines() {
        translator.incident(incident, &mut all).unwrap();
        all.push(b'\n');
    }
    String::from_utf8(all).unwrap()
}
