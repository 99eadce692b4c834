//! How the tenant behaves. The defaults are a healthy tenant that Ana may use; every field is one way to differ from
//! it.

use std::time::Duration;

use super::api::ClaimsChallenge;
use super::directory::{ANA, Resource, User};
use super::entra::StepUp;
use super::fault::ThrottleBody;
use super::retirement::{Api, Retirement};
use super::store::Churn;

/// Everything but `port` and `incidents` may change while the tenant runs, through [`super::Tenant::change`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Read once, at start; 0 takes any free port.
    pub port: u16,
    /// Read once, at start; see [`super::Tenant::arrive`].
    pub incidents: usize,
    /// Under which address the tenant names itself, where something that speaks TLS stands before it.
    pub public_url: Option<String>,
    /// Seconds that the tenant's whole clock is ahead of this machine's: token times, ages, the `Date` header.
    pub clock_offset: i64,

    /// Who sits at the browser.
    pub user: &'static User,

    /// Delegated permissions in the app's registration, of any API: no two have a permission of the same name.
    pub registered: Vec<String>,
    /// Those of them that the user, or an administrator for all users, has consented to.
    pub consented: Vec<String>,
    /// What the user may do in the portal, and so through the APIs.
    pub role: Role,
    /// Whoever signs in, the consent is declined.
    pub user_declines: bool,
    /// Users may not consent themselves: they get a page that tells them to ask an administrator, and no way back.
    pub admin_consent_required: bool,

    /// Seconds an access token lives; a random hour to hour and a half when absent.
    pub token_lifetime: Option<u64>,
    /// How long the token endpoint thinks before it does anything.
    pub token_delay: Duration,
    pub refresh_reuse: RefreshReuse,
    /// `offline_access` is granted and brings nothing, as where a policy forbids it (RFC 6749, section 5.1).
    pub no_refresh_token: bool,
    /// "Allow public client flows" in the app's registration, without which there is no device flow.
    pub public_client_flows: bool,
    pub device_answer: DeviceAnswer,
    /// Seconds between two polls with a device code; whoever comes sooner is told to slow down.
    pub device_interval: u64,
    /// Seconds that a device code is good.
    pub device_lifetime: u64,
    /// So many polls with a device code are told to slow down, however late they come.
    pub slow_downs: u32,
    pub id_token_flaw: Option<IdTokenFlaw>,
    pub access_token_flaw: Option<AccessTokenFlaw>,

    /// What the API wants of a token besides a permission.
    pub claims_challenge: Option<ClaimsChallenge>,
    /// What a refresh does about an authentication context.
    pub step_up: StepUp,

    /// Emit `@odata.nextLink` while there is more. The service's documentation shows none.
    pub next_link: bool,
    /// Print every documented key, null where there is nothing. Real responses leave such keys out.
    pub all_nulls: bool,
    /// Enforce the documented quotas: 50 lists, 50 updates, 100 single incidents, 45 hunts, 150 calls of Graph, 100 calls of Defender for
    /// Endpoint a minute, and 1,500 of each an hour.
    pub rate_limits: bool,
    /// Instead of the documented calls a minute of every kind: so many calls in so many seconds.
    pub small_quota: Option<(u32, i64)>,
    /// How a throttled answer of `rate_limits` tells when to come back.
    pub retry_after: RetryAfterForm,
    pub throttle_body: ThrottleBody,
    /// What hunting finds.
    pub hunting: Hunting,
    /// How what is done to a machine ends.
    pub action_end: ActionEnd,
    /// So many new incidents arrive after every page served, and shift all others.
    pub arrivals_per_page: usize,
    /// What else happens after every page served.
    pub churn: Churn,
    /// Lists begin with what was updated last, not with what is newest.
    pub last_updated_first: bool,
    /// A page of Defender's list has no more than so many, whatever `$top` says.
    pub most_on_a_page: Option<usize>,
    /// Graph refuses `$skip`, so that only its links lead on.
    pub no_skip: bool,
    /// APIs that are no more; the first entry for one counts.
    pub retired: Vec<(Api, Retirement)>,
}

/// Of Defender, of Graph, of Defender for Endpoint.
const DEFAULT_PERMISSIONS: [&str; 8] = [
    "Incident.Read",
    "AdvancedHunting.Read",
    "SecurityIncident.Read.All",
    "SecurityIncident.ReadWrite.All",
    "SecurityAlert.Read.All",
    "ThreatHunting.Read.All",
    "Machine.Isolate",
    "Machine.Read",
];

impl Options {
    /// Nobody has consented to anything of this API: AADSTS65001.
    pub fn withdraw_consent(&mut self, resource: &Resource) {
        self.consented.retain(|name| !resource.permissions.contains(&name.as_str()));
    }

    /// The app's registration lists nothing of this API: AADSTS650057.
    pub fn unregister(&mut self, resource: &Resource) {
        self.registered.retain(|name| !resource.permissions.contains(&name.as_str()));
    }

