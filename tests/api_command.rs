//! `m365d api`: any request, with the token of the right API, and to nobody else.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, get};
use crate::tenant::{Fault, Options, Place, Recorded, RetryAfter, Tenant, ThrottleBody, When};

fn with_incidents(incidents: usize) -> (Tenant, Home) {
    let mut options = Options { incidents, ..Options::default() };
    options.permit("Incident.ReadWrite");
    let tenant = Tenant::start(options);
    let home = Home::signed_in(&tenant)
        .with("M365D_GRAPH_URL", tenant.graph_url())
        .with("M365D_ENDPOINT_URL", tenant.endpoint_url());
    (tenant, home)
}

fn calls(tenant: &Tenant) -> Vec<Recorded> {
    tenant.take_requests(|request| request.path.starts_with("/api/") || request.path.starts_with("/v1.0/"))
}

/// The path of an incident, about which nothing has been asked yet.
fn an_incident(tenant: &Tenant, home: &Home) -> String {
    let page = home.run(&["api", "GET", "/api/incidents?$top=1"]).succeeds().json();
    calls(tenant);
    format!("/api/incidents/{}", page["value"][0]["incidentId"])
}

#[test]
fn each_api_answers_with_its_own_bytes() {
    let (tenant, home) = with_incidents(3);
    let token = home.run(&["token"]).succeeds().stdout;
    let plain = home.run(&["api", "get", "api/incidents?$top=2"]).succeeds().stdout;
    assert_eq!(plain, get(&format!("{}/api/incidents?$top=2", tenant.api_url()), &token));
    calls(&tenant);
    let path = "/api/incidents?$top=2&$filter=status ne 'Redirected'";
    assert_eq!(home.run(&["api", "GET", path]).succeeds().json()["value"].as_array().unwrap().len(), 2);
    assert_eq!(calls(&tenant)[0].query, "$top=2&$filter=status%20ne%20%27Redirected%27");

    let of_graph = ["api", "GET", "/v1.0/security/incidents?$top=1", "--api", "graph"];
    let graph = home.run(&of_graph).succeeds();
    assert!(graph.json()["value"][0]["displayName"].is_string(), "{graph:?}");
    let machines = home.run(&["api", "GET", "/api/machines", "--api", "endpoint"]).succeeds().json();
    assert!(machines["value"][0]["computerDnsName"].is_string(), "{machines}");
    // An address of the API is as good as a path.
    let address = format!("{}/v1.0/security/incidents?$top=1", tenant.graph_url());
    assert_eq!(home.run(&["api", "GET", &address, "--api", "graph"]).succeeds().stdout, graph.stdout);
}

#[test]
fn fields_or_a_file_become_the_body() {
    let (tenant, home) = with_incidents(3);
    let path = an_incident(&tenant, &home);
    fs::write(home.path("words"), "\"quoted\"\n@x\u{202e}").unwrap();
    let patch = ["api", "PATCH", &path, "-F", "status=Resolved", "-F", "assignedTo=null"];
    home.run(&[&patch[..], &["-F", "comment=@words"]].concat()).succeeds();
    home.run(&[&patch[..], &["--raw-field", "comment=true"]].concat()).succeeds();
    let bodies: Vec<Value> = calls(&tenant)
        .iter()
        .map(|request| serde_json::from_str(request.body.as_ref().expect("a body that is JSON")).unwrap())
        .collect();
    let with = |comment| json!({"status": "Resolved", "assignedTo": null, "comment": comment});
    assert_eq!(bodies, [with("\"quoted\"\n@x\u{202e}"), with("true")]);

    let odd = " {\"status\" :\t\"Active\"}\n";
    let from_stdin = ["api", "patch", &path, "--input", "-"];
    assert_eq!(home.run_with_input(&from_stdin, odd.as_bytes()).succeeds().json()["status"], "Active");
    fs::write(home.path("body"), odd).unwrap();
    home.run(&["api", "PATCH", &path, "--input", "body"]).succeeds();
    assert!(calls(&tenant).iter().all(|request| request.body.as_deref() == Some(odd)));

    // Whose type it is, the person may say.
    let typed = [&from_stdin[..], &["--header", "Content-Type: text/plain"]].concat();
    home.run_with_input(&typed, odd.as_bytes()).fails_with(1).says("HTTP 415");
}

