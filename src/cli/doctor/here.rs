//! What can be found out without anybody else: the loopback, the browser, the files.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::finding::Finding;
use crate::auth::browser;
use crate::auth::loopback::Loopback;
use crate::cli::context::Context;
use crate::cli::login::Environment;
use crate::cli::report::Advice;
use crate::session::CREDENTIAL_STORE;
use crate::settings::SessionStore;

/// A connection to this very process takes microseconds, unless somebody is in between.
const HERE: Duration = Duration::from_secs(2);

pub(super) async fn examine(context: &Context, advice: &Advice) -> Vec<Finding> {
    let mut findings = loopback(advice).await;
    findings.push(browser(context));
    findings.push(credential_store(context, advice));
    findings.extend(files(context, advice));
    findings
}

/// For a shell, whatever characters somebody has put into the names.
fn as_words(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
    let words: Vec<_> = paths.iter().map(|path| shlex::try_quote(path).unwrap_or_default()).collect();
    words.join(" ")
}

/// The browser's answer comes to either address, so both are listened on and tried.
async fn loopback(advice: &Advice) -> Vec<Finding> {
    const CHECKS: [(&str, IpAddr); 2] = [
        ("loopback 127.0.0.1", IpAddr::V4(Ipv4Addr::LOCALHOST)),
        ("loopback ::1", IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    let loopback = match Loopback::open().await {
        Ok(loopback) => loopback,
        Err(error) => {
            return CHECKS
                .map(|(check, _)| Finding::problem(check, error.to_string(), advice.on(&error)))
                .into();
        }
    };
    let mut findings = Vec::new();
    for (check, address) in CHECKS {
        let connected = timeout(HERE, TcpStream::connect(SocketAddr::new(address, loopback.port()))).await;
        findings.push(match connected {
            Ok(Ok(_)) => Finding::ok(check, "listens and can be reached"),
            Ok(Err(error)) if address.is_ipv6() && is_absent(&error) => {
                Finding::ok(check, "this machine has no IPv6 loopback, and the other one is enough")
            }
            Ok(Err(error)) => Finding::problem(check, error.to_string(), BLOCKED),
            Err(_) => Finding::problem(check, "a connection to it gets no answer", BLOCKED),
        });
    }
    findings
}

const BLOCKED: &str = "allow m365d in this machine's firewall or security software to listen on the loopback; until then: m365d login --device-code";

fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AddrNotAvailable
            | ErrorKind::Unsupported
            | ErrorKind::NetworkUnreachable
            | ErrorKind::ConnectionRefused
    )
}

fn browser(context: &Context) -> Finding {
    const CHECK: &str = "browser";
    if let Some(command) = &context.settings.browser {
        let detail = format!("{:?} (from {})", command.value, command.source);
        return if browser::is_there(&command.value) {
            Finding::ok(CHECK, detail)
        } else {
            Finding::problem(
                CHECK,
                format!("{detail} cannot be found"),
                format!("set {} to a program that is there, or unset it", command.source),
            )
        };
    }
    let environment = Environment::of_this_process();
    if let Some(notice) = environment.notice(environment.way(true)) {
        return Finding::note(CHECK, notice, "nothing has to be done: m365d login tells how to go on");
    }
    match browser::opener() {
        Some(opener) => Finding::ok(CHECK, format!("{opener} opens it")),
        None => Finding::note(
            CHECK,
            "this machine has no program that opens one",
            "set M365D_BROWSER to a browser, or: m365d login --paste",
        ),
    }
}

/// No credential store is no disease on a server, unless somebody has asked for one.
fn credential_store(context: &Context, advice: &Advice) -> Finding {
    const CHECK: &str = "credential store";
    let wanted = &context.settings.store;
    if wanted.value == SessionStore::File {
        return Finding::skipped(CHECK, format!("sessions are to be plain files (from {})", wanted.source));
    }
    match context.store().try_credential_store() {
        Ok(()) => Finding::ok(CHECK, format!("{CREDENTIAL_STORE} has kept a key and given it back")),
        Err(error) if wanted.value == SessionStore::Keyring => {
            Finding::problem(CHECK, error.to_string(), advice.on(&error))
        }
        Err(error) => Finding::note(
            CHECK,
            format!("{error}; the next sign-in is kept in a plain file"),
            "start or unlock it, then: m365d login; or keep the session in a plain file: m365d login --store file",
        ),
    }
}

fn files(context: &Context, advice: &Advice) -> Vec<Finding> {
    const FILES: &str = "session files";
    const LOCK: &str = "lock";
    let found = match context.store().inspect() {
        Ok(found) => found,
        Err(error) => {
            return vec![
                Finding::problem(FILES, error.to_string(), advice.on(&error)),
                Finding::skipped(LOCK, "the folder of the sessions cannot be used"),
            ];
        }
    };
    let list = |paths: &[PathBuf]| {
        paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    };
    let files = if !found.open_to_others.is_empty() {
        Finding::problem(
            FILES,
            format!("others may read or change {}", list(&found.open_to_others)),
            format!("chmod go= {}", as_words(&found.open_to_others)),
        )
    } else if !found.set_aside.is_empty() {
        Finding::note(
            FILES,
            format!("{} was no session and has been set aside", list(&found.set_aside)),
            "nothing has to be done; m365d logout --all deletes them, and every session",
        )
    } else {
        let count = match found.sessions {
            1 => "one session".to_owned(),
            many => format!("{many} sessions"),
        };
        Finding::ok(FILES, format!("{count} in {}", context.settings.folder.value.join("sessions").display()))
    };
    let lock = if found.locked.is_empty() {
        Finding::ok(LOCK, "no other m365d is holding one")
    } else {
        Finding::note(
            LOCK,
            format!("another m365d holds {}", list(&found.locked)),
            "that is usual while it renews a token; if it lasts, end that process",
        )
    };
    vec![files, lock]
}
