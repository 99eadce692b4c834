//! The real program, run as a process in an empty home against the tenant of `examples/tenant`: real HTTP, real
//! files, and a browser that is a program. Nothing of our own is mocked and nothing sleeps.

#![allow(
    clippy::pedantic,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

#[path = "../examples/neighbours/mod.rs"]
mod neighbours;
#[path = "../examples/tenant/mod.rs"]
mod tenant;

mod support;

mod alerts;
mod api_command;
mod bad_input;
mod checkpoint;
#[cfg(target_os = "linux")]
mod chromium;
mod claims;
#[cfg(target_os = "linux")]
mod crash;
mod device_code;
mod doctor;
#[cfg(unix)]
mod environment;
mod explain;
mod get;
mod graph;
mod hunt;
mod hunt_complete;
mod incidents;
mod inspect;
mod lists;
mod login;
mod login_refused;
mod loopback;
mod machine_answers;
mod machines;
#[cfg(target_os = "linux")]
mod namespaces;
mod network;
#[cfg(unix)]
mod odd_answers;
mod paste;
#[cfg(target_os = "linux")]
mod ports;
mod profile;
mod proxies;
mod quota;
mod refresh;
mod repeats;
mod requests;
mod retired;
#[cfg(target_os = "linux")]
mod sealed;
mod secrets;
mod seeds;
mod service_faults;
mod service_words;
mod services;
mod session;
mod shape;
mod stand_in;
mod status;
mod tenants;
mod texts;
mod token;
#[cfg(unix)]
mod unread;
mod update;