#[test]
fn what_cannot_be_sent_as_it_is_is_not_sent() {
    let (tenant, home) = with_incidents(1);
    let secret = "Bearer eyJ.not.shown";
    let long = format!("/api/{}", "x".repeat(60_000));
    for (arguments, says) in [
        (&["GET", "/api/a\nb"][..], "control character"),
        (&["GET", "/api/../b"], ". or .."),
        (&["GET", "/api/incidents#1"], "has a #"),
        (&["GET", "C:/Program Files/Git/api"], "drive"),
        (&["GET", &long], "60,000 bytes"),
        (&["GET", "/api", "--header", &format!("Authorization:{secret}")], "authorization is set by m365d"),
        (&["GET", "/api", "--header", &format!("Proxy-Authorization:{secret}")], "is set by m365d"),
        (&["GET", "/api", "--header", "HOST: evil.example"], "host is set by m365d"),
        (&["GET", "/api", "--header", secret], "has no colon"),
        (&["GET", "/api", "--header", "a b:1"], "a name that none can have"),
        (&["GET", "/api", "--header", "a:1\r\nHost: x"], "a value that none can have"),
        (&["GET", "/api", "--header", "a:1", "--header", "A:2"], "twice"),
        (&["GET", "/api", "-F", "a=1"], "a GET has no body"),
        (&["POST", "/api", "-F", "a"], "no = after its name"),
        (&["POST", "/api", "-F", "a[]=1"], "of a list"),
        (&["POST", "/api", "-F", "a=1", "--raw-field", "a=2"], "twice"),
        (&["POST", "/api", "-F", "a=@not-there"], "cannot read not-there"),
        (&["POST", "/api", "--input", "."], "cannot read ."),
        (&["POST", "/api", "--paginate"], "only a GET has pages"),
        (&["GET", "/api", "-o", "csv"], "in no other format"),
        (&["GET", "/api", "-o", "ndjson"], "in no other format"),
    ] {
        let refused = home.run(&[&["api"], arguments].concat()).fails_properly(2);
        refused.does_not_say("eyJ").says(says);
    }
    #[cfg(unix)]
    home.run(&["api", "POST", "/api", "--input", "/dev/zero"]).fails_properly(2).says("more than");
    home.run(&["api", "CONNECT", "/api"]).fails_with(2);
    assert_eq!(calls(&tenant).len(), 0);
}

#[test]
fn the_token_goes_to_the_api_and_nowhere_else() {
    let (tenant, home) = with_incidents(1);
    let (port, elsewhere) = (tenant.api_url().rsplit(':').next().unwrap(), "is no address of");
    for address in [
        "https://api.security.microsoft.com/api/incidents".to_owned(),
        format!("http://localhost:{port}/api/incidents"),
        format!("https://127.0.0.1:{port}/api/incidents"),
        format!("http://127.0.0.1:{port}@evil.example/api/incidents"),
        format!("http://a:b@127.0.0.1:{port}/api/incidents"),
        "HTTP://127.0.0.1:9/api/incidents".to_owned(),
    ] {
        home.run(&["api", "GET", &address]).fails_properly(2).says(elsewhere).does_not_say("a:b");
    }
    // A path is a path, whatever it begins with.
    home.run(&["api", "GET", "//evil.example/api/incidents"]).fails_properly(5);
    home.run(&["api", "GET", "@evil.example/api/incidents"]).fails_properly(5);

    let microsoft = Home::empty()
        .with("M365D_TENANT", crate::tenant::directory::TENANT_ID)
        .with("M365D_CLIENT_ID", crate::tenant::directory::CLIENT_ID);
    for (api, address, code) in [
        ("defender", "https://api-eu.security.microsoft.com/api/incidents", 3),
        ("graph", "https://graph.microsoft.com/v1.0/me", 3),
        ("endpoint", "https://api.securitycenter.microsoft.com/api/machines", 3),
        ("graph", "https://graph.microsoft.us/v1.0/me", 2),
        ("graph", "http://graph.microsoft.com/v1.0/me", 2),
        ("graph", "https://graph.microsoft.com:444/v1.0/me", 2),
        ("graph", "https://api.security.microsoft.com/api/incidents", 2),
        ("defender", "https://graph.microsoft.com.evil.example/", 2),
    ] {
        // Nobody is signed in here, which is noticed after the address.
        microsoft.run(&["api", "GET", address, "--api", api]).fails_properly(code);
    }

    tenant.inject(Place::List, When::Next(1), Fault::Redirect { location: "http://127.0.0.1:9/".to_owned() });
    home.run(&["api", "GET", "/api/incidents"]).fails_properly(8).says("where the token does not go");
}

#[test]
fn pages_are_followed_to_the_end_and_become_one_list() {
    let (tenant, home) = with_incidents(120);
    let list = ["api", "GET", "/v1.0/security/incidents?$top=50", "--api", "graph", "--paginate"];
    let all = home.run(&list).succeeds().json();
    assert_eq!((all.as_array().unwrap().len(), calls(&tenant).len()), (120, 3));
    let lines = home.run(&[&list[..], &["-o", "ndjson"]].concat()).succeeds().stdout;
    let each: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json!(each), all);
    calls(&tenant);

    let back = format!("{}/v1.0/security/incidents?$top=50", tenant.graph_url());
    for (url, says) in [
        ("https://evil.example/v1.0/security/incidents", "another host (@odata.nextLink)"),
        (&back, "a page that leads back to one before"),
    ] {
        tenant.inject(Place::GraphList, When::Nth(2), Fault::ForeignNextLink { url: url.to_owned() });
        let broken = home.run(&list).fails_with(8).says(says);
        // What there was is out, and nobody takes it for the whole.
        assert!(broken.stdout.len() > 1000 && serde_json::from_str::<Value>(&broken.stdout).is_err());
        assert_eq!(calls(&tenant).len(), 2);
        tenant.clear_faults();
    }
    tenant.inject(Place::GraphList, When::Nth(2), Fault::Reset);
    assert_eq!(home.run(&list).succeeds().json(), all);

    let one = format!("/v1.0/security/incidents/{}", all[0]["id"].as_str().unwrap());
    calls(&tenant);
    home.run(&["api", "GET", &one, "--api", "graph", "--paginate"]).fails_properly(1).says("is no list");
    assert_eq!(calls(&tenant).len(), 1);
}

