//! `m365d login`, when it does not end with a session: each reason with its words and exit code, a browser that is not
//! told otherwise, and an older session that is left as it was.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::support::{Ended, Home, example};
use crate::tenant::browser::{Decision, Page};
use crate::tenant::{
    AccessTokenFlaw, Fault, GrantRefusal, IdTokenFlaw, Options, Place, Tenant, When, browser, directory,
};

/// A sign-in in which somebody decides; the tenant and the program have the rest to say.
fn login(home: &Home, arguments: &[&str], decision: Decision) -> (Page, Ended) {
    let mut login = home.start(&[&["login", "--no-browser"], arguments].concat());
    let page = browser::visit(&login.sign_in_url(), decision).expect("the browser gets its last page");
    (page, login.end())
}

/// Every file of the home's folder with its content, but for locks, which are empty.
fn stored(home: &Home) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(home.config_dir().join("sessions")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_none_or(|extension| extension != "lock"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Signs in twice, as a newcomer and as somebody with a session; both fail alike and nothing stored is touched.
fn fails(tenant: &Tenant, spoil: impl Fn(&Tenant), decision: Decision, code: u8) -> Ended {
    let (newcomer, regular) = (Home::of(tenant), Home::signed_in(tenant));
    let before = stored(&regular);
    assert_eq!(before.len(), 2, "a session, and whose it is");
    for home in [&newcomer, &regular] {
        spoil(tenant);
        let (page, ended) = login(home, &[], decision);
        let ended = ended.fails_with(code.into()).says("error: ").does_not_say("Signed in");
        assert_eq!(page.status, 200, "{ended:?}");
        assert!(page.html.contains("<h1>Not signed in</h1>"), "{}\n{ended:?}", page.html);
        assert_eq!(ended.stdout, "");
        if std::ptr::eq(home, &regular) {
            assert_eq!(stored(home), before, "the older session is as it was");
            return ended;
        }
        assert_eq!(stored(home), [], "nothing is stored");
    }
    unreachable!("the regular comes last")
}

#[test]
fn a_declined_consent_is_a_missing_permission() {
    let tenant = Tenant::start(Options::default());
    let spoil = |tenant: &Tenant| tenant.change(|options| options.user_declines = true);
    let declined = fails(&tenant, spoil, Decision::Accept, 4)
        .says("AADSTS65004: User declined to consent to access the app. (access_denied)")
        .says("\nAADSTS65004 · Trace ID ")
        .says(" · Correlation ID ")
        .says(" · Timestamp ");
    let consent = format!("/{}/adminconsent?client_id={}\n", directory::TENANT_ID, directory::CLIENT_ID);
    declined.says("hint: m365d login, and accept; if you may not, an administrator").says(&consent);
    // Whoever cancels may sign in another time; no administrator can help.
    tenant.change(|options| options.user_declines = false);
    let cancelled = fails(&tenant, spoil, Decision::Cancel, 3);
    cancelled.says("AADSTS65004").says("hint: m365d login").does_not_say("adminconsent");
    assert_eq!(tenant.count(|request| request.is_token()), 2, "only the two good sign-ins redeem a code");
}

#[test]
fn declining_on_the_consent_page_is_said_in_both_response_modes() {
    let tenant = Tenant::start(Options { consented: Vec::new(), ..Options::default() });
    for mode in ["form_post", "query"] {
        let home = Home::of(&tenant);
        let (page, ended) = login(&home, &["--response-mode", mode], Decision::Decline);
        ended.fails_with(4).says("AADSTS65004");
        assert!(page.html.contains("<h1>Not signed in</h1>"), "{}", page.html);
        assert_eq!(page.url.query(), None, "{mode}");
    }
}

#[test]
fn an_id_token_that_is_not_the_answer_signs_nobody_in() {
    let words = [
        (IdTokenFlaw::Missing, "there is no ID token in it"),
        (IdTokenFlaw::NotAJwt, "does not belong to this sign-in"),
        (IdTokenFlaw::WrongNonce, "the `nonce` of its ID token"),
        (IdTokenFlaw::NoNonce, "the `nonce` of its ID token"),
        (IdTokenFlaw::WrongAudience, "the `aud` of its ID token"),
        (IdTokenFlaw::WrongTenant, "the `tid` of its ID token"),
        (IdTokenFlaw::WrongIssuer, "the `iss` of its ID token"),
        (IdTokenFlaw::NoSubject, "the `sub` of its ID token"),
        // The clocks agree, so the clock is not to blame.
        (IdTokenFlaw::Expired, "does not belong to this sign-in"),
    ];
    let tenant = Tenant::start(Options::default());
    for (flaw, words) in words {
        tenant.change(|options| options.id_token_flaw = None);
        let spoil = |tenant: &Tenant| tenant.change(|options| options.id_token_flaw = Some(flaw));
        fails(&tenant, spoil, Decision::Accept, 1).says(words).says("m365d login").does_not_say("clock");
    }
}

#[test]
fn somebody_elses_access_token_signs_nobody_in() {
    let words = [
        (AccessTokenFlaw::WrongTenant, "the `tid` of its access token"),
        (AccessTokenFlaw::OtherClient, "the `appid` of its access token"),
        (
            AccessTokenFlaw::OtherUser,
            "mallory@northwind.example (99999999-9999-4999-8999-999999999999), not of ana@northwind.example (",
        ),
    ];
    let tenant = Tenant::start(Options::default());
    for (flaw, words) in words {
        tenant.change(|options| options.access_token_flaw = None);
        let spoil = |tenant: &Tenant| tenant.change(|options| options.access_token_flaw = Some(flaw));
        fails(&tenant, spoil, Decision::Accept, 1).says(words);
    }
}

/// The access token is the API's business: what m365d finds odd about it is said, and the API decides.
#[test]
fn an_odd_access_token_is_kept_and_said() {
    let words = [
        (AccessTokenFlaw::Opaque, "warning: the access token is opaque"),
        (AccessTokenFlaw::WrongAudience, "not for Microsoft 365 Defender"),
        (AccessTokenFlaw::WrongIssuer, "warning: the access token names an unusual issuer"),
        (AccessTokenFlaw::Application, "Incident.Read.All (application, from roles)"),
        (AccessTokenFlaw::Expired, "warning: the access token is not valid by this computer's clock"),
        (AccessTokenFlaw::NotYetValid, "warning: the access token is not valid by this computer's clock"),
        (AccessTokenFlaw::Version2, "Incident.Read, AdvancedHunting.Read (delegated, from scp)"),
    ];
    for (flaw, words) in words {
        let tenant =
            Tenant::start(Options { access_token_flaw: Some(flaw), incidents: 1, ..Options::default() });
        let home = Home::of(&tenant);
        let ended = home.login(&[]).succeeds().says(words);
        if [AccessTokenFlaw::Application, AccessTokenFlaw::Version2].contains(&flaw) {
            ended.does_not_say("warning");
        }
        home.run(&["status"]).succeeds();
        if flaw == AccessTokenFlaw::Opaque {
            home.run(&["incidents", "list"]).succeeds();
        }
    }
}

#[test]
fn a_clock_that_is_an_hour_off_is_named() {
    for offset in [3600, -3600] {
        let tenant = Tenant::start(Options::default());
        let spoil = |tenant: &Tenant| tenant.change(|options| options.clock_offset = offset);
        fails(&tenant, spoil, Decision::Accept, 1)
            .says("this computer's clock and the authority's are 60 minutes apart")
            .says("hint: set this computer's clock");
    }
}

#[test]
fn a_clock_that_is_four_minutes_off_does_not_matter() {
    for clock_offset in [240, -240] {
        let tenant = Tenant::start(Options { clock_offset, ..Options::default() });
        Home::of(&tenant).login(&[]).succeeds().does_not_say("clock");
    }
}

#[test]
fn a_token_that_cannot_list_incidents_is_said_with_the_permission_to_add() {
    let permissions = vec!["AdvancedHunting.Read".to_owned()];
    let tenant = Tenant::start(Options {
        registered: permissions.clone(),
        consented: permissions,
        ..Options::default()
    });
    let home = Home::of(&tenant);
    home.login(&[])
        .succeeds()
        .says("Signed in")
        .says("warning: the access token does not permit")
        .says("it has AdvancedHunting.Read (delegated, from scp)")
        .says("Microsoft Threat Protection › Delegated permissions › Incident.Read;")
        .says("Grant admin consent");
    home.run(&["incidents", "list"]).fails_with(4);
    assert_eq!(tenant.lists(), 0);
}

#[test]
fn the_api_that_the_registration_lacks_is_the_one_that_was_asked_for() {
    let tenant = Tenant::start(Options { registered: Vec::new(), ..Options::default() });
    let home = Home::of(&tenant)
        .with("M365D_GRAPH_URL", tenant.graph_url())
        .with("M365D_ENDPOINT_URL", tenant.endpoint_url());
    for (api, place, permission) in [
        ("defender", "APIs my organization uses › Microsoft Threat Protection", "Incident.Read"),
        ("graph", "Microsoft APIs › Microsoft Graph", "SecurityIncident.Read.All"),
        ("endpoint", "APIs my organization uses › WindowsDefenderATP", "Machine.Read"),
    ] {
        let way = format!("Add a permission › {place} › Delegated permissions › {permission}; then");
        home.run(&["login", "--device-code", "--api", api])
            .fails_properly(4)
            .says("AADSTS650057")
            .says(&way)
            .says(&format!("m365d login --api {api}"));
        assert!(home.run(&["explain", "650057", "--api", api]).succeeds().stdout.contains(&way));
    }
    assert!(
        home.run(&["explain", "500011", "--api", "graph"]).succeeds().stdout.contains("no Microsoft Graph:")
    );
}

#[test]
fn a_command_that_asks_another_api_by_itself_says_how_to_sign_in_for_that() {
    let registered = ["SecurityIncident.Read.All", "ThreatHunting.Read.All"].map(str::to_owned).to_vec();
    let tenant = Tenant::start(Options {
        registered: registered.clone(),
        consented: registered,
        ..Options::default()
    });
    let home = Home::of(&tenant)
        .with("M365D_GRAPH_URL", tenant.graph_url())
        .with("M365D_ENDPOINT_URL", tenant.endpoint_url());
    let (hunt, alert) = (["hunt", "DeviceEvents"], ["alerts", "get", "da1_-1"]);
    let hint = |home: &Home, arguments: &[&str], hint: &str| {
        home.run(arguments).fails_properly(3).says(&format!("\nhint: {hint}\n"));
    };
    for (arguments, api) in [(&hunt[..], "graph"), (&alert, "graph"), (&["machines", "list"], "endpoint")] {
        hint(&home, arguments, &format!("m365d login --api {api}"));
    }
    hint(&home, &["incidents", "list"], "m365d login");
    hint(&home, &["hunt", "DeviceEvents", "--api", "defender"], "m365d login --api defender");
    let home = home.with("M365D_API", "defender");
    hint(&home, &hunt, "m365d login");
    hint(&home, &["machines", "list"], "m365d login --api endpoint");
    let home = home.without("M365D_API");

    // Such a sign-in is what a registration for Graph alone takes, and the usual one says so.
    let only_graph = "If it is registered for Microsoft Graph only: m365d login --api graph";
    home.run(&["login", "--device-code"]).fails_properly(4).says("AADSTS650057").says(only_graph);
    home.run(&["login", "--device-code", "--api", "defender"]).fails_properly(4).does_not_say(only_graph);
    home.login(&["--api", "graph"]).succeeds();
    home.run(&hunt).succeeds();
    tenant.refuse_grants(GrantRefusal::Revoked);
    home.change_grant(|grant| grant["expires_on"] = 1.into());
    hint(&home, &hunt, "m365d login --api graph");
    // It has chosen nothing for later.
    home.login(&["--api", "graph"]).succeeds();
    home.run(&["incidents", "list"]).fails_properly(4).says("m365d login --api defender");
}

/// What is wrong with the settings or the arguments is wrong before anybody is sent to a browser.
#[test]
fn wrong_usage_opens_no_browser_and_asks_nobody() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let graph = "https://graph.microsoft.com/User.Read";
    home.run(&["login", "--scope", "Incident.Read", "--scope", graph])
        .fails_with(2)
        .says("more than one API")
        .says("hint: ");
    home.run(&["login", "--scope", ".default Incident.Read"]).fails_with(2);
    home.run(&["login", "--tenant", "not a tenant"]).fails_with(2).says("hint: ");
    home.run(&["login", "--client-id", "m365d"]).fails_with(2).says("hint: ");
    home.run(&["login", "--timeout", "soon"]).fails_with(2);
    home.run(&["login", "--response-mode", "fragment"]).fails_with(2);

    for (missing, words) in [("M365D_TENANT", "no tenant is"), ("M365D_CLIENT_ID", "no client id is")] {
        let home = Home::of(&tenant).without(missing);
        home.run(&["login"])
            .fails_with(2)
            .says(words)
            .says("hint: m365d login --tenant TENANT --client-id CLIENT_ID");
    }
    assert_eq!(tenant.requests().len(), 0);
}

#[test]
fn nobody_comes_and_the_advice_is_to_read_the_browsers_page() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    home.run(&["login", "--no-browser", "--timeout", "1s"])
        .fails_with(3)
        .says("no answer from the browser within 1 s")
        .says("hint: read the browser's page: a wrong client id, redirect URI or tenant is shown only there");
    home.run(&["login", "--no-browser", "--timeout", "1s", "--scope", "Incident.Read"])
        .fails_with(3)
        .says("Then: m365d login --scope Incident.Read (--timeout 10m");
}

