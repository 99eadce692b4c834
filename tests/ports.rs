//! What a sign-in listens on: one port on both families, nothing else, and no longer than it lasts.

use std::fs;

use crate::support::Home;
use crate::tenant::{Options, Tenant, browser};

/// The local addresses on which a process listens, in the kernel's own notation.
fn listening(process: u32) -> Vec<String> {
    let folder = format!("/proc/{process}/fd");
    let sockets: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let tables =
        ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let fields = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    // proc_pid_net(5): the second field is the local address, the fourth the state, the tenth the inode.
    fields
        .filter(|fields| fields[3] == "0A" && sockets.iter().any(|socket| socket == fields[9]))
        .map(|fields| fields[1].to_owned())
        .collect()
}

#[test]
fn a_sign_in_listens_on_one_port_of_both_loopback_addresses() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let mut login = home.start(&["login", "--no-browser"]);
    let url = login.sign_in_url();
    login.wait_for(|line| line.starts_with("Waiting"));
    let redirect_uri = url.split("redirect_uri=http%3A%2F%2Flocalhost%3A").nth(1).unwrap();
    let port: u16 = redirect_uri.split('&').next().unwrap().parse().unwrap();
    assert_eq!(
        listening(login.id()),
        [format!("0100007F:{port:04X}"), format!("00000000000000000000000001000000:{port:04X}")]
    );
    browser::sign_in(&url).unwrap();
    login.end().succeeds();
}
