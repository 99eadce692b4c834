//! How one signs in: the authorization-code flow with PKCE through a loopback redirect, and the refresh.
//!
//! Nothing here opens a session file or prints; a flow takes values and gives [`Tokens`] or an [`Error`].

pub mod aadsts;
mod authority;
pub mod authorization_code;
pub mod browser;
mod capabilities;
mod check;
mod discovery;
mod error;
mod error_response;
mod explanation;
pub mod loopback;
pub mod oauth_error;
mod remedy;
mod scope;
pub mod token_endpoint;

pub use authority::Authority;
pub use check::{Account, Question, Warning, check_access_token, check_id_token};
pub use discovery::with_issuer_of;
pub use error::Error;
pub use error_response::ErrorResponse;
pub use explanation::{Explanation, Name, Remedy, Who};
pub use scope::{ScopeError, scopes};
pub use token_endpoint::{TokenEndpoint, Tokens};
