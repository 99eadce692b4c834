//! Whether an answer belongs to the question: the checks on the tokens of a sign-in.
//!
//! The ID token is for this client and must be right in every point (`OpenID` Connect Core section 3.1.3.7;
//! the authority's TLS vouches for its signature). The access token belongs to the API: only what would make
//! it somebody else's token is an error, the rest is a warning to the person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Authority, Error, Tokens};
use crate::token::{AccessToken, Claims, IdToken, Service};

/// The clock difference, in seconds, that is nobody's fault.
const LEEWAY: i64 = 300;

/// The clock difference, in seconds, from which on the person is told, even when Entra ID's tokens of an hour or
/// more do not seem expired yet.
const FAR_OFF: i64 = 30 * 60;

/// Who signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// The name that the person signs in with.
    pub username: String,
    /// The name that others know the person by.
    pub name: Option<String>,
    /// The id of the tenant that signed the person in.
    pub tenant_id: String,
    /// The id of the person in that tenant: `oid`, or `sub` of an authority that sends none.
    pub object_id: Option<String>,
}

impl Account {
    /// What tells the account from others of its tenant.
    #[must_use]
    pub fn id(&self) -> &str {
        self.object_id.as_deref().unwrap_or(&self.username)
    }
}

/// What is odd about an access token without making it unusable, in words for the person.
pub type Warning = String;

/// What the ID token has to repeat.
#[derive(Debug)]
pub struct Question<'a> {
    /// Who was asked.
    pub authority: &'a Authority,
    /// Which application asked.
    pub client_id: &'a str,
    /// What the authorization request said; the device flow has no such request.
    pub nonce: Option<&'a str>,
    /// How many seconds the authority's clock is ahead, when it is known.
    pub clock_offset: Option<i64>,
}

/// Checks the ID token and says who signed in.
///
/// # Errors
/// [`Error::Mismatch`] when the token is missing, unreadable or not the answer to `question`,
/// [`Error::Clock`] when this machine's clock is so far off that it cannot tell when a token is valid.
pub fn check_id_token(token: Option<&IdToken>, question: &Question) -> Result<Account, Error> {
    let token = token.ok_or_else(|| Error::Mismatch("there is no ID token in it".into()))?;
    let claims = Claims::decode(token.expose()).map_err(|error| Error::Mismatch(error.to_string()))?;
    let authority = question.authority;

    // Entra ID always names the tenant; of another authority's tenant there may be no more to know than its address.
    let named = claims.text("tid");
    let of_address = || authority.is_custom().then(|| authority.tenant());
    let tenant_id = named.or_else(of_address).unwrap_or_default();
    let configured_by_id = is_tenant_id(authority.tenant());
    let object_id = object_id(&claims);
    let right = [
        ("nonce", question.nonce.is_none_or(|nonce| claims.text("nonce") == Some(nonce))),
        ("aud", matches!(claims.audiences()[..], [aud] if aud.eq_ignore_ascii_case(question.client_id))),
        (
            "tid",
            named.map_or(authority.is_custom(), is_tenant_id)
                && (!configured_by_id || tenant_id.eq_ignore_ascii_case(authority.tenant())),
        ),
        ("iss", authority.issuers(tenant_id).iter().any(|issuer| claims.text("iss") == Some(issuer))),
        ("sub", object_id.is_some()),
    ];
    if let Some((claim, _)) = right.iter().find(|(_, right)| !right) {
        return Err(Error::Mismatch(format!("the `{claim}` of its ID token is not the expected one")));
    }
    check_times(&claims, question.clock_offset)?;
    Ok(Account {
        username: claims.username().unwrap_or("somebody without a name").to_owned(),
        name: claims.text("name").map(str::to_owned),
        tenant_id: tenant_id.to_owned(),
        object_id: object_id.map(str::to_owned),
    })
}