#[test]
fn only_what_changes_nothing_is_sent_again_after_a_broken_connection() {
    let (tenant, home) = with_incidents(3);
    let path = an_incident(&tenant, &home);
    let get = ["api", "GET", path.as_str()];
    let patch = ["api", "PATCH", path.as_str(), "-F", "status=Resolved"];
    for fault in [Fault::Reset, Fault::TruncatedBody, Fault::AnswerLost, Fault::InternalServerError] {
        let code = if fault == Fault::InternalServerError { 8 } else { 7 };
        tenant.inject(Place::Incident, When::Next(1), fault.clone());
        home.run(&get).succeeds();
        assert_eq!(calls(&tenant).len(), 2, "{fault:?}");
        tenant.clear_faults();
        tenant.inject(Place::Incident, When::Next(1), fault.clone());
        home.run(&patch)
            .fails_properly(code)
            .says("warning: whether Microsoft 365 Defender has done it is not known");
        assert_eq!(calls(&tenant).len(), 1, "{fault:?}");
        tenant.clear_faults();
    }
    // These have surely done nothing.
    let busy = Fault::Throttle { retry_after: Some(RetryAfter::Seconds(1)), body: ThrottleBody::Documented };
    tenant.inject(Place::Incident, When::Next(1), busy);
    home.run(&patch).succeeds().says("the service is busy");
    tenant.expire_access_tokens();
    home.run(&patch).succeeds();
    assert_eq!((calls(&tenant).len(), tenant.refreshes()), (4, 1));

    let late = Fault::Unavailable { retry_after: Some(RetryAfter::Seconds(3600)) };
    tenant.inject(Place::Incident, When::Next(1), late);
    home.run(&patch).fails_properly(6).says("--max-wait").does_not_say("not known");
}

#[test]
fn an_error_is_the_service_s_with_the_usual_code() {
    let (tenant, home) = with_incidents(3);
    let path = an_incident(&tenant, &home);
    home.run(&["api", "GET", "/api/incidents/999999999"]).fails_properly(5).says("Tracking ID");
    home.run(&["api", "PATCH", &path, "-F", "status=5"])
        .fails_properly(1)
        .says("hint: check method, path and body against the documentation of this call");
    let url = tenant.api_url();
    let machine = home.run(&["api", "GET", "/api/machines", "--api", "endpoint"]).succeeds().json();
    let isolate = format!("{url}/api/machines/{}/isolate", machine["value"][0]["id"].as_str().unwrap());
    tenant.change(|options| options.consented.retain(|name| name != "Machine.Isolate"));
    let again = Home::signed_in(&tenant).with("M365D_ENDPOINT_URL", url).with("M365D_API", "endpoint");
    again
        .run(&["api", "POST", &isolate, "-F", "Comment=a", "-F", "IsolationType=Full"])
        .fails_properly(4)
        .says("hint: m365d token inspect --api endpoint shows what the token permits");

    tenant.inject(Place::List, When::Next(1), Fault::Html);
    home.run(&["api", "GET", "/api/incidents"]).fails_properly(8).says("answered with a web page");
    tenant.clear_faults();
    tenant.inject(Place::List, When::Next(1), Fault::Html);
    let asked_for = ["api", "GET", "/api/incidents", "--header", "Accept: text/html"];
    assert!(home.run(&asked_for).succeeds().stdout.starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_long_answer_is_handed_on_as_it_comes() {
    let (tenant, home) = with_incidents(1);
    tenant.change(|options| options.hunting.rows = 20_000);
    let hunt = ["api", "POST", "/api/advancedhunting/run", "-F", "Query=DeviceEvents"];
    let whole = home.run(&hunt).succeeds();
    assert_eq!(whole.json()["Results"].as_array().unwrap().len(), 20_000);
    tenant.inject(Place::Hunt, When::Next(1), Fault::TruncatedBody);
    let part = home.run(&hunt).fails_with(7).says("error: no answer from");
    assert!(part.stdout.len() > 1 << 20 && whole.stdout.starts_with(&part.stdout));

    // One that does not end costs no more than is read of it.
    tenant.inject(Place::List, When::Next(1), Fault::EndlessBody);
    let (code, said) = home.run_into_closed_pipe(&["api", "GET", "/api/incidents"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
}