    /// The user may do this besides, in the registration and by consent.
    pub fn permit(&mut self, permission: &str) {
        self.registered.push(permission.to_owned());
        self.consented.push(permission.to_owned());
    }
}

impl Default for Options {
    fn default() -> Self {
        let permissions = || DEFAULT_PERMISSIONS.map(str::to_owned).to_vec();
        Self {
            port: 0,
            incidents: 250,
            public_url: None,
            clock_offset: 0,
            user: &ANA,
            registered: permissions(),
            consented: permissions(),
            role: Role::Operator,
            user_declines: false,
            admin_consent_required: false,
            token_lifetime: None,
            token_delay: Duration::ZERO,
            refresh_reuse: RefreshReuse::Allowed,
            no_refresh_token: false,
            public_client_flows: true,
            device_answer: DeviceAnswer::Documented,
            device_interval: 5,
            device_lifetime: 900,
            slow_downs: 0,
            id_token_flaw: None,
            access_token_flaw: None,
            claims_challenge: None,
            step_up: StepUp::Person,
            next_link: false,
            all_nulls: false,
            rate_limits: false,
            small_quota: None,
            retry_after: RetryAfterForm::Seconds,
            throttle_body: ThrottleBody::Documented,
            hunting: Hunting::default(),
            action_end: ActionEnd::Succeeded,
            arrivals_per_page: 0,
            churn: Churn::default(),
            last_updated_first: false,
            most_on_a_page: None,
            no_skip: false,
            retired: Vec::new(),
        }
    }
}

/// The table of events, and how its rows are printed.
#[derive(Debug, Clone)]
pub struct Hunting {
    /// How many events there are; a result has 100,000 of them at most.
    pub rows: usize,
    pub columns: usize,
    /// Seconds between the oldest and the newest, which is as old as the tenant. Nobody sees what is older than 30
    /// days.
    pub span: i64,
    /// So many of them, in the middle, have the same time.
    pub burst: usize,
    /// So many rows besides have no time at all.
    pub timeless: usize,
    /// Bytes of a body; a longer one is an error instead.
    pub largest_result: usize,
    pub form: HuntingForm,
}

/// The end of an action, which the second to ask sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionEnd {
    Succeeded,
    Failed,
    TimeOut,
    Cancelled,
    Never,
}

/// How Graph spells a result: Microsoft's samples disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HuntingForm {
    /// `name` and `type` in the schema; rows with the schema's names.
    Documented,
    /// `Name` and `Type` in the schema.
    PascalSchema,
    /// Rows with a small first letter.
    CamelRows,
}

impl Default for Hunting {
    fn default() -> Self {
        Self {
            rows: 250,
            columns: 8,
            span: 29 * 24 * 3600,
            burst: 0,
            timeless: 0,
            largest_result: 50 << 20,
            form: HuntingForm::Documented,
        }
    }
}

/// What a user is in the portal, in the order of what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nothing that has to do with security.
    None,
    /// Security Reader: may look.
    Reader,
    /// Security Operator: may change as well.
    Operator,
}

/// What happens to a refresh token that was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshReuse {
    /// It stays good, as with Entra ID.
    Allowed,
    /// It was stolen: the whole grant ends (RFC 9700, section 4.14.2). Shows a client that refreshes twice at once.
    RevokesGrant,
}

/// The form of what a device gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceAnswer {
    Documented,
    /// `verification_url` and numbers in strings, as older endpoints of Entra ID send them and MSAL still reads.
    Old,
    /// With `verification_uri_complete`, which Entra ID does not send (RFC 8628, section 3.2).
    Complete,
    /// Nothing but what RFC 8628 requires, and not even the lifetime.
    Least,
    /// Sends the person to a page without TLS on another machine.
    InsecurePage,
}

/// What is wrong with the ID token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdTokenFlaw {
    Missing,
    NotAJwt,
    WrongNonce,
    NoNonce,
    WrongAudience,
    WrongTenant,
    /// No `tid`, as from an authority that is not Entra ID.
    NoTenant,
    WrongIssuer,
    /// Neither `sub`, which every ID token has to have, nor `oid`.
    NoSubject,
    Expired,
}

/// What is unusual or wrong about the access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessTokenFlaw {
    /// Not a JWT at all, which Microsoft allows itself; the API accepts it.
    Opaque,
    WrongAudience,
    WrongTenant,
    WrongIssuer,
    /// `appid` names another client.
    OtherClient,
    /// `oid` and the name are another user's than the ID token's.
    OtherUser,
    Expired,
    NotYetValid,
    /// `roles` of an application instead of a user's `scp`.
    Application,
    /// The claims of a v2.0 token; the API accepts it.
    Version2,
    /// Signed by a key that the authority never published.
    ForeignKey,
}

/// The form of `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfterForm {
    Seconds,
    HttpDate,
    Absent,
}
