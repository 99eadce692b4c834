//! The claims challenge: an API that wants more of a token than its permissions and times, and says what.
//! (<https://learn.microsoft.com/entra/identity-platform/claims-challenge>)

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

use crate::http::challenge::{self, Challenge};
use crate::token::ClaimsRequest;

/// What the answer's `WWW-Authenticate` lines ask for, if one of them is a claims challenge that can be read.
#[must_use]
pub fn claims_challenge(headers: &HeaderMap) -> Option<ClaimsRequest> {
    headers.get_all(WWW_AUTHENTICATE).iter().find_map(|line| {
        // Others may have put anything into their realm.
        let line = String::from_utf8_lossy(line.as_bytes());
        challenge::parse(&line).iter().find_map(claims)
    })
}

fn claims(challenge: &Challenge) -> Option<ClaimsRequest> {
    let is = |text: &str, wanted: &str| text.eq_ignore_ascii_case(wanted);
    let asks = is(challenge.scheme, "Bearer") && is(challenge.parameter("error")?, "insufficient_claims");
    if asks { challenge.parameter("claims")?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    const CLAIMS: &str = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19";

    fn found(lines: &[&[u8]]) -> Option<String> {
        let lines = lines.iter().map(|line| (WWW_AUTHENTICATE, HeaderValue::from_bytes(line).unwrap()));
        claims_challenge(&lines.collect()).map(|claims| claims.to_base64())
    }

    #[test]
    fn the_challenge_is_found_wherever_it_stands() {
        let uri = "authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\"";
        let documented =
            format!("Bearer realm=\"\", {uri}, error=\"insufficient_claims\", claims=\"{CLAIMS}\"");
        let others = format!("Negotiate YII=, Digest realm=\"a, \\\"b\", {documented}");
        let other_case = format!("BEARER Claims={CLAIMS}, ERROR=Insufficient_Claims");
        for lines in [
            &[documented.as_bytes()][..],
            &[others.as_bytes()],
            &[other_case.as_bytes()],
            &[b"Bearer error=\"invalid_token\"", b"Basic realm=\"\xff\"", documented.as_bytes()],
        ] {
            assert_eq!(found(lines).as_deref(), Some(CLAIMS), "{lines:?}");
        }
    }

    #[test]
    fn what_is_no_claims_challenge_asks_for_nothing() {
        for line in [
            "Bearer error=\"invalid_token\"".to_owned(),
            format!("Bearer claims=\"{CLAIMS}\""),
            format!("Bearer error=\"invalid_token\", claims=\"{CLAIMS}\""),
            format!("PoP error=\"insufficient_claims\", claims=\"{CLAIMS}\""),
            format!("Bearer error=\"insufficient_claims\", Basic claims=\"{CLAIMS}\""),
            "Bearer error=\"insufficient_claims\", claims=\"%%%\"".to_owned(),
            "Bearer error=\"insufficient_claims\", claims=\"bm8ganNvbg\"".to_owned(),
            format!("Bearer error=\"insufficient_claims\", claims=\"{CLAIMS}"),
        ] {
            assert_eq!(found(&[line.as_bytes()]), None, "{line}");
        }
        assert_eq!(found(&[]), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(line in prop::collection::vec(prop_oneof![Just(b'\t'), 32..=126_u8, 128..=255_u8], 0..200)) {
            found(&[&line]);
        }
    }
}
