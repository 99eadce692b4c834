//! The authority and the API: whether they can be reached, through which proxy, who vouches for them, what time it is there.

use std::time::{Duration, SystemTime};

use reqwest::{Client, Response};
use url::Url;

use super::finding::Finding;
use crate::cli::context;
use crate::http::{self, Certificate, Proxies, retry};
use crate::settings::Application;
use crate::token::Service;

/// Longer than any service takes that works.
const PATIENCE: Duration = Duration::from_secs(15);
/// What Entra ID's tokens forgive.
const LEEWAY: u64 = 300;

pub(super) async fn examine(application: &Application, client: &Client) -> Vec<Finding> {
    let authority = context::authority(application);
    let mut api = application.api_url.clone();
    let path = match application.service {
        Service::Defender => "api/incidents",
        Service::Graph => "v1.0/security/incidents",
        Service::Endpoint => "api/machines",
    };
    api.set_path(&format!("{}/{path}", application.api_url.path().trim_end_matches('/')));

    let mut findings = Vec::new();
    let document = authority.discovery_endpoint();
    let (asked_authority, asked_api) = tokio::join!(ask(client, &document), ask(client, api.as_str()));
    findings.push(proxy(&[&application.authority, &application.api_url]));
    findings.push(tls(&[&asked_authority, &asked_api]));
    findings.push(clock(asked_authority.as_ref().ok()));
    let tenant = "check the tenant and --cloud: the authority does not know this tenant, or something else is answering";
    findings.push(reached("authority", &application.authority, asked_authority, &[200], tenant));
    let setting = application.service.url_variable();
    let address = format!(
        "check {setting} and --cloud: something other than the API of {} seems to be answering",
        application.service
    );
    // Without a token there is nothing to see, and being told so is a good sign.
    findings.push(reached("API", &application.api_url, asked_api, &[401, 403], &address));
    findings
}

type Asked = Result<Response, http::Error>;

async fn ask(client: &Client, url: &str) -> Asked {
    log::info!("GET {url}");
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    client.get(url).timeout(PATIENCE).send().await.map_err(|error| http::Error::network(&host, &error))
}

/// Through which proxy a request goes decides what else can be in its way.
fn proxy(urls: &[&Url]) -> Finding {
    const CHECK: &str = "proxy";
    let proxies = match Proxies::of_this_machine() {
        Ok(proxies) => proxies,
        Err(error) => return Finding::problem(CHECK, error.to_string(), error.hint()),
    };
    let mut used: Vec<_> = urls
        .iter()
        .map(|url| (url.host_str().unwrap_or_default(), proxies.for_url(url)))
        .map(|(host, proxy)| match proxy {
            Some(proxy) => format!("{host} through {proxy}"),
            None => format!("{host} directly"),
        })
        .collect();
    used.dedup();
    Finding::ok(CHECK, used.join(", "))
}

/// Whoever signs the certificates sees everything that is sent: Microsoft's CA, or a proxy that inspects TLS.
fn tls(asked: &[&Asked]) -> Finding {
    const CHECK: &str = "TLS";
    let refused = asked.iter().filter_map(|asked| asked.as_ref().err());
    if let Some(error) =
        refused.clone().find(|error| matches!(error, http::Error::Certificate(_) | http::Error::NoTls { .. }))
    {
        return Finding::problem(CHECK, error.to_string(), error.hint());
    }
    let mut signed: Vec<_> = asked
        .iter()
        .filter_map(|asked| asked.as_ref().ok())
        .filter_map(|response| {
            let issuer = Certificate::of(response)?.issuer;
            Some(format!(
                "the certificate of {} is signed by {issuer}",
                response.url().host_str().unwrap_or_default()
            ))
        })
        .collect();
    signed.dedup();
    if signed.is_empty() {
        let why = if refused.count() > 0 { "nobody answers" } else { "no TLS is spoken on this machine" };
        return Finding::skipped(CHECK, why);
    }
    Finding::ok(CHECK, signed.join(", "))
}

fn clock(response: Option<&Response>) -> Finding {
    const CHECK: &str = "clock";
    let Some(response) = response else { return Finding::skipped(CHECK, "the authority does not answer") };
    let Some(theirs) = retry::date(response.headers()) else {
        return Finding::skipped(CHECK, "the authority does not tell the time");
    };
    let ours = SystemTime::now();
    let (apart, behind) = match theirs.duration_since(ours) {
        Ok(apart) => (apart.as_secs(), true),
        Err(error) => (error.duration().as_secs(), false),
    };
    let word = if behind { "behind" } else { "ahead of" };
    let detail = format!("{apart} s {word} the authority's");
    if apart <= LEEWAY {
        Finding::ok(CHECK, detail)
    } else {
        Finding::problem(CHECK, detail, "set this computer's clock (and its time zone), then: m365d doctor")
    }
}

/// Whether `url` answers, and with one of the `expected` statuses; `remedy` is for another one.
fn reached(check: &'static str, url: &Url, asked: Asked, expected: &[u16], remedy: &str) -> Finding {
    let response = match asked {
        Ok(response) => response,
        Err(error) => return Finding::problem(check, error.to_string(), error.hint()),
    };
    let status = response.status().as_u16();
    let detail = format!("{} answers", url.origin().ascii_serialization());
    if expected.contains(&status) {
        Finding::ok(check, detail)
    } else {
        Finding::problem(check, format!("{detail}, but with HTTP {status}"), remedy)
    }
}
