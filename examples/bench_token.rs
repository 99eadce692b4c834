//! What `m365d token` costs with a valid session, beside `cat` of a file and a hello world in Rust.
//!
//!     cargo run --release --example bench_token

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

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::rc::Rc;

use anyhow::{Result, ensure};
use measure::Contender;
use program::Program;
use tenant::{Options, Tenant, browser};

const ROUNDS: usize = 500;

fn main() -> Result<ExitCode> {
    if let Some(code) = browser::run(std::env::args_os().skip(1)) {
        return Ok(code);
    }
    let tenant = Tenant::start(Options::default());
    let m365d = Rc::new(Program::of(&tenant)?);
    m365d.sign_in()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("token");
    fs::write(&file, m365d.output(&["token"])?)?;
    let hello = hello_world(folder.path())?;
    let requests = tenant.requests().len();

    let mut contenders = [
        Contender::new("hello world", move || Command::new(&hello)),
        Contender::new("cat FILE", move || {
            let mut cat = Command::new("cat");
            cat.arg(&file);
            cat
        }),
        Contender::new("m365d token", {
            let m365d = Rc::clone(&m365d);
            move || m365d.command(&["token"])
        }),
    ];
    measure::rounds(&mut contenders, ROUNDS)?;
    println!("{ROUNDS} runs each, in turn        median        best   to hello world");
    let hello = contenders[0].median();
    for contender in &contenders {
        println!(
            "{:28} {:>8.3} ms {:>8.3} ms {:>15.2}x{}",
            contender.name,
            contender.median().as_secs_f64() * 1e3,
            contender.best().as_secs_f64() * 1e3,
            contender.median().as_secs_f64() / hello.as_secs_f64(),
            instructions((contender.command)())
                .map(|count| format!("   {count} instructions"))
                .unwrap_or_default(),
        );
    }
    println!(
        "
requests to the tenant meanwhile: {}",
        tenant.requests().len() - requests
    );
    system_calls(m365d.command(&["token"]));
    Ok(ExitCode::SUCCESS)
}

fn hello_world(folder: &Path) -> Result<std::path::PathBuf> {
    let source = folder.join("hello.rs");
    let hello = folder.join("hello");
    fs::write(&source, "fn main() { println!(\"Hello, world!\"); }")?;
    let status = Command::new("rustc").arg("-O").arg("-o").arg(&hello).arg(&source).status()?;
    ensure!(status.success(), "rustc: {status}");
    Ok(hello)
}

/// Counted by callgrind, where it is installed.
fn instructions(command: Command) -> Option<String> {
    let mut valgrind = wrapped("valgrind", &["--tool=callgrind", "--callgrind-out-file=/dev/null"], &command);
    let output = valgrind.stdout(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.to_owned())
}

/// Counted by strace, where it is installed: a network, a thread or a runtime would show.
fn system_calls(command: Command) {
    let mut strace = wrapped("strace", &["-f", "-c", "-U", "calls,name"], &command);
    let Ok(output) = strace.stdout(Stdio::null()).output() else { return };
    println!("\nsystem calls of m365d token\n{}", String::from_utf8_lossy(&output.stderr));
}

fn wrapped(tool: &str, arguments: &[&str], command: &Command) -> Command {
    let mut wrapped = Command::new(tool);
    wrapped.args(arguments).arg(command.get_program()).args(command.get_args());
    wrapped.env_remove("LD_LIBRARY_PATH");
    wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    wrapped
}
