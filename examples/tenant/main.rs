//! Keeps a tenant running on this machine, for the real `m365d` and a real browser.

#![allow(
    clippy::pedantic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr
)]
#![allow(missing_docs, unreachable_pub)]

#[path = "mod.rs"]
mod tenant;

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use clap::Parser;
use tenant::browser::Act;
use tenant::directory::{CLIENT_ID, RESOURCES, TENANT_ID};
use tenant::{Churn, Fault, Hunting, Options, Place, RecurringFault, Tenant};

/// Entra ID, Microsoft 365 Defender, Microsoft Graph and Defender for Endpoint on this machine
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,

    /// How many incidents there are
    #[arg(long, value_name = "N", default_value_t = 250)]
    incidents: usize,

    /// How many events hunting finds
    #[arg(long, value_name = "N", default_value_t = 250)]
    rows: usize,

    /// How many columns an event has
    #[arg(long, value_name = "N", default_value_t = 20)]
    columns: usize,

    /// Port to listen on; any free one without it
    #[arg(long, value_name = "P", default_value_t = 0)]
    port: u16,

    /// Refuse more than 50 lists a minute and 1,500 an hour, and so on
    #[arg(long)]
    rate_limits: bool,

    /// Between two pages, incidents arrive, are updated and are merged: so many of each
    #[arg(long, value_name = "N", default_value_t = 0)]
    churn: usize,

    /// Give a link to the next page
    #[arg(long)]
    next_link: bool,

    /// Print every documented key, with null where there is nothing
    #[arg(long)]
    all_nulls: bool,

    /// A delegated permission that the application lacks; may be repeated. It has every other one
    #[arg(long, value_name = "PERMISSION", value_parser = permission)]
    without: Vec<String>,

    /// Fail at every request for incidents, or at every K-th, or at those that reach PLACE
    #[arg(long = "fault", value_name = "KIND[:EVERY_K][@PLACE]", long_help = faults())]
    faults: Vec<RecurringFault>,
}

fn faults() -> String {
    format!(
        "Fail at every request for lists of incidents, or at every K-th, or at those that reach PLACE; KIND is {}; PLACE is {}",
        Fault::names().join(", "),
        Place::names().join(", ")
    )
}

/// All delegated permissions of the three APIs.
fn permissions() -> impl Iterator<Item = &'static str> {
    RESOURCES.iter().flat_map(|resource| resource.permissions).copied()
}

fn permission(name: &str) -> Result<String, String> {
    permissions()
        .find(|known| *known == name)
        .map(str::to_owned)
        .ok_or_else(|| format!("known are {}", permissions().collect::<Vec<_>>().join(", ")))
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(act) = &arguments.act {
        return act.perform();
    }
    if let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)) {
        eprintln!("error: port {} of 127.0.0.1: {error}", arguments.port);
        std::process::exit(1);
    }
    let tenant = Tenant::start(Options {
        port: arguments.port,
        incidents: arguments.incidents,
        rate_limits: arguments.rate_limits,
        next_link: arguments.next_link,
        all_nulls: arguments.all_nulls,
        churn: Churn {
            arrivals: arguments.churn,
            updates: arguments.churn,
            resolutions: arguments.churn,
            merges: arguments.churn,
            merged_vanish: true,
            ..Churn::default()
        },
        hunting: Hunting { rows: arguments.rows, columns: arguments.columns, ..Hunting::default() },
        registered: permissions()
            .map(str::to_owned)
            .filter(|name| !arguments.without.contains(name))
            .collect(),
        // Asked for on the first sign-in, as in a real tenant where nobody has consented yet.
        consented: Vec::new(),
        ..Options::default()
    });
    for recurring in arguments.faults {
        tenant.inject(recurring.place, recurring.when, recurring.fault);
    }
    std::io::stdout().write_all(instructions(&tenant).as_bytes())?;
    report(&tenant)
}

fn instructions(tenant: &Tenant) -> String {
    let folder = std::env::temp_dir().join(format!("m365d-tenant-{}", std::process::id()));
    let folder = folder.display().to_string();
    let settings = [
        ("M365D_AUTHORITY", tenant.authority()),
        ("M365D_API_URL", tenant.api_url()),
        ("M365D_GRAPH_URL", tenant.graph_url()),
        ("M365D_ENDPOINT_URL", tenant.endpoint_url()),
        ("M365D_TENANT", TENANT_ID),
        ("M365D_CLIENT_ID", CLIENT_ID),
        ("M365D_CONFIG_DIR", &folder),
    ];
    let posix: Vec<String> =
        settings.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
    let powershell: Vec<String> =
        settings.iter().map(|(name, value)| format!("$env:{name} = '{value}'\n")).collect();
    format!(
        "# sh, bash, zsh\n{}\n# PowerShell\n{}\n# then: m365d login\n",
        posix.concat(),
        powershell.concat()
    )
}

/// One line per request, once it is answered, until the program is interrupted.
fn report(tenant: &Tenant) -> ! {
    loop {
        tenant.wait_until(|requests| requests.iter().any(|request| request.settled), Duration::MAX);
        for request in tenant.take_requests(|request| request.settled) {
            let status = request.status.map_or("-".to_owned(), |status| status.to_string());
            let query = if request.is_list() { format!("?{}", request.query) } else { String::new() };
            let fault = request.fault.map(|fault| format!("  {fault}")).unwrap_or_default();
            eprintln!("{status:>3} {} {}{query}{fault}", request.method, request.path);
        }
    }
}
