//! What needs a machine of its own: a full disk, a folder that cannot be written to, no IPv6, no free port.
//!
//! Linux namespaces make one, with `unshare` and `mount` (util-linux) and `ip` (iproute2). Without root they are made in
//! a user namespace, where the system permits that.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Ended, Home, Running, example};
use crate::tenant::{Options, RefreshReuse, Tenant, browser, directory};

/// The configuration's folder is a disk of 64 KiB with what the folder had in it, and not a byte free.
const FULL_DISK: &str = r#"
    set -e
    cp -R "$M365D_CONFIG_DIR" "$HOME/before"
    mount -t tmpfs -o size=64k,mode=700 none "$M365D_CONFIG_DIR"
    cp -R "$HOME/before/." "$M365D_CONFIG_DIR"
    head -c 1000000 /dev/zero > "$M365D_CONFIG_DIR/filler" 2> "$HOME/full" && exit 99
    "$@" && code=0 || code=$?
    rm "$M365D_CONFIG_DIR/filler"
    cp -R "$M365D_CONFIG_DIR" "$HOME/after"
    exit $code
"#;

/// The same with 8 KiB to spare: room for a session.
const NEARLY_FULL_DISK: &str = r#"
    set -e
    cp -R "$M365D_CONFIG_DIR" "$HOME/before"
    mount -t tmpfs -o size=64k,mode=700 none "$M365D_CONFIG_DIR"
    cp -R "$HOME/before/." "$M365D_CONFIG_DIR"
    head -c 1000000 /dev/zero > "$M365D_CONFIG_DIR/filler" 2> "$HOME/full" && exit 99
    truncate -s -8192 "$M365D_CONFIG_DIR/filler"
    "$@" && code=0 || code=$?
    rm "$M365D_CONFIG_DIR/filler"
    cp -R "$M365D_CONFIG_DIR" "$HOME/after"
    exit $code
"#;

/// The configuration's folder can only be read, by root too.
const READ_ONLY: &str = r#"
    set -e
    cp -R "$M365D_CONFIG_DIR" "$HOME/before"
    mount --bind "$M365D_CONFIG_DIR" "$M365D_CONFIG_DIR"
    mount -o remount,bind,ro "$M365D_CONFIG_DIR"
    touch "$M365D_CONFIG_DIR/x" 2> "$HOME/full" && exit 99
    "$@" && code=0 || code=$?
    cp -R "$M365D_CONFIG_DIR" "$HOME/after"
    exit $code
"#;

/// A network of its own, with a tenant in it; the first line that a tenant says means that it listens.
const OWN_NETWORK: &str = r#"
    set -e
    ip link set lo up
    trap 'kill $tenants' EXIT
    tenant() {
        mkfifo "$HOME/said-by-$1"
        exec 3<> "$HOME/said-by-$1"
        "$TENANT" --port "$1" >&3 2> /dev/null &
        tenants="$tenants $!"
        read -r _ <&3
    }
    tenant 50000
"#;

const NO_IPV6: &str = r#"
    echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
    [ -z "$(ip -6 addr)" ]
    "$@"
"#;

/// The system hands out two ports, and both are taken.
const NO_FREE_PORT: &str = r#"
    tenant 50001
    echo "50000 50001" > /proc/sys/net/ipv4/ip_local_port_range
    "$@"
"#;

/// The system hands out thirty ports, and somebody else has nine of them on ::1. perl-base is part of every Debian.
const PORTS_TAKEN_ON_IPV6: &str = r#"
    mkfifo "$HOME/neighbour"
    exec 4<> "$HOME/neighbour"
    perl -MSocket=:all -e '
        for my $port (50001 .. 50009) {
            socket($neighbour[$port], AF_INET6, SOCK_STREAM, 0) or die $!;
            bind($neighbour[$port], pack_sockaddr_in6($port, inet_pton(AF_INET6, "::1"))) or die $!;
            listen($neighbour[$port], 1) or die $!;
        }
        syswrite STDOUT, "it listens\n";
        sleep' >&4 &
    tenants="$tenants $!"
    read -r _ <&4
    echo "50001 50030" > /proc/sys/net/ipv4/ip_local_port_range
    "$@"
"#;

/// The command of `home`, run by `script` with namespaces of its own.
fn unshared(home: &Home, namespace: &str, script: &str, arguments: &[&str]) -> Command {
    let program = home.command(arguments);
    let mut command = Command::new("unshare");
    if fs::metadata("/proc/self").expect("procfs").uid() != 0 {
        command.arg("--map-root-user");
    }
    command.args([namespace, "sh", "-c", script, "sh"]).arg(program.get_program()).args(program.get_args());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = program.get_current_dir() {
        command.current_dir(folder);
    }
    command
}

/// Every file below a folder, by its path in it; locks have nothing in them.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|extension| extension != "lock") {
                files.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// Asserts that the folder is as it was before the program ran, without half a file or one more.
#[track_caller]
fn assert_nothing_was_lost(home: &Home) {
    let before = files(&home.path("before"));
    assert_eq!(before.len(), 3, "a session, whose it is, and the configuration");
    assert!(files(&home.path("after")) == before, "the folder is not what it was: {:?}", home.path("after"));
}

/// Somebody who is signed in, with a token that every command has to renew.
fn somebody(tenant: &Tenant) -> Home {
    let home = Home::of(tenant);
    home.login(&["--tenant", directory::TENANT_ID]).succeeds();
    home
}

fn short_lived() -> Tenant {
    Tenant::start(Options { token_lifetime: Some(60), ..Options::default() })
}

