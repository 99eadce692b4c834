//! The claims challenge: an API that wants more of a token than its permissions (Microsoft: "Claims challenges, claims
//! requests, and client capabilities"; continuous access evaluation).
//!
//! Whether the Defender API does this is not documented; Microsoft Graph does, in this form.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::super::world::World;
use super::Refusal;

/// What the API wants of a token, and how it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsChallenge {
    pub wants: Wants,
    pub header: HeaderForm,
    /// 401, as documented; Graph was seen sending 403.
    pub status: StatusCode,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wants {
    /// An authentication context: the claim `acrs`.
    Context(&'static str),
    /// A token that was issued at this time or later, as after a change of the password.
    IssuedSince(i64),
}

/// How the challenge is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderForm {
    /// One line with one challenge.
    Documented,
    /// On the line of others that have commas, quotes and a `token68`.
    AmongOthers,
    /// On a line of its own, after others.
    SeveralLines,
    /// Names in other cases, in another order, values without quotes.
    Unquoted,
    /// Base64 with the URL-safe alphabet and no padding.
    UrlSafe,
    /// Longer than 8 KiB.
    Overlong,
    NotBase64,
    NotJson,
    /// The quote never ends.
    Unterminated,
}

impl ClaimsChallenge {
    /// Of the documented form.
    pub fn new(wants: Wants) -> Self {
        Self { wants, header: HeaderForm::Documented, status: StatusCode::UNAUTHORIZED }
    }

    /// Refuses a token that lacks what is wanted. Only a client that has declared `cp1` is told what that is.
    pub fn check(&self, token: &Map<String, Value>, world: &World) -> Result<(), Refusal> {
        let has = |name: &str, value: &str| {
            token.get(name).and_then(Value::as_array).is_some_and(|all| all.iter().any(|each| each == value))
        };
        let met = match self.wants {
            Wants::Context(context) => has("acrs", context),
            Wants::IssuedSince(time) => {
                token.get("iat").and_then(Value::as_i64).is_some_and(|issued| issued >= time)
            }
        };
        if met {
            return Ok(());
        }
        if !has("xms_cc", "cp1") {
            let message = "The token lacks a claim, and the client cannot handle claims challenges.";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", message));
        }
        let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired.";
        Err(Refusal::new(self.status, "InvalidAuthenticationToken", message)
            .with_challenge(self.lines(world)))
    }

    /// The claims that a token has to be asked for with.
    pub fn claims(&self) -> Value {
        match self.wants {
            Wants::Context(context) => {
                json!({"access_token": {"acrs": {"essential": true, "value": context}}})
            }
            Wants::IssuedSince(time) => {
                json!({"access_token": {"nbf": {"essential": true, "value": time.to_string()}}})
            }
        }
    }

    fn lines(&self, world: &World) -> Vec<String> {
        let json = self.claims().to_string();
        let claims = match self.header {
            HeaderForm::UrlSafe | HeaderForm::Unquoted => URL_SAFE_NO_PAD.encode(json),
            HeaderForm::Overlong => STANDARD.encode(json + " ".repeat(8 << 10).as_str()),
            HeaderForm::NotBase64 => "%%%".to_owned(),
            HeaderForm::NotJson => STANDARD.encode("no JSON"),
            _ => STANDARD.encode(json),
        };
        let uri = format!("authorization_uri=\"{}/common/oauth2/authorize\"", world.base_url());
        let bearer = format!("Bearer realm=\"\", {uri}, error=\"insufficient_claims\", claims=\"{claims}\"");
        let negotiate = "Negotiate oYG2MIGzoAMKAQE=";
        let digest = "Digest realm=\"a, \\\"b\\\", Bearer error=none\", qop=\"auth, auth-int\"";
        match self.header {
            HeaderForm::AmongOthers => vec![format!("{negotiate}, {digest}, {bearer}, Basic realm=\"c\"")],
            HeaderForm::SeveralLines => vec![negotiate.to_owned(), digest.to_owned(), bearer],
            HeaderForm::Unquoted => {
                vec![format!("bearer CLAIMS={claims} , Error = insufficient_claims,{uri}")]
            }
            HeaderForm::Unterminated => vec![bearer.trim_end_matches('"').to_owned()],
            _ => vec![bearer],
        }
    }
}
