//! What the token endpoint's successful answer holds, and what is made of it.

use std::time::Duration;

use jiff::Timestamp;
use oauth2::basic::BasicTokenType;
use oauth2::{Scope, TokenResponse as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::token::{AccessToken, IdToken, RefreshToken};

/// RFC 6749 section 5.1 lets an authority leave the lifetime out; Entra ID never does.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(3600);

/// What a successful request brings.
#[derive(Debug)]
pub struct Tokens {
    /// For the API.
    pub access_token: AccessToken,
    /// For the next refresh; only with `offline_access`.
    pub refresh_token: Option<RefreshToken>,
    /// Who signed in; only with `openid`.
    pub id_token: Option<IdToken>,
    /// When the access token expires, by this machine's clock.
    pub expires_on: Timestamp,
    /// What was really granted; `None` means what was asked for (RFC 6749 section 5.1).
    pub scopes: Option<Vec<String>>,
    /// How many seconds the authority's clock is ahead of this machine's, when it tells the time.
    pub clock_offset: Option<i64>,
}

/// The body of a successful answer (RFC 6749 section 5.1, `OpenID` Connect Core section 3.1.3.3).
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TokenResponse {
    access_token: oauth2::AccessToken,
    token_type: BasicTokenType,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "token")]
    refresh_token: Option<oauth2::RefreshToken>,
    #[serde(default, deserialize_with = "scopes")]
    scope: Option<Vec<Scope>>,
    #[serde(default, deserialize_with = "token")]
    id_token: Option<oauth2::AccessToken>,
}

impl TokenResponse {
    /// The tokens, or what is wrong with them.
    pub(super) fn into_tokens(self, clock_offset: Option<i64>) -> Result<Tokens, &'static str> {
        if !self.token_type.as_ref().eq_ignore_ascii_case("bearer") {
            return Err("the token is not of type Bearer");
        }
        if self.access_token.secret().is_empty() {
            return Err("the token is empty");
        }
        // What else would break the header that it is sent in, or the terminal that it is printed on.
        if !is_visible_ascii(self.access_token.secret()) {
            return Err("the token has characters that no token has");
        }
        let lifetime = self.expires_in().unwrap_or(ASSUMED_LIFETIME);
        Ok(Tokens {
            expires_on: Timestamp::now().saturating_add(lifetime).unwrap_or(Timestamp::MAX),
            access_token: self.access_token.into_secret().into(),
            refresh_token: self.refresh_token.map(|token| token.into_secret().into()),
            id_token: self.id_token.map(|token| token.into_secret().into()),
            scopes: self.scope.map(|scopes| scopes.into_iter().map(|scope| scope.to_string()).collect()),
            clock_offset,
        })
    }
}

impl oauth2::TokenResponse for TokenResponse {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &oauth2::AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&oauth2::RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        self.scope.as_ref()
    }
}

/// The characters of a token (RFC 6749 appendix A.12).
fn is_visible_ascii(token: &str) -> bool {
    token.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A token that is left out in some way or other: an empty one in place of a good one would be the end of the session.
fn token<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let is_there = value.as_str().is_some_and(|text| !text.trim().is_empty());
    Ok(is_there.then(|| serde_json::from_value(value).ok()).flatten())
}

/// A number of seconds, which Entra ID has been seen to send as a string; anything else is none, which leaves what is
/// usual and is no reason to throw the answer away.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, it saturates, and no token lives so long"
    )]
    Ok(number.filter(|number: &f64| number.is_finite() && *number >= 0.0).map(|number| number as u64))
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Scope>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| text.split_whitespace().map(|scope| Scope::new(scope.to_owned())).collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(fields: &Value) -> TokenResponse {
        let mut body = json!({"access_token": "a", "token_type": "Bearer"});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn a_lifetime_is_read_in_every_form_that_has_one() {
        for (given, seconds) in [
            (json!(3600), Some(3600)),
            (json!(3600.9), Some(3600)),
            (json!("3600"), Some(3600)),
            (json!("3600.0"), Some(3600)),
            (json!(" 3600.5 "), Some(3600)),
            (json!(0), Some(0)),
            (json!(""), None),
            (json!("soon"), None),
            (json!("inf"), None),
            (json!("NaN"), None),
            (json!(-1), None),
            (json!("-1"), None),
            (json!(true), None),
            (json!(null), None),
            (json!({}), None),
            (json!([3600]), None),
        ] {
            assert_eq!(response(&json!({"expires_in": given})).expires_in, seconds, "{given}");
        }
    }

    #[test]
    fn an_empty_token_is_none() {
        for nothing in [json!(""), json!(" "), json!(null), json!(7), json!([])] {
            let response = response(&json!({"refresh_token": nothing, "id_token": nothing}));
            let tokens = response.into_tokens(None).unwrap();
            assert!(tokens.refresh_token.is_none() && tokens.id_token.is_none(), "{nothing}");
        }
        assert!(response(&json!({"access_token": ""})).into_tokens(None).is_err());
    }
}
