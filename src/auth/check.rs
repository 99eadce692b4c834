//! Whether an answer belongs to the question: the checks on the tokens of a sign-in.
//!
//! The ID token is for this client and must be right in every point (`OpenID` Connect Core section 3.1.3.7;
//! the authority's TLS vouches for its signature). The access token belongs to the API: only what would make
//! it somebody else's token is an error, the rest is a warning to the person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Authority, Error};
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
    let right = [
        ("nonce", question.nonce.is_none_or(|nonce| claims.text("nonce") == Some(nonce))),
        ("aud", matches!(claims.audiences()[..], [aud] if aud.eq_ignore_ascii_case(question.client_id))),
        (
            "tid",
            named.map_or(authority.is_custom(), is_tenant_id)
                && (!configured_by_id || tenant_id.eq_ignore_ascii_case(authority.tenant())),
        ),
        ("iss", authority.issuers(tenant_id).iter().any(|issuer| claims.text("iss") == Some(issuer))),
    ];
    if let Some((claim, _)) = right.iter().find(|(_, right)| !right) {
        return Err(Error::Mismatch(format!("the `{claim}` of its ID token is not the expected one")));
    }
    check_times(&claims, question.clock_offset)?;
    Ok(Account {
        username: claims.username().unwrap_or("somebody without a name").to_owned(),
        name: claims.text("name").map(str::to_owned),
        tenant_id: tenant_id.to_owned(),
        object_id: claims.text("oid").or_else(|| claims.text("sub")).map(str::to_owned),
    })
}

/// Checks what an access token for `service`, whose identifier URI is `resource`, says about itself, if it says anything.
///
/// # Errors
/// [`Error::Mismatch`] when the token is another tenant's or another application's.
pub fn check_access_token(
    token: &AccessToken,
    question: &Question,
    account: &Account,
    (service, resource): (Service, &str),
) -> Result<Vec<Warning>, Error> {
    let Ok(claims) = Claims::decode(token.expose()) else {
        return Ok(vec![
            "the access token is opaque, so its permissions are taken from the authority's answer".into(),
        ]);
    };
    let other = |claim: &str, what: &str| {
        Error::Mismatch(format!("the `{claim}` of its access token is another {what}'s"))
    };
    if claims.text("tid").is_some_and(|tid| !tid.eq_ignore_ascii_case(&account.tenant_id)) {
        return Err(other("tid", "tenant"));
    }
    if claims.client_id().is_some_and(|id| !id.eq_ignore_ascii_case(question.client_id)) {
        return Err(other("appid", "application"));
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
