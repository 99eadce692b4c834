//! Entra ID: sign-in pages for people, a token endpoint for clients, and what it remembers between the two.

mod authorize;
mod claims;
mod device_code;
mod discovery;
mod keys;
mod pages;
mod random;
mod refusal;
mod scope;
mod token_endpoint;
pub mod tokens;

use std::collections::{HashMap, HashSet};

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::directory::{self, Application, TenantName, User};
use super::http::{self, Answer, Request};
use super::world::World;
use keys::Keys;
use refusal::Refusal;
use scope::Scope;

pub use authorize::SignIn;
pub use claims::StepUp;
use device_code::Device;
pub use random::guid;

/// Seconds that an authorization code may wait.
const CODE_LIFETIME: i64 = 600;

#[derive(Default)]
pub struct Entra {
    keys: Keys,
    /// Pages that wait for a person, by the handle in their form.
    sign_ins: HashMap<String, SignIn>,
    codes: HashMap<String, Code>,
    /// By the device code.
    devices: HashMap<String, Device>,
    /// Polls that came before their time.
    pub hasty_polls: usize,
    grants: Vec<Grant>,
    refresh_tokens: HashMap<String, RefreshToken>,
    /// `uti` of every access token that the API would take.
    live: HashSet<String>,
    /// What the access tokens mean that are not JWTs.
    opaque: HashMap<String, Map<String, Value>>,
    /// Every token and code that was given out and every verifier that was presented, for a test that looks for them
    /// where they must not be.
    pub secrets: Vec<String>,
}

/// An authorization code, bound to the request that it answers.
struct Code {
    sign_in: SignIn,
    user: &'static User,
    expires: i64,
    redeemed: bool,
}

/// What a person has let a client do.
#[derive(Clone)]
struct Grant {
    application: &'static Application,
    user: &'static User,
    scope: Scope,
    /// Authentication contexts that the person has met at the sign-in.
    contexts: Vec<String>,
    refused: Option<GrantRefusal>,
}

struct RefreshToken {
    /// Position in `grants`.
    grant: usize,
    rotated: bool,
}

/// Why a grant is no longer honoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantRefusal {
    /// AADSTS50173: the password was changed, or an administrator has revoked the sessions.
    Revoked,
    /// AADSTS700082: not used for ninety days.
    Expired,
    /// AADSTS70043: a Conditional Access policy wants a newer sign-in.
    SignInFrequency,
    /// AADSTS50076: multi-factor authentication is needed; `claims` says how to ask for it.
    MfaRequired,
    /// AADSTS65001: the consent was withdrawn.
    ConsentWithdrawn,
    /// AADSTS99999, which no table lists, as `invalid_grant`.
    Unknown,
    /// Any other number, with the error and suberror that it comes with.
    Numbered(u32),
}

impl Entra {
    pub fn refuse_grants(&mut self, why: GrantRefusal) {
        self.grants.iter_mut().for_each(|grant| grant.refused = Some(why));
    }

    pub fn accept_grants(&mut self) {
        self.grants.iter_mut().for_each(|grant| grant.refused = None);
    }

    pub fn user_code(&self) -> Option<String> {
        device_code::newest(&self.devices)
    }

    pub fn expire_access_tokens(&mut self) {
        self.live.clear();
    }

    pub fn expire_codes(&mut self) {
        self.codes.values_mut().for_each(|code| code.expires = i64::MIN);
    }

    pub fn rotate_keys(&mut self) {
        self.keys.rotate();
    }

    /// The claims of an access token that this authority has issued and still stands by. Audience, times and
    /// permissions are the API's to check.
    pub fn read_access_token(&self, token: &str) -> anyhow::Result<Map<String, Value>> {
        let claims = match self.opaque.get(token) {
            Some(claims) => claims.clone(),
            None => self.keys.verify(token)?,
        };
        let live = claims.get("uti").and_then(Value::as_str).is_some_and(|uti| self.live.contains(uti));
        anyhow::ensure!(live, "the token was withdrawn");
        Ok(claims)
    }
}

