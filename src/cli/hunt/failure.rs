//! Why a hunt has not given what was asked for, when neither the network nor the sign-in is the reason.

use std::borrow::Cow;
use std::fmt;

use crate::api::ServiceError;
use crate::api::hunting::{self, NotAParameter, NotRowByRow, Ticks};
use crate::cli::exit_code::{PARTIAL, SERVICE, USAGE};
use crate::cli::report;
use crate::token::Service;

/// A part of the time; without a beginning or an end at its ends.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Span {
    pub(super) from: Option<Ticks>,
    pub(super) to: Option<Ticks>,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (Some(from), Some(to)) => write!(f, "from {from} to {to}"),
            (Some(from), None) => write!(f, "from {from} on"),
            (None, Some(to)) => write!(f, "before {to}"),
            (None, None) => f.write_str("at any time"),
        }
    }
}

/// See the messages.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Failure {
    #[error("Microsoft 365 Defender's advanced hunting knows no timespan; nothing has been sent")]
    NoTimespan,
    #[error("--envelope prints one JSON document; nothing has been sent")]
    EnvelopeFormat,
    #[error("there is no query: {0} is empty")]
    NoQuery(String),
    #[error("there is no query: it is the argument, in quotes, or in --file FILE, or - reads standard input")]
    NothingGiven,
    #[error("'{0}' is the name of a file and no query; nothing has been sent")]
    NameOfAFile(String),
    #[error("{name} has more than {limit} bytes, and no query is as long")]
    TooLong { name: String, limit: u64 },
    #[error(transparent)]
    Parameter(NotAParameter),
    #[error("{name} cannot be read: {error}")]
    Unreadable { name: String, error: std::io::Error },
    #[error("{0} is not UTF-8 text")]
    NotText(String),
    #[error("the service refuses the query: {0}")]
    Query(ServiceError),
    #[error("the result is larger than the service gives: {0}")]
    TooLarge(ServiceError),
    #[error(
        "the result may not be whole: the service gives no more than {} rows, and {rows} came",
        crate::api::hunting::MOST_ROWS
    )]
    Truncated { rows: usize },
    #[error(
        "the result may not be whole: {service} documents no more than {} MB, and {bytes} bytes came",
        hunting::most_bytes(*.service) / 1_000_000
    )]
    AtTheLimit { bytes: usize, service: Service },
    #[error("--complete cannot divide this query: {0}; nothing has been sent")]
    NotDivisible(NotRowByRow),
    #[error(
        "the result is not whole: there is more than the service gives at once {}{}",
        .0[0],
        match .0.len() { 1 => String::new(), spans => format!(", and in {} other spans", spans - 1) }
    )]
    NotWhole(Vec<Span>),
    #[error("the service has changed the columns of the result from one part to the next")]
    OtherColumns,
    #[error("a row that the service sent is not a JSON object")]
    NotARow,
}

impl Failure {
    pub(in crate::cli) fn code(&self) -> u8 {
        match self {
            Self::NoTimespan
            | Self::EnvelopeFormat
            | Self::NoQuery(_)
            | Self::NothingGiven
            | Self::NameOfAFile(_)
            | Self::TooLong { .. }
            | Self::Unreadable { .. }
            | Self::NotText(_)
            | Self::Parameter(_)
            | Self::NotDivisible(_)
            | Self::Query(_) => USAGE,
            Self::TooLarge(_) | Self::Truncated { .. } | Self::AtTheLimit { .. } | Self::NotWhole(_) => {
                PARTIAL
            }
            Self::NotARow | Self::OtherColumns => SERVICE,
        }
    }

    pub(in crate::cli) fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::NameOfAFile(name) => {
                let name = shlex::try_quote(name).unwrap_or_default();
                format!("did you mean m365d hunt --file {name}?").into()
            }
            other => other.usual_hint().into(),
        }
    }

    fn usual_hint(&self) -> &'static str {
        match self {
            Self::NoTimespan => {
                "say the time in the query, for example: | where Timestamp > ago(7d); or ask Graph: m365d hunt --api graph --timespan 7d …"
            }
            Self::EnvelopeFormat => "add -o json, or leave --envelope out",
            Self::NoQuery(_) | Self::NothingGiven | Self::NameOfAFile(_) => {
                "for example: m365d hunt 'DeviceProcessEvents | take 10'"
            }
            Self::Parameter(_) => {
                "for example: m365d hunt --param device=ws-001 --param since:datetime=2026-11-01 …"
            }
            Self::Unreadable { .. } => {
                "name a file that you may read, or pass the query on: m365d hunt - < FILE"
            }
            Self::TooLong { .. } => "name the file that has the query: m365d hunt --file query.kql",
            Self::NotText(_) => "save the query as UTF-8",
            Self::Query(error) if error.message.contains("named 'Timestamp'") => {
                "the table has no Timestamp, which --complete needs to divide a result; without --complete the query is sent as it is"
            }
            Self::Query(error) if hunting::is_passing(error) => "run the command again in a few minutes",
            Self::Query(error) if hunting::is_too_costly(error) => {
                "ask for less: begin with the | where that leaves the least, or take a shorter time with --timespan 1d"
            }
            Self::Query(error) if hunting::is_unknown_table(error) => {
                "check the table's name, capitals included. A table that you have no access to, or that this tenant has no licence for, is refused like one that does not exist"
            }
            Self::Query(error) if hunting::is_unknown_column(error) => {
                "check the name, capitals included; the columns of a table: m365d hunt 'DeviceEvents | getschema' -o table"
            }
            Self::Query(_) => "mend the query and run the command again; nothing has been read",
            Self::TooLarge(_) => {
                "--complete asks for one part of the time after the other; or ask for less: fewer columns with | project, fewer rows with | where, or a shorter time with --timespan 1d"
            }
            Self::Truncated { .. } | Self::AtTheLimit { .. } => {
                "what came has been written. --complete asks for one part of the time after the other, until nothing is missing"
            }
            Self::NotDivisible(_) => {
                "it takes a table and then only what looks at one row at a time (where, extend, project, parse, mv-expand); without --complete the query is sent as it is"
            }
            Self::NotWhole(_) => {
                "everything else has been written, and what came of that. To get the rest: fewer rows with | where, fewer columns with | project"
            }
            Self::OtherColumns => "run the command again, with a | project that names the columns",
            Self::NotARow => "-o json --envelope gives everything as the service sent it",
        }
    }

    pub(in crate::cli) fn identifiers(&self) -> Option<String> {
        match self {
            Self::Query(error) | Self::TooLarge(error) => report::identifiers(error),
            _ => None,
        }
    }
}
