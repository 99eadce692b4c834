//! The device flow (RFC 8628): a code that the person enters in any browser, while this program asks again and again
//! whether that has happened.
//!
//! `oauth2` knows this flow, but asks and waits in one call of its own: what the service says about waiting, its
//! identifiers and its numbers in strings would be lost. So the two requests are made here, with its types.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};
use url::{Host, Url};

use super::token_endpoint::Seen;
use super::{Error, ErrorResponse, TokenEndpoint, Tokens, capabilities, tokens};
use crate::http::retry::Waits;
use crate::token::{ClaimsRequest, DeviceCode};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 section 3.2, where the service names none.
const USUAL_INTERVAL: Duration = Duration::from_secs(5);
/// However little the service asks for, it is not to be asked without a pause.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// RFC 8628 section 3.5.
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// Entra ID's, should it name none.
const USUAL_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// No code lives so long, and no clock runs over from it.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// A person has to type it.
const LONGEST_USER_CODE: usize = 64;
const FIRST_BACKOFF: Duration = Duration::from_secs(1);

const ALLOW_PUBLIC_CLIENT: &str = "Entra admin center › App registrations › your application › Authentication › Settings: set \"Allow public client flows\" to Yes; then m365d login --device-code";
const BLOCKED: &str = "many organisations block the device code flow: m365d login, or m365d login --paste where there is no browser; else give your administrator the identifiers above";

/// A code that waits for a person (RFC 8628 section 3.2).
#[derive(Debug)]
pub struct Pending {
    /// What the person enters.
    pub user_code: String,
    /// Where.
    pub verification_uri: Url,
    /// Where nothing has to be entered, for machines to read; Entra ID gives none.
    pub verification_uri_complete: Option<Url>,
    /// How long the code is good, from the moment that it came.
    pub lifetime: Duration,
    code: DeviceCode,
    claims: String,
    interval: Duration,
    came: Instant,
}

#[derive(Deserialize)]
struct Response {
    device_code: DeviceCode,
    #[serde(deserialize_with = "word")]
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Value,
    #[serde(default, deserialize_with = "tokens::seconds")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "tokens::seconds")]
    interval: Option<u64>,
}

/// Asks for a code, again and again while the failure is transient.
///
/// # Errors
/// See [`Error`].
pub async fn request(
    endpoint: &TokenEndpoint<'_>,
    scopes: &[String],
    claims: Option<ClaimsRequest>,
) -> Result<Pending, Error> {
    let scope = scopes.join(" ");
    let claims = capabilities::with_capabilities(claims.as_ref());
    let form = [("client_id", endpoint.oauth.client_id().as_str()), ("scope", &scope), ("claims", &claims)];
    let response: Response = endpoint
        .insist(async |seen| {
            let answer = endpoint.post(endpoint.oauth.device_authorization_url().url(), &form, seen).await;
            answer.map_err(|error| of_device_flow(endpoint.failure(error, seen)))
        })
        .await?;
    let malformed = |reason: &str| endpoint.malformed(reason);
    let verification_uri =
        page(&response.verification_uri).ok_or_else(|| malformed("no page to enter the code at"))?;
    if !(1..=LONGEST_USER_CODE).contains(&response.user_code.chars().count()) {
        return Err(malformed("no code to enter"));
    }
    if response.device_code.expose().trim().is_empty() {
        return Err(malformed("no code to ask with"));
    }
    let seconds = |given: Option<u64>, usual| given.map_or(usual, Duration::from_secs);
    let lifetime = seconds(response.expires_in, USUAL_LIFETIME).min(LONGEST);
    if lifetime.is_zero() {
        return Err(Error::CodeExpired(lifetime));
    }
    Ok(Pending {
        user_code: response.user_code,
        verification_uri,
        verification_uri_complete: response.verification_uri_complete.as_str().and_then(page),
        lifetime,
        code: response.device_code,
        claims,
        interval: seconds(response.interval, USUAL_INTERVAL).clamp(SHORTEST_INTERVAL, LONGEST),
        came: Instant::now(),
    })
}

