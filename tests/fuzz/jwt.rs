//! A token of anybody's, and on the lines after it the keys to verify it with.

use m365d::auth::{Account, Authority, Question, check_access_token, check_id_token};
use m365d::token::signature::{Expected, KeySet};
use m365d::token::{AccessToken, Claims, Header, IdToken, Permissions, Requirement, Service};
use url::Url;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const CLIENT: &str = "22222222-2222-3333-4444-555555555555";
const NONCE: &str = "n-1";
const AUDIENCE: &str = "https://api.security.microsoft.com";

/// More than stands in an error by chance.
const TELLING: usize = 24;

pub fn holds(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (first, rest) = input.split_at(end);
    for text in [first, input] {
        let token = AccessToken::copied(text);
        assert!(!token.expose().contains(char::is_whitespace));
        // UTF-16 may take three bytes of UTF-8 for two, and what is no text three for one.
        assert!(token.expose().len() <= 3 * text.len());
        assert_eq!(format!("{token} {token:?}"), "[redacted] AccessToken([redacted])");
        read(&token);
        check(&token);
        verify(&token, rest);
    }
}

fn read(token: &AccessToken) {
    let _ = Header::decode(token.expose());
    let Ok(claims) = Claims::decode(token.expose()) else { return };
    let _ = (claims.client_id(), claims.username(), claims.service());
    let _ = ["exp", "nbf", "iat"].map(|name| claims.time(name));
    let permissions = Permissions::of(&claims);
    let (scopes, roles) = (claims.scopes(), claims.roles());
    match &permissions {
        Permissions::Delegated(names) => assert!(!names.is_empty() && *names == scopes),
        Permissions::Application(names) => assert!(scopes.is_empty() && *names == roles),
        Permissions::Unknown => assert!(scopes.is_empty() && roles.is_empty()),
    }
    for needed in Service::ALL.into_iter().flat_map(Requirement::of) {
        assert_eq!(permissions.allow(needed).is_none(), permissions == Permissions::Unknown);
    }
}

fn check(token: &AccessToken) {
    let authority = authority();
    let question =
        Question { authority: &authority, client_id: CLIENT, nonce: Some(NONCE), clock_offset: None };
    let id_token = IdToken::from(token.expose().to_owned());
    match check_id_token(Some(&id_token), &question) {
        Ok(account) => {
            let claims = Claims::decode(token.expose()).expect("what was checked can be read");
            assert_eq!(claims.text("nonce"), Some(NONCE));
            assert!(account.tenant_id.eq_ignore_ascii_case(TENANT));
        }
        Err(error) => assert_untold(token, &error.to_string()),
    }
    let account =
        Account { username: "ana@contoso.com".into(), name: None, tenant_id: TENANT.into(), object_id: None };
    let api = (Service::Defender, AUDIENCE);
    match check_access_token(token, Some(&id_token), &question, &account, api) {
        Ok(warnings) => warnings.iter().for_each(|warning| assert_untold(token, warning)),
        Err(error) => assert_untold(token, &error.to_string()),
    }
}

/// Nobody here has a key to sign with.
fn verify(token: &AccessToken, keys: &[u8]) {
    let Ok(keys) = serde_json::from_slice::<KeySet>(keys) else { return };
    let issuers = authority().access_token_issuers(TENANT);
    let expected = Expected { issuers: &issuers, audiences: &[AUDIENCE], tenant: TENANT };
    let error = keys.verify(token.expose(), &expected).expect_err("nobody has signed it");
    assert_untold(token, &error.to_string());
}

/// The signature is what makes a token worth anything.
fn assert_untold(token: &AccessToken, text: &str) {
    let signature = token.expose().rsplit('.').next().unwrap_or_default();
    assert!(signature.len() < TELLING || !text.contains(signature), "{text}");
}

fn authority() -> Authority {
    let base = Url::parse("https://login.microsoftonline.com").expect("a URL");
    Authority::new(base, &["login.microsoftonline.com"], TENANT)
}
