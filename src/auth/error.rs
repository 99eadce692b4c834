//! Why a sign-in or a refresh has not succeeded.

use std::io;
use std::time::Duration;

use super::ErrorResponse;
use super::pasted::Unfit;
use crate::http;

fn expired(lifetime: Duration) -> String {
    let within = match lifetime.as_secs() {
        0 => return "the authority gave a code that had expired when it came".to_owned(),
        1 => "1 second".to_owned(),
        seconds if seconds < 120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    };
    format!("the code has expired: nobody signed in with it within {within}")
}

/// A failed sign-in or refresh. Nothing that was stored before is lost by it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The loopback listener cannot be opened.
    #[error("cannot listen on the loopback for the browser's answer: {0}")]
    Listen(io::Error),
    /// Nobody finished the sign-in.
    #[error("no answer from the browser within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The device's code is still good, and the person wanted to wait no longer.
    #[error("the code was not entered within {} s", .0.as_secs())]
    NotEntered(Duration),
    /// Nobody has brought the address that the browser ended on.
    #[error("nothing that fits was pasted within {} s", .0.as_secs())]
    NotBrought(Duration),
    /// The authority said no, through the browser or at the token endpoint.
    #[error("{0}")]
    Rejected(Box<ErrorResponse>),
    /// The authority said no to the device flow.
    #[error("{0}")]
    DeviceCode(Box<ErrorResponse>),
    /// The person said no where the device's code was entered.
    #[error("the sign-in was declined where the code was entered")]
    Declined,
    /// Nobody entered the device's code while it was good, for so long.
    #[error("{}", expired(*.0))]
    CodeExpired(Duration),
    /// There is nothing more to read, and what was pasted last is not the answer.
    #[error("no answer was pasted: {0}")]
    NotPasted(Unfit),
    /// The authority is busy or broken, and stayed so.
    #[error("{host} cannot answer now: {reason}")]
    Unavailable {
        /// Who was asked.
        host: String,
        /// Its status or error.
        reason: String,
        /// Whether it is about too many requests (HTTP 429).
        throttled: bool,
        /// What it said, if it was an error of the protocol's.
        answer: Option<Box<ErrorResponse>>,
    },
    /// The network, not the authority.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// An answer that is not the protocol's.
    #[error("{host} answered with something that is no token response: {reason}")]
    Malformed {
        /// Who was asked.
        host: String,
        /// What is wrong with it; never a part of it.
        reason: String,
    },
    /// The answer is not for this sign-in, so nothing of it is kept.
    #[error("the authority's answer does not belong to this sign-in: {0}")]
    Mismatch(String),
    /// By this machine's clock the tokens are not valid now.
    #[error("this computer's clock and the authority's are {} minutes apart, so the tokens seem {state}", .minutes)]
    Clock {
        /// How far apart the clocks are.
        minutes: i64,
        /// What the tokens seem to be.
        state: &'static str,
    },
    /// The authorization endpoint cannot be made from the settings.
    #[error("the authority's address makes no sense: {0}")]
    Address(#[from] url::ParseError),
}

impl Error {
    /// Whether the same request may succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Http(error) => error.is_transient(),
            _ => false,
        }
    }
}
