//! What the token endpoint's successful answer holds, and what is made of it.

use std::time::Duration;

use jiff::Timestamp;
use oauth2::basic::BasicTokenType;
use oauth2::{Scope, TokenResponse as _};
use serde::{Deserialize, Deserializer, Serialize, de};

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
    refresh_token: Option<oauth2::RefreshToken>,
    #[serde(default, deserialize_with = "scopes")]
    scope: Option<Vec<Scope>>,
    id_token: Option<oauth2::AccessToken>,
}

impl TokenResponse {
    /// The tokens, or what is wrong with them.
    pub(super) fn into_tokens(self, clock_offset: Option<i64>) -> Result<Tokens, &'static str> {
        if !self.token_type.as_ref().eq_ignore_ascii_case("bearer") {
            return Err("the token is not of type Bearer");
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
    !token.is_empty() && token.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Entra ID has been seen to send numbers as strings.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Number(f64),
        Text(String),
    }
    match Option::<Number>::deserialize(deserializer)? {
        None => Ok(None),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it saturates, and no token lives so long"
        )]
        Some(Number::Number(number)) => Ok(Some(number as u64)),
        Some(Number::Text(text)) => {
            text.parse().map(Some).map_err(|_| de::Error::custom("not a number of seconds"))
        }
    }
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Scope>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| text.split_whitespace().map(|scope| Scope::new(scope.to_owned())).collect()))
}
