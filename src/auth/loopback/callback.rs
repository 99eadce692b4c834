//! Is this request the answer that we are waiting for? A pure decision, made in one order for everybody:
//! where it comes from, then `state`, then `error`, then `code`.
//!
//! Whatever fails a check is not an error of the sign-in but somebody else's request; it gets an empty page
//! and the wait goes on. (RFC 8252 section 8, RFC 9700 sections 2.1 and 4.7, RFC 9207)

use std::collections::HashMap;

use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::auth::authorization_code::ResponseMode;
use crate::auth::{Authority, ErrorResponse};
use crate::token::AuthorizationCode;

/// What the true answer looks like.
#[derive(Debug, Clone)]
pub struct Expected {
    /// How the browser brings it.
    pub mode: ResponseMode,
    /// The `state` of the attempt.
    pub state: String,
    /// Whose pages may send it.
    pub authority: Authority,
    /// The port of the redirect URI.
    pub port: u16,
}

/// The headers that [`Expected::judge`] looks at.
pub const JUDGED: [&str; 4] = ["host", "origin", "content-type", "sec-fetch-mode"];

/// A request, as far as the decision needs it.
#[derive(Debug, Default)]
pub struct Request<'a> {
    /// In capitals.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Names are compared without regard to case.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The whole body.
    pub body: &'a [u8],
}

/// How the browser's part of the sign-in ended: with a code, or with the authority's refusal.
pub type Outcome = Result<AuthorizationCode, Box<ErrorResponse>>;

/// Why parameters are not the answer that is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTheAnswer {
    /// RFC 6749 section 3.1 forbids it.
    #[error("it has a parameter twice")]
    Repeated,
    /// The authority always repeats it.
    #[error("it has no `state`")]
    NoState,
    /// Another attempt's, or a forgery.
    #[error("its `state` belongs to another sign-in")]
    ForeignState,
    /// RFC 9207 section 2.4.
    #[error("it comes from another authority")]
    ForeignIssuer,
    /// Neither a code nor an error.
    #[error("it has no `code`")]
    NoCode,
}

/// What to do with a request.
#[derive(Debug)]
pub enum Verdict {
    /// The true answer.
    Answer(Outcome),
    /// The browser asks for the page that it was sent to when it had brought the answer.
    Done,
    /// It has the right `state`, but names another authority. It is not taken, as everything that is not for us.
    ForeignIssuer,
    /// Not for us: the HTTP status to answer with.
    Stray(u16),
}

/// Where the browser ends: a page with no code in its address and none in what was posted.
pub const DONE: &str = "/done";

impl Expected {
    /// Decides what `request` is.
    #[must_use]
    pub fn judge(&self, request: &Request) -> Verdict {
        let (path, query) = request.target.split_once('?').unwrap_or((request.target, ""));
        if !self.is_for_us(request) {
            return Verdict::Stray(404);
        }
        if path == DONE && request.method == "GET" {
            return Verdict::Done;
        }
        if path != "/" {
            return Verdict::Stray(404);
        }
        let parameters = match (self.mode, request.method) {
            (ResponseMode::FormPost, "POST") if is_form(request) => request.body,
            (ResponseMode::Query, "GET") => query.as_bytes(),
            (ResponseMode::FormPost, "POST") => return Verdict::Stray(415),
            (_, "GET" | "HEAD") => return Verdict::Stray(404),
            _ => return Verdict::Stray(405),
        };
        match self.read(parameters) {
            Ok(outcome) => Verdict::Answer(outcome),
            Err(NotTheAnswer::ForeignIssuer) => Verdict::ForeignIssuer,
            Err(_) => Verdict::Stray(400),
        }
    }

    /// A navigation to this very port, by nobody but the authority's page.
    fn is_for_us(&self, request: &Request) -> bool {
        let mut hosts = request.values("host");
        let host = (hosts.next(), hosts.next());
        let origin =
            request.values("origin").all(|origin| origin == "null" || self.authority.is_origin(origin));
        let navigation = request.values("sec-fetch-mode").all(|mode| mode == "navigate");
        matches!(host, (Some(host), None) if self.is_host(host)) && origin && navigation
    }

    fn is_host(&self, host: &str) -> bool {
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|name| host.eq_ignore_ascii_case(&format!("{name}:{}", self.port)))
    }

    /// Reads the parameters of an answer, wherever they come from.
    ///
    /// # Errors
    /// When they are not the answer to this attempt.
    pub fn read(&self, parameters: &[u8]) -> Result<Outcome, NotTheAnswer> {
        let mut found = HashMap::new();
        for (name, value) in form_urlencoded::parse(parameters) {
            if found.insert(name, value.into_owned()).is_some() {
                return Err(NotTheAnswer::Repeated);
            }
        }
        let state = found.get("state").ok_or(NotTheAnswer::NoState)?;
        if !bool::from(state.as_bytes().ct_eq(self.state.as_bytes())) {
            return Err(NotTheAnswer::ForeignState);
        }
        if found.get("iss").is_some_and(|issuer| !self.authority.is_issuer(issuer)) {
            return Err(NotTheAnswer::ForeignIssuer);
        }
        if let Some(error) = found.remove("error") {
            return Ok(Err(Box::new(ErrorResponse {
                error,
                description: found.remove("error_description"),
                suberror: found.remove("error_subcode"),
                ..ErrorResponse::default()
            })));
        }
        let code = found.remove("code").filter(|code| !code.is_empty()).ok_or(NotTheAnswer::NoCode)?;
        Ok(Ok(code.into()))
    }
}

