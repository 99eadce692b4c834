//! What stays open, or breaks, around the true answer.

use std::io::Write;
use std::net::{IpAddr, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use super::{Callback, MARKER, connect, get, said};

/// A name, and what takes a place at the port; the connections are to be held until the true answer has come.
pub type Occupation = (&'static str, fn(&Callback, IpAddr) -> Vec<TcpStream>);

pub const OCCUPATIONS: &[Occupation] = &[
    ("32 connections in advance", |c, family| (0..32).map(|_| connect(c.address(family))).collect()),
    ("a TLS hello", |c, family| vec![said(c, family, &half_a_client_hello())]),
    ("half a form", |c, family| {
        let form = c.answer(&MARKER.repeat(10));
        vec![said(c, family, &form[..form.len() - 40])]
    }),
    ("a head that comes byte by byte", |c, family| {
        let head = format!("POST / HTTP/1.1\r\nHost: {}\r\nCookie: ", c.host());
        vec![dribbled(said(c, family, head.as_bytes()))]
    }),
    ("a body that comes byte by byte", |c, family| {
        let form = c.answer(&MARKER.repeat(100));
        vec![dribbled(said(c, family, &form[..form.len() - 900]))]
    }),
    ("an answer that nobody reads", |c, family| vec![said(c, family, &get(c, "GET", "/favicon.ico"))]),
    ("a request that is cut off at every moment", |c, family| {
        let form = c.post(&format!("code={MARKER}&state={MARKER}"));
        for sent in [0, 1, form.len() / 2, form.len() - 1, form.len()] {
            reset(said(c, family, &form[..sent]));
        }
        Vec::new()
    }),
    ("a request that is half closed", |c, family| {
        let stream = said(c, family, &get(c, "GET", "/favicon.ico"));
        stream.shutdown(std::net::Shutdown::Write).expect("it is open");
        vec![stream]
    }),
];

/// Closes with RST instead of FIN, since there is nothing left to linger for.
pub fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("the option is known");
}

/// Goes on with a byte every few milliseconds until the other side has had enough.
fn dribbled(stream: TcpStream) -> TcpStream {
    let mut dribbling = stream.try_clone().expect("another handle");
    thread::spawn(move || {
        for byte in MARKER.bytes().cycle() {
            if dribbling.write_all(&[byte]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
    });
    stream
}

/// The start of a handshake, with more announced than is sent.
fn half_a_client_hello() -> Vec<u8> {
    let head = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    [&head[..], &[0x2a; 120]].concat()
}
