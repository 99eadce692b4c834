//! What the client does with a request that has a body, whichever command sends it.

use std::time::Duration;

use m365d::api::{Bearer, BearerError, Client, Error, Request};
use m365d::token::{AccessToken, ClaimsRequest, Service, TokenSource};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::tenant::{Fault, Options, Place, RetryAfter, Tenant, ThrottleBody, When};

/// Two tokens, of which the first may be refused.
struct Tokens([String; 2]);

impl Bearer for &Tokens {
    async fn token(&self) -> Result<AccessToken, BearerError> {
        Ok(AccessToken::copied(self.0[0].as_bytes()))
    }

    async fn instead_of(
        &self,
        _: &AccessToken,
        _: Option<&ClaimsRequest>,
    ) -> Result<(AccessToken, TokenSource), BearerError> {
        Ok((AccessToken::copied(self.0[1].as_bytes()), TokenSource::IdentityProvider))
    }
}

fn tenant() -> Tenant {
    let mut options = Options { incidents: 1, ..Options::default() };
    options.permit("Incident.ReadWrite");
    Tenant::start(options)
}

/// Sends a request to `path`, after `change`, and gives the answer.
fn send(
    tenant: &Tenant,
    (method, path, body): (Method, &str, &Value),
    change: impl Fn(Request) -> Request,
) -> Result<Value, Error> {
    let tokens = Tokens(["refused".to_owned(), tenant.issue_access_token(|_| ())]);
    let base: Url = tenant.api_url().parse().expect("an address");
    let http = m365d::http::client(&[&base], None).expect("a client");
    let seconds = Duration::from_secs(60);
    let client = Client::new(&http, (Service::Defender, base), &tokens, seconds, &|_, _| ());
    let request = change(Request::new(method, client.url(path)).json(body));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(client.send(&request, |body| serde_json::from_slice(&body)))
}

fn bodies(tenant: &Tenant) -> Vec<Value> {
    let sent = tenant.take_requests(|request| request.path.starts_with("/api/"));
    // The tenant keeps only what came as `application/json`.
    sent.iter().map(|request| serde_json::from_str(request.body.as_ref().expect("JSON")).unwrap()).collect()
}

#[test]
fn a_body_goes_out_whole_with_every_attempt_that_may_be_made() {
    let tenant = tenant();
    let page: Value = serde_json::from_str(&crate::support::get(
        &format!("{}/api/incidents?$top=1", tenant.api_url()),
        &tenant.issue_access_token(|_| ()),
    ))
    .unwrap();
    tenant.take_requests(|_| true);
    let path = format!("api/incidents/{}", page["value"][0]["incidentId"]);
    let body = json!({"comment": "a \"b\"\n\u{202e}é", "tags": ["x"]});
    let patch = (Method::PATCH, path.as_str(), &body);
    // The first token is refused before anything is done, and so is what comes too soon.
    let busy = Fault::Throttle { retry_after: Some(RetryAfter::Seconds(1)), body: ThrottleBody::Documented };
    tenant.inject(Place::Incident, When::Nth(2), busy);
    assert_eq!(send(&tenant, patch.clone(), |request| request).unwrap()["tags"], json!(["x"]));
    assert_eq!(bodies(&tenant), [body.clone(), body.clone(), body.clone()]);
    tenant.clear_faults();

    // What may have been done is not done twice.
    for fault in [Fault::Reset, Fault::AnswerLost, Fault::TruncatedBody, Fault::InternalServerError] {
        tenant.inject(Place::Incident, When::Nth(2), fault.clone());
        assert!(send(&tenant, patch.clone(), |request| request).is_err(), "{fault:?}");
        assert_eq!(bodies(&tenant).len(), 2, "{fault:?}");
        tenant.clear_faults();
    }
}

#[test]
fn a_post_that_only_reads_is_sent_again_and_another_is_not() {
    let tenant = tenant();
    let body = json!({"Query": "DeviceEvents | count"});
    let hunt = (Method::POST, "api/advancedhunting/run", &body);
    for fault in [Fault::Reset, Fault::TruncatedBody, Fault::TruncatedJson, Fault::InternalServerError] {
        tenant.inject(Place::Hunt, When::Nth(2), fault.clone());
        let result = send(&tenant, hunt.clone(), Request::only_reads).unwrap();
        assert_eq!(result["Results"][0]["Count"], 250, "{fault:?}");
        assert_eq!(bodies(&tenant), [body.clone(), body.clone(), body.clone()], "{fault:?}");
        tenant.clear_faults();
        tenant.inject(Place::Hunt, When::Nth(2), fault.clone());
        assert!(send(&tenant, hunt.clone(), |request| request).is_err(), "{fault:?}");
        assert_eq!(bodies(&tenant).len(), 2, "{fault:?}");
        tenant.clear_faults();
    }
}
