//! An empty home: a folder of its own, an environment of its own, and a browser that must not be opened.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::example;
use super::program::{Ended, Running};
use crate::tenant::{Tenant, browser, directory};

/// Somebody's home, pointed at a tenant. Fails the test if a browser is opened without having been asked for.
pub struct Home {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Home {
    /// A home in which nothing is configured.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = Self { folder, environment: Vec::new() };
        let must_not_open = format!("{} opened {}", quoted(&example("tenant")), quoted(&home.opened()));
        let config_dir = home.config_dir().display().to_string();
        // Whoever runs the tests has a credential store of their own, which is none of the tests' business.
        home.with("M365D_CONFIG_DIR", &config_dir)
            .with("M365D_BROWSER", &must_not_open)
            .with("M365D_STORE", "file")
    }

    /// A home that is configured for the tenant.
    pub fn of(tenant: &Tenant) -> Self {
        Self::empty()
            .with("M365D_AUTHORITY", tenant.authority())
            .with("M365D_API_URL", tenant.api_url())
            .with("M365D_TENANT", directory::TENANT_ID)
            .with("M365D_CLIENT_ID", directory::CLIENT_ID)
    }

    /// A home in which Ana is signed in.
    pub fn signed_in(tenant: &Tenant) -> Self {
        let home = Self::of(tenant);
        home.login(&[]).succeeds();
        home
    }

    /// The same home with an environment variable set to something else.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same home without an environment variable.
    pub fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(other, _)| other != name);
        self
    }

    /// The program, ready to be run in this home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_m365d"));
        command.args(arguments).env_clear().current_dir(self.folder.path());
        for name in ["PATH", "SystemRoot", "TEMP", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("HOME", self.folder.path()).env("APPDATA", self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts the program.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    /// Starts the program on a terminal that is so many columns wide.
    #[cfg(unix)]
    pub fn start_on_terminal(&self, arguments: &[&str], columns: u16) -> super::OnTerminal {
        super::OnTerminal::start(self.command(arguments), columns)
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }

    /// Runs the program to its end with something on standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ended {
        self.start(arguments).send(input).end()
    }

    /// Runs the program into a pipe that is closed after some bytes: the exit code, and what was on stderr.
    pub fn run_into_closed_pipe(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut first = [0; 10];
        child.stdout.take().expect("stdout").read_exact(&mut first).expect("a beginning");
        let mut said = String::new();
        child.stderr.take().expect("stderr").read_to_string(&mut said).expect("stderr is UTF-8");
        (child.wait().expect("it ends").code(), said)
    }

    /// Signs in, with Ana at the browser.
    pub fn login(&self, arguments: &[&str]) -> Ended {
        let mut login = self.start(&[&["login", "--no-browser"], arguments].concat());
        let url = login.sign_in_url();
        let page = browser::sign_in(&url);
        let ended = login.end();
        assert!(page.is_ok(), "the browser: {page:?}\n{ended:?}");
        ended
    }

    /// The folder of the configuration and the sessions.
    pub fn config_dir(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Another path in the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The files of the sessions' folder with an ending, such as `json`.
    pub fn session_files(&self, ending: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.config_dir().join("sessions")) else { return Vec::new() };
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
    }

    /// The one session file.
    pub fn session_file(&self) -> PathBuf {
        let files = self.session_files(".json");
        assert_eq!(files.len(), 1, "{files:?}");
        files.into_iter().next().expect("one")
    }

    fn opened(&self) -> PathBuf {
        self.folder.path().join("a-browser-was-opened")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(!self.opened().exists(), "a browser was opened");
        }
    }
}

/// A path as a word of a browser command.
fn quoted(path: &std::path::Path) -> String {
    format!("'{}'", path.display())
}
