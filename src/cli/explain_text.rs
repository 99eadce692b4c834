//! What a pasted error says besides its number: whose it is, and what a help desk asks for.

use crate::settings::ClientId;

/// The identifiers of the occurrence, each with its name, as Entra ID writes them in prose and in JSON.
pub(super) fn identifiers(text: &str) -> Vec<(&'static str, String)> {
    let is_of_an_id = |c: char| c.is_ascii_hexdigit() || c == '-';
    let is_of_a_time = |c: char| c.is_ascii_digit() || "-:. TZ".contains(c);
    [
        value("Trace ID", text, &["trace id", "trace_id"], is_of_an_id),
        value("Correlation ID", text, &["correlation id", "correlation_id"], is_of_an_id),
        value("Timestamp", text, &["timestamp"], is_of_a_time),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn value(
    label: &'static str,
    text: &str,
    names: &[&str],
    is_of_it: impl Fn(char) -> bool,
) -> Option<(&'static str, String)> {
    let lower = text.to_ascii_lowercase();
    names.iter().find_map(|name| {
        let rest = &text[lower.find(name)? + name.len()..];
        let rest = rest.trim_start_matches(['"', ':', ' ']);
        let value = rest[..rest.find(|c| !is_of_it(c)).unwrap_or(rest.len())].trim();
        (!value.is_empty()).then(|| (label, value.to_owned()))
    })
}

/// The application that the text is about: the first id in quotes after that word.
pub(super) fn application(text: &str) -> Option<ClientId> {
    let (_, rest) = text.split_once("pplication")?;
    rest.split('\'').find_map(ClientId::parse)
}

/// Whether the text is an answer of the API's or an HTTP status, neither of which Entra ID has numbered.
pub(super) fn is_of_the_api(text: &str) -> bool {
    const CODES: &[&str] =
        &["BadRequest", "Forbidden", "NotFound", "ODataError", "TooManyRequests", "Unauthorized"];
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        CODES.contains(&word) || matches!(word, "400" | "401" | "403" | "404" | "429" | "500" | "503")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_found_in_prose_and_in_json() {
        let expected = [
            ("Trace ID", "12ab-3".to_owned()),
            ("Correlation ID", "45cd-6".to_owned()),
            ("Timestamp", "2026-11-22 10:00:00Z".to_owned()),
        ];
        for text in [
            "AADSTS65001: é Trace ID: 12ab-3\r\nCorrelation ID: 45cd-6\r\nTimestamp: 2026-11-22 10:00:00Z",
            "AADSTS65001 · Trace ID 12ab-3 · Correlation ID 45cd-6 · Timestamp 2026-11-22 10:00:00Z",
            r#"{"timestamp":"2026-11-22 10:00:00Z","trace_id":"12ab-3","correlation_id":"45cd-6"}"#,
        ] {
            assert_eq!(identifiers(text), expected, "{text}");
        }
        assert_eq!(identifiers("AADSTS65001 Trace ID"), []);
    }

    #[test]
    fn the_application_is_the_id_that_is_called_so() {
        let id = "aaaaaaaa-0000-4000-8000-00000000000F";
        for text in [
            format!("consented to use the application with ID '{id}' named 'x'"),
            format!("Application with identifier '{id}' was not found in the directory 'y'"),
        ] {
            assert_eq!(application(&text).unwrap().as_str(), id.to_ascii_lowercase(), "{text}");
        }
        assert_eq!(application(&format!("Trace ID: {id}")), None);
    }
}
