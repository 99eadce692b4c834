//! What every test starts from.

pub mod ca;
#[cfg(target_os = "linux")]
mod chromium;
mod home;
pub mod network;
mod program;
#[cfg(target_os = "linux")]
pub mod secret_service;
mod stored;
#[cfg(unix)]
mod terminal;

pub use crate::neighbours::Callback;
#[cfg(target_os = "linux")]
pub use chromium::Chromium;
pub use home::Home;
pub use program::{Ended, Running};
pub use stored::now;
#[cfg(unix)]
pub use terminal::OnTerminal;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

/// A program that is built beside the tests.
pub fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("the path of this test");
    let built = tests.parent().and_then(|deps| deps.parent()).expect("target/PROFILE/deps");
    built.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Sends a signal to a process.
#[cfg(unix)]
pub fn signal(name: &str, id: u32) {
    let kill = std::process::Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status();
    assert!(kill.expect("a shell").success());
}

/// A GET of somebody who is not the program: the body of the answer.
pub fn get(url: &str, token: &str) -> String {
    let url = url::Url::parse(url).expect("a URL");
    let host = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
    let mut stream = TcpStream::connect(&host).expect("the service listens");
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer is read");
    answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
}
