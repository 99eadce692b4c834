//! What `m365d hunt` costs beside what people write otherwise: `curl` alone, `curl` with `jq`, and Python with `requests`.
//!
//!     cargo run --release --example bench_hunt
//!
//! Contenders that are not installed are left out: `curl`, `jq`, and a `python3` that has `requests` (`pip install
//! requests`; `PYTHON` names another one). Everything goes to files, as a result of this size does.

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

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::rc::Rc;

use anyhow::Result;
use measure::Contender;
use program::Program;
use tenant::{Hunting, Options, Tenant, browser};

/// One less than would be called cut off.
const ROWS: usize = 99_999;
/// What Graph gives of these rows is no larger: 50 MB.
const ROWS_OF_GRAPH: usize = 95_000;
const COLUMNS: usize = 20;
const ROUNDS: usize = 7;

/// Reads the whole answer, as people do, and writes it in the format that is the last argument.
const PYTHON: &str = r#"
import csv, json, sys, requests
url, token, query, format = sys.argv[1:]
answer = requests.post(url, json={"Query": query}, headers={"Authorization": "Bearer " + token})
answer.raise_for_status()
body = answer.json()
rows = body.get("results") or body.get("Results")
if format == "csv":
    schema = body.get("schema") or body.get("Schema")
    names = [column.get("name") or column.get("Name") for column in schema]
    writer = csv.DictWriter(sys.stdout, names)
    writer.writeheader()
    writer.writerows(rows)
else:
    for row in rows:
        print(json.dumps(row))
"#;

/// A service, by the names that it and its results go by.
struct Service {
    api: &'static str,
    path: &'static str,
    results: &'static str,
    rows: usize,
}

impl Service {
    fn query(&self) -> String {
        format!("DeviceEvents | take {}", self.rows)
    }
}

const SERVICES: [Service; 2] = [
    Service { api: "graph", path: "/v1.0/security/runHuntingQuery", results: "results", rows: ROWS_OF_GRAPH },
    Service { api: "defender", path: "/api/advancedhunting/run", results: "Results", rows: ROWS },
];

fn main() -> Result<ExitCode> {
    if let Some(code) = browser::run(std::env::args_os().skip(1)) {
        return Ok(code);
    }
    let hunting = Hunting { rows: ROWS, columns: COLUMNS, ..Hunting::default() };
    let tenant = Tenant::start(Options { hunting, ..Options::default() });
    let m365d = Rc::new(Program::of(&tenant)?);
    m365d.sign_in()?;
    let folder = tempfile::tempdir()?;
    let python = python();
    for service in SERVICES {
        let body = folder.path().join("body");
        let curl = Curl::new(&tenant, &m365d, &service, folder.path())?;
        let length = curl.fetch(&body)?;
        let (api, rows) = (service.api, service.rows);
        println!("{api}: {rows} rows x {COLUMNS} columns, a body of {:.1} MB", length as f64 / 1e6);
        for format in ["ndjson", "csv"] {
            let mut contenders = contenders(&m365d, &service, format, &curl, python.as_deref());
            for contender in &mut contenders {
                contender.output = Some(folder.path().join("output"));
            }
            measure::rounds(&mut contenders, ROUNDS)?;
            print(format, &contenders, length);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(format: &str, contenders: &[Contender], length: u64) {
    let ours = contenders[0].median().as_secs_f64();
    println!("  -o {format:<8}   wall      m365d is           user time   peak memory");
    for contender in contenders {
        let wall = contender.median().as_secs_f64();
        let peak = contender.peak_kib() as f64 * 1024.0;
        println!(
            "  {:<12} {wall:>7.3} s   {:>6.2} x as fast   {:>7.2} s   {:>7.1} MB = {:.2} x the body",
            contender.name,
            wall / ours,
            contender.user().as_secs_f64(),
            peak / 1e6,
            peak / length as f64,
        );
    }
}

fn contenders(
    m365d: &Rc<Program>,
    service: &Service,
    format: &'static str,
    curl: &Curl,
    python: Option<&Path>,
) -> Vec<Contender> {
    let (m365d, api, query) = (Rc::clone(m365d), service.api, service.query());
    let ours = move || m365d.command(&["--quiet", "hunt", &query, "--api", api, "-o", format]);
    let mut contenders = vec![Contender::new("m365d", ours), Contender::new("curl", curl.alone())];
    if is_here("jq") {
        contenders.push(Contender::new("curl | jq", curl.and_jq(format, service.results)));
    }
    if let Some(python) = python {
        let arguments = [&curl.url, &curl.token, &service.query(), format].map(str::to_owned);
        let python = python.to_owned();
        contenders.push(Contender::new("python", move || {
            let mut command = Command::new(&python);
            command.arg("-c").arg(PYTHON).args(&arguments);
            command
        }));
    }
    contenders
}

/// Asks what `m365d` asks.
struct Curl {
    url: String,
    token: String,
    config: PathBuf,
}

impl Curl {
    fn new(tenant: &Tenant, m365d: &Program, service: &Service, folder: &Path) -> Result<Self> {
        let token = m365d.output(&["token", "--api", service.api])?.trim().to_owned();
        let base = if service.api == "graph" { tenant.graph_url() } else { tenant.api_url() };
        let (url, query) = (format!("{base}{}", service.path), service.query());
        let config = folder.join(service.api);
        let text = format!(
            "silent\nfail\nurl = \"{url}\"\nheader = \"Authorization: Bearer {token}\"\n\
             header = \"Content-Type: application/json\"\ndata = \"{{\\\"Query\\\":\\\"{query}\\\"}}\"\n"
        );
        std::fs::write(&config, text)?;
        Ok(Self { url, token, config })
    }

    fn alone(&self) -> impl Fn() -> Command + 'static {
        let config = self.config.clone();
        move || {
            let mut curl = Command::new("curl");
            curl.arg("--config").arg(&config);
            curl
        }
    }

    fn and_jq(&self, format: &str, results: &str) -> impl Fn() -> Command + 'static {
        let filter = match format {
            "csv" => {
                format!("-r '.{results}[] | [.[] | if type == \"object\" then tojson else . end] | @csv'")
            }
            _ => format!("-c '.{results}[]'"),
        };
        let line = format!("curl --config '{}' | jq {filter}", self.config.display());
        move || {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(&line);
            shell
        }
    }

    /// Prepares the answer, which the tenant keeps, and gives its length.
    fn fetch(&self, to: &Path) -> Result<u64> {
        let status = self.alone()().arg("--output").arg(to).status()?;
        anyhow::ensure!(status.success(), "curl: {status}");
        Ok(std::fs::metadata(to)?.len())
    }
}

/// The interpreter itself, since what stands before it in `PATH` may be a script.
fn python() -> Option<PathBuf> {
    let name = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let mut probe = Command::new(name);
    let found = probe.args(["-c", "import requests, sys; print(sys.executable)"]).output().ok()?;
    if !found.status.success() {
        println!("python3 with requests is not installed (pip install requests): left out");
        return None;
    }
    Some(String::from_utf8(found.stdout).ok()?.trim().into())
}

fn is_here(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        println!("{tool} is not installed: left out");
    }
    found
}
