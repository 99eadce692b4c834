//! The token endpoint: codes and refresh tokens in, tokens out (RFC 6749 sections 4.1.3 and 6). Device codes too, for
//! which the flow in [`device_code`](super::device_code) asks.
//!
//! A public client: no secret, no `Origin`. What is transient is asked again; what is final is told apart
//! from it by [`Error`].

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use oauth2::basic::{BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AuthUrl, ClientId, DeviceAuthorizationUrl, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken, TokenUrl,
};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, StatusCode};
use serde::de::DeserializeOwned;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::tokens::{TokenResponse, Tokens};
use super::{Authority, Error, ErrorResponse, capabilities};
use crate::http;
use crate::http::retry::{self, Observer, Waits};
use crate::token::{AuthorizationCode, ClaimsRequest, RefreshToken};

const LONGEST_ANSWER: usize = 1 << 20;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const ALL_WAITS: Duration = Duration::from_secs(15);
/// An answer has a few kilobytes; one that drips for longer is a broken one.
const WHOLE_ANSWER: Duration = Duration::from_secs(30);
/// The last moment to begin another attempt, so that whoever waits for the session's lock waits long enough.
const ALL_ATTEMPTS: Duration = Duration::from_secs(120);
/// What of a request nobody else may know.
const SECRETS: [&str; 4] = ["code", "code_verifier", "refresh_token", "device_code"];

pub(super) type OAuthClient = oauth2::Client<
    ErrorResponse,
    TokenResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The token endpoint of one authority, for one application.
pub struct TokenEndpoint<'a> {
    http: &'a Client,
    authority: Authority,
    host: String,
    pub(super) oauth: OAuthClient,
    pub(super) waiting: Observer<'a>,
    max_wait: Duration,
}

/// What an exchange showed besides its body.
#[derive(Debug, Default)]
pub(super) struct Seen {
    status: Cell<StatusCode>,
    clock_offset: Cell<Option<i64>>,
    pub(super) retry_after: Cell<Option<Duration>>,
    /// The secrets of the request, which the answer may repeat.
    secrets: RefCell<Vec<Zeroizing<String>>>,
}

impl<'a> TokenEndpoint<'a> {
    /// The endpoint of `authority` for the application `client_id`, asked over `http`.
    ///
    /// # Errors
    /// [`Error::Address`] when the authority's base URL cannot carry the endpoints.
    pub fn new(
        authority: &Authority,
        client_id: &str,
        http: &'a Client,
        waiting: Observer<'a>,
    ) -> Result<Self, Error> {
        Ok(Self {
            http,
            authority: authority.clone(),
            host: authority.base().host_str().unwrap_or_default().to_owned(),
            oauth: oauth_client(authority, client_id)?,
            waiting,
            max_wait: ALL_WAITS,
        })
    }

    /// The same, on which no more than `max_wait` is waited for a busy authority, and never more than is usual.
    #[must_use]
    pub fn within(self, max_wait: Duration) -> Self {
        Self { max_wait: max_wait.min(ALL_WAITS), ..self }
    }

