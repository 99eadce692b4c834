//! The authorization-code flow with PKCE (RFC 6749 section 4.1, RFC 7636, RFC 8252), one attempt at a time.
//!
//! Always S256, whatever discovery says or does not say. `state`, `nonce` and verifier are 256 random bits
//! each and belong to one attempt, so an answer fits exactly one question.

use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use url::Url;

use super::token_endpoint::oauth_client;
use super::{Authority, Error, TokenEndpoint, Tokens, capabilities};
use crate::token::{AuthorizationCode, ClaimsRequest};

const RANDOM_BYTES: u32 = 32;

/// A mail address has no more characters (RFC 5321 section 4.5.3.1), and a browser opens no address of any length.
const LONGEST_HINT: usize = 320;

/// How the browser brings the answer to the loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// As a form in the body of a POST, so that the code is in no address bar and no history.
    FormPost,
    /// In the query of a GET.
    Query,
}

impl ResponseMode {
    fn as_str(self) -> &'static str {
        match self {
            Self::FormPost => "form_post",
            Self::Query => "query",
        }
    }
}

/// Which account the authority shall have in mind
/// (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// Whichever the browser is signed in with.
    Anybody,
    /// This one, by its user name (`login_hint`); the person may still choose another.
    Expected(&'a str),
    /// The person is asked, whoever the browser is signed in with (`prompt=select_account`).
    Ask,
}

/// What is asked of the authority.
#[derive(Debug)]
pub struct Request<'a> {
    /// The permissions.
    pub scopes: Vec<String>,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// How it gets there.
    pub mode: ResponseMode,
    /// What a challenge asked for, if one did.
    pub claims: Option<ClaimsRequest>,
    /// Who is to sign in.
    pub who: Who<'a>,
}

/// One question to the authority, and what is needed to recognise and use its answer.
#[derive(Debug)]
pub struct Attempt {
    url: Url,
    state: CsrfToken,
    nonce: CsrfToken,
    verifier: PkceCodeVerifier,
    redirect_uri: String,
    scopes: Vec<String>,
    claims: Option<ClaimsRequest>,
}

impl Attempt {
    /// Makes up a new attempt.
    ///
    /// # Errors
    /// [`Error::Address`] when the authority's base URL cannot carry the endpoints.
    pub fn new(authority: &Authority, client_id: &str, request: Request) -> Result<Self, Error> {
        let Request { scopes, redirect_uri, mode, claims, who } = request;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256_len(RANDOM_BYTES);
        let nonce = CsrfToken::new_random_len(RANDOM_BYTES);
        let client =
            oauth_client(authority, client_id)?.set_redirect_uri(RedirectUrl::new(redirect_uri.clone())?);
        let question = client
            .authorize_url(|| CsrfToken::new_random_len(RANDOM_BYTES))
            .add_scopes(scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .add_extra_param("response_mode", mode.as_str())
            .add_extra_param("nonce", nonce.secret())
            .add_extra_param("claims", capabilities::with_capabilities(claims.as_ref()));
        let (url, state) = match who {
            Who::Expected(username) if username.chars().count() <= LONGEST_HINT => {
                question.add_extra_param("login_hint", username)
            }
            Who::Anybody | Who::Expected(_) => question,
            Who::Ask => question.add_extra_param("prompt", "select_account"),
        }
        .url();
        Ok(Self { url: without_plus(url), state, nonce, verifier, redirect_uri, scopes, claims })
    }

    /// Where the person has to go.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What the answer has to repeat.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.secret()
    }

    /// What the ID token has to repeat.
    #[must_use]
    pub fn nonce(&self) -> &str {
        self.nonce.secret()
    }

    /// Redeems the code that the answer brought. An attempt ends with it, since the verifier is used up.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn redeem(
        self,
        endpoint: &TokenEndpoint<'_>,
        code: &AuthorizationCode,
    ) -> Result<Tokens, Error> {
        let claims = self.claims.as_ref();
        endpoint.redeem(code, self.verifier, &self.redirect_uri, &self.scopes, claims).await
    }
}

/// Openers and shells re-escape or split at a `+`; `%20` means the same to every server.
fn without_plus(mut url: Url) -> Url {
    let query = url.query().map(|query| query.replace('+', "%20"));
    url.set_query(query.as_deref());
    url
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn attempt() -> Attempt {
        attempt_of(Who::Anybody)
    }

    fn attempt_of(who: Who) -> Attempt {
        let base = Url::parse("https://login.microsoftonline.com").unwrap();
        let authority = Authority::new(base, &[], "contoso.com");
        let scopes = vec!["https://api/.default".to_owned(), "openid".to_owned()];
        let redirect_uri = "http://localhost:4321".to_owned();
        let claims = r#"{"access_token":{"acrs":{"value":"c1 +"}}}"#.parse().ok();
        let request = Request { scopes, redirect_uri, mode: ResponseMode::FormPost, claims, who };
        Attempt::new(&authority, "client", request).unwrap()
    }

    #[test]
    fn the_question_has_everything_the_standard_asks_for() {
        let attempt = attempt();
        let parameters: HashMap<_, _> = attempt.url().query_pairs().into_owned().collect();
        assert_eq!(parameters["response_type"], "code");
        assert_eq!(parameters["code_challenge_method"], "S256");
        assert_eq!(parameters["code_challenge"].len(), 43);
        assert_eq!(parameters["redirect_uri"], "http://localhost:4321");
        assert_eq!(parameters["response_mode"], "form_post");
        assert_eq!(parameters["scope"], "https://api/.default openid");
        assert_eq!(parameters["state"], attempt.state());
        assert_eq!(parameters["nonce"], attempt.nonce());
        assert_eq!(
            parameters["claims"],
            r#"{"access_token":{"acrs":{"value":"c1 +"},"xms_cc":{"values":["cp1"]}}}"#
        );
        assert_eq!(attempt.state().len(), 43);
        assert!(!attempt.url().as_str().contains(['+', ' ']));
    }

    #[test]
    fn a_hint_that_is_no_address_of_anybody_is_left_out() {
        let hinted =
            |username: &str| attempt_of(Who::Expected(username)).url().as_str().contains("login_hint=");
        assert!(hinted("ana@contoso.com") && hinted(&"ä".repeat(320)));
        assert!(!hinted(&"a".repeat(321)));
    }

    #[test]
    fn no_two_attempts_share_anything_random() {
        let mut seen = HashSet::new();
        for _ in 0..32 {
            let attempt = attempt();
            for random in [attempt.state(), attempt.nonce(), attempt.verifier.secret()] {
                assert!(seen.insert(random.to_owned()));
            }
        }
    }
}
