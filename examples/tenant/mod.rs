//! Entra ID, Microsoft 365 Defender, Microsoft Graph and Defender for Endpoint as one strict program on this machine.
//!
//! It expects what Microsoft's services expect and refuses what they refuse, with their numbers and their JSON, so
//! that a client which works here has met the rules that matter there. One address serves them all: `/{tenant}/…` is
//! Entra ID, `/v1.0/…` is Graph, `/api/…` is Defender and Defender for Endpoint. Nothing is stored and no name leaves 127.0.0.1.
//!
//! `cargo run --example tenant` keeps one running for a real browser; tests and the demo start it inside their own
//! process with [`Tenant::start`].

// Several programs include this folder, and each uses only the part it needs.
#![allow(dead_code, unused_imports)]

mod api;
pub mod browser;
mod clock;
mod defender;
pub mod directory;
mod endpoint;
mod entra;
mod fault;
mod fault_names;
mod graph;
mod http;
mod hunting;
mod log;
mod options;
mod page;
mod retirement;
mod server;
mod store;
mod strike;
mod world;

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::oneshot;

pub use api::{ClaimsChallenge, HeaderForm, Wants};
pub use endpoint::MachineAction;
pub use entra::{GrantRefusal, StepUp};
pub use fault::{Fault, Place, RetryAfter, ThrottleBody, When};
pub use fault_names::Recurring as RecurringFault;
pub use hunting::Hunt;
pub use log::Recorded;
pub use options::{
    AccessTokenFlaw, ActionEnd, DeviceAnswer, Hunting, HuntingForm, IdTokenFlaw, Options, RefreshReuse,
    RetryAfterForm, Role,
};
pub use retirement::{Api, Retirement};
pub use store::{Churn, Comment, Details, Known};

use entra::tokens;
use world::Shared;

