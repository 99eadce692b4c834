//! A run of the program on a terminal of its own: what is shown there, and what is typed.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::Ended;

/// Longer than anything takes; a test that waits for this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, running, with the terminal as its standard input, output and error.
pub struct OnTerminal {
    child: Child,
    /// The end of the terminal where the person sits.
    ours: File,
    /// The end that the program has, kept so that nothing shown is lost.
    theirs: File,
    chunks: Receiver<Vec<u8>>,
    shown: String,
}

impl OnTerminal {
    pub fn start(mut command: Command, columns: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&ours).expect("a terminal");
        unlockpt(&ours).expect("a terminal");
        let name = ptsname(&ours, Vec::new()).expect("a name");
        let name = Path::new(OsStr::from_bytes(name.as_bytes()));
        let theirs = OpenOptions::new().read(true).write(true).open(name).expect("the other end");
        let size = Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).expect("a size");

        let handle = || theirs.try_clone().expect("a handle");
        command.env("TERM", "xterm-256color").stdin(handle()).stdout(handle()).stderr(handle());
        let child = command.spawn().expect("the program starts");
        let ours = File::from(ours);
        let mut reading = ours.try_clone().expect("a handle");
        let (sender, chunks) = mpsc::channel();
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = reading.read(&mut chunk) {
                let _ = sender.send(chunk[..length].to_vec());
            }
        });
        Self { child, ours, theirs, chunks, shown: String::new() }
    }

    /// Waits until all of that is shown in one line.
    pub fn wait_for(&mut self, wanted: &str) -> String {
        loop {
            // The last line may still grow.
            let mut lines: Vec<&str> = self.shown.split("\r\n").collect();
            lines.pop();
            if let Some(line) = lines.iter().find(|line| line.contains(wanted)) {
                return (*line).to_owned();
            }
            let Ok(chunk) = self.chunks.recv_timeout(PATIENCE) else {
                panic!("{wanted:?} was not shown; this was:\n{}", self.shown)
            };
            self.shown.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// Forgets what was shown until now.
    pub fn clear(&mut self) {
        self.shown.clear();
    }

    /// The address at which a person signs in.
    pub fn sign_in_url(&mut self) -> String {
        self.wait_for("/oauth2/v2.0/authorize?")
    }

    /// Types or pastes something.
    pub fn type_in(&mut self, text: &str) {
        self.ours.write_all(text.as_bytes()).expect("somebody reads");
    }

    /// Sends a signal, such as the `INT` of Ctrl-C.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent =
            Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &id]).status().expect("a shell");
        assert!(sent.success());
    }

    /// Whether what is typed is shown, a line at a time, as on every terminal that nobody has changed.
    pub fn is_as_usual(&self) -> bool {
        let modes = tcgetattr(&self.theirs).expect("modes").local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }

    /// Waits for the end; everything shown is in the place of stderr.
    pub fn end(mut self) -> Ended {
        let status = self.child.wait().expect("the program ends");
        assert!(self.is_as_usual(), "the terminal is left as it was");
        drop(self.theirs);
        let rest: Vec<u8> = self.chunks.iter().flatten().collect();
        let stderr = self.shown + &*String::from_utf8_lossy(&rest);
        Ended { code: status.code().unwrap_or(-1), stdout: String::new(), stderr }
    }
}
