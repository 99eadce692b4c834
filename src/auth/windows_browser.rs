//! The Windows browser, from within WSL: it carries the device's identity, which a Linux browser does not.
//!
//! Not by `explorer.exe`, which fails even when it works. `open` would use PowerShell alone, and only where the kernel
//! and not `WSL_DISTRO_NAME` says that this is WSL.

use std::process::Command;

use url::Url;

/// For those whose PATH has no folders of Windows.
const SYSTEM32: &str = "/mnt/c/Windows/System32";

/// What opens `url`, the best first; each ends as soon as Windows has taken the address over.
pub(super) fn commands(url: &Url) -> Vec<Command> {
    let in_powershell = format!("Start-Process {}", powershell_string(url.as_str()));
    let powershell = |program: &str| {
        let mut command = Command::new(program);
        command.args(["-NoProfile", "-NonInteractive", "-Command", &in_powershell]);
        command
    };
    let cmd = |program: &str| {
        let mut command = Command::new(program);
        // The empty argument is the title of a window, for which `start` would take an address in quotes.
        command.args(["/c", "start", "", &cmd_word(url.as_str())]);
        command
    };
    let mut wslview = Command::new("wslview");
    wslview.arg(url.as_str());
    vec![
        wslview,
        powershell("powershell.exe"),
        powershell(&format!("{SYSTEM32}/WindowsPowerShell/v1.0/powershell.exe")),
        cmd("cmd.exe"),
        cmd(&format!("{SYSTEM32}/cmd.exe")),
    ]
}

/// In single quotes, where nothing but a single quote means anything (Microsoft: `about_Quoting_Rules`).
fn powershell_string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What `cmd.exe` would take for its own gets a caret (Microsoft: `cmd`).
fn cmd_word(text: &str) -> String {
    text.chars().fold(String::new(), |mut word, character| {
        if matches!(character, '&' | '|' | '<' | '>' | '(' | ')' | '^' | '"') {
            word.push('^');
        }
        word.push(character);
        word
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_ends_its_quotes_or_begins_another_command() {
        let url = Url::parse("https://host/a'b;calc?c=d&e=%20f|g^(h)'").unwrap();
        assert_eq!(powershell_string("a'b"), "'a''b'");
        for command in commands(&url) {
            let last = command.get_args().last().unwrap().to_str().unwrap().to_owned();
            match command.get_program().to_str().unwrap().rsplit('/').next().unwrap() {
                "powershell.exe" => {
                    let quoted = last.strip_prefix("Start-Process '").unwrap().strip_suffix('\'').unwrap();
                    assert_eq!(quoted.replace("''", ""), quoted.replace('\'', ""), "every quote is doubled");
                    assert_eq!(quoted.replace("''", "'"), url.as_str());
                }
                "cmd.exe" => {
                    assert!(last.contains("c=d^&e=%20f^|g^^^(h^)"), "{last}");
                    assert!(!last.contains([' ', '"']), "{last}");
                }
                _ => assert_eq!(last, url.as_str()),
            }
        }
    }
}
