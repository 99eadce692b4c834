//! What this client declares to the authority in every request: that it handles claims challenges.
//!
//! `cp1` stands for exactly that. An API may then end a token before its time, and so an authority may give
//! tokens of up to 28 hours (continuous access evaluation).
//! (<https://learn.microsoft.com/entra/identity-platform/claims-challenge>)

use serde_json::json;

use crate::token::ClaimsRequest;

/// The `claims` parameter of a request: what is asked for, if anything, and the client's capabilities.
pub(super) fn with_capabilities(claims: Option<&ClaimsRequest>) -> String {
    let declared = ClaimsRequest::of_access_token("xms_cc", json!({"values": ["cp1"]}));
    claims.cloned().unwrap_or_default().merged_with(declared).to_json()
}
