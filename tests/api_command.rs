//! `m365d api`: any request, with the token of the right API, and to nobody else.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, get};
use crate::tenant::{
    ClaimsChallenge, Fault, Options, Place, Recorded, RetryAfter, Tenant, ThrottleBody, Wants, When,
};

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
        (&["POST", "/api", "-F", "a=@-", "-F", "b=@-"], "standard input can be read once only"),
        (&["GET", "/api/..%2Fb"], ". or .."),
        (&["GET", "/api/x%5c..%5Cb"], ". or .."),
        (&["GET", "\\\\evil.example\\a"], "backslash"),
        (&["GET", "/api", "--input", "-"], "a GET has no body"),
        (&["HEAD", "/api", "--paginate"], "only a GET has pages"),
        (&["HEAD", "/api", "-F", "a=1"], "a HEAD has no body"),
        (&["GET", "/api", "--header", "Content-Length: 7"], "content-length is set by m365d"),
        (&["GET", "/api", "--header", ":authority: x"], "a name that none can have"),
        (&["GET", "/api", "--header", "a\u{202e}: x"], "a name that none can have"),
        (&["POST", "/api", "--paginate"], "only a GET has pages"),
        (&["GET", "/api", "-o", "csv"], "in no other format"),
        (&["GET", "/api", "-o", "ndjson"], "in no other format"),
    ] {
        let refused = home.run(&[&["api"], arguments].concat()).fails_properly(2);
        refused.does_not_say("eyJ").says(says);
    }
    #[cfg(unix)]
    home.run(&["api", "POST", "/api", "--input", "/dev/zero"]).fails_properly(2).says("more than");
    for method in ["CONNECT", "TRACE", "GET /x HTTP/1.1\r\nX:", "", "ｇet"] {
        home.run(&["api", method, "/api"]).fails_with(2);
    }
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
        "HTTP://127.0.0.1:9/api/incidents".to_owned(),
    ] {
        home.run(&["api", "GET", &address]).fails_properly(2).says(elsewhere).does_not_say("a:b");
    }
    for address in [
        format!("http://127.0.0.1:{port}@evil.example/api/incidents"),
        format!("http://a:b@127.0.0.1:{port}/api/incidents"),
        format!("http://@127.0.0.1:{port}@evil.example/api/incidents"),
    ] {
        home.run(&["api", "GET", &address])
            .fails_properly(2)
            .says("a user name before its host")
            .does_not_say("a:b");
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
        // What a URL's parser makes the same host of is the same host.
        ("graph", "HTTPS://GRAPH.Microsoft.COM:443/v1.0/me", 3),
        ("graph", "https://graph.microsoft.com./v1.0/me", 3),
        ("graph", "https://%67raph.microsoft.com/v1.0/me", 3),
        ("graph", "https://ｇraph.microsoft.com/v1.0/me", 3),
        ("graph", "https://gгaph.microsoft.com/v1.0/me", 2),
        ("graph", "https://graph.microsoft.com%2eevil.example/v1.0/me", 2),
        ("graph", "https://graph.microsoft.com%2f.evil.example/v1.0/me", 2),
        ("graph", "https://graph.microsoft.com\\@evil.example/v1.0/me", 2),
        ("graph", "https:\\\\evil.example/v1.0/me", 2),
        ("graph", "https:/evil.example/v1.0/me", 2),
        ("graph", "https:evil.example/v1.0/me", 2),
        ("graph", "https://evil.example?graph.microsoft.com/", 2),
        ("graph", "https:///graph.microsoft.com/v1.0/me", 3),
        ("graph", "https://", 2),
        ("graph", "https://[::1]/v1.0/me", 2),
        ("graph", "file:///etc/passwd", 2),
        ("graph", "wss://graph.microsoft.com/", 2),
    ] {
        // Nobody is signed in here, which is noticed after the address.
        microsoft.run(&["api", "GET", address, "--api", api]).fails_properly(code);
    }

    for (location, says) in [
        (
            "http://127.0.0.1:9/x?secret".to_owned(),
            "another host, http://127.0.0.1:9, where the token does not go",
        ),
        (format!("{}/other?secret", tenant.api_url()), "another path, /other, where the token does not go"),
        ("//evil.example/api/incidents".to_owned(), "another host, http://evil.example, where"),
        ("http://[".to_owned(), "an address that makes no sense"),
    ] {
        tenant.inject(Place::List, When::Next(1), Fault::Redirect { location });
        home.run(&["api", "GET", "/api/incidents"]).fails_properly(8).says(says).does_not_say("secret");
        tenant.clear_faults();
    }
    // Where the API is below a path, the token stays there.
    let below = format!("{}/api/incidents", tenant.api_url());
    let home = home.with("M365D_API_URL", &below);
    home.run(&["api", "GET", &below]).succeeds();
    home.run(&["api", "GET", &format!("{below}?$top=1")]).succeeds();
    for address in ["/api/machines", "/api/incidentsandmore", "/"] {
        let address = format!("{}{address}", tenant.api_url());
        home.run(&["api", "GET", &address]).fails_properly(2).says(elsewhere);
    }
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
        (
            "https://evil.example/v1.0/security/incidents",
            "another host, https://evil.example (@odata.nextLink)",
        ),
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
            .says("error: it is not known whether this was done: ")
            .says("hint: look before you send it again");
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

