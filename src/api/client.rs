//! One request, until it has succeeded or cannot: its turn, bearer, renewal on 401, an answer to a claims challenge,
//! patience on 429 and 503. What may have changed something is not sent again after a failure that leaves open whether it has.
//!
//! The token goes to the configured host and to no other, whatever a redirect says.

use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RANGE};
use reqwest::{Response, StatusCode};
use url::Url;

use super::failure::Failure;
use super::quota::Pace;
use super::refusals::Refusals;
use super::{Answer, Error, Request, ServiceError, address, claims_challenge};
use crate::http;
use crate::http::retry::{self, Observer, Waits};
use crate::token::{AccessToken, ClaimsRequest, Service, TokenSource};

/// Whatever keeps a [`Bearer`] from giving a token.
pub type BearerError = Box<dyn std::error::Error + Send + Sync>;

/// A hundred incidents have half a megabyte as a rule and tens of them at worst.
const LONGEST_ANSWER: usize = 128 << 20;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
const FIRST_WAIT: Duration = Duration::from_secs(1);
const FIRST_WAIT_FOR_THE_NETWORK: Duration = Duration::from_millis(250);
const ALL_WAITS_FOR_THE_NETWORK: Duration = Duration::from_secs(3);

/// Something that gives an access token for the API.
pub trait Bearer {
    /// A token that is valid for now.
    fn token(&self) -> impl Future<Output = Result<AccessToken, BearerError>>;

    /// A token other than the one that the API has just refused, with the claims that its challenge asks for: one
    /// that somebody else has got meanwhile, without knowing whether it has them, or else a new one.
    fn instead_of(
        &self,
        refused: &AccessToken,
        claims: Option<&ClaimsRequest>,
    ) -> impl Future<Output = Result<(AccessToken, TokenSource), BearerError>>;
}

/// A client of one service at one host.
pub struct Client<'a, B> {
    http: &'a reqwest::Client,
    service: Service,
    base: Url,
    bearer: B,
    max_wait: Duration,
    waiting: Observer<'a>,
    pace: Pace,
    spare: RefCell<Vec<u8>>,
}

impl<'a, B: Bearer> Client<'a, B> {
    /// A client of `service` at `base` that waits no longer than `max_wait` for any one answer.
    #[must_use]
    pub fn new(
        http: &'a reqwest::Client,
        (service, base): (Service, Url),
        bearer: B,
        max_wait: Duration,
        waiting: Observer<'a>,
    ) -> Self {
        let pace = Pace::default();
        Self { http, service, base, bearer, max_wait, waiting, pace, spare: RefCell::default() }
    }

    /// The same at a pace.
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Who gives its tokens.
    #[must_use]
    pub fn bearer(&self) -> &B {
        &self.bearer
    }

    /// The address of `path` at this API.
    #[must_use]
    pub fn url(&self, path: &str) -> Url {
        address::url(&self.base, path)
    }

    /// Whether `url` is of this service: at the same host and port, as secure, and under the same path. One with a user
    /// name is not, which would be sent beside the token as a second authorization (RFC 3986 section 3.2.1).
    #[must_use]
    pub fn is_here(&self, url: &Url) -> bool {
        address::is_below(&self.base, url)
    }

    /// Where `link`, which stands in an answer from `url`, leads to.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] when that is not of this service.
    pub fn follow(&self, url: &Url, link: &str) -> Result<Url, Error> {
        let target = url.join(link).ok();
        target.clone().filter(|url| self.is_here(url)).ok_or_else(|| Error::Elsewhere {
            host: self.host().to_owned(),
            target: format!("{} (@odata.nextLink)", address::outside(&self.base, target.as_ref())),
        })
    }

    /// Takes back the memory of an answer, for the next one: a page is half a megabyte, and giving that to the
    /// system and asking for it again took a fifth of a long list's time.
    pub fn recycle(&self, answer: Vec<u8>) {
        self.spare.replace(answer);
    }

