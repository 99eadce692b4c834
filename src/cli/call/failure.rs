//! What keeps a request from being sent, and what is said about one that the service has refused.

use std::io;
use std::path::PathBuf;

use reqwest::Method;

use crate::api;
use crate::token::Service;

/// What was asked for cannot be sent as it is; nothing has been.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Failure {
    /// The path is none.
    #[error("the path {0}")]
    Path(&'static str),
    /// An address where the token does not go.
    #[error("{place} is no address of {service} for this sign-in, and its token does not go there")]
    Elsewhere {
        /// Scheme, host, port and path.
        place: String,
        service: Service,
    },
    /// A header is none, or not the person's to set. What it says is not repeated: it may be a secret.
    #[error("the header {0}")]
    Header(String),
    /// A field is none.
    #[error("the field {0}")]
    Field(String),
    /// A file that belongs into the body is not there.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable { path: PathBuf, reason: io::Error },
    /// A body longer than any API takes.
    #[error("{} has more than {limit} bytes", .path.display())]
    TooLong { path: PathBuf, limit: u64 },
    /// Several things that would be read from it, and the first would take all.
    #[error("standard input can be read once only")]
    OneStandardInput,
    /// A body where none can be.
    #[error("a {0} has no body")]
    NoBody(Method),
    /// Pages of something that is not read.
    #[error("only a GET has pages")]
    Paginate,
    /// A form that the answer does not have.
    #[error("an answer is printed as the service sent it, in no other format")]
    Format,
}

impl Failure {
    /// What to do about it.
    pub(in crate::cli) fn hint(&self) -> &'static str {
        match self {
            Self::Path(_) => {
                "m365d api GET '/api/incidents?$top=1': a path of the API, special characters as %XX"
            }
            Self::Elsewhere { .. } => {
                "give the path alone, or choose the API that the address is of, with --api defender, graph or endpoint"
            }
            Self::Header(_) => {
                "--header 'Prefer: odata.maxpagesize=50': a name, a colon, a value, each name once"
            }
            Self::Field(_) => {
                "-F status=Resolved -F count=3; a body with more in it than such fields: --input FILE"
            }
            Self::Unreadable { .. } => "check the name; - is standard input, for --input",
            Self::OneStandardInput => "give the others as files: -F NAME=@FILE",
            Self::TooLong { .. } => "give a smaller file",
            Self::NoBody(_) => {
                "put it into the query (m365d api GET '/api/incidents?$top=1'), or send a POST or PATCH"
            }
            Self::Paginate => "run the command without --paginate",
            Self::Format => "leave -o out; with --paginate, -o json and -o ndjson can be chosen",
        }
    }
}

/// The service's answer to a request that the person wrote, or that there is none.
#[derive(Debug, thiserror::Error)]
#[error("{}{error}", if *.is_open { "it is not known whether this was done: " } else { "" })]
pub(in crate::cli) struct Refused {
    pub(in crate::cli) error: api::Error,
    /// Whether the request may have had its effect although it failed.
    pub(in crate::cli) is_open: bool,
    /// The API that has such paths, if that is another one.
    pub(in crate::cli) path_of: Option<Service>,
}

/// What to do about a request of which nobody knows whether it had its effect.
pub(super) const LOOK_FIRST: &str =
    "look before you send it again: m365d api GET, and the path of what was to be changed";

/// What to do about it, where that is another thing than for a request of our own.
pub(in crate::cli) fn hint(refused: &Refused) -> Option<String> {
    if refused.is_open {
        return Some(LOOK_FIRST.to_owned());
    }
    if let (Some(service), Some(_)) = (refused.path_of, refused.error.service_error()) {
        return Some(format!("such a path is {service}'s: run the command with --api {}", service.name()));
    }
    match &refused.error {
        api::Error::NotFound(error) | api::Error::Refused(error) => Some(format!(
            "check method, path and body against the documentation of this call, and that it is one of {}: --api defender, graph or endpoint chooses",
            error.service
        )),
        api::Error::Forbidden(error) => Some(format!(
            "m365d token inspect --api {} shows what the token permits; the documentation of this call names what it takes, besides a role of your own",
            error.service.name()
        )),
        _ => None,
    }
}