#[test]
fn a_dry_run_prints_the_very_request_and_sends_nothing() {
    let (tenant, home) = with_incidents(1);
    let before = tenant.requests().len();
    let url = tenant.api_url();
    let patch =
        ["api", "patch", "/api/incidents/7?x=a b", "-F", "n=1.50", "--header", "X-Note: \u{e9}", "--dry-run"];
    let printed = home.run(&[&patch[..], &["-o", "table"]].concat()).succeeds().stdout;
    let headers = "accept: application/json\ncontent-type: application/json; charset=utf-8\nx-note: \u{e9}";
    assert_eq!(printed, format!("PATCH {url}/api/incidents/7?x=a%20b\n{headers}\n\n{{\"n\":1.50}}\n\n"));
    let object = home.run(&patch).succeeds().json()[0].clone();
    assert_eq!((&object["method"], &object["headers"]["x-note"]), (&json!("PATCH"), &json!("\u{e9}")));
    for (body, key, value) in [
        (&b"{\"a\": 1.50}"[..], "body", json!({"a": 1.5})),
        (b"not \"JSON\"\n", "body_text", json!("not \"JSON\"\n")),
        (b"\xff\x00", "body_base64", json!("/wA=")),
        (b"", "body_text", json!("")),
    ] {
        let post = ["api", "POST", "/api/x", "--input", "-", "--dry-run"];
        assert_eq!(home.run_with_input(&post, body).succeeds().json()[0][key], value);
    }
    let list = ["api", "GET", "/api/incidents", "--paginate", "--dry-run", "-o", "csv"];
    assert_eq!(home.run(&list).succeeds().stdout, format!("method,url,body\nGET,{url}/api/incidents,\n"));
    home.run(&["api", "GET", "https://evil.example/", "--dry-run"]).fails_properly(2);
    Home::of(&tenant).run(&["api", "GET", "/api/incidents", "--dry-run"]).succeeds();
    assert_eq!(tenant.requests().len(), before);
}

#[test]
fn whatever_comes_back_is_data_and_whatever_fails_is_said() {
    let (tenant, home) = with_incidents(1);
    let path = an_incident(&tenant, &home);
    // An error that is not in the API's form is shown as well, on stderr and without the token.
    let words = |status, body: Value| Fault::Words { status, body };
    for (status, body, code, says) in [
        (400, json!({"odata.error": "bad\u{1b}[2J"}), 1, "HTTP 400, {\"odata.error\":\"bad"),
        (409, json!("in use"), 1, "HTTP 409, \"in use\""),
        (404, json!(["nothing"]), 5, "HTTP 404, [\"nothing\"]"),
        (403, json!({"error": {"code": "Odd", "message": "m"}}), 4, "HTTP 403 Odd, m"),
    ] {
        tenant.inject(Place::Incident, When::Next(1), words(status, body));
        home.run(&["api", "GET", &path]).fails_properly(code).says(says).does_not_say("\u{1b}[2J");
        tenant.clear_faults();
    }
    for (fault, code) in [
        (Fault::Throttle { retry_after: Some(RetryAfter::Seconds(3600)), body: ThrottleBody::Captured }, 6),
        (Fault::Forbidden, 4),
    ] {
        tenant.inject(Place::Incident, When::Next(1), fault);
        home.run(&["api", "GET", &path]).fails_properly(code);
        tenant.clear_faults();
    }
    // A success is a success, whatever is in it.
    tenant.inject(Place::Incident, When::Next(1), Fault::ErrorBody);
    assert_eq!(home.run(&["api", "GET", &path]).succeeds().json()["error"]["code"], "InternalServerError");
    assert_eq!(home.run(&["api", "head", &path]).fails_with(1).stdout, "");
    home.run(&["api", "DELETE", &path]).fails_properly(1).says("HTTP 405");
    // Nothing about it is kept quiet.
    tenant.inject(Place::Incident, When::Next(1), Fault::AnswerLost);
    home.run(&["api", "PATCH", &path, "-F", "status=Active", "-q"])
        .fails_properly(7)
        .says("it is not known whether");
    // What a policy asks for is in the command that is named.
    let challenge = ClaimsChallenge::new(Wants::Context("c1"));
    tenant.inject(Place::Incident, When::Next(1), Fault::PolicyChange(challenge));
    home.run(&["api", "GET", &path]).fails_properly(3).says("hint: m365d login --claims ");
}
