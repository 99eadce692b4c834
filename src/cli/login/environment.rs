//! Where this process runs, as far as that decides how a person can sign in.

use std::env;
use std::fs;
use std::path::Path;

/// Where a browser is, seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Environment {
    /// On this machine.
    Desktop,
    /// At the other end of an SSH connection.
    Ssh,
    /// In the Windows that this distribution runs under.
    Wsl,
    /// Outside of this container.
    Container,
    /// Elsewhere: there is no display here.
    NoDisplay,
}

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Way {
    /// A browser brings the answer to the loopback.
    Browser(Environment),
    /// A person brings it.
    Paste,
    /// A code is entered elsewhere.
    DeviceCode,
}

/// What the lines of [`Environment::advice`] but the first begin with.
pub(super) const POINT: &str = "  · ";

impl Environment {
    pub(in crate::cli) fn of_this_process() -> Self {
        if is_set(&["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]) {
            Self::Ssh
        } else if is_wsl() {
            Self::Wsl
        } else if has_display() {
            Self::Desktop
        } else if is_container() {
            Self::Container
        } else {
            Self::NoDisplay
        }
    }

    /// Whether the system's opener finds a browser that reaches this machine's loopback.
    pub(super) fn has_browser(self) -> bool {
        matches!(self, Self::Desktop | Self::Wsl)
    }

    /// What works here. A device code never is the answer: many organisations block it, and none needs it where a
    /// browser elsewhere can be used.
    pub(in crate::cli) fn way(self, can_paste: bool) -> Way {
        if can_paste && !self.has_browser() { Way::Paste } else { Way::Browser(self) }
    }

    /// What is done here that is not usual, and how to choose otherwise.
    pub(in crate::cli) fn notice(self, way: Way) -> Option<String> {
        let place = match self {
            Self::Desktop => return None,
            Self::Wsl => {
                return Some("This is WSL, so the browser of Windows is opened (otherwise: --browser COMMAND, --paste, --device-code)".to_owned());
            }
            Self::Ssh => "You are connected by SSH",
            Self::Container => "This is a container without a display",
            Self::NoDisplay => "There is no display here",
        };
        let instead = match way {
            Way::Browser(_) => {
                "so no browser is opened: open the address on this machine, or where its port is forwarded (otherwise: --browser COMMAND, --paste, --device-code)"
            }
            _ => "so you use a browser anywhere (otherwise: --browser COMMAND, --device-code)",
        };
        Some(format!("{place}, {instead}"))
    }

    /// What to try when nothing has come to `port` for a while.
    pub(super) fn advice(self, port: u16) -> Vec<String> {
        let mut lines = vec![
            "Nothing has come back yet. If you are still signing in, take your time; if you are stuck:"
                .to_owned(),
            "  · Read the browser's page: a wrong client id, redirect URI or tenant is shown only there."
                .to_owned(),
            "  · If it cannot open localhost, or changes http to https: use another browser, or --paste."
                .to_owned(),
            "  · If it does not want to send a form: --response-mode query.".to_owned(),
        ];
        lines.push(match self {
            Self::Desktop => {
                "  · If no browser of this machine can do it: --paste, or --device-code where it is allowed.".to_owned()
            }
            Self::Wsl => {
                "  · If Windows does not reach this distribution's localhost (networkingMode in .wslconfig): --paste.".to_owned()
            }
            Self::Ssh => format!(
                "  · If the browser is at your end: ssh -L {port}:localhost:{port} to this machine, or --paste, or --device-code."
            ),
            Self::Container | Self::NoDisplay => format!(
                "  · If the browser is on another machine: forward its port {port} to this one, or --paste, or --device-code."
            ),
        });
        lines
    }
}

fn is_set(variables: &[&str]) -> bool {
    variables.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Docker on WSL has the same kernel, but no way to Windows.
fn is_wsl() -> bool {
    let is_microsoft_s = || {
        fs::read_to_string("/proc/sys/kernel/osrelease")
            .is_ok_and(|release| release.to_ascii_lowercase().contains("microsoft"))
    };
    cfg!(target_os = "linux") && (is_set(&["WSL_DISTRO_NAME"]) || (is_microsoft_s() && !is_container()))
}

/// Where X11 or Wayland would show a browser; elsewhere there always is a desktop.
fn has_display() -> bool {
    cfg!(any(windows, target_os = "macos")) || is_set(&["DISPLAY", "WAYLAND_DISPLAY"])
}

/// Docker, Podman, systemd-nspawn, Kubernetes, and what editors run in them.
fn is_container() -> bool {
    ["/.dockerenv", "/run/.containerenv"].iter().any(|file| Path::new(file).exists())
        || is_set(&["container", "KUBERNETES_SERVICE_HOST", "CODESPACES", "REMOTE_CONTAINERS"])
}
