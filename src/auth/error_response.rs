//! The error that an authority answers with, at either endpoint, in Entra ID's form.
//!
//! Programs branch on `error` and `suberror`; the numbers are for hints, as Microsoft asks.
//! (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>)

use std::cmp::Reverse;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::explanation::{Explanation, Who};
use super::{aadsts, oauth_error};
use crate::token::{ClaimsRequest, redact};

/// An OAuth 2.0 error response (RFC 6749 sections 4.1.2.1 and 5.2) with Entra ID's additions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorResponse {
    /// The OAuth error, such as `invalid_grant`.
    pub error: String,
    /// Text for a person; the first line of Entra's starts with `AADSTS` and the number.
    #[serde(rename = "error_description", deserialize_with = "text")]
    pub description: Option<String>,
    /// A finer reason, such as `consent_required`.
    #[serde(deserialize_with = "text")]
    pub suberror: Option<String>,
    /// The numbers, when they do not come in the description only.
    #[serde(rename = "error_codes", deserialize_with = "numbers")]
    pub codes: Vec<u32>,
    /// The id of the request in Entra's logs.
    #[serde(deserialize_with = "text")]
    pub trace_id: Option<String>,
    /// The id of the sign-in in Entra's logs.
    #[serde(deserialize_with = "text")]
    pub correlation_id: Option<String>,
    /// When it happened, by the authority's clock.
    #[serde(deserialize_with = "text")]
    pub timestamp: Option<String>,
    /// What the next sign-in has to ask for, so that a policy is met.
    #[serde(deserialize_with = "lenient")]
    pub claims: Option<ClaimsRequest>,
}

impl oauth2::ErrorResponse for ErrorResponse {}

impl ErrorResponse {
    /// The numbers: those of `error_codes`, and the one after `AADSTS` in the description, which is where an error that
    /// came through the browser has its only one.
    #[must_use]
    pub fn codes(&self) -> Vec<u32> {
        let mut codes = self.codes.clone();
        codes.extend(self.code_of_description().filter(|code| !codes.contains(code)));
        codes
    }

    /// Whether asking again later can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.error.as_str(), "temporarily_unavailable" | "server_error")
            || self.explanation().is_some_and(|explanation| explanation.remedy.who == Who::Nobody)
    }

    /// Whether only a person can mend it, by signing in again.
    #[must_use]
    pub fn needs_interaction(&self) -> bool {
        self.is_cancelled()
            || matches!(
                self.error.as_str(),
                "invalid_grant" | "interaction_required" | "login_required" | "consent_required"
            )
    }

    /// Whether the person has pressed "Cancel", which says nothing about what they may do.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.suberror.as_deref() == Some("cancel")
    }

    /// Whether a permission or a consent is what is missing. A number never decides that: Entra ID says it with
    /// `consent_required`, `access_denied` or, of an API that is not in the registration, `invalid_resource`.
    #[must_use]
    pub fn needs_consent(&self) -> bool {
        !self.is_cancelled()
            && (matches!(self.error.as_str(), "consent_required" | "access_denied" | "invalid_resource")
                || self.suberror.as_deref() == Some("consent_required"))
    }

    /// The identifiers that a help desk asks for, on one line.
    ///
    /// An error that came through the browser has them only in the lines of its description.
    #[must_use]
    pub fn identifiers(&self) -> Option<String> {
        let named = |label: &str, field: &Option<String>| {
            let value = field.clone().or_else(|| self.line_of_description(label))?;
            Some(format!("{label} {value}"))
        };
        let codes = self.codes().into_iter().map(|code| format!("AADSTS{code}"));
        let ids = [
            named("Trace ID", &self.trace_id),
            named("Correlation ID", &self.correlation_id),
            named("Timestamp", &self.timestamp),
        ];
        let all: Vec<_> = codes.chain(ids.into_iter().flatten()).collect();
        (!all.is_empty()).then(|| all.join(" · "))
    }

    /// What it means and what mends it, from the most specific that is known: the number with the most digits (500011 is
    /// a case of 50001), the suberror, the error.
    #[must_use]
    pub fn explanation(&self) -> Option<Explanation> {
        if self.is_cancelled() {
            return None;
        }
        let mut known: Vec<_> =
            self.codes().into_iter().filter_map(|code| Some((code, aadsts::find(code)?))).collect();
        known.sort_by_key(|(code, _)| Reverse(code.ilog10()));
        known
            .first()
            .map(|(_, explanation)| *explanation)
            .or_else(|| oauth_error::find(self.suberror.as_deref()?))
            .or_else(|| oauth_error::find(&self.error))
    }

    /// The same without `secrets`, should it repeat them.
    pub(super) fn without(mut self, secrets: &[impl AsRef<str>]) -> Self {
        redact(&mut self.error, secrets);
        let texts = [&mut self.description, &mut self.suberror];
        let ids = [&mut self.trace_id, &mut self.correlation_id, &mut self.timestamp];
        for text in texts.into_iter().chain(ids).flatten() {
            redact(text, secrets);
        }
        // A request is of no use with a part replaced.
        let repeats = |claims: &ClaimsRequest| {
            let json = claims.to_json();
            let mut redacted = json.clone();
            redact(&mut redacted, secrets);
            redacted != json
        };
        self.claims = self.claims.filter(|claims| !repeats(claims));
        self
    }

    fn code_of_description(&self) -> Option<u32> {
        let rest = self.description.as_deref()?.split_once("AADSTS")?.1;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    }

    fn line_of_description(&self, label: &str) -> Option<String> {
        let (_, rest) = self.description.as_deref()?.split_once(&format!("{label}: "))?;
        rest.lines().next().map(|value| value.trim().to_owned())
    }
}