/// Checks what an access token for `service`, whose identifier URI is `resource`, says about itself, if it says anything;
/// `account` is whom the ID token that came with it is of.
///
/// # Errors
/// [`Error::Mismatch`] when the token is another tenant's, another application's or another person's.
pub fn check_access_token(
    token: &AccessToken,
    id_token: Option<&IdToken>,
    question: &Question,
    account: &Account,
    (service, resource): (Service, &str),
) -> Result<Vec<Warning>, Error> {
    let Ok(claims) = Claims::decode(token.expose()) else {
        return Ok(vec![
            "the access token is opaque, so its permissions are taken from the authority's answer".into(),
        ]);
    };
    check_access_claims(&claims, account, question.client_id)?;
    // `sub` differs from application to application; `oid` does not.
    let id_claims = readable(id_token).unwrap_or_default();
    if text(&id_claims, "oid").is_some() {
        check_person(text(&claims, "oid"), &claims, account)?;
    }

    let mut warnings = Vec::new();
    let audience = claims.audiences().join(" ");
    if claims.service() != Some(service) && audience.trim_end_matches('/') != resource {
        let api = claims.service().map_or(audience, |other| other.to_string());
        warnings.push(format!("the access token is for {api}, not for {service}"));
    }
    let issuers = question.authority.access_token_issuers(&account.tenant_id);
    if !claims.text("iss").is_some_and(|iss| issuers.iter().any(|issuer| issuer == iss)) {
        warnings.push("the access token names an unusual issuer".into());
    }
    if check_times(&claims, question.clock_offset).is_err() {
        warnings.push("the access token is not valid by this computer's clock".into());
    }
    Ok(warnings)
}

/// Checks whether a refresh has brought tokens of `account`, which the session is of (`OpenID` Connect Core section
/// 12.2). What cannot be read says nothing against them.
///
/// # Errors
/// [`Error::Mismatch`] when a token is another person's, another tenant's or another application's.
pub fn check_refreshed(
    tokens: &Tokens,
    account: &Account,
    client_id: &str,
    authority: &Authority,
) -> Result<(), Error> {
    let id_claims = readable(tokens.id_token.as_ref());
    if let Some(claims) = &id_claims {
        check_tenant(claims, account, "ID")?;
        let audiences = claims.audiences();
        if !audiences.is_empty() && !audiences.iter().any(|aud| aud.eq_ignore_ascii_case(client_id)) {
            return Err(another("aud", "ID", "application"));
        }
        check_person(object_id(claims), claims, account)?;
    }
    let Ok(claims) = Claims::decode(tokens.access_token.expose()) else { return Ok(()) };
    check_access_claims(&claims, account, client_id)?;
    // Of an authority that is not Microsoft's, the account may be known by its `sub`.
    let is_known_by_oid = id_claims.map_or(!authority.is_custom(), |claims| text(&claims, "oid").is_some());
    if is_known_by_oid { check_person(text(&claims, "oid"), &claims, account) } else { Ok(()) }
}

fn check_access_claims(claims: &Claims, account: &Account, client_id: &str) -> Result<(), Error> {
    check_tenant(claims, account, "access")?;
    match claims.client_id() {
        Some(id) if !id.eq_ignore_ascii_case(client_id) => Err(another("appid", "access", "application")),
        _ => Ok(()),
    }
}

fn check_tenant(claims: &Claims, account: &Account, token: &str) -> Result<(), Error> {
    match claims.text("tid") {
        Some(tid) if !tid.eq_ignore_ascii_case(&account.tenant_id) => Err(another("tid", token, "tenant")),
        _ => Ok(()),
    }
}

fn another(claim: &str, token: &str, whose: &str) -> Error {
    Error::Mismatch(format!("the `{claim}` of its {token} token is another {whose}'s"))
}

/// Whether a token with these claims, which says `id` of whoever it is of, is `account`'s.
fn check_person(id: Option<&str>, claims: &Claims, account: &Account) -> Result<(), Error> {
    let (Some(id), Some(expected)) = (id, account.object_id.as_deref()) else { return Ok(()) };
    if id.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    let named = claims.username().unwrap_or("somebody else");
    let username = &account.username;
    Err(Error::Mismatch(format!("a token of it is of {named} ({id}), not of {username} ({expected})")))
}

fn readable(token: Option<&IdToken>) -> Option<Claims> {
    Claims::decode(token?.expose()).ok()
}

/// The id of a person in the tenant: `oid`, or `sub` of an authority that sends none.
fn object_id(claims: &Claims) -> Option<&str> {
    text(claims, "oid").or_else(|| text(claims, "sub"))
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.text(name).filter(|text| !text.is_empty())
}

