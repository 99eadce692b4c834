//! Chromium, driven through WebDriver by its own `chromedriver`: a profile of its own, no window, no network but this
//! machine's.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{By, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};
use tokio::runtime::Runtime;

/// Longer than any page takes; an element that is not there by then fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

const SWITCHES: [&str; 10] = [
    "--headless=new",
    // Root gets no sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
];

/// A browser of its own; ended when dropped.
pub struct Chromium {
    runtime: Runtime,
    window: Option<WebDriver>,
    chromedriver: Child,
    profile: TempDir,
}

impl Chromium {
    pub fn start() -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder");
        let mut chromedriver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed");
        let mut said = BufReader::new(chromedriver.stdout.take().expect("stdout")).lines();
        let port = said
            .find_map(|line| {
                Some(line.ok()?.split_once("successfully on port ")?.1.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver names its port");

        let mut chromium = DesiredCapabilities::chrome();
        let folder = format!("--user-data-dir={}", profile.path().display());
        for switch in SWITCHES.iter().copied().chain([folder.as_str()]) {
            chromium.add_arg(switch).expect("a switch");
        }
        chromium.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a level");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let window = runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let window = WebDriver::builder(format!("http://127.0.0.1:{port}"), chromium).client(client);
            let window = window.connect().await.expect("Chromium starts");
            window.set_implicit_wait_timeout(PATIENCE).await.expect("a limit");
            window
        });
        Self { runtime, window: Some(window), chromedriver, profile }
    }

    fn window(&self) -> &WebDriver {
        self.window.as_ref().expect("it has not quit")
    }

    /// Goes where a person would by typing the address.
    pub fn open(&self, url: &str) {
        self.runtime.block_on(self.window().goto(url)).expect("the page loads");
    }

    /// Presses a button by its value.
    pub fn press(&self, value: &str) {
        self.runtime.block_on(async {
            let button = self.window().find(By::Css(format!("button[value='{value}']"))).await;
            button.expect("the button is there").click().await.expect("it can be pressed");
        });
    }

    /// Waits for a page with this heading.
    pub fn wait_for(&self, heading: &str) {
        let path = format!("//h1[normalize-space()='{heading}']");
        let found = self.runtime.block_on(self.window().find(By::XPath(path)));
        found.unwrap_or_else(|error| panic!("no {heading:?} at {}: {error}", self.address()));
    }

    /// Waits for the address bar to show this.
    pub fn wait_until_at(&self, address: &str) {
        let since = Instant::now();
        while self.address() != address {
            assert!(since.elapsed() < PATIENCE, "still at {}", self.address());
        }
    }

    /// What the address bar shows.
    pub fn address(&self) -> String {
        self.runtime.block_on(self.window().current_url()).expect("an address").to_string()
    }

    /// What a script on the page gets.
    pub fn evaluate(&self, script: &str) -> Value {
        let returned = self.runtime.block_on(self.window().execute(format!("return {script}"), Vec::new()));
        returned.expect("the script runs").json().clone()
    }

    /// Everything that the browser complained about, since the last time.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.runtime.block_on(self.window().browser_log()).expect("a log");
        log.into_iter().map(|entry| format!("{}: {}", entry.level, entry.message)).collect()
    }

    /// The addresses that the *Back* and *Forward* buttons know.
    pub fn entries(&self) -> Vec<String> {
        let history = self.devtools("Page.getNavigationHistory", &json!({}));
        let entries = history["entries"].as_array().expect("a history").iter();
        entries.map(|entry| entry["url"].as_str().expect("an address").to_owned()).collect()
    }

    /// Makes the window that of another device.
    pub fn become_a(&self, width: u32, height: u32, colours: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": colours }] });
        self.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// Takes a picture.
    pub fn picture(&self, file: &Path) {
        self.runtime.block_on(self.window().screenshot(file)).expect("a picture");
    }

    fn devtools(&self, method: &str, parameters: &Value) -> Value {
        self.runtime.block_on(self.window().cdp().send_raw(method, parameters)).expect(method)
    }

    /// Quits as a person does, and gives the files of the profile in which one of `texts` stands.
    pub fn quit_and_find(mut self, texts: &[String]) -> Vec<PathBuf> {
        self.quit();
        let mut found = Vec::new();
        let mut folders = vec![self.profile.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = fs::read(&path)
                    && texts.iter().any(|text| memchr::memmem::find(&bytes, text.as_bytes()).is_some())
                {
                    found.push(path.strip_prefix(self.profile.path()).expect("in the profile").to_owned());
                }
            }
        }
        found.sort();
        found
    }

    fn quit(&mut self) {
        if let Some(window) = self.window.take() {
            // A browser that has crashed cannot quit any more.
            let _ = self.runtime.block_on(window.quit());
        }
        let _ = self.chromedriver.kill();
        let _ = self.chromedriver.wait();
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.quit();
    }
}