    /// Whose endpoint it is.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Redeems an authorization code: once, since a code is used up by the attempt.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn redeem(
        &self,
        code: &AuthorizationCode,
        verifier: PkceCodeVerifier,
        redirect_uri: &str,
        scopes: &[String],
        claims: Option<&ClaimsRequest>,
    ) -> Result<Tokens, Error> {
        let redirect_uri = RedirectUrl::new(redirect_uri.to_owned())?;
        let seen = Seen::default();
        let send = |request| self.send(request, &seen);
        let answer = self
            .oauth
            .exchange_code(oauth2::AuthorizationCode::new(code.expose().to_owned()))
            .set_pkce_verifier(verifier)
            .set_redirect_uri(Cow::Owned(redirect_uri))
            .add_extra_param("scope", scopes.join(" "))
            .add_extra_param("claims", capabilities::with_capabilities(claims))
            .request_async(&send)
            .await;
        self.tokens(answer, &seen)
    }

    /// Redeems a refresh token, again and again while the failure is transient.
    ///
    /// # Errors
    /// [`Error::Rejected`] is final; every other error leaves the refresh token as good as it was.
    pub async fn refresh(
        &self,
        token: &RefreshToken,
        scopes: &[String],
        claims: Option<&ClaimsRequest>,
    ) -> Result<Tokens, Error> {
        let token = oauth2::RefreshToken::new(token.expose().to_owned());
        self.insist(async |seen| {
            let send = |request| self.send(request, seen);
            let answer = self
                .oauth
                .exchange_refresh_token(&token)
                .add_scopes(scopes.iter().cloned().map(Scope::new))
                .add_extra_param("claims", capabilities::with_capabilities(claims))
                .request_async(&send)
                .await;
            self.tokens(answer, seen)
        })
        .await
    }

    /// Asks again and again while the failure is transient.
    pub(super) async fn insist<T>(&self, ask: impl AsyncFn(&Seen) -> Result<T, Error>) -> Result<T, Error> {
        let mut waits = Waits::new(FIRST_WAIT, self.max_wait);
        let begun = Instant::now();
        loop {
            let seen = Seen::default();
            let error = match ask(&seen).await {
                Err(error) if error.is_transient() => error,
                other => return other,
            };
            let Ok(wait) = waits.next(seen.retry_after.get()) else { return Err(error) };
            if begun.elapsed() + wait > ALL_ATTEMPTS {
                return Err(error);
            }
            (self.waiting)(&error.to_string(), wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// The adapter between `oauth2` and the one client.
    async fn send(&self, request: HttpRequest, seen: &Seen) -> Result<HttpResponse, http::Error> {
        let request =
            reqwest::Request::try_from(request).map_err(|error| http::Error::network(&self.host, &error))?;
        self.execute(request, seen).await
    }

    async fn execute(&self, mut request: reqwest::Request, seen: &Seen) -> Result<HttpResponse, http::Error> {
        let network = |error: reqwest::Error| http::Error::network(&self.host, &error);
        *request.timeout_mut() = Some(WHOLE_ANSWER);
        seen.secrets.replace(secrets_of(&request));
        let response = self.http.execute(request).await.map_err(network)?;
        let status = response.status();
        let headers = response.headers().clone();
        seen.status.set(status);
        seen.retry_after.set(retry::retry_after(&headers));
        seen.clock_offset.set(retry::date(&headers).and_then(seconds_ahead));

        let mut answer = HttpResponse::new(http::read(response, LONGEST_ANSWER).await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// A form to an endpoint of this authority that `oauth2` has no request of its own for.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        seen: &Seen,
    ) -> Result<T, RequestTokenError<http::Error, ErrorResponse>> {
        let request = self
            .http
            .post(url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish())
            .build()
            .map_err(|error| http::Error::network(&self.host, &error))
            .map_err(RequestTokenError::Request)?;
        let answer = self.execute(request, seen).await.map_err(RequestTokenError::Request)?;
        let unreadable = |_| RequestTokenError::Other(String::new());
        if answer.status() == StatusCode::OK {
            return serde_json::from_slice(answer.body()).map_err(unreadable);
        }
        Err(RequestTokenError::ServerResponse(serde_json::from_slice(answer.body()).map_err(unreadable)?))
    }

    /// What an answer of the token endpoint means.
    pub(super) fn tokens(&self, answer: Answer, seen: &Seen) -> Result<Tokens, Error> {
        let host = self.host.clone();
        match answer {
            Ok(response) => response
                .into_tokens(seen.clock_offset.get())
                .map_err(|reason| Error::Malformed { host, reason: reason.into() }),
            Err(error) => Err(self.failure(error, seen)),
        }
    }

    /// An answer that is not the protocol's.
    pub(super) fn malformed(&self, reason: &str) -> Error {
        Error::Malformed { host: self.host.clone(), reason: reason.to_owned() }
    }

    /// What a failed request means.
    pub(super) fn failure(&self, error: RequestTokenError<http::Error, ErrorResponse>, seen: &Seen) -> Error {
        let host = self.host.clone();
        let status = seen.status.get();
        let error = match error {
            RequestTokenError::ServerResponse(error) => {
                RequestTokenError::ServerResponse(error.without(&seen.secrets.borrow()))
            }
            other => other,
        };
        let throttled = status == StatusCode::TOO_MANY_REQUESTS;
        let busy = status.is_server_error() || throttled;
        match error {
            RequestTokenError::Request(error) => error.into(),
            // Said with whatever status, it is the device flow's word about when to come back.
            RequestTokenError::ServerResponse(error) if error.error == "slow_down" => {
                Error::Rejected(Box::new(error))
            }
            RequestTokenError::ServerResponse(error) if busy || error.is_transient() => {
                let said = error.to_string();
                let says_nothing = !said.contains(char::is_alphanumeric);
                let reason = if says_nothing { format!("HTTP {}", status.as_u16()) } else { said };
                Error::Unavailable { host, reason, throttled, answer: Some(Box::new(error)) }
            }
            RequestTokenError::ServerResponse(error) if !error.error.is_empty() => {
                Error::Rejected(Box::new(error))
            }
            _ if busy => {
                let reason = format!("HTTP {}", status.as_u16());
                Error::Unavailable { host, reason, throttled, answer: None }
            }
            // The parser's own words could quote a part of a token.
            _ => Error::Malformed { host, reason: format!("HTTP {status}") },
        }
    }
}

pub(super) type Answer = Result<TokenResponse, RequestTokenError<http::Error, ErrorResponse>>;

pub(super) fn oauth_client(authority: &Authority, client_id: &str) -> Result<OAuthClient, Error> {
    Ok(oauth2::Client::new(ClientId::new(client_id.to_owned()))
        .set_auth_uri(AuthUrl::new(authority.authorization_endpoint())?)
        .set_device_authorization_url(DeviceAuthorizationUrl::new(authority.device_authorization_endpoint())?)
        .set_token_uri(TokenUrl::new(authority.token_endpoint())?))
}

fn secrets_of(request: &reqwest::Request) -> Vec<Zeroizing<String>> {
    let form = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let secrets = form_urlencoded::parse(form).filter(|(name, _)| SECRETS.contains(&name.as_ref()));
    secrets.map(|(_, value)| Zeroizing::new(value.into_owned())).collect()
}

fn seconds_ahead(authority: SystemTime) -> Option<i64> {
    let authority = Timestamp::try_from(authority).ok()?;
    Some(authority.as_second() - Timestamp::now().as_second())
}
