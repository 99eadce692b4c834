//! What else comes to a port of this machine while a sign-in waits there: browsers that connect in advance, scanners,
//! pages of other people, attackers. For the tests, which look at what each of them gets, and for a benchmark.

// Several programs include this folder, and each uses only the part it needs.
#![allow(dead_code, unused_imports)]

mod callback;
mod occupations;
mod strays;

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};

pub use callback::{Callback, connect, get, post, read_to_end, talk};
pub use occupations::{OCCUPATIONS, reset};
pub use strays::{STRAYS, Stray};

/// A browser takes `localhost` for either.
pub const FAMILIES: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// In every value that is sent, and in nothing that may come back.
pub const MARKER: &str = "mArKeR7Qz";

/// A connection on which something was said.
pub fn said(callback: &Callback, family: IpAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(callback.address(family));
    stream.write_all(bytes).expect("it is listened to");
    stream
}
