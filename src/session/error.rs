//! Why there is no usable session.

use std::io;
use std::path::PathBuf;

use super::credential_store::{NAME, Unavailable};
use crate::auth;
use crate::token::ClaimsRequest;

/// A session that is absent, damaged, over, or cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody has signed in with these settings.
    #[error("nobody is signed in")]
    SignedOut,
    /// The file is not a session of these settings; it has been moved out of the way.
    #[error("the stored session is {reason}, so it was set aside as {aside}")]
    Damaged {
        /// What is wrong with it.
        reason: &'static str,
        /// Where it is now.
        aside: PathBuf,
    },
    /// The session is sealed, and its key cannot be had for now; both are as they were.
    #[error("the stored session is sealed and its key cannot be read: {NAME} {0}")]
    Sealed(Unavailable),
    /// A session was to be sealed and nothing else, before anybody had signed in.
    #[error("a session cannot be sealed here: {NAME} {0}")]
    NoSeal(Unavailable),
    /// The access token is over, and the session has nothing to renew it with.
    #[error("the session is over: it has no refresh token, which takes the scope offline_access")]
    NoRefreshToken,
    /// The authority wants the person.
    #[error("the session is over: {0}")]
    Ended(Box<auth::ErrorResponse>),
    /// Nobody has consented to the API that the token is for, or the application does not ask for it at all. The session
    /// is as good as before for every other API.
    #[error("{rejection}")]
    NoConsent {
        /// The identifier URI of the API.
        resource: String,
        /// The authority's words.
        rejection: Box<auth::ErrorResponse>,
    },
    /// The service's claims challenge takes the person.
    #[error("the service asks for more than this sign-in has: {}", why(.rejection.as_deref()))]
    Challenged {
        /// What the service asks for.
        claims: ClaimsRequest,
        /// Why the authority does not give it without the person; `None` when there is nothing to ask it with.
        rejection: Option<Box<auth::ErrorResponse>>,
    },
    /// The refresh did not work this time; the session is as good as before.
    #[error(transparent)]
    Refresh(auth::Error),
    /// A refresh has brought tokens of another account, of which nothing was kept.
    #[error("the authority has renewed somebody else's session: {0}")]
    SomebodyElses(auth::Error),
    /// The session's file cannot be read, written or deleted.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Another process has been holding the lock for longer than any refresh takes.
    #[error("another m365d has held {path} for {seconds} seconds")]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
}

fn why(rejection: Option<&auth::ErrorResponse>) -> String {
    rejection.map_or_else(|| Error::NoRefreshToken.to_string(), ToString::to_string)
}

impl Error {
    pub(super) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
