//! A run of the program: what it says while it runs, and how it ended.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Longer than anything takes; a test that waits for this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, running.
pub struct Running {
    child: Child,
    stdout: JoinHandle<Vec<u8>>,
    stderr: Receiver<String>,
    said: String,
}

/// How the program ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdout = child.stdout.take().expect("stdout");
        let stderr = child.stderr.take().expect("stderr");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let stdout = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stdout.read_to_end(&mut bytes);
            bytes
        });
        Self { child, stdout, stderr: receiver, said: String::new() }
    }

    /// Waits for a line on stderr that `wanted` likes.
    pub fn wait_for(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let Ok(line) = self.stderr.recv_timeout(PATIENCE) else {
                panic!("the line did not come; this did:\n{}", self.said)
            };
            self.said.push_str(&line);
            self.said.push('\n');
            if wanted(&line) {
                return line;
            }
        }
    }

    /// The address at which a person signs in.
    pub fn sign_in_url(&mut self) -> String {
        self.wait_for(|line| line.starts_with("http"))
    }

    /// Sends something to standard input and closes it.
    pub fn send(mut self, input: &[u8]) -> Self {
        // A program that does not read to the end is free to.
        let _ = self.child.stdin.take().expect("stdin").write_all(input);
        self
    }

    /// Sends something to standard input, which stays open.
    pub fn type_in(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin");
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).expect("somebody reads");
    }

    #[cfg(unix)]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it with no chance to tidy up: SIGKILL, or what is like it.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        drop(self.child.stdin.take());
        let stdout = self.stdout.join().expect("stdout is read");
        let status = self.child.wait().expect("the program ends");
        self.said.extend(self.stderr.iter().map(|line| line + "\n"));
        Ended {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).expect("stdout is UTF-8"),
            stderr: self.said,
        }
    }
}

impl Ended {
    /// Asserts success.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.fails_with(0)
    }

    /// Asserts the exit code, and that nothing but data is on stdout.
    #[track_caller]
    pub fn fails_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Asserts the exit code, and that the error looks as every error does: nothing on stdout, and on stderr, after
    /// whatever was noted before, one line with the error, perhaps one with the service's identifiers, an empty one
    /// and a hint.
    #[track_caller]
    pub fn fails_properly(self, code: i32) -> Self {
        let failed = self.fails_with(code);
        assert_eq!(failed.stdout, "", "{failed:?}");
        assert!(failed.stderr.ends_with('\n'), "{failed:?}");
        let lines: Vec<_> = failed.stderr.lines().skip_while(|line| !line.starts_with("error: ")).collect();
        let proper = match lines[..] {
            [error, "", hint] => {
                error.matches("(os error").count() <= 1 && hint.starts_with("hint: ") && hint.len() > 10
            }
            [_, identifiers, "", hint] => {
                hint.starts_with("hint: ")
                    && ["AADSTS", "Tracking ID", "Request ID"].iter().any(|id| identifiers.starts_with(id))
            }
            _ => false,
        };
        assert!(proper, "{}", failed.stderr);
        failed
    }

    /// Asserts that stderr says something.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in: {}", self.stderr);
        self
    }

    /// Asserts that stderr does not say something.
    #[track_caller]
    pub fn does_not_say(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "{text:?} is in: {}", self.stderr);
        self
    }

    /// Stdout as one JSON document.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