impl<'a> Request<'a> {
    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

fn is_form(request: &Request) -> bool {
    let mut types = request.values("content-type");
    let media_type = |value: &str| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (first, second) = (types.next().map(media_type), types.next());
    first.as_deref() == Some("application/x-www-form-urlencoded") && second.is_none()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    const HOST: (&str, &str) = ("Host", "localhost:4321");
    const ANSWER: &[u8] = b"code=c-1&state=s-1&session_state=x";

    fn expected(mode: ResponseMode) -> Expected {
        let base = Url::parse("https://login.microsoftonline.com").unwrap();
        let authority = Authority::new(base, &["login.microsoftonline.com"], "contoso.com");
        Expected { mode, state: "s-1".into(), authority, port: 4321 }
    }

    fn post<'a>(headers: &[(&'a str, &'a str)], body: &'a [u8]) -> Request<'a> {
        Request { method: "POST", target: "/", headers: headers.to_vec(), body }
    }

    fn status(verdict: &Verdict) -> u16 {
        match verdict {
            Verdict::Stray(status) => *status,
            Verdict::ForeignIssuer => 400,
            Verdict::Answer(_) | Verdict::Done => 200,
        }
    }

    #[test]
    fn the_true_answer_is_taken_as_browsers_send_it() {
        let chromium = [
            HOST,
            FORM,
            ("Origin", "null"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Site", "cross-site"),
        ];
        let msal = [
            ("host", "127.0.0.1:4321"),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ];
        let entra = [("Host", "[::1]:4321"), FORM, ("Origin", "https://login.microsoftonline.com")];
        for headers in [&chromium[..], &msal, &entra] {
            let verdict = expected(ResponseMode::FormPost).judge(&post(headers, ANSWER));
            assert!(matches!(verdict, Verdict::Answer(Ok(code)) if code.expose() == "c-1"), "{headers:?}");
        }
        let get = Request { method: "GET", target: "/?state=s-1&code=c-1", headers: vec![HOST], body: b"" };
        assert!(matches!(expected(ResponseMode::Query).judge(&get), Verdict::Answer(Ok(_))));
    }

    #[test]
    fn an_error_counts_only_with_the_right_state() {
        let judge = |body| expected(ResponseMode::FormPost).judge(&post(&[HOST, FORM], body));
        let verdict = judge(b"error=access_denied&error_description=AADSTS65004%3A+no&state=s-1");
        assert!(matches!(verdict, Verdict::Answer(Err(error)) if error.codes() == [65004]));
        for foreign in
            [&b"error=access_denied&state=s-2"[..], b"error=access_denied", b"error=access_denied&state="]
        {
            assert_eq!(status(&judge(foreign)), 400);
        }
    }

    #[test]
    fn everything_else_is_somebody_elses_request() {
        let judge = |request: &Request| status(&expected(ResponseMode::FormPost).judge(request));
        for headers in [
            &[FORM][..],
            &[FORM, ("Host", "evil.example:4321")],
            &[FORM, ("Host", "localhost:4322")],
            &[FORM, ("Host", "localhost")],
            &[FORM, HOST, HOST],
            &[FORM, HOST, ("Origin", "https://evil.example")],
            &[FORM, HOST, ("Origin", "null"), ("Origin", "https://evil.example")],
            &[FORM, HOST, ("Sec-Fetch-Mode", "cors")],
        ] {
            assert_eq!(judge(&post(headers, ANSWER)), 404, "{headers:?}");
        }
        assert_eq!(judge(&post(&[HOST, ("Content-Type", "text/plain")], ANSWER)), 415);
        assert_eq!(judge(&post(&[HOST, FORM, ("Content-Type", "text/plain")], ANSWER)), 415);
        for body in [
            &b""[..],
            b"code=c-1",
            b"code=c-1&state=s-2",
            b"code=c-1&state=s-1&state=s-1",
            b"code=&state=s-1",
            b"code=a&code=b&state=s-1",
            b"state=s-1",
            b"code=c-1&state=s-1&iss=https%3A%2F%2Fevil.example",
        ] {
            assert_eq!(judge(&post(&[HOST, FORM], body)), 400, "{body:?}");
        }
        let request = |method, target| Request { method, target, headers: vec![HOST], body: b"" };
        assert_eq!(judge(&request("GET", "/?code=c-1&state=s-1")), 404);
        assert_eq!(judge(&request("GET", "/favicon.ico")), 404);
        assert_eq!(judge(&request("OPTIONS", "/")), 405);
        assert_eq!(judge(&request("HEAD", "/")), 404);
    }
}
