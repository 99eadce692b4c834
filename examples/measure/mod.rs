//! Whole processes, measured side by side: in turn, so that what else the machine does meets all of them alike.

// Several programs include this folder, and each uses only the part it needs.
#![allow(dead_code)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// One of the programs that are compared.
pub struct Contender {
    pub name: String,
    pub command: Box<dyn Fn() -> Command>,
    walls: Vec<Duration>,
    peak_kib: u64,
}

impl Contender {
    pub fn new(name: &str, command: impl Fn() -> Command + 'static) -> Self {
        Self { name: name.to_owned(), command: Box::new(command), walls: Vec::new(), peak_kib: 0 }
    }

    /// The middle of all rounds.
    pub fn median(&self) -> Duration {
        let mut walls = self.walls.clone();
        walls.sort();
        walls[walls.len() / 2]
    }

    /// The best of all rounds.
    pub fn best(&self) -> Duration {
        self.walls.iter().copied().min().unwrap_or_default()
    }

    /// The most memory that was ever resident, in KiB; 0 where the system does not tell.
    pub fn peak_kib(&self) -> u64 {
        self.peak_kib
    }

    fn run(&mut self, watch_memory: bool) -> Result<()> {
        let mut command = (self.command)();
        command.env_remove("LD_LIBRARY_PATH");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let mut child = command.spawn()?;
        while watch_memory && child.try_wait()?.is_none() {
            self.peak_kib = self.peak_kib.max(high_water_mark(child.id()));
            std::thread::sleep(Duration::from_millis(1));
        }
        let status = child.wait()?;
        self.walls.push(started.elapsed());
        ensure!(status.success(), "{}: {status}", self.name);
        Ok(())
    }
}

/// Runs each contender once in each round, after one round that watches the memory instead of the time.
pub fn rounds(contenders: &mut [Contender], rounds: usize) -> Result<()> {
    for round in 0..=rounds {
        for contender in &mut *contenders {
            contender.run(round == 0)?;
            if round == 0 {
                contender.walls.clear();
            }
        }
    }
    Ok(())
}

/// `VmHWM` of Linux's `/proc`, which only ever grows.
fn high_water_mark(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}
