//! Why a hunt has not given what was asked for, when neither the network nor the sign-in is the reason.

use crate::api::ServiceError;
use crate::api::hunting::NotAParameter;
use crate::cli::exit_code::{FAILED, PARTIAL, SERVICE, USAGE};
use crate::cli::report;

/// See the messages.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Failure {
    #[error("Microsoft 365 Defender's advanced hunting knows no timespan; nothing has been sent")]
    NoTimespan,
    #[error("there is no query: {0} is empty")]
    NoQuery(String),
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
    #[error("a row that the service sent is not a JSON object")]
    NotARow,
}

impl Failure {
    pub(in crate::cli) fn code(&self) -> u8 {
        match self {
            Self::NoTimespan | Self::NoQuery(_) | Self::NotText(_) | Self::Parameter(_) | Self::Query(_) => {
                USAGE
            }
            Self::Unreadable { .. } => FAILED,
            Self::TooLarge(_) | Self::Truncated { .. } => PARTIAL,
            Self::NotARow => SERVICE,
        }
    }

    pub(in crate::cli) fn hint(&self) -> &'static str {
        match self {
            Self::NoTimespan => {
                "say the time in the query, for example: | where Timestamp > ago(7d); or ask Graph: m365d hunt --api graph --timespan 7d …"
            }
            Self::NoQuery(_) => "for example: m365d hunt 'DeviceProcessEvents | take 10'",
            Self::Parameter(_) => {
                "for example: m365d hunt --param device=ws-001 --param since:datetime=2026-11-01 …"
            }
            Self::Unreadable { .. } => {
                "name a file that you may read, or pass the query on: m365d hunt - < FILE"
            }
            Self::NotText(_) => "save the query as UTF-8",
            Self::Query(_) => {
                "mend the query. A table that you have no access to, or that this tenant has no licence for, is refused like one that does not exist"
            }
            Self::TooLarge(_) => {
                "ask for less: fewer columns with | project, fewer rows with | where, or a shorter time with --timespan 1d"
            }
            Self::Truncated { .. } => {
                "what came has been written. To get the rest, ask for less at a time: | where, | summarize, or a shorter time with --timespan 1d"
            }
            Self::NotARow => "-o ndjson gives the rows as the service sent them",
        }
    }

    pub(in crate::cli) fn identifiers(&self) -> Option<String> {
        match self {
            Self::Query(error) | Self::TooLarge(error) => report::identifiers(error),
            _ => None,
        }
    }
}
