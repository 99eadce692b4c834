//! Whether a token was signed by the authority that it names.
//!
//! Strict, since whoever asks wants to know: RS256 only, a key that the authority publishes under the
//! token's `kid`, the exact issuer, one of the audiences given, and no missing time.
//! (<https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens>)

use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::Header;

/// The clock difference, in seconds, at which a token is not yet called expired or premature.
pub const LEEWAY: u64 = 300;

/// The keys that an authority publishes (RFC 7517 section 5).
#[derive(Debug, Deserialize)]
pub struct KeySet {
    keys: Vec<Value>,
}

/// A key and the issuer that may sign with it, which Entra ID adds to every key.
#[derive(Debug)]
struct Key<'a> {
    issuer: Option<&'a str>,
    jwk: &'a Value,
}

/// What a token must say about itself besides being signed.
#[derive(Debug)]
pub struct Expected<'a> {
    /// The issuers, each written out for the token's tenant.
    pub issuers: &'a [String],
    /// The audiences of which the token has one.
    pub audiences: &'a [&'a str],
    /// The tenant (`tid`) that a key's issuer template stands for.
    pub tenant: &'a str,
}

/// Why a token is not verified.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Graph signs over a transformed `nonce`, so that only Graph can verify its tokens.
    #[error("a Microsoft Graph token cannot be verified by anyone but Graph, by design")]
    GraphToken,
    /// The header is unreadable or asks for something else than RS256.
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// No `kid`, or one that the authority does not publish for this issuer.
    #[error("the authority publishes no key for this token (kid {kid})")]
    UnknownKey {
        /// The `kid` of the token's header.
        kid: String,
    },
    /// Signed, but not by that key.
    #[error("the signature is not the authority's")]
    Signature,
    /// Signed by the authority, but not now or not for this.
    #[error("the signature is the authority's, but {0}")]
    Claim(String),
}

impl KeySet {
    /// Checks the signature and the claims that make it worth something.
    ///
    /// # Errors
    /// See [`Error`]; there is no partial success.
    pub fn verify(&self, token: &str, expected: &Expected) -> Result<(), Error> {
        let header = Header::decode(token).ok_or(Error::Algorithm)?;
        if header.has_nonce {
            return Err(Error::GraphToken);
        }
        if header.algorithm != "RS256" {
            return Err(Error::Algorithm);
        }
        let kid = header.key_id.unwrap_or_default();
        let key = self.key(&kid, expected).ok_or(Error::UnknownKey { kid })?;

        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss"]);
        validation.set_issuer(expected.issuers);
        validation.set_audience(expected.audiences);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY;
        jsonwebtoken::decode::<Value>(token, &key, &validation).map(drop).map_err(|error| describe(&error))
    }

    fn key(&self, kid: &str, expected: &Expected) -> Option<DecodingKey> {
        let key = self
            .keys
            .iter()
            .filter(|jwk| jwk.get("kid").and_then(Value::as_str) == Some(kid))
            .map(|jwk| Key { issuer: jwk.get("issuer").and_then(Value::as_str), jwk })
            .find(|key| key.may_sign_for(expected))?;
        let jwk = Jwk::deserialize(key.jwk).ok()?;
        DecodingKey::from_jwk(&jwk).ok()
    }
}

impl Key<'_> {
    fn may_sign_for(&self, expected: &Expected) -> bool {
        self.issuer.is_none_or(|template| {
            let issuer = template.replace("{tenantid}", expected.tenant);
            expected.issuers.contains(&issuer)
        })
    }
}

fn describe(error: &JwtError) -> Error {
    Error::Claim(match error.kind() {
        ErrorKind::ExpiredSignature => "it has expired".into(),
        ErrorKind::ImmatureSignature => "it is not valid yet".into(),
        ErrorKind::InvalidAudience => "it is for another audience".into(),
        ErrorKind::InvalidIssuer => "it is from another issuer".into(),
        ErrorKind::MissingRequiredClaim(name) => format!("it has no `{name}`"),
        ErrorKind::InvalidClaimFormat(name) => format!("its `{name}` makes no sense"),
        _ => return Error::Signature,
    })
}
