//! The claims of a token, read leniently: a claim of the wrong type is an absent claim.
//!
//! v1.0 and v2.0 tokens spell the same facts differently (`appid`/`azp`, `upn`/`preferred_username`);
//! the accessors accept both.
//! (<https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>)

use serde_json::{Map, Value};

use super::Service;

/// The decoded payload of a JWT.
#[derive(Debug, Clone, Default)]
pub struct Claims(Map<String, Value>);

/// The decoded header of a JWT, as far as it concerns a reader.
#[derive(Debug, Clone)]
pub struct Header {
    /// `alg`: how the token is signed.
    pub algorithm: String,
    /// `kid`: which of the authority's keys signed it.
    pub key_id: Option<String>,
    /// Whether the header carries a `nonce`, as Microsoft Graph's tokens do: nobody but Graph verifies those.
    pub has_nonce: bool,
}

/// The token is not a JWT that can be read: still usable, but it says nothing.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the token is not a JWT, so its claims cannot be read")]
pub struct Opaque;

impl Claims {
    /// Reads the payload without verifying anything.
    ///
    /// # Errors
    /// [`Opaque`] when the token has not the three parts of a JWT or its payload is not a JSON object.
    pub fn decode(token: &str) -> Result<Self, Opaque> {
        jsonwebtoken::dangerous::insecure_decode_claims(token).map(Self).map_err(|_| Opaque)
    }

    /// A claim that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A claim that is a `NumericDate` (RFC 7519 section 2), in whole seconds since 1970 UTC.
    #[must_use]
    pub fn time(&self, name: &str) -> Option<i64> {
        let date = self.0.get(name)?;
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second is of no use")]
        date.as_i64().or_else(|| date.as_f64().map(|seconds| seconds as i64))
    }

    /// Every audience in `aud`, which may be a string or a list (RFC 7519 section 4.1.3).
    #[must_use]
    pub fn audiences(&self) -> Vec<&str> {
        self.list("aud")
    }

    /// The client that the token was issued to: `appid` in v1.0, `azp` in v2.0.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.text("appid").or_else(|| self.text("azp"))
    }

    /// The name that the person signs in with.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        ["upn", "preferred_username", "unique_name"].into_iter().find_map(|name| self.text(name))
    }

    /// The delegated permissions: `scp`, a space-separated string, in user tokens only.
    #[must_use]
    pub fn scopes(&self) -> Vec<&str> {
        self.text("scp").map(|scp| scp.split_whitespace().collect()).unwrap_or_default()
    }

    /// The application permissions: `roles`, a list.
    #[must_use]
    pub fn roles(&self) -> Vec<&str> {
        self.list("roles")
    }

    /// The API that the token is for, when it is one of Microsoft's security APIs.
    #[must_use]
    pub fn service(&self) -> Option<Service> {
        self.audiences().into_iter().find_map(Service::of_audience)
    }

    fn list(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

impl Header {
    /// Reads the header; `None` when it is not one that a JWT of an authority has.
    #[must_use]
    pub fn decode(token: &str) -> Option<Self> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        Some(Self {
            algorithm: format!("{:?}", header.alg),
            has_nonce: header.nonce.is_some(),
            key_id: header.kid,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        Claims(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn both_token_versions_answer_the_same_questions() {
        let v1 = claims(r#"{"aud":"https://api.security.microsoft.com/","appid":"c","upn":"ana@x"}"#);
        let v2 = claims(
            r#"{"aud":"8ee8fdad-f234-4243-8f3b-15c294843740","azp":"c","preferred_username":"ana@x"}"#,
        );
        for claims in [v1, v2] {
            assert_eq!(claims.client_id(), Some("c"));
            assert_eq!(claims.username(), Some("ana@x"));
            assert_eq!(claims.service(), Some(Service::Defender));
        }
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_absent() {
        let claims =
            claims(r#"{"scp":["a"],"roles":"One.Role","exp":"soon","nbf":1.5,"tid":7,"aud":["x",1]}"#);
        assert!(claims.scopes().is_empty());
        assert_eq!(claims.roles(), ["One.Role"]);
        assert_eq!((claims.time("exp"), claims.time("nbf")), (None, Some(1)));
        assert_eq!(claims.text("tid"), None);
        assert_eq!(claims.audiences(), ["x"]);
    }
}
