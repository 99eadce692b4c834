//! The header lines of an API's answer: its challenges, and what the claims challenge among them asks for.

use std::time::Duration;

use m365d::api::claims_challenge;
use m365d::http::challenge::{self, Challenge, LONGEST};
use m365d::http::retry;
use m365d::token::ClaimsRequest;
use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};

pub fn holds(input: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in input.split(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        if line.len() <= 2 * LONGEST {
            read_again(&text);
        }
        for name in [WWW_AUTHENTICATE, RETRY_AFTER, DATE] {
            add(&mut headers, name, line);
        }
        if let Ok(claims) = text.parse() {
            asked_again(&claims);
        }
    }
    if let Some(claims) = claims_challenge(&headers) {
        asked_again(&claims);
    }
    let _ = retry::date(&headers);
    // What a wait is added to stays within its range.
    assert!(retry::retry_after(&headers).is_none_or(|wait| wait <= Duration::from_secs(24 * 3600)));
}

fn add(headers: &mut HeaderMap, name: HeaderName, line: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(line)
        && headers.len() < 100
    {
        headers.append(name, value);
    }
}

/// What was read is no longer than what was sent, and is read as the same when it is written anew.
fn read_again(line: &str) {
    let challenges = challenge::parse(line);
    let length = |one: &Challenge| {
        let parameters = one.parameters.iter().map(|(name, value)| name.len() + value.len());
        one.scheme.len() + one.token68.map_or(0, str::len) + parameters.sum::<usize>()
    };
    let all: usize = challenges.iter().map(length).sum();
    assert!(all <= line.len() && challenges.len() <= line.len());

    let written = challenges.iter().map(write).collect::<Vec<_>>().join(", ");
    if written.len() <= LONGEST {
        assert_eq!(challenge::parse(&written), challenges);
    }
}

fn write(challenge: &Challenge) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let parameters = challenge.parameters.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    let rest: Vec<_> = challenge.token68.map(str::to_owned).into_iter().chain(parameters).collect();
    format!("{} {}", challenge.scheme, rest.join(", ")).trim_end().to_owned()
}

/// The command that the person is told carries the claims back.
fn asked_again(claims: &ClaimsRequest) {
    for text in [claims.to_json(), claims.to_base64()] {
        let again = text.parse::<ClaimsRequest>().map(|again| again.to_json());
        assert_eq!(again, Ok(claims.to_json()));
    }
    let merged = claims.clone().merged_with(claims.clone());
    assert_eq!(merged.to_json(), merged.clone().merged_with(claims.clone()).to_json());
}