    /// GETs `url` and reads the answer with `parse`, which says `Err` when a fresh answer might be better.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get<T, E>(&self, url: &Url, parse: impl Fn(Vec<u8>) -> Result<T, E>) -> Result<T, Error> {
        self.send(&Request::get(url.clone()), parse).await
    }

    /// Sends `request` and reads the answer with `parse`, which says `Err` when a fresh answer might be better.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn send<T, E>(
        &self,
        request: &Request,
        parse: impl Fn(Vec<u8>) -> Result<T, E>,
    ) -> Result<T, Error> {
        self.patiently(request, async |token| {
            let response = self.exchange(request, token).await?;
            self.read(response, token, &parse).await
        })
        .await
    }

    /// The same where a success need not say anything: `None` when it has no content, with the status for that
    /// (RFC 9110 section 15.3.5) or another.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn send_for_anything<T, E>(
        &self,
        request: &Request,
        parse: impl Fn(Vec<u8>) -> Result<T, E>,
    ) -> Result<Option<T>, Error> {
        self.patiently(request, async |token| {
            let response = self.exchange(request, token).await?;
            let parse = |body: Vec<u8>| {
                if body.trim_ascii().is_empty() { Ok(None) } else { parse(body).map(Some) }
            };
            self.read(response, token, parse).await
        })
        .await
    }

    async fn read<T, E>(
        &self,
        response: Response,
        token: &AccessToken,
        parse: impl Fn(Vec<u8>) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let status = response.status();
        let wait = retry::retry_after(response.headers());
        let body = self.body(response).await?;
        if let Some(error) = ServiceError::in_success(self.service, status, &body, token) {
            return Err(Failure::of(error, None, wait));
        }
        parse(body).map_err(|_| Failure::Broken(self.not_the_api("JSON that is cut off or of another form")))
    }

    /// Sends `request` and gives the answer as it comes, of whatever type and length.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn open(&self, request: &Request) -> Result<Answer, Error> {
        self.patiently(request, async |token| Ok(Answer::begin(self.exchange(request, token).await?).await?))
            .await
    }

    /// Attempts it until it has succeeded or cannot.
    async fn patiently<T>(
        &self,
        request: &Request,
        attempt: impl AsyncFn(&AccessToken) -> Result<T, Failure>,
    ) -> Result<T, Error> {
        let mut waits = Waits::new(FIRST_WAIT, self.max_wait);
        let mut network_waits = Waits::new(FIRST_WAIT_FOR_THE_NETWORK, ALL_WAITS_FOR_THE_NETWORK);
        let mut token = self.bearer.token().await.map_err(Error::Bearer)?;
        let mut refusals = Refusals::default();
        let turns = self.pace.turns(self.service, request.method(), self.path_of(request.url()));
        loop {
            let turn = turns.next(&mut waits, self.waiting).await?;
            let outcome = attempt(&token).await;
            turns.over(turn);
            let (error, wait) = match outcome {
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::TokenRefused(error)) if refusals.are_final(&error) => return Err(error),
                Err(Failure::TokenRefused(error)) => {
                    log::info!("{error}; renewing the access token");
                    let (other, source) =
                        self.bearer.instead_of(&token, error.claims()).await.map_err(Error::Bearer)?;
                    refusals.met_with(&error, source);
                    token = other;
                    continue;
                }
                Err(Failure::Broken(error)) if !request.is_safe() && error.is_unclear() => return Err(error),
                // Without a word of when to come back, it may have done something all the same. A gateway that has given up
                // does not know what has become of the request, whatever it says of a pause.
                Err(Failure::Busy { error, wait })
                    if !request.is_safe()
                        && !error.is_throttling()
                        && (wait.is_none() || error.meaning() != StatusCode::SERVICE_UNAVAILABLE) =>
                {
                    return Err(Error::Failed(error));
                }
                Err(Failure::Busy { error, wait }) => {
                    let wait = waits.next(wait);
                    if error.is_throttling() {
                        turns.hold(wait.unwrap_or_else(|too_long| too_long));
                    }
                    match wait {
                        Ok(wait) => (format!("the service is busy: {error}"), wait),
                        Err(wait) => return Err(Error::Throttled { wait, error }),
                    }
                }
                Err(Failure::Broken(error)) => match network_waits.next(None) {
                    Ok(wait) => (error.to_string(), wait),
                    Err(_) => return Err(error),
                },
            };
            (self.waiting)(&error, wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// One attempt, as far as to the beginning of an answer that is a success.
    async fn exchange(&self, request: &Request, token: &AccessToken) -> Result<Response, Failure> {
        let host = self.host();
        let (method, url) = (request.method(), request.url());
        if url.as_str().len() > address::LONGEST {
            return Err(Failure::Final(Error::AddressTooLong(url.as_str().len())));
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        log::info!("{method} {}{query}", url.path());
        let mut sending = self
            .http
            .request(method.clone(), url.clone())
            .headers(request.headers().clone())
            .header(AUTHORIZATION, authorization(token));
        if let Some(body) = request.body() {
            sending = sending.body(body.to_vec());
        }
        let response = sending.send().await.map_err(|error| http::Error::network(host, &error))?;

        let status = response.status();
        log::debug!("HTTP {status}");
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(Failure::Final(address::elsewhere(host, &response)));
        }
        if status == StatusCode::PARTIAL_CONTENT && !request.headers().contains_key(RANGE) {
            return Err(Failure::Broken(self.not_the_api("a part of an answer (HTTP 206)")));
        }
        if status.is_success() || status == StatusCode::NOT_MODIFIED && request.is_conditional() {
            if is_html(&response) && !request.wants_html() {
                return Err(Failure::Final(self.not_the_api("a web page")));
            }
            return Ok(response);
        }
        let wait = retry::retry_after(response.headers());
        let claims = claims_challenge(response.headers());
        let body = self.body(response).await?;
        Err(Failure::of(ServiceError::parse(self.service, status, &body, token), claims, wait))
    }

    /// The whole body, without the byte order mark that may be ignored before JSON (RFC 8259 section 8.1).
    async fn body(&self, response: Response) -> Result<Vec<u8>, http::Error> {
        let mut body = http::read_into(self.spare.take(), response, LONGEST_ANSWER).await?;
        if body.starts_with(BYTE_ORDER_MARK) {
            body.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(body)
    }

    /// The path of `url` at this API.
    fn path_of<'u>(&self, url: &'u Url) -> &'u str {
        url.path().strip_prefix(self.base.path()).unwrap_or(url.path())
    }

    fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    pub(super) fn not_the_api(&self, what: &str) -> Error {
        Error::NotTheApi { host: self.host().to_owned(), what: what.to_owned() }
    }
}

fn authorization(token: &AccessToken) -> HeaderValue {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}

fn is_html(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/html"))
}
