//! What a token is and what it says.
//!
//! Microsoft calls access tokens opaque to clients, so whatever is read here is a diagnosis for the
//! person, never a security boundary: a token that cannot be decoded is still a token.
//! (<https://learn.microsoft.com/entra/identity-platform/access-tokens>)

mod claims;
mod claims_request;
mod copied;
mod permission;
mod redact;
mod secret;
mod service;
pub mod signature;

pub use claims::{Claims, Header, Opaque};
pub use claims_request::{ClaimsRequest, NotClaims};
pub use permission::{Operation, Permissions, Requirement};
pub use redact::redact;
pub use secret::{AccessToken, AuthorizationCode, DeviceCode, IdToken, RefreshToken};
pub use service::Service;

/// Where an access token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSource {
    /// From what was stored, by this process or another.
    Cache,
    /// From the authority, just now.
    IdentityProvider,
}
