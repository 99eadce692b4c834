//! Who can mend an error of the authority's, and what they have to do.
//!
//! A remedy is shared by all errors that it mends. `{tenant}`, `{client_id}`, `{authority}`, `{consent_url}`, `{service}`,
//! `{place}` and `{permission}` in its words stand for what the error is about; capitals stand for what only the person
//! knows.

use super::Authority;
use crate::token::Service;

/// Who can mend an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The person who signs in.
    You,
    /// An administrator of the tenant.
    Administrator,
    /// Whoever may change the application's registration.
    Registrant,
    /// Time: the same request may succeed a moment later.
    Nobody,
    /// Whoever writes m365d, since a correct program never meets this error.
    Developer,
}

/// What mends an error.
#[derive(Debug)]
pub struct Remedy {
    /// Who can do it.
    pub who: Who,
    /// The command, portal path or address, with placeholders.
    words: &'static str,
}

impl Who {
    /// As a program gets to know it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Administrator => "administrator",
            Self::Registrant => "registrant",
            Self::Nobody => "nobody",
            Self::Developer => "developer",
        }
    }

    /// As a person gets to know it.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Administrator => "your administrator",
            Self::Registrant => "whoever registered the application",
            Self::Nobody => "nobody: it passes",
            Self::Developer => "the developers of m365d",
        }
    }
}

impl Remedy {
    const fn new(who: Who, words: &'static str) -> Self {
        Self { who, words }
    }

    /// Whether it is that the application's registration has to name a permission of the API.
    #[must_use]
    pub fn is_to_add_permission(&self) -> bool {
        self.words == ADD_PERMISSION.words
    }

    /// What to do, for `client_id` at `authority`, when it asked for that `permission` of a `service`.
    #[must_use]
    pub fn advice(
        &self,
        authority: &Authority,
        client_id: &str,
        (service, permission): (Service, &str),
    ) -> String {
        self.words
            .replace("{service}", &service.to_string())
            .replace("{place}", service.place_in_portal())
            .replace("{permission}", permission)
            .replace("{consent_url}", &authority.admin_consent_url(client_id))
            .replace("{tenant}", authority.tenant())
            .replace("{client_id}", client_id)
            .replace("{authority}", authority.base().as_str().trim_end_matches('/'))
    }
}

pub(super) const LOGIN: Remedy = Remedy::new(Who::You, "m365d login");
pub(super) const WAIT: Remedy =
    Remedy::new(Who::Nobody, "wait a few minutes, then run the command again; nothing is lost");
pub(super) const BUG: Remedy = Remedy::new(
    Who::Developer,
    "this is a fault of m365d: report it with the error and its correlation id; a new m365d login may get around it",
);

pub(super) const CONSENT: Remedy = Remedy::new(
    Who::You,
    "m365d login, and accept; if you may not, an administrator opens this and grants admin consent: {consent_url}",
);
pub(super) const ADMIN_CONSENT: Remedy = Remedy::new(
    Who::Administrator,
    "ask an administrator to open {consent_url} and grant admin consent, or wait until your request is approved; then m365d login",
);
pub(super) const ADD_PERMISSION: Remedy = Remedy::new(
    Who::Registrant,
    "Entra admin center › App registrations › {client_id} › API permissions › Add a permission › {place} › Delegated permissions › {permission}; then \"Grant admin consent\", and m365d login",
);
pub(super) const ASSIGNMENT: Remedy = Remedy::new(
    Who::Administrator,
    "ask an administrator: Entra admin center › Enterprise applications › {client_id} › Users and groups › Add user; then m365d login",
);

pub(super) const OWN_APPLICATION: Remedy = Remedy::new(
    Who::You,
    "use an application that your tenant has registered, not one of Microsoft's: m365d login --client-id CLIENT_ID",
);
pub(super) const WRONG_APPLICATION: Remedy = Remedy::new(
    Who::You,
    "check both: m365d login --tenant TENANT --client-id CLIENT_ID; an application of another tenant has to be let in first: {consent_url}",
);
pub(super) const DISABLED_APPLICATION: Remedy = Remedy::new(
    Who::Administrator,
    "ask an administrator: Entra admin center › Enterprise applications › {client_id} › Properties › \"Enabled for users to sign-in?\"; then m365d login",
);
pub(super) const REDIRECT_URI: Remedy = Remedy::new(
    Who::Registrant,
    "Entra admin center › App registrations › {client_id} › Authentication: under \"Mobile and desktop applications\" (not Web, not SPA) the redirect URI http://localhost; then m365d login",
);
pub(super) const PUBLIC_CLIENT: Remedy = Remedy::new(
    Who::Registrant,
    "App registrations › {client_id} › Authentication: http://localhost under \"Mobile and desktop applications\", not Web; for --device-code \"Allow public client flows\"; then m365d login",
);

