//! The definitions of `machines`.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};

use crate::api::endpoint;
use crate::cli::ids::{Given, given};
use crate::cli::value::duration;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Machines {
    /// List the machines that you may see
    List(List),
    /// Cut machines off from the network, all but their connection to Defender
    Isolate(Isolate),
    /// Let isolated machines back into the network
    Release(OnMachines),
    /// Show what has become of isolations and releases, by the actions' ids
    Action(Action),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Which, as an `OData` condition of the service's, such as "healthStatus eq 'Active'"
    #[arg(long, value_name = "ODATA", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) filter: Option<String>,
    /// At most so many; all, unless it is given
    #[arg(long, value_name = "N")]
    pub(in crate::cli) limit: Option<NonZeroUsize>,
    /// The longest to wait when the service is busy or its quota used up, for any one request
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(in crate::cli) max_wait: Duration,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Isolate {
    #[command(flatten)]
    pub(in crate::cli) on: OnMachines,
    /// How much is cut off: all; all but Outlook, Teams and Skype for Business; or a machine without Defender is kept
    /// away from those that have it
    #[arg(long = "type", value_name = "TYPE", default_value = "full", ignore_case = true)]
    pub(in crate::cli) kind: IsolationType,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct OnMachines {
    /// The machines' ids, of 40 hexadecimal digits, or their whole DNS names; - reads them from standard input,
    /// separated by spaces or line ends
    #[arg(value_name = "MACHINE", required = true, value_parser = given_machine)]
    pub(in crate::cli) machines: Vec<Given<Machine>>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) comment: String,
    /// Print the requests instead of sending them; only a DNS name is looked up
    #[arg(long, conflicts_with_all = ["wait", "timeout"])]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) following: Following,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Action {
    /// The actions' ids; - reads them from standard input, separated by spaces or line ends
    #[arg(value_name = "ID", required = true, value_parser = given_action)]
    pub(in crate::cli) ids: Vec<Given<String>>,
    #[command(flatten)]
    pub(in crate::cli) following: Following,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Following {
    /// Follow what was begun to its end; exit with 1 unless it succeeds
    #[arg(long)]
    pub(in crate::cli) wait: bool,
    /// How long to follow it; after that exit with 9, and it goes on without you
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration, requires = "wait")]
    pub(in crate::cli) timeout: Duration,
    /// The longest to wait when the service is busy or its quota used up, for any one request
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(in crate::cli) max_wait: Duration,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum IsolationType {
    Full,
    Selective,
    #[value(alias = "unmanageddevice", alias = "unmanaged-device")]
    Unmanaged,
}

/// A machine as somebody names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::cli) enum Machine {
    Id(String),
    Name(String),
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Id(text) | Self::Name(text)) = self;
        f.write_str(text)
    }
}

pub(super) fn machine(text: &str) -> Result<Machine, &'static str> {
    if endpoint::is_machine_id(text) {
        Ok(Machine::Id(text.to_ascii_lowercase()))
    } else if is_dns_name(text) {
        Ok(Machine::Name(text.to_owned()))
    } else {
        Err("a machine goes by its id, which has 40 hexadecimal digits, or by its DNS name")
    }
}

pub(super) fn action(text: &str) -> Result<String, &'static str> {
    if endpoint::is_action_id(text) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("an action's id is a GUID, such as 5382f7ea-7557-4ab7-9782-d50480024a4e")
    }
}

fn given_machine(text: &str) -> Result<Given<Machine>, &'static str> {
    given(text, machine)
}

fn given_action(text: &str) -> Result<Given<String>, &'static str> {
    given(text, action)
}

/// Labels of letters, digits, hyphens and, in names that Windows gives, underscores (RFC 1123 section 2.1).
fn is_dns_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(is_inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_goes_by_its_id_or_its_dns_name_and_by_nothing_that_is_more() {
        let id = "1E5bc9d7e413ddd7902c2932e418702b84d0cc07";
        assert_eq!(machine(id).unwrap(), Machine::Id(id.to_ascii_lowercase()));
        for name in
            ["desktop-39g9tgl", "WS_1.corp.northwind.example", "1e5bc9d7e413ddd7902c2932e418702b84d0cc0"]
        {
            assert_eq!(machine(name).unwrap(), Machine::Name(name.to_owned()));
        }
        for wrong in [
            "",
            ".",
            "..",
            "a..b",
            "a.",
            ".a",
            "-a",
            "a-",
            "a/b",
            "a\\b",
            "a%2fb",
            "a b",
            "a'b",
            "a?b",
            "a#b",
            "ä",
            "a\n",
            "a\u{200f}",
            "--help",
            "a:b",
            "a;b",
            "a&b",
        ] {
            assert!(machine(wrong).is_err(), "{wrong:?}");
        }
        assert!(machine(&"a".repeat(64)).is_err());
        assert!(machine(&"a.".repeat(127)).is_err());
        for wrong in ["", "7", "5382f7ea-7557-4ab7-9782-d50480024a4", "5382f7ea/7557-4ab7-9782-d50480024a4e"]
        {
            assert!(action(wrong).is_err(), "{wrong:?}");
        }
    }
}