impl GrantRefusal {
    fn refusal(self) -> Refusal {
        match self {
            Self::Revoked => Refusal::new(
                50_173,
                "The provided grant has expired due to it being revoked, a fresh auth token is \
                    needed. The user might have changed or reset their password.",
            ),
            Self::Expired => Refusal::new(
                700_082,
                "The refresh token has expired due to inactivity. The token was inactive for \
                    90.00:00:00.",
            ),
            Self::SignInFrequency => Refusal::new(
                70_043,
                "The refresh token has expired or is invalid due to sign-in frequency checks by \
                    conditional access.",
            ),
            Self::MfaRequired => claims::more_than_a_password(),
            Self::ConsentWithdrawn => scope::consent_missing(),
            Self::Unknown => unknown(),
            Self::Numbered(number) => Refusal::new(number, "The grant is not honoured any more."),
        }
    }
}

/// Everything outside `/api/`.
pub fn respond(request: &Request, world: &mut World) -> Answer {
    if request.path == device_code::PAGE {
        return device_code::page(request, world);
    }
    let (segment, endpoint) =
        request.path.trim_start_matches('/').split_once('/').unwrap_or((&request.path, ""));
    if !is_endpoint(endpoint) {
        return http::html(StatusCode::NOT_FOUND, pages::not_found());
    }
    let Some(tenant) = directory::tenant(segment) else {
        return unknown_tenant(segment, endpoint, world);
    };
    match endpoint {
        "oauth2/v2.0/authorize" => authorize::begin(tenant, request, world),
        "oauth2/v2.0/token" => token_endpoint::respond(tenant, request, world),
        "oauth2/v2.0/devicecode" => device_code::begin(tenant, request, world),
        "device" => device_code::decided(request, world),
        "login" => authorize::signed_in(request, world),
        "consent" => authorize::consented(request, world),
        _ => discovery::respond(endpoint, tenant, world),
    }
}

fn is_endpoint(endpoint: &str) -> bool {
    let ours = [
        "oauth2/v2.0/authorize",
        "oauth2/v2.0/token",
        "oauth2/v2.0/devicecode",
        "login",
        "consent",
        "device",
    ];
    ours.contains(&endpoint) || discovery::has(endpoint)
}

/// A person gets a page, a client gets JSON.
fn unknown_tenant(segment: &str, endpoint: &str, world: &World) -> Answer {
    let text = format!(
        "Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are \
            signing into the correct cloud. Check with your subscription administrator, this may \
            happen if there are no active subscriptions for the tenant."
    );
    let refusal = Refusal::new(90_002, text);
    if endpoint == "oauth2/v2.0/authorize" { pages::problem(&refusal, world) } else { refusal.to_json(world) }
}

/// AADSTS50194 and 700016: a single-tenant application is known in its own tenant only.
fn check_tenant(tenant: TenantName, application: &Application) -> Result<(), Refusal> {
    match tenant {
        TenantName::This => Ok(()),
        _ if application.multi_tenant => Ok(()),
        TenantName::Other => Err(not_found(application.client_id, "Fabrikam")),
        TenantName::Any => {
            let text = format!(
                "Application '{}'({}) is not configured as a multi-tenant application. Usage of \
                    the /common endpoint is not supported for such apps created after \
                    '10/15/2018'. Use a tenant-specific endpoint or configure the application to \
                    be multi-tenant.",
                application.client_id, application.name
            );
            Err(Refusal::new(50_194, text))
        }
    }
}

fn application(client_id: &str) -> Result<&'static Application, Refusal> {
    let Some(application) = directory::application(client_id) else {
        return Err(not_found(client_id, "Northwind"));
    };
    if !application.enabled {
        let text = format!("Application '{}'({}) is disabled.", application.client_id, application.name);
        return Err(Refusal::new(7_000_112, text));
    }
    Ok(application)
}

fn not_found(client_id: &str, directory: &str) -> Refusal {
    let text = format!(
        "Application with identifier '{client_id}' was not found in the directory '{directory}'. This can happen if \
            the application has not been installed by the administrator of the tenant or consented to by any user in \
            the tenant. You may have sent your authentication request to the wrong tenant."
    );
    Refusal::new(700_016, text)
}

/// The token endpoint in trouble: an error that passes.
pub fn passing_error(status: StatusCode, world: &World) -> Answer {
    let number = if status == StatusCode::TOO_MANY_REQUESTS { 90_055 } else { 90_033 };
    let mut answer = Refusal::new(number, "A transient error has occurred. Please try again.").to_json(world);
    *answer.status_mut() = status;
    answer
}

/// The token endpoint with an error that nobody has documented.
pub fn unknown_error(world: &World) -> Answer {
    unknown().to_json(world)
}

fn unknown() -> Refusal {
    Refusal::new(99_999, "Something that no documentation mentions.")
}
