//! The error that an authority answers with, at either endpoint, in Entra ID's form.
//!
//! Programs branch on `error` and `suberror`; the numbers are for hints, as Microsoft asks.
//! (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>)

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::aadsts;

/// An OAuth 2.0 error response (RFC 6749 sections 4.1.2.1 and 5.2) with Entra ID's additions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorResponse {
    /// The OAuth error, such as `invalid_grant`.
    pub error: String,
    /// Text for a person; the first line of Entra's starts with `AADSTS` and the number.
    #[serde(rename = "error_description")]
    pub description: Option<String>,
    /// A finer reason, such as `consent_required`.
    pub suberror: Option<String>,
    /// The id of the request in Entra's logs.
    #[serde(deserialize_with = "text")]
    pub trace_id: Option<String>,
    /// The id of the sign-in in Entra's logs.
    #[serde(deserialize_with = "text")]
    pub correlation_id: Option<String>,
    /// When it happened, by the authority's clock.
    #[serde(deserialize_with = "text")]
    pub timestamp: Option<String>,
}

impl oauth2::ErrorResponse for ErrorResponse {}

impl ErrorResponse {
    /// The number after `AADSTS`, when the description has one.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        let rest = self.description.as_deref()?.split_once("AADSTS")?.1;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    }

    /// Whether asking again later can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.error.as_str(), "temporarily_unavailable" | "server_error")
            || self.code().is_some_and(aadsts::is_transient)
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

    /// Whether consent is what is missing.
    #[must_use]
    pub fn needs_consent(&self) -> bool {
        if self.is_cancelled() {
            return false;
        }
        self.error == "consent_required"
            || self.error == "access_denied"
            || self.suberror.as_deref() == Some("consent_required")
            || matches!(self.code(), Some(65001 | 65004 | 65005 | 90094 | 90095 | 650_056 | 650_057))
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
        let all: Vec<_> = [
            self.code().map(|code| format!("AADSTS{code}")),
            named("Trace ID", &self.trace_id),
            named("Correlation ID", &self.correlation_id),
            named("Timestamp", &self.timestamp),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!all.is_empty()).then(|| all.join(" · "))
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        if self.is_cancelled() {
            return None;
        }
        self.code().and_then(aadsts::hint)
    }

    fn line_of_description(&self, label: &str) -> Option<String> {
        let (_, rest) = self.description.as_deref()?.split_once(&format!("{label}: "))?;
        rest.lines().next().map(|value| value.trim().to_owned())
    }
}

/// An identifier is for a person, so one that is no string must not make the whole answer unreadable.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
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
        assert_eq!(error.code(), Some(70008));
        assert_eq!(error.to_string(), "AADSTS70008: The grant has expired. (invalid_grant)");
        assert_eq!(
            error.identifiers().unwrap(),
            "AADSTS70008 · Trace ID t-1 · Correlation ID c-1 · Timestamp 2026-11-22 10:00:00Z"
        );
        assert!(error.needs_interaction() && !error.is_transient());
    }

    #[test]
    fn an_unknown_code_is_still_an_error_with_its_number() {
        let error = ErrorResponse {
            error: "odd".into(),
            description: Some("AADSTS9999999999: no number of ours".into()),
            ..ErrorResponse::default()
        };
        assert_eq!((error.code(), error.hint()), (None, None));
        assert_eq!(error.to_string(), "AADSTS9999999999: no number of ours (odd)");
    }
}