pub(super) const WRONG_TENANT: Remedy = Remedy::new(
    Who::You,
    "check the tenant ({tenant}) and that its cloud is the one of {authority}: m365d login --tenant TENANT --cloud CLOUD",
);
pub(super) const OTHER_CLOUD: Remedy = Remedy::new(
    Who::You,
    "m365d login --cloud CLOUD, with the one that the tenant is in: public, gcc, gcc-high, dod or china; {authority} is of another",
);
pub(super) const NAME_THE_TENANT: Remedy =
    Remedy::new(Who::You, "m365d login --tenant TENANT, with the tenant's id or domain");
pub(super) const NO_SERVICE: Remedy = Remedy::new(
    Who::Administrator,
    "check the tenant ({tenant}) and its cloud; if they are right, it has no {service}: ask an administrator about its licences",
);

pub(super) const OTHER_ACCOUNT: Remedy = Remedy::new(
    Who::You,
    "m365d login, with an account of the tenant {tenant}; or ask its administrator to invite yours as a guest",
);
pub(super) const WORK_ACCOUNT: Remedy =
    Remedy::new(Who::You, "m365d login, with a work or school account instead of a personal one");
pub(super) const SECOND_FACTOR: Remedy =
    Remedy::new(Who::You, "m365d login, and pass the multi-factor authentication");
pub(super) const REGISTER_SECOND_FACTOR: Remedy = Remedy::new(
    Who::You,
    "m365d login, and register for multi-factor authentication where the browser asks for it",
);
pub(super) const NEW_PASSWORD: Remedy = Remedy::new(Who::You, "change your password, then m365d login");
pub(super) const PASSWORD: Remedy = Remedy::new(Who::You, "m365d login, with the right name and password");
pub(super) const ENABLE_ACCOUNT: Remedy =
    Remedy::new(Who::Administrator, "ask an administrator to enable your account, then m365d login");
pub(super) const UNLOCK_ACCOUNT: Remedy = Remedy::new(
    Who::You,
    "wait some minutes, then m365d login; if it stays so, an administrator finds the reason in the sign-in logs by the correlation id",
);

pub(super) const POLICY: Remedy = Remedy::new(
    Who::Administrator,
    "a device code may be what is blocked: use the browser (m365d login). Else give an administrator the correlation id; token protection takes a broker, which m365d does not have",
);
pub(super) const DEVICE: Remedy = Remedy::new(
    Who::You,
    "use a device that your organisation manages, and its own browser (not --device-code): m365d login; if it is one, give an administrator the correlation id",
);
pub(super) const RISK: Remedy = Remedy::new(
    Who::Administrator,
    "give an administrator the correlation id, and have the risk of the account remediated; then m365d login",
);
pub(super) const TENANT_RESTRICTION: Remedy = Remedy::new(
    Who::Administrator,
    "give your administrator the correlation id: a policy of your network or between the two organisations has to admit {tenant}",
);
pub(super) const PROTECTED_APPS: Remedy = Remedy::new(
    Who::Administrator,
    "m365d is not an app that such a policy can manage: ask an administrator to except {client_id} from it",
);
pub(super) const SEE_BROWSER: Remedy = Remedy::new(
    Who::You,
    "m365d login, and read what the browser says; if that does not help, give an administrator the correlation id",
);

pub(super) const SCOPE: Remedy = Remedy::new(
    Who::You,
    "m365d login --scope {permission}, spelt as in the API's documentation; or m365d login alone, for everything that was granted",
);
pub(super) const ONE_RESOURCE: Remedy =
    Remedy::new(Who::You, "m365d login --scope {permission}, with scopes of one API only");

pub(super) const ENTER_CODE: Remedy =
    Remedy::new(Who::You, "enter the code in the browser; m365d goes on when that is done");
pub(super) const RETYPE_CODE: Remedy =
    Remedy::new(Who::You, "enter the code again, exactly as m365d shows it");
pub(super) const NEW_CODE: Remedy =
    Remedy::new(Who::You, "m365d login --device-code, and enter the new code in time");
pub(super) const CONFIRM: Remedy =
    Remedy::new(Who::You, "m365d login, and confirm in the browser that it is m365d you mean to sign in to");
pub(super) const LOOP: Remedy =
    Remedy::new(Who::You, "stop whatever runs m365d over and over, wait some minutes, then m365d login");