/// Programs branch on `error`; nothing that is odd about another field must make the whole answer unreadable.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// What is no list of numbers is no reason to understand nothing of the answer.
fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| number.try_into().ok()),
    };
    Ok(value.as_array().map(|values| values.iter().filter_map(number).collect()).unwrap_or_default())
}

/// Claims that cannot be read are no reason not to say what the rest says.
fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ClaimsRequest>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

/// One line: the description's first sentence, or the bare error.
impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_cancelled() {
            return f.write_str("the sign-in was cancelled in the browser");
        }
        let description = self.description.as_deref().unwrap_or_default();
        let sentence = description.split("Trace ID").next().unwrap_or_default();
        let words: Vec<_> = sentence.split_whitespace().collect();
        if words.is_empty() {
            f.write_str(&self.error)
        } else {
            write!(f, "{} ({})", words.join(" "), self.error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIPTION: &str = "AADSTS70008: The grant has\r\nexpired.\r\nTrace ID: t-1\r\nCorrelation ID: c-1\r\nTimestamp: 2026-11-22 10:00:00Z";

    #[test]
    fn the_description_gives_code_sentence_and_identifiers() {
        let error = ErrorResponse {
            error: "invalid_grant".into(),
            description: Some(DESCRIPTION.into()),
            ..ErrorResponse::default()
        };
        assert_eq!(error.codes(), [70008]);
        assert_eq!(error.to_string(), "AADSTS70008: The grant has expired. (invalid_grant)");
        assert_eq!(
            error.identifiers().unwrap(),
            "AADSTS70008 · Trace ID t-1 · Correlation ID c-1 · Timestamp 2026-11-22 10:00:00Z"
        );
        assert!(error.needs_interaction() && !error.is_transient());
    }

    #[test]
    fn claims_are_read_where_they_make_sense() {
        let claims = |json: &str| serde_json::from_str::<ErrorResponse>(json).unwrap().claims;
        let expected = r#"{"access_token":{"capolids":{"essential":true,"values":["p"]}}}"#;
        let body = serde_json::json!({"error": "interaction_required", "claims": expected}).to_string();
        assert_eq!(claims(&body).unwrap().to_json(), expected);
        for odd in [r#"{"claims":null}"#, r#"{"claims":""}"#, r#"{"claims":"{"}"#, r#"{"claims":7}"#, "{}"] {
            assert_eq!(claims(odd), None, "{odd}");
        }
    }

    #[test]
    fn an_unknown_code_is_still_an_error_with_its_number() {
        let error = ErrorResponse {
            error: "odd".into(),
            description: Some("AADSTS9999999999: no number of ours".into()),
            ..ErrorResponse::default()
        };
        assert!(error.codes().is_empty() && error.explanation().is_none());
        assert_eq!(error.to_string(), "AADSTS9999999999: no number of ours (odd)");
    }

    #[test]
    fn the_most_specific_that_is_known_explains_it() {
        let explained = |json: &str| {
            let error: ErrorResponse = serde_json::from_str(json).unwrap();
            error.explanation().map(|explanation| explanation.name.to_string())
        };
        for (json, name) in [
            (r#"{"error":"invalid_grant","error_codes":[50001,500011,50173]}"#, Some("AADSTS500011")),
            (r#"{"error":"invalid_grant","error_codes":["50076",99999,-1,null]}"#, Some("AADSTS50076")),
            (
                r#"{"error":"x","error_codes":[99999],"error_description":"AADSTS65001: …"}"#,
                Some("AADSTS65001"),
            ),
            (r#"{"error":"x","error_codes":{},"error_description":"AADSTS65001: …"}"#, Some("AADSTS65001")),
            (r#"{"error":"x","error_codes":[0]}"#, None),
            (
                r#"{"error":"invalid_grant","suberror":"message_only","error_codes":[99999]}"#,
                Some("message_only"),
            ),
            (r#"{"error":"invalid_grant","suberror":"new_one"}"#, Some("invalid_grant")),
            (r#"{"error":"access_denied","suberror":"cancel"}"#, None),
        ] {
            assert_eq!(explained(json).as_deref(), name, "{json}");
        }
    }

    #[test]
    fn no_number_decides() {
        for code in [65001, 65004, 65005, 90094, 650_057] {
            let error = ErrorResponse { error: "odd".into(), codes: vec![code], ..ErrorResponse::default() };
            assert!(!error.needs_consent() && !error.needs_interaction(), "{code}");
        }
    }
}
