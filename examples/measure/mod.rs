//! Whole processes, measured side by side: in turn, so that what else the machine does meets all of them alike.

// Several programs include this folder, and each uses only the part it needs.
#![allow(dead_code)]

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// One of the programs that are compared.
pub struct Contender {
    pub name: String,
    pub command: Box<dyn Fn() -> Command>,
    /// Where its stdout goes, if it is to be kept.
    pub output: Option<PathBuf>,
    walls: Vec<Duration>,
    user: Duration,
    peak_kib: u64,
}

impl Contender {
    pub fn new(name: &str, command: impl Fn() -> Command + 'static) -> Self {
        Self {
            name: name.to_owned(),
            command: Box::new(command),
            output: None,
            walls: Vec::new(),
            user: Duration::ZERO,
            peak_kib: 0,
        }
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

    /// The time that it has spent computing, on average; nothing where the system does not tell.
    pub fn user(&self) -> Duration {
        self.user / u32::try_from(self.walls.len().max(1)).unwrap_or(u32::MAX)
    }

    /// The most memory that was ever resident, its children's included, in KiB; 0 where the system does not tell.
    pub fn peak_kib(&self) -> u64 {
        self.peak_kib
    }

    fn run(&mut self, watch_memory: bool) -> Result<()> {
        let mut command = (self.command)();
        command.env_remove("LD_LIBRARY_PATH");
        let output = match &self.output {
            Some(path) => File::create(path)?.into(),
            None => Stdio::null(),
        };
        command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null());
        let before = user_time_of_children();
        let started = Instant::now();
        let mut child = command.spawn()?;
        while watch_memory && child.try_wait()?.is_none() {
            self.peak_kib = self.peak_kib.max(high_water_mark(child.id()));
            std::thread::sleep(Duration::from_millis(1));
        }
        let status = child.wait()?;
        self.walls.push(started.elapsed());
        self.user += user_time_of_children().saturating_sub(before);
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
                contender.user = Duration::ZERO;
            }
        }
    }
    Ok(())
}

/// `VmHWM` of Linux's `/proc`, which only ever grows, of the process and of those that it has started.
fn high_water_mark(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let own = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let children = children.unwrap_or_default();
    let of_children = children.split_whitespace().filter_map(|child| child.parse().ok()).map(high_water_mark);
    own.unwrap_or(0) + of_children.sum::<u64>()
}

/// Of all that have ended so far, in steps of Linux's hundredth of a second (proc_pid_stat(5), field 16).
fn user_time_of_children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().nth(13).and_then(|ticks| ticks.parse().ok());
    Duration::from_millis(ticks.unwrap_or(0) * 10)
}
