//! Opens the person's browser: a command if one was given, else the system's opener. No sign-in waits for it to end.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use url::Url;

use super::windows_browser;

const PLACEHOLDER: &str = "%s";

/// Opens `url` with the system's opener.
///
/// # Errors
/// When the system has none or it fails at once.
pub fn open(url: &Url) -> io::Result<()> {
    open::that_detached(url.as_str())
}

/// Opens `url` in the browser of the Windows that this WSL distribution runs under.
///
/// Returns when Windows has taken the address over, which takes it a second or two.
///
/// # Errors
/// When Windows cannot be reached or refuses.
pub fn open_in_windows(url: &Url) -> io::Result<()> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for mut command in windows_browser::commands(url) {
        silence(&mut command);
        match command.status() {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => last = io::Error::other(format!("{}: {status}", command.get_program().display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The program that [`open()`] would start; `None` when this machine has none.
#[must_use]
pub fn opener() -> Option<String> {
    let programs = open::commands("").into_iter().map(|command| command.get_program().to_owned());
    let found = programs.into_iter().find(|program| is_in_path(program))?;
    Some(found.to_string_lossy().into_owned())
}

/// Whether the program that `command` starts can be found.
#[must_use]
pub fn is_there(command: &str) -> bool {
    words(command).first().is_some_and(|program| Path::new(program).is_file() || is_in_path(program.as_ref()))
}

/// Opens `url` with `command`, which gets the address in place of `%s` or as its last argument.
///
/// The command is split like a shell does and run without one, so nothing in the address is ever
/// interpreted; a path that exists is taken whole.
///
/// # Errors
/// When the command cannot be split or started.
pub fn open_with(command: &str, url: &Url) -> io::Result<Child> {
    let words = words(command);
    let (program, arguments) = words.split_first().ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "the browser command is empty or has an open quote")
    })?;

    let mut browser = Command::new(program);
    if arguments.iter().any(|argument| argument.contains(PLACEHOLDER)) {
        browser.args(arguments.iter().map(|argument| argument.replace(PLACEHOLDER, url.as_str())));
    } else {
        browser.args(arguments).arg(url.as_str());
    }
    silence(&mut browser);
    browser.spawn()
}

fn words(command: &str) -> Vec<String> {
    if Path::new(command).is_file() {
        vec![command.to_owned()]
    } else {
        shlex::split(command).unwrap_or_default()
    }
}

/// Windows looks for programs in more places, and always has its opener.
fn is_in_path(program: &OsStr) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    cfg!(windows) || env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// Nothing of the terminal is the browser's.
fn silence(command: &mut Command) {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    detach(command);
}

/// Ctrl-C in the terminal is for m365d, not for the browser that it opened.
#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(windows)]
fn detach(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const DETACHED_PROCESS: u32 = 0x0000_0008;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | DETACHED_PROCESS);
}
