//! What an error is about, as far as the settings tell: so an advice names the real tenant and application.

use url::Url;

use super::permissions;
use crate::auth::{Authority, Remedy};
use crate::settings::{ClientId, Flags, Settings};
use crate::token::{Operation, Service};

const AUTHORITY: &str = "https://login.microsoftonline.com";

/// An application at an authority, and the API that it asks for; capitals stand for what is not known.
pub(super) struct Subject {
    authority: Authority,
    client_id: String,
    service: Service,
    /// The API, if somebody has chosen one.
    pub(super) api: Option<Service>,
}

impl Subject {
    /// What the settings say, which may be nothing.
    pub(super) fn of(flags: Flags) -> Self {
        let settings = Settings::gather(flags).ok();
        let tenant = settings.as_ref().and_then(|settings| settings.tenant.as_ref());
        let client_id = settings.as_ref().and_then(|settings| settings.client_id.as_ref());
        #[expect(clippy::expect_used, reason = "a constant of ours")]
        let authority = settings.as_ref().map_or_else(
            || Url::parse(AUTHORITY).expect("a URL"),
            |settings| settings.authority.value.clone(),
        );
        let tenant = tenant.map_or("TENANT", |tenant| tenant.value.as_str());
        Self {
            authority: Authority::new(authority, &[], tenant),
            client_id: client_id.map_or("CLIENT_ID", |id| id.value.as_str()).to_owned(),
            service: settings.as_ref().map_or(Service::Defender, Settings::service),
            api: settings.as_ref().and_then(|settings| settings.api.as_ref()).map(|api| api.value),
        }
    }

    /// What to do when nobody has consented to `service`, for `operation` or for whatever m365d does there.
    pub(super) fn consent(&self, service: Service, operation: Option<Operation>) -> String {
        let (client_id, url) = (&self.client_id, self.authority.admin_consent_url(&self.client_id));
        format!(
            "{service} takes {needed}. Entra admin center › App registrations › {client_id} › API permissions › Add a permission › \
             {portal} › Delegated permissions › {permission}; then an administrator opens {url} and grants admin consent, and you run: m365d login --api {name}",
            needed = permissions::both_forms(service, operation),
            permission = permissions::delegated(service, operation),
            portal = service.place_in_portal(),
            name = service.name(),
        )
    }

    /// The same about another application.
    pub(super) fn with_application(self, client_id: &ClientId) -> Self {
        Self { client_id: client_id.as_str().to_owned(), ..self }
    }

    /// What mends it, for this application.
    pub(super) fn advice(&self, remedy: &Remedy) -> String {
        let permission = permissions::delegated(self.service, None);
        remedy.advice(&self.authority, &self.client_id, (self.service, permission))
    }
}