impl Pending {
    /// Waits until the person has signed in, for as long as the code is good but for `limit` at most.
    ///
    /// Whatever is transient is waited out; each time the authority gets more time to recover.
    ///
    /// # Errors
    /// [`Error::CodeExpired`] or [`Error::NotEntered`], whichever comes first; [`Error::Declined`]; see [`Error`].
    pub async fn wait(&self, endpoint: &TokenEndpoint<'_>, limit: Option<Duration>) -> Result<Tokens, Error> {
        let patience = limit.unwrap_or(self.lifetime).min(self.lifetime);
        let end = self.came + patience;
        let mut interval = self.interval;
        let mut backoff = Waits::new(FIRST_BACKOFF, patience);
        let mut pause = interval;
        loop {
            sleep_until((Instant::now() + pause).min(end)).await;
            let seen = Seen::default();
            let error = match self.poll(endpoint, &seen).await {
                Ok(tokens) => return Ok(tokens),
                Err(error) => error,
            };
            pause = match &error {
                Error::Rejected(answer) if answer.error == "authorization_pending" => interval,
                Error::Rejected(answer) if answer.error == "slow_down" => {
                    interval += SLOW_DOWN;
                    interval
                }
                error if error.is_transient() => {
                    let extra = backoff.next(seen.retry_after.get()).unwrap_or_else(|wait| wait);
                    (endpoint.waiting)(&error.to_string(), interval + extra);
                    interval + extra
                }
                _ => return Err(self.final_error(error)),
            };
            if !error.is_transient() {
                backoff = Waits::new(FIRST_BACKOFF, patience);
            }
            if Instant::now() >= end {
                return Err(match limit {
                    Some(limit) if limit < self.lifetime => Error::NotEntered(limit),
                    _ => Error::CodeExpired(self.lifetime),
                });
            }
        }
    }

    async fn poll(&self, endpoint: &TokenEndpoint<'_>, seen: &Seen) -> Result<Tokens, Error> {
        let form = [
            ("grant_type", GRANT_TYPE),
            ("client_id", endpoint.oauth.client_id().as_str()),
            ("device_code", self.code.expose()),
            ("claims", &self.claims),
        ];
        endpoint.tokens(endpoint.post(endpoint.oauth.token_uri().url(), &form, seen).await, seen)
    }

    fn final_error(&self, error: Error) -> Error {
        match &error {
            Error::Rejected(answer) => match answer.error.as_str() {
                "expired_token" | "code_expired" => Error::CodeExpired(self.lifetime),
                "authorization_declined" | "access_denied" => Error::Declined,
                _ => of_device_flow(error),
            },
            _ => error,
        }
    }
}

/// What to do about a refusal of this flow that means something else elsewhere.
#[must_use]
pub fn hint(refusal: &ErrorResponse) -> Option<&'static str> {
    refusal.codes().into_iter().find_map(|code| match code {
        7_000_218 => Some(ALLOW_PUBLIC_CLIENT),
        53003 | 50131 | 530_032 | 530_035 | 530_036 => Some(BLOCKED),
        _ => None,
    })
}

fn of_device_flow(error: Error) -> Error {
    match error {
        Error::Rejected(refusal) => Error::DeviceCode(refusal),
        other => other,
    }
}

/// A word for a person, which may be a number for the service.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    })
}

/// A page that a person may be sent to: nothing but https, or http that stays on this machine. What stands before an
/// `@` looks like the host to a person, and is not.
fn page(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let is_loopback = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    (url.scheme() == "https" || (url.scheme() == "http" && is_loopback)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_name_and_numbers_in_strings_are_read() {
        let old = r#"{"device_code":"d","user_code":"U","verification_url":"https://microsoft.com/devicelogin","expires_in":"900","interval":"5","message":"To sign in, …"}"#;
        let response: Response = serde_json::from_str(old).unwrap();
        assert_eq!(response.verification_uri, "https://microsoft.com/devicelogin");
        assert_eq!((response.expires_in, response.interval), (Some(900), Some(5)));
        let least = r#"{"device_code":"d","user_code":"U","verification_uri":"https://x"}"#;
        let response: Response = serde_json::from_str(least).unwrap();
        assert_eq!((response.expires_in, response.interval), (None, None));
        assert_eq!(format!("{:?}", response.device_code), "DeviceCode([redacted])");
        let odd = r#"{"device_code":"d","user_code":1234,"verification_uri":"https://x","verification_uri_complete":7,"expires_in":true,"interval":[5]}"#;
        let response: Response = serde_json::from_str(odd).unwrap();
        assert_eq!(
            (response.user_code.as_str(), response.expires_in, response.interval),
            ("1234", None, None)
        );
    }

    #[test]
    fn nobody_is_sent_to_a_page_without_tls() {
        for good in
            ["https://microsoft.com/devicelogin", "http://127.0.0.1:8080/devicelogin", "http://[::1]/"]
        {
            assert!(page(good).is_some(), "{good}");
        }
        for bad in [
            "http://microsoft.com/devicelogin",
            "javascript:alert(1)",
            "microsoft.com",
            "file:///etc/passwd",
            "https://microsoft.com@evil.example/",
            "https://:x@evil.example/",
        ] {
            assert!(page(bad).is_none(), "{bad}");
        }
    }
}