fn check_times(claims: &Claims, clock_offset: Option<i64>) -> Result<(), Error> {
    let now = Timestamp::now().as_second();
    let Some(exp) = claims.time("exp") else {
        return Err(Error::Mismatch("a token of it has no `exp`".into()));
    };
    let early = claims.time("nbf").map(|nbf| nbf.saturating_sub(now)).filter(|early| *early > LEEWAY);
    let late = Some(now.saturating_sub(exp)).filter(|late| *late > LEEWAY);
    let far_off = clock_offset.filter(|offset| offset.abs() >= FAR_OFF);
    let (distance, state) = match (early, late, far_off) {
        (Some(early), ..) => (early, "not valid yet"),
        (_, Some(late), _) => (late, "expired"),
        (.., Some(offset)) => {
            (offset, if offset < 0 { "older than they are" } else { "newer than they are" })
        }
        _ => return Ok(()),
    };
    match clock_offset {
        // The clocks agree, so it is the token that is wrong.
        Some(offset) if offset.abs() <= LEEWAY => {
            Err(Error::Mismatch(format!("a token of it is {state}, though it has just come")))
        }
        offset => Err(Error::Clock {
            minutes: offset.unwrap_or(distance).saturating_abs().saturating_add(30) / 60,
            state,
        }),
    }
}

fn is_tenant_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use base64::prelude::*;
    use serde_json::{Value, json};
    use url::Url;

    use super::*;

    const TENANT: &str = "11111111-1111-4111-8111-111111111111";
    const CLIENT: &str = "22222222-2222-4222-8222-222222222222";

    fn jwt(claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(claims))
    }

    fn checked(
        access_token: &Value,
        id_token: Option<&Value>,
        hosts: &'static [&'static str],
    ) -> Result<(), Error> {
        let account = Account {
            username: "ana@contoso.com".into(),
            name: None,
            tenant_id: TENANT.into(),
            object_id: Some("Ana".into()),
        };
        let tokens = Tokens {
            access_token: jwt(access_token).into(),
            refresh_token: None,
            id_token: id_token.map(|claims| jwt(claims).into()),
            expires_on: Timestamp::MAX,
            scopes: None,
            clock_offset: None,
        };
        let base = Url::parse("https://login.example").unwrap();
        check_refreshed(&tokens, &account, CLIENT, &Authority::new(base, hosts, TENANT))
    }

    #[test]
    fn a_refresh_brings_the_same_account_s_tokens_or_none() {
        let microsoft_s = &["login.example"];
        let access = json!({"tid": TENANT, "oid": "ana", "appid": CLIENT, "sub": "pairwise"});
        let id = json!({"tid": TENANT, "oid": "ana", "aud": CLIENT, "sub": "another"});
        let by_sub = json!({"sub": "ana"});
        assert!(checked(&access, Some(&id), microsoft_s).is_ok());
        assert!(checked(&access, None, microsoft_s).is_ok());
        assert!(checked(&json!({"oid": "opaque"}), Some(&by_sub), &[]).is_ok(), "not the same kind of id");
        assert!(checked(&json!({"oid": "opaque"}), None, &[]).is_ok(), "nor here, as far as is known");

        let with = |claims: &Value, name: &str, value: &str| {
            let mut claims = claims.clone();
            claims[name] = json!(value);
            claims
        };
        for name in ["tid", "appid", "oid"] {
            let other = with(&access, name, "other");
            assert!(matches!(checked(&other, Some(&id), &[]), Err(Error::Mismatch(_))), "{name}");
            assert!(matches!(checked(&other, None, microsoft_s), Err(Error::Mismatch(_))), "{name}");
        }
        for name in ["tid", "aud", "oid"] {
            let other = with(&id, name, "other");
            assert!(matches!(checked(&access, Some(&other), &[]), Err(Error::Mismatch(_))), "{name}");
        }
        let other = checked(&access, Some(&with(&by_sub, "sub", "bob")), &[]).unwrap_err().to_string();
        assert!(other.ends_with("of somebody else (bob), not of ana@contoso.com (Ana)"), "{other}");
    }
}
