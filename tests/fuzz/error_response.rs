//! An error of the authority's: what it means, and what is said of it.

use m365d::auth::{Authority, ErrorResponse, aadsts};
use m365d::output::one_line;
use m365d::token::Service;
use url::Url;

pub fn holds(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let codes = aadsts::codes_in(&text);
    assert!(codes.len() <= text.len());
    for code in codes {
        assert!((1..=99_999_999).contains(&code) && text.contains(&code.to_string()));
    }

    if let Ok(error) = serde_json::from_slice::<ErrorResponse>(input) {
        explained(&error);
        let written = serde_json::to_string(&error).expect("an error can be written");
        let again: ErrorResponse = serde_json::from_str(&written).expect("and read");
        assert_eq!(serde_json::to_string(&again).expect("again"), written);
    }
    // As the loopback makes one of what the browser brings.
    explained(&ErrorResponse {
        error: "access_denied".into(),
        description: Some(text.into_owned()),
        ..ErrorResponse::default()
    });
}

fn explained(error: &ErrorResponse) {
    let base = Url::parse("https://login.microsoftonline.com").expect("a URL");
    let authority = Authority::new(base, &["login.microsoftonline.com"], "contoso.com");
    if let Some(explanation) = error.explanation() {
        assert!(explanation.remedy.advice(&authority, "client", (Service::Graph, "User.Read")).len() < 1000);
    }
    let _ = (error.is_transient(), error.needs_consent(), error.needs_interaction());
    for said in [Some(error.to_string()), error.identifiers()].into_iter().flatten() {
        assert!(!one_line(&said).contains(|c: char| c.is_control()), "{said:?}");
    }
}
