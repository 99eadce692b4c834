//! The claims that somebody wants in a token: what an API's challenge carries, and what the authority is asked
//! for in its `claims` parameter.
//! (`OpenID` Connect Core section 5.5, <https://learn.microsoft.com/entra/identity-platform/claims-challenge>)

use std::str::FromStr;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The longest, in bytes of JSON.
const LONGEST: usize = 8 << 10;
/// The same in base64, so that what can be asked for can be written into a command.
const LONGEST_BASE64: usize = LONGEST.div_ceil(3) * 4;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A claims request: a JSON object, such as `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`.
///
/// It is no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ClaimsRequest(Map<String, Value>);

/// Text that is no claims request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotClaims {
    /// More than any service sends.
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    /// Neither of the two forms.
    #[error("it is neither a JSON object nor the base64 of one")]
    NotAnObject,
}

/// Reads a JSON object, or one in base64: standard or URL-safe, padded or not.
impl FromStr for ClaimsRequest {
    type Err = NotClaims;

    fn from_str(text: &str) -> Result<Self, NotClaims> {
        let text = text.trim();
        if text.len() > LONGEST_BASE64 {
            return Err(NotClaims::TooLong);
        }
        let standard = || text.replace('-', "+").replace('_', "/");
        serde_json::from_str(text)
            .ok()
            .or_else(|| serde_json::from_slice(&BASE64.decode(standard()).ok()?).ok())
            .ok_or(NotClaims::NotAnObject)
            .and_then(Self::of_object)
    }
}

/// From an object, or from a string that holds one, which is how Entra ID writes it into an error.
impl<'de> Deserialize<'de> for ClaimsRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(object) => Self::of_object(object).map_err(serde::de::Error::custom),
            Value::String(text) => text.parse().map_err(serde::de::Error::custom),
            _ => Err(serde::de::Error::custom("neither an object nor a string")),
        }
    }
}

impl ClaimsRequest {
    fn of_object(object: Map<String, Value>) -> Result<Self, NotClaims> {
        let claims = Self(object);
        if claims.to_json().len() > LONGEST { Err(NotClaims::TooLong) } else { Ok(claims) }
    }

    /// A request for one claim in the access token, with what it has to be.
    #[must_use]
    pub fn of_access_token(claim: &str, wanted: Value) -> Self {
        let claims = Map::from_iter([(claim.to_owned(), wanted)]);
        Self(Map::from_iter([("access_token".to_owned(), claims.into())]))
    }

    /// Everything that either asks for. Objects are merged member by member and lists united, as MSAL does; in what
    /// else they both name, `other` wins.
    #[must_use]
    pub fn merged_with(mut self, other: Self) -> Self {
        merge(&mut self.0, other.0);
        self
    }

