//! How one signs in: the authorization-code flow with PKCE, whose answer comes through a loopback redirect or is
//! pasted, the device flow, and the refresh.
//!
//! Nothing here opens a session file or prints; a flow takes values and gives [`Tokens`] or an [`Error`].

pub mod aadsts;
mod authority;
pub mod authorization_code;
pub mod browser;
mod capabilities;
mod check;
pub mod device_code;
mod discovery;
mod error;
mod error_response;
mod explanation;
pub mod loopback;
pub mod oauth_error;
pub mod pasted;
mod remedy;
mod scope;
pub mod token_endpoint;
mod tokens;
mod windows_browser;

pub use authority::Authority;
pub use check::{Account, Question, Warning, check_access_token, check_id_token, check_refreshed};
pub use discovery::{with_discovered_issuer, with_issuer_of};
pub use error::Error;
pub use error_response::ErrorResponse;
pub use explanation::{Explanation, Name, Remedy, Who};
pub use scope::{ScopeError, all_scopes, resource_of, scopes};
pub use token_endpoint::TokenEndpoint;
pub use tokens::Tokens;