/// Entra ID shows these on its own page and sends nobody back (RFC 6749 section 4.1.2.1).
#[test]
fn what_the_authority_says_only_in_the_browser_ends_with_the_time() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant).with("M365D_CLIENT_ID", "dddddddd-0000-4000-8000-00000000dead");
    let (page, ended) = login(&home, &["--timeout", "1s"], Decision::Accept);
    assert!(page.html.contains("AADSTS700016"), "{}", page.html);
    ended.fails_with(3).says("read the browser's page");
}

#[test]
fn a_registration_as_web_is_refused_with_the_way_to_mend_it() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant).with("M365D_CLIENT_ID", directory::WEB_CLIENT_ID);
    let (page, ended) = login(&home, &[], Decision::Accept);
    assert!(page.html.contains("<h1>Not signed in</h1>"), "{}", page.html);
    ended.fails_with(1).says("AADSTS7000218").says("Mobile and desktop applications");
}

#[test]
fn a_token_endpoint_in_trouble_is_told_from_a_refusal() {
    let faults = [
        (Fault::Unavailable { retry_after: None }, 8, "cannot answer now: HTTP 503"),
        (Fault::InternalServerError, 8, "cannot answer now: HTTP 500"),
        (Fault::Transient, 8, "AADSTS90033"),
        (Fault::Html, 8, "no token response"),
        (Fault::TruncatedJson, 8, "no token response"),
        (Fault::EndlessBody, 8, "is longer than"),
        (Fault::Redirect { location: "https://elsewhere.example/".into() }, 8, "no token response: HTTP 307"),
        (Fault::TruncatedBody, 7, "no answer from 127.0.0.1"),
        (Fault::Reset, 7, "no answer from 127.0.0.1"),
        (Fault::UnknownError, 3, "AADSTS99999"),
    ];
    let tenant = Tenant::start(Options::default());
    for (fault, code, words) in faults {
        let spoil = |tenant: &Tenant| tenant.inject(Place::Token, When::Next(1), fault.clone());
        fails(&tenant, spoil, Decision::Accept, code).says(words).says("hint: ");
        tenant.clear_faults();
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_closes_the_port_at_once() {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let mut login = home.start(&["login", "--no-browser"]);
    let port = crate::support::Callback::of(&login.sign_in_url()).port;
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok(), "until then it is open");
    // The shell's own `kill`, so that no program needs to be there for it.
    let id = login.id().to_string();
    let sent = std::process::Command::new("sh").args(["-c", "kill -INT \"$0\"", &id]).status().unwrap();
    assert!(sent.success());

    login.end().fails_with(130).does_not_say("error");
    for address in ["127.0.0.1", "::1"] {
        let refused = TcpStream::connect((address, port)).expect_err(address);
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused, "{address}");
    }
    assert_eq!(stored(&home), []);
}

/// The program of the tenant is the browser here, so that what it is told is also seen in its exit code.
#[test]
fn a_browser_that_is_a_program_can_cancel_too() {
    let tenant = Tenant::start(Options::default());
    let home = Home::of(&tenant);
    let command = format!("'{}' browse --cancel", example("tenant").display());
    home.run(&["login", "--browser", &command]).fails_with(3).says("AADSTS65004");
    let settled = |requests: &[crate::tenant::Recorded]| requests.iter().all(|request| request.settled);
    assert!(tenant.wait_until(settled, Duration::from_secs(60)));
}
