//! `m365d login` where there is no browser, or another machine's: it says what it does, and does what works.

use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::neighbours::{connect, read_to_end};
use crate::support::{Callback, Home, example};
use crate::tenant::{Options, Tenant, browser};

/// A home that says nothing about browsers, with nothing on its PATH but the programs that a test puts there.
fn home(tenant: &Tenant) -> Home {
    let home = Home::of(tenant).without("M365D_BROWSER");
    let path = home.path("bin");
    fs::create_dir_all(&path).unwrap();
    home.with("PATH", path.to_str().unwrap())
}

/// A program of the home, in the shell's language. `browse` signs in at an address.
fn program(home: &Home, name: &str, script: &str) {
    let path = home.path("bin").join(name);
    let browse = format!("browse() {{ exec '{}' browse -- \"$1\"; }}", example("tenant").display());
    fs::write(&path, format!("#!/bin/sh\n{browse}\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A program that must not be run, and where it would leave its mark.
fn forbidden(home: &Home, name: &str) -> PathBuf {
    let mark = home.path(&format!("{name}-was-run"));
    program(home, name, &format!(": > '{}'", mark.display()));
    mark
}

const SSH: (&str, &str) = ("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22");

#[test]
fn over_ssh_the_person_at_the_terminal_pastes() {
    let tenant = Tenant::start(Options::default());
    for (name, value) in [SSH, ("SSH_TTY", "/dev/pts/7")] {
        let home = home(&tenant).with(name, value).with("DISPLAY", "localhost:10.0");
        let opened = forbidden(&home, "xdg-open");
        let mut login = home.start_on_terminal(&["login"], 80);
        login.wait_for("You are connected by SSH");
        let url = login.sign_in_url();
        assert!(url.contains("response_mode=query"), "{url}");
        let callback = Callback::of(&url);
        login.wait_for("Waiting for that address");
        login.type_in(&format!("{}\n", callback.address_with(&callback.code())));
        login.end().succeeds().says("otherwise: --browser").says("--device-code");
        assert!(!opened.exists());
    }
}

#[test]
fn without_a_terminal_the_loopback_waits_with_the_address() {
    let tenant = Tenant::start(Options::default());
    // Where the tests run in a container themselves, that is what is said.
    let places = [
        (SSH, "You are connected by SSH"),
        (("LANG", "C"), "display"),
        (("container", "podman"), "container"),
    ];
    for ((name, value), place) in places {
        let home = home(&tenant).with(name, value);
        let opened = forbidden(&home, "xdg-open");
        let mut login = home.start(&["login"]);
        let notice = login.wait_for(|line| line.contains("no browser is opened"));
        assert!(notice.contains(place), "{notice}");
        for otherwise in ["--browser COMMAND", "--paste", "--device-code"] {
            assert!(notice.contains(otherwise), "{notice}");
        }
        browser::sign_in(&login.sign_in_url()).unwrap();
        login.end().succeeds().does_not_say("warning");
        assert!(!opened.exists());
    }
}

#[test]
fn what_was_asked_for_is_done_without_a_word() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant).with(SSH.0, SSH.1).with("WSL_DISTRO_NAME", "Debian");
    let mut login = home.start_on_terminal(&["login", "--response-mode", "form_post"], 80);
    assert!(login.sign_in_url().contains("response_mode=form_post"));
    login.wait_for("Waiting for the browser");
    browser::sign_in(&login.sign_in_url()).unwrap();
    login.end().succeeds();

    let mut login = home.start(&["login", "--paste", "--quiet"]);
    let callback = Callback::of(&login.sign_in_url());
    login.type_in(&callback.address_with(&callback.code()));
    login.end().succeeds().does_not_say("SSH");
    home.run(&["login", "--device-code", "--timeout", "1s"]).fails_with(3).does_not_say("SSH");
}

#[test]
fn a_browser_command_wins_over_all_of_it() {
    let tenant = Tenant::start(Options::default());
    let ours = format!("'{}' browse", example("tenant").display());
    let anywhere =
        || home(&tenant).with(SSH.0, SSH.1).with("WSL_DISTRO_NAME", "Debian").with("container", "lxc");
    let login = |home: Home, flags: &[&str]| {
        let marks = ["xdg-open", "wslview", "powershell.exe", "cmd.exe"].map(|name| forbidden(&home, name));
        // On a terminal, since that is where it would have been asked for a paste.
        let ended = home.start_on_terminal(&[&["login"], flags].concat(), 80).end().succeeds();
        ended.does_not_say("SSH").does_not_say("WSL").does_not_say("paste").does_not_say("warning");
        assert!(marks.iter().all(|mark| !mark.exists()));
    };
    login(anywhere(), &["--browser", &ours]);
    login(anywhere().with("M365D_BROWSER", &ours), &[]);
    login(anywhere().with("BROWSER", &ours), &[]);
    let home = anywhere();
    fs::create_dir_all(home.config_dir()).unwrap();
    fs::write(home.config_dir().join("config.toml"), format!("[profile.default]\nbrowser = \"{ours}\"\n"))
        .unwrap();
    login(home, &[]);
}

#[test]
fn a_desktop_opens_its_browser_without_a_word() {
    let tenant = Tenant::start(Options::default());
    for display in [("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-0")] {
        let home = home(&tenant).with(display.0, display.1);
        program(&home, "xdg-open", "browse \"$1\"");
        let ended = home.run(&["login"]).succeeds().does_not_say("warning").does_not_say("otherwise:");
        assert!(ended.stderr.starts_with("To sign in, open this address"), "{}", ended.stderr);
    }
}

/// What Windows offers a WSL distribution, as programs that take the address apart as Windows would.
const WSLVIEW: &str = r#"[ $# = 1 ] && browse "$1""#;
const POWERSHELL: &str = r#"[ "$1 $2 $3" = "-NoProfile -NonInteractive -Command" ] || exit 1
url=${4#"Start-Process '"}
browse "${url%"'"}""#;
const CMD: &str = r#"[ "$1 $2 $3" = "/c start " ] || exit 1
case $4 in *[!^]'&'*) exit 1;; esac
set -f; IFS='^'
for part in $4; do url=$url$part; done
browse "$url""#;

#[cfg(target_os = "linux")]
#[test]
fn in_wsl_the_browser_of_windows_is_opened_whatever_there_is_to_open_it() {
    let tenant = Tenant::start(Options::default());
    let all = [("wslview", WSLVIEW), ("powershell.exe", POWERSHELL), ("cmd.exe", CMD)];
    for (index, (name, script)) in all.iter().enumerate() {
        let home = home(&tenant).with("WSL_DISTRO_NAME", "Debian").with("DISPLAY", ":0");
        let explorer = forbidden(&home, "explorer.exe");
        let opened = forbidden(&home, "xdg-open");
        // The better ones are broken, the worse ones need not be tried.
        all[..index].iter().for_each(|(broken, _)| program(&home, broken, "exit 1"));
        program(&home, name, script);
        let worse: Vec<PathBuf> = all[index + 1..].iter().map(|(other, _)| forbidden(&home, other)).collect();
        let ended = home.run(&["login"]).succeeds().does_not_say("warning");
        ended.says("This is WSL, so the browser of Windows is opened");
        assert!(worse.iter().chain([&explorer, &opened]).all(|mark| !mark.exists()), "{name}");
        home.login(&[]).succeeds().does_not_say("WSL");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn in_wsl_without_windows_the_sign_in_is_left_to_the_person() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant).with("WSL_DISTRO_NAME", "Debian");
    program(&home, "wslview", "exit 1");
    let mut login = home.start(&["login"]);
    let url = login.sign_in_url();
    login.wait_for(|line| line.starts_with("warning: no browser could be opened (Windows"));
    browser::sign_in(&url).unwrap();
    login.end().succeeds();
}

/// Takes as long as the silence does.
#[test]
fn after_a_while_of_silence_there_is_advice_once() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant).with(SSH.0, SSH.1);
    let mut login = home.start(&["login"]);
    let url = login.sign_in_url();
    let port = Callback::of(&url).port;
    login.wait_for(|line| line.starts_with("Nothing has come back yet"));
    login.wait_for(|line| line.contains("Read the browser's page"));
    login.wait_for(|line| line.contains("changes http to https"));
    login.wait_for(|line| line.contains("--response-mode query"));
    login.wait_for(|line| line.contains(&format!("ssh -L {port}:localhost:{port}")));
    browser::sign_in(&url).unwrap();
    let ended = login.end().succeeds();
    assert_eq!(ended.stderr.matches("Nothing has come back yet").count(), 1, "{}", ended.stderr);
}

#[test]
fn a_browser_that_insists_on_https_is_noticed_at_once_and_once() {
    let tenant = Tenant::start(Options::default());
    let home = home(&tenant);
    for arguments in [&["login"][..], &["login", "--paste"]] {
        let mut login = home.start(arguments);
        let url = login.sign_in_url();
        let callback = Callback::of(&url);
        let hello = || {
            let mut stream = connect(callback.address(IpAddr::V4(Ipv4Addr::LOCALHOST)));
            stream.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).unwrap();
            read_to_end(stream)
        };
        hello();
        let warning = login.wait_for(|line| line.contains("insists on https for localhost"));
        for remedy in ["net-internals/#hsts", "Forget About This Site", "another browser", "--paste"] {
            assert!(warning.contains(remedy), "{warning}");
        }
        hello();
        browser::sign_in(&url).unwrap();
        let ended = login.end().succeeds();
        assert_eq!(ended.stderr.matches("insists on https").count(), 1, "{}", ended.stderr);
    }
}