/// A running tenant. Dropping it closes the port and every connection, and waits until that is done.
pub struct Tenant {
    shared: Arc<Shared>,
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tenant {
    /// Listens on 127.0.0.1 and answers from a thread of its own.
    ///
    /// # Panics
    /// When the port is taken: neither a test nor the demo can go on without its tenant.
    pub fn start(options: Options) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).expect("the tenant's port is free");
        let base_url = format!("http://{}", listener.local_addr().expect("a bound port has an address"));
        let shared = Arc::new(Shared::new(options, base_url.clone()));
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || server::run(listener, &serving, stopped));
        Self { shared, base_url, stop: Some(stop), thread: Some(thread) }
    }

    /// What stands in for `https://login.microsoftonline.com`, without the tenant and without a closing slash.
    pub fn authority(&self) -> &str {
        &self.base_url
    }

    /// What stands in for `https://api.security.microsoft.com`, without a closing slash.
    pub fn api_url(&self) -> &str {
        &self.base_url
    }

    /// What stands in for `https://graph.microsoft.com`, without the version and without a closing slash.
    pub fn graph_url(&self) -> &str {
        &self.base_url
    }

    /// What stands in for `https://api.securitycenter.microsoft.com`, without a closing slash.
    pub fn endpoint_url(&self) -> &str {
        &self.base_url
    }

    /// Changes how the tenant behaves from the next request on.
    pub fn change(&self, change: impl FnOnce(&mut Options)) {
        change(&mut self.shared.lock().options);
    }

    /// Moves the tenant's clock: tokens, codes and rate limits age by so many seconds at once.
    pub fn advance(&self, seconds: i64) {
        self.change(|options| options.clock_offset += seconds);
    }

    /// The tenant's clock, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.shared.lock().now()
    }

    /// So many new incidents appear before all others.
    pub fn arrive(&self, incidents: usize) {
        let now = self.now();
        self.shared.lock().incidents.arrive(incidents, now);
    }

    /// An incident as it is now, with everything that was written to it through any API.
    pub fn incident(&self, id: u64) -> Option<Known> {
        self.shared.lock().incidents.known(id)
    }

    /// Somebody else changes an incident.
    ///
    /// # Panics
    /// When there is no such incident.
    pub fn edit(&self, id: u64, change: impl FnOnce(&mut Details)) {
        let now = self.now();
        self.shared.lock().incidents.change(id, now, change);
    }

    /// The first incident is merged into the second: it is redirected, and the second is updated.
    ///
    /// # Panics
    /// When there is no such incident.
    pub fn merge(&self, id: u64, into: u64) {
        let now = self.now();
        self.shared.lock().incidents.merge(id, into, now);
    }

    /// From now on it is known which incidents match a filter of Defender's, or all, without a break.
    ///
    /// # Panics
    /// When the filter is none.
    pub fn watch(&self, filter: Option<&str>) {
        let filter = filter.map(|filter| defender::filter(filter).expect("a filter"));
        self.shared.lock().incidents.watch(filter);
    }

    /// The ids of the incidents that have matched since [`Tenant::watch`], oldest first.
    pub fn watched(&self) -> Vec<u64> {
        self.shared.lock().incidents.watched()
    }

    /// What was done to machines so far.
    pub fn machine_actions(&self) -> Vec<MachineAction> {
        self.shared.lock().actions.0.clone()
    }

    /// Every hunting query so far, exactly as it came.
    pub fn hunts(&self) -> Vec<Hunt> {
        self.shared.lock().hunting.hunts.clone()
    }

    /// From now on the service fails at this place, as often as `when` says. Rules are tried in the order they were
    /// given.
    pub fn inject(&self, place: Place, when: When, fault: Fault) {
        self.shared.lock().faults.add(place, when, fault);
    }

    /// The service works again.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// The grants given until now are no longer honoured at the token endpoint; a new sign-in gives a good one.
    pub fn refuse_grants(&self, why: GrantRefusal) {
        self.shared.lock().entra.refuse_grants(why);
    }

    /// Forgives every grant what [`Tenant::refuse_grants`] held against it.
    pub fn accept_grants(&self) {
        self.shared.lock().entra.accept_grants();
    }

    /// The API answers 401 to every access token issued until now, whatever its `exp` says.
    pub fn expire_access_tokens(&self) {
        self.shared.lock().entra.expire_access_tokens();
    }

    /// Every authorization code that was not redeemed yet is too old.
    pub fn expire_codes(&self) {
        self.shared.lock().entra.expire_codes();
    }

    /// The code that the person has to enter for the device code given out last, without the help of a client.
    pub fn user_code(&self) -> Option<String> {
        self.shared.lock().entra.user_code()
    }

    /// Polls with a device code that came before their time.
    pub fn hasty_polls(&self) -> usize {
        self.shared.lock().entra.hasty_polls
    }

    /// Signs with the next key and withdraws the oldest; tokens of the withdrawn key no longer verify.
    pub fn rotate_keys(&self) {
        self.shared.lock().entra.rotate_keys();
    }

    /// An access token as the token endpoint would issue it for Defender, after `change` had its way with the claims.
    pub fn issue_access_token(&self, change: impl FnOnce(&mut Map<String, Value>)) -> String {
        self.issue_token_for(&directory::DEFENDER, change)
    }

    /// The same for any API.
    pub fn issue_token_for(
        &self,
        resource: &directory::Resource,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        let mut world = self.shared.lock();
        let mut claims = tokens::default_claims(&mut world, resource);
        change(&mut claims);
        tokens::issue(&mut world, &claims)
    }

    /// A token of an application without a user: `roles` where a delegated one has `scp`.
    pub fn issue_application_token(&self, roles: &[&str]) -> String {
        self.issue_access_token(|claims| tokens::make_application(claims, roles))
    }

    /// An access token for Microsoft Graph. Its header has a `nonce`, and its signature is not over the token as it
    /// stands, so nobody but Graph can verify it.
    pub fn issue_graph_token(&self) -> String {
        tokens::issue_graph_token(&mut self.shared.lock())
    }

    /// Every token and code that was given out so far, and every verifier that was presented.
    pub fn secrets(&self) -> Vec<String> {
        self.shared.lock().entra.secrets.clone()
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.lock().log.clone()
    }

    /// How many requests so far satisfy `which`.
    pub fn count(&self, which: impl Fn(&Recorded) -> bool) -> usize {
        self.shared.lock().log.iter().filter(|request| which(request)).count()
    }

    /// Token requests that presented a refresh token.
    pub fn refreshes(&self) -> usize {
        self.count(Recorded::is_refresh)
    }

    /// Requests for a page of incidents.
    pub fn lists(&self) -> usize {
        self.count(Recorded::is_list)
    }

    /// Takes those requests out of the record that satisfy `which`.
    pub fn take_requests(&self, which: impl Fn(&Recorded) -> bool) -> Vec<Recorded> {
        self.shared.lock().log.extract_if(.., |request| which(request)).collect()
    }

    /// Blocks until the record of requests satisfies `reached`; false when it did not within `timeout`.
    pub fn wait_until(&self, reached: impl Fn(&[Recorded]) -> bool, timeout: Duration) -> bool {
        self.shared.wait_until(|world| reached(&world.log), timeout)
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server was already printed by its own thread; a second one here would abort the process.
            let _ = thread.join();
        }
    }
}