    /// The JSON, on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// The JSON in base64 with the URL-safe alphabet and without padding: one word of any shell.
    #[must_use]
    pub fn to_base64(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.to_json())
    }
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(Value::Object(mine)), Value::Object(other)) => merge(mine, other),
            (Some(Value::Array(mine)), Value::Array(other)) => {
                for value in other {
                    if !mine.contains(&value) {
                        mine.push(value);
                    }
                }
            }
            (_, value) => drop(into.insert(name, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const CHALLENGE: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;

    fn claims(json: &str) -> ClaimsRequest {
        json.parse().unwrap()
    }

    fn merged(one: &str, other: &str) -> Value {
        Value::Object(claims(one).merged_with(claims(other)).0)
    }

    #[test]
    fn every_spelling_of_base64_is_read() {
        // Both alphabets differ in this one, and it needs padding.
        let json = r#"{"access_token":{"x":"~~~???>>>"}}"#;
        assert!(STANDARD.encode(json).contains(['+', '/']) && STANDARD.encode(json).ends_with('='));
        for text in [
            json.to_owned(),
            format!(" {json}\n"),
            STANDARD.encode(json),
            STANDARD_NO_PAD.encode(json),
            URL_SAFE.encode(json),
            URL_SAFE_NO_PAD.encode(json),
            claims(json).to_base64(),
        ] {
            assert_eq!(claims(&text), claims(json), "{text}");
        }
        // From Microsoft's page about claims challenges.
        let documented = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19";
        assert_eq!(claims(documented), claims(CHALLENGE));
    }

    #[test]
    fn what_is_no_claims_request_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<ClaimsRequest>().unwrap_err();
        let deep = format!("{}1{}", "{\"a\":".repeat(400), "}".repeat(400));
        for text in ["", "%%%", "e", "{\"a\":", "{} {}", "null", "[1]", "no JSON", &deep] {
            assert_eq!(refused(text), NotClaims::NotAnObject, "{text}");
            assert_eq!(refused(&STANDARD.encode(text)), NotClaims::NotAnObject, "base64 of {text}");
        }
        assert_eq!(refused(&"e".repeat(LONGEST_BASE64 + 1)), NotClaims::TooLong);
    }

    #[test]
    fn the_longest_can_be_written_into_a_command() {
        let of_length = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
        let longest = claims(&of_length(LONGEST));
        assert_eq!(claims(&longest.to_base64()), longest);
        let longer = of_length(LONGEST + 1);
        assert_eq!(longer.parse::<ClaimsRequest>(), Err(NotClaims::TooLong));
        assert_eq!(STANDARD.encode(&longer).parse::<ClaimsRequest>(), Err(NotClaims::TooLong));
        assert!(serde_json::from_value::<ClaimsRequest>(json!({"a": longer})).is_err());
        // Written out, this is longer than it came.
        assert!(format!("{{\"a\":[{}1]}}", "1e15,".repeat(1000)).parse::<ClaimsRequest>().is_err());
    }

    #[test]
    fn a_merge_has_what_both_have() {
        let capability = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
        assert_eq!(
            merged(CHALLENGE, capability),
            json!({"access_token":{"acrs":{"essential":true,"value":"c1"},"xms_cc":{"values":["cp1"]}}})
        );
        assert_eq!(
            merged(r#"{"id_token":{"a":null},"access_token":{"xms_cc":{"values":["cp0"]}}}"#, capability),
            json!({"id_token":{"a":null},"access_token":{"xms_cc":{"values":["cp0","cp1"]}}})
        );
        assert_eq!(
            merged(r#"{"access_token":null}"#, capability),
            serde_json::from_str::<Value>(capability).unwrap()
        );
    }

    #[test]
    fn an_error_has_them_as_a_string_or_as_an_object() {
        for value in [json!(CHALLENGE), serde_json::from_str(CHALLENGE).unwrap()] {
            assert_eq!(serde_json::from_value::<ClaimsRequest>(value).unwrap(), claims(CHALLENGE));
        }
        assert!(serde_json::from_value::<ClaimsRequest>(json!(1)).is_err());
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]{1,2}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn objects() -> impl Strategy<Value = ClaimsRequest> {
        prop::collection::btree_map("[a-c]{1,2}", json(), 0..4)
            .prop_map(|members| ClaimsRequest(members.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn nothing_panics(text in any::<String>()) {
            let _ = text.parse::<ClaimsRequest>();
        }

        #[test]
        fn what_was_written_is_read(object in objects()) {
            prop_assert_eq!(&claims(&object.to_base64()), &object);
            prop_assert_eq!(&claims(&object.to_json()), &object);
        }

        #[test]
        fn what_wins_is_whole_and_a_second_merge_changes_nothing(one in objects(), other in objects()) {
            let merged = one.clone().merged_with(other.clone());
            prop_assert_eq!(merged.clone().merged_with(other.clone()), merged.clone());
            prop_assert_eq!(ClaimsRequest::default().merged_with(one.clone()), one.clone());
            for name in one.0.keys().chain(other.0.keys()) {
                prop_assert!(merged.0.contains_key(name));
            }
        }
    }
}