fn login(home: &Home, script: &str, arguments: &[&str]) -> (browser::Page, Ended) {
    let arguments = [&["login", "--no-browser"], arguments].concat();
    let mut login = Running::start(unshared(home, "--mount", script, &arguments));
    let page = browser::sign_in(&login.sign_in_url()).expect("the browser gets its last page");
    (page, login.end())
}

#[test]
#[ignore = "needs unshare and mount, as root"]
fn a_sign_in_that_cannot_be_stored_fails_and_the_older_session_stays() {
    for (script, reason) in [(FULL_DISK, "No space left on device"), (READ_ONLY, "Read-only file system")] {
        let tenant = Tenant::start(Options::default());
        let home = somebody(&tenant);
        let (page, ended) = login(&home, script, &[]);
        ended.fails_with(1).says(reason).says("hint: make room on the disk").does_not_say("Signed in");
        assert!(page.html.contains("<h1>Not signed in</h1>"), "{}", page.html);
        assert_nothing_was_lost(&home);
    }
}

#[test]
#[ignore = "needs unshare and mount, as root"]
fn a_refresh_that_cannot_be_stored_fails_and_the_older_session_stays() {
    for (script, reason) in [(FULL_DISK, "No space left on device"), (READ_ONLY, "Read-only file system")] {
        let tenant = short_lived();
        tenant.change(|options| options.refresh_reuse = RefreshReuse::RevokesGrant);
        let home = somebody(&tenant);
        let ended = Running::start(unshared(&home, "--mount", script, &["token"])).end();
        assert_eq!(tenant.refreshes(), 0, "what cannot be replaced is not redeemed");
        // A token whose successor is lost must not be used.
        assert_eq!(ended.stdout, "");
        ended.fails_with(1).says(reason).says("hint: make room on the disk");
        assert_nothing_was_lost(&home);
        home.run(&["token"]).succeeds();
    }
}

#[test]
#[ignore = "needs unshare and mount, as root"]
fn a_token_that_is_still_valid_needs_nothing_to_be_stored() {
    for script in [FULL_DISK, READ_ONLY] {
        let tenant = Tenant::start(Options::default());
        let home = somebody(&tenant);
        let ended = Running::start(unshared(&home, "--mount", script, &["token"])).end().succeeds();
        assert_eq!(ended.stdout, home.run(&["token"]).stdout);
        assert_nothing_was_lost(&home);
    }
}

/// The disk has room for the session, which is there already, and not for a longer configuration.
#[test]
#[ignore = "needs unshare and mount, as root"]
fn a_configuration_that_cannot_be_written_is_a_warning_and_stays_whole() {
    let long = "# a comment of somebody's own\n".repeat(500);
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    fs::create_dir_all(home.config_dir()).unwrap();
    fs::write(home.config_dir().join("config.toml"), &long).unwrap();
    home.login(&[]).succeeds();
    let (page, ended) = login(&home, NEARLY_FULL_DISK, &["--tenant", directory::TENANT_ID]);
    ended.succeeds().says("warning: you are signed in, but").says("No space left on device");
    assert!(page.html.contains("<h1>Signed in</h1>"), "{}", page.html);
    let (before, after) = (files(&home.path("before")), files(&home.path("after")));
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after), "no half file is left behind");
    assert_eq!(after[0].1, long.as_bytes());
}

/// In a network of its own, where this process cannot be the tenant.
fn alone(script: &str, arguments: &[&str]) -> Ended {
    let program = example("tenant").display().to_string();
    let url = "http://127.0.0.1:50000";
    let home = Home::empty()
        .with("TENANT", &program)
        .with("M365D_AUTHORITY", url)
        .with("M365D_API_URL", url)
        .with("M365D_TENANT", directory::TENANT_ID)
        .with("M365D_CLIENT_ID", directory::CLIENT_ID)
        .with("M365D_BROWSER", &format!("'{program}' browse"));
    Running::start(unshared(&home, "--net", &format!("{OWN_NETWORK}{script}"), arguments)).end()
}

#[test]
#[ignore = "needs unshare and ip, as root"]
fn a_machine_without_ipv6_signs_in_over_ipv4() {
    for mode in ["form_post", "query"] {
        alone(NO_IPV6, &["login", "-vv", "--response-mode", mode])
            .succeeds()
            .says("no IPv6 loopback here")
            .says("Signed in as");
    }
}

#[test]
#[ignore = "needs unshare and ip, as root"]
fn a_machine_without_a_free_port_says_so() {
    alone(NO_FREE_PORT, &["login"])
        .fails_with(1)
        .says("error: cannot listen on the loopback for the browser's answer: ")
        .says("hint: free a port on 127.0.0.1")
        .does_not_say("open this address");
}

/// A browser that takes `localhost` for ::1 must not come to somebody else. Which port the system hands out first is
/// its secret, so it takes some sign-ins until one meets the neighbour.
#[test]
#[ignore = "needs unshare and ip, as root"]
fn a_port_that_is_taken_on_one_family_is_left_for_another_pair() {
    for mode in ["form_post", "query"] {
        let met = (0..50).any(|_| {
            let ended = alone(PORTS_TAKEN_ON_IPV6, &["login", "-vv", "--response-mode", mode]).succeeds();
            let (_, redirect_uri) = ended.stderr.split_once("localhost%3A").expect("a redirect URI");
            let port: u16 = redirect_uri[..5].parse().expect("a port");
            assert!((50010..=50030).contains(&port), "{ended:?}");
            let ended = ended.does_not_say("no IPv6").says("Signed in as");
            ended.stderr.contains("is taken on ::1")
        });
        assert!(met, "nobody was met");
    }
}
