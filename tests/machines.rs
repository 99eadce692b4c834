//! Machines: isolated, released, and what has become of that.

use serde_json::{Value, json};

use crate::support::Home;
use crate::tenant::directory::{ANA, ENDPOINT};
use crate::tenant::{
    ActionEnd, Fault, Options, Place, Recorded, RetryAfter, Role, Tenant, ThrottleBody, When,
};

const NAME: &str = "ws-003.corp.northwind.example";

fn signed_in(options: Options) -> (Tenant, Home) {
    let tenant = Tenant::start(options);
    let home = Home::signed_in(&tenant).with("M365D_ENDPOINT_URL", tenant.endpoint_url());
    (tenant, home)
}

fn usual() -> (Tenant, Home) {
    signed_in(Options { role: Role::Operator, ..Options::default() })
}

/// The id of a machine, by its number.
fn id(number: u64) -> String {
    format!("{:040x}", 0x0123_4567_89ab_cdef_u64 * (number + 1))
}

fn posts(tenant: &Tenant) -> Vec<Recorded> {
    tenant.take_requests(|request| request.method == "POST" && request.path.starts_with("/api/"))
}

fn body(request: &Recorded) -> Value {
    serde_json::from_str(request.body.as_ref().expect("a body")).expect("JSON")
}

#[test]
fn a_machine_is_isolated_and_released_and_both_are_followed_to_the_end() {
    let (tenant, home) = usual();
    let machine = id(3);
    let isolate = ["machines", "isolate", &machine, "--comment", "see ticket", "--wait"];
    let done = home.run(&isolate).succeeds();
    let action = done.json()[0].clone();
    assert_eq!(
        (&action["status"], &action["type"], &action["scope"]),
        (&json!("Succeeded"), &json!("Isolate"), &json!("Full"))
    );
    assert_eq!((&action["requestor"], &action["requestorComment"]), (&json!(ANA.upn), &json!("see ticket")));
    let action_id = action["id"].as_str().unwrap();
    done.says(&format!("isolating {NAME}: pending (action {action_id})"))
        .says(&format!("isolating {NAME}: in progress"))
        .says(&format!("isolating {NAME}: succeeded"));
    let [sent] = &posts(&tenant)[..] else { panic!("one request") };
    assert_eq!(sent.path, format!("/api/machines/{machine}/isolate"));
    assert_eq!(body(sent), json!({"Comment": "see ticket", "IsolationType": "Full"}));

    // Without --wait it is said how to follow it.
    let release = ["machines", "release", NAME, "--comment", "clean", "-o", "ndjson"];
    let begun = home.run(&release).succeeds();
    let action = begun.json();
    assert_eq!((&action["status"], &action["type"]), (&json!("Pending"), &json!("Unisolate")));
    let follow = format!("m365d machines action {} --wait", action["id"].as_str().unwrap());
    begun.says(&format!("to follow it: {follow}"));
    let [sent] = &posts(&tenant)[..] else { panic!("one request") };
    assert_eq!(sent.path, format!("/api/machines/{machine}/unisolate"));
    assert_eq!(body(sent), json!({"Comment": "clean"}));
    let follow: Vec<_> = follow.split(' ').skip(1).collect();
    let shown = home.run(&follow[..3]).succeeds().json();
    assert_eq!(shown[0]["status"], "InProgress");
    let released = home.run(&follow).succeeds().says(&format!("releasing {NAME}: succeeded"));
    assert_eq!(released.json()[0]["status"], "Succeeded");
    for (kind, sent) in [("selective", "Selective"), ("FULL", "Full"), ("UnManagedDevice", "UnManagedDevice")]
    {
        tenant.change(|options| options.action_end = ActionEnd::Succeeded);
        home.run(&["machines", "isolate", &id(8), "--type", kind, "--comment", "c", "--wait"]).succeeds();
        assert_eq!(body(&posts(&tenant)[0])["IsolationType"], sent);
    }
}

#[test]
fn an_end_that_is_none_or_not_a_good_one_has_its_exit_code_and_its_command() {
    let (tenant, home) = usual();
    let isolate = |number: u64, more: &[&str]| {
        let machine = id(number);
        home.run(&[&["machines", "isolate", &machine, "--comment", "c", "--wait"], more].concat())
    };
    for (number, end, status, words) in [
        (1, ActionEnd::Failed, "Failed", "failed"),
        (2, ActionEnd::TimeOut, "TimeOut", "timed out"),
        (3, ActionEnd::Cancelled, "Cancelled", "cancelled"),
    ] {
        tenant.change(|options| options.action_end = end);
        let ended = isolate(number, &[]).fails_with(1);
        // What has become of it is data, however it has ended.
        assert_eq!(ended.json()[0]["status"], status);
        ended
            .says(&format!("has not succeeded: {words} (action "))
            .says("hint: the machine's page in the Defender portal says why");
    }
    tenant.change(|options| options.action_end = ActionEnd::Never);
    let waited = isolate(4, &["--timeout", "600ms"]).fails_with(9);
    let action = waited.json()[0]["id"].as_str().unwrap().to_owned();
    waited
        .says(&format!("has not ended within --timeout: in progress (action {action})"))
        .says(&format!("hint: it goes on without you, and a machine that is off begins when it is back: m365d machines action {action} --wait"));

    // The end is one in any case of its letters.
    tenant.change(|options| options.action_end = ActionEnd::Failed);
    for (number, status, code) in [(6, "succeeded", 0), (7, "FAILED", 1)] {
        tenant.inject(Place::MachineAction, When::Next(1), Fault::Amended(json!({"status": status})));
        let ended = isolate(number, &["--timeout", "60s"]);
        assert_eq!((ended.code, &ended.json()[0]["status"]), (code, &json!(status)), "{ended:?}");
        ended.says(&format!(": {}", status.to_lowercase()));
    }

    // A status that nobody has documented is said and waited out.
    let odd = json!({"status": "Queued"});
    tenant.inject(Place::MachineAction, When::Next(1), Fault::Amended(odd));
    tenant.change(|options| options.action_end = ActionEnd::Succeeded);
    isolate(5, &[]).succeeds().says(": Queued");
}

#[test]
fn a_bad_moment_of_the_service_does_not_end_the_following() {
    let (tenant, home) = usual();
    let machine = id(1);
    home.run(&["token", "--api", "endpoint"]).succeeds();
    tenant.inject(Place::MachineAction, When::Next(2), Fault::Html);
    tenant.expire_access_tokens();
    home.run(&["machines", "isolate", &machine, "--comment", "c", "--wait"])
        .succeeds()
        .says("; asking again");
    assert_eq!(posts(&tenant).len(), 2, "once in vain, with a token that had ended");
    tenant.clear_faults();
    tenant.inject(Place::MachineAction, When::Nth(2), Fault::Forbidden);
    let lost = home.run(&["machines", "release", &machine, "--comment", "c", "--wait"]).fails_with(4);
    assert_eq!(lost.json()[0]["status"], "InProgress");
    lost.says("was in progress and cannot be followed")
        .says("hint: it goes on all the same; to follow it: m365d machines action ");
}

#[test]
fn several_begin_before_any_is_followed_and_each_is_told_of() {
    let (tenant, home) = usual();
    let input = format!("{}\n{NAME} {}\r\n{:040}\n", id(1), id(3).to_uppercase(), 7);
    let isolate = ["machines", "isolate", "-", "--comment", "c", "--wait"];
    let some = home.run_with_input(&isolate, input.as_bytes()).fails_with(9);
    assert_eq!(some.json().as_array().unwrap().len(), 2, "the same machine by two names is isolated once");
    some.says("was not isolated: the service has not found it: HTTP 404 ResourceNotFound")
        .says("error: 1 of 4 machines failed")
        .says("hint: m365d machines list shows which there are");
    let order = tenant.take_requests(|request| request.path.starts_with("/api/machine"));
    let first_look = order.iter().position(|request| request.path.starts_with("/api/machineactions"));
    let last_post = order.iter().rposition(|request| request.method == "POST");
    assert!(first_look > last_post, "{order:?}");

    tenant.change(|options| options.action_end = ActionEnd::Failed);
    let ids = [id(10), id(11)];
    let both = ["machines", "isolate", &ids[0], &ids[1], "--comment", "c", "--wait", "-o", "table"];
    let ended = home.run(&both).fails_with(9).says("error: 2 of 2 machines failed");
    assert_eq!(ended.stdout.matches("Failed").count(), 2);
    ended.says("isolating ws-010.corp.northwind.example has not succeeded: failed (action ");
    home.run_with_input(&isolate, b"ws-1\n../x\n")
        .fails_properly(2)
        .says("line 2 of standard input is not a machine's id or DNS name: ../x");
}

#[test]
fn what_may_have_been_done_is_not_done_again_and_what_is_under_way_is_said() {
    let (tenant, home) = usual();
    let look = |machine: &str| {
        format!("m365d api GET '/api/machineactions?$filter=machineId%20eq%20%27{machine}%27' --api endpoint")
    };
    for (number, fault, begun) in [
        (1, Fault::AnswerLost, 1),
        (2, Fault::Reset, 0),
        (3, Fault::InternalServerError, 0),
        (4, Fault::Unavailable { retry_after: None }, 0),
        (5, Fault::TruncatedJson, 1),
        (6, Fault::Html, 0),
    ] {
        let (machine, before) = (id(number), tenant.machine_actions().len());
        tenant.inject(Place::MachineAct, When::Next(1), fault.clone());
        let failed = home.run(&["machines", "isolate", &machine, "--comment", "c", "--wait"]);
        assert!([7, 8].contains(&failed.code), "{fault:?} {failed:?}");
        assert_eq!((failed.stdout.as_str(), posts(&tenant).len()), ("", 1), "{fault:?}");
        failed
            .says(&format!("it is not known whether {machine} is being isolated: "))
            .says(&format!("hint: before you try again, see what has become of it: {}", look(&machine)));
        assert_eq!(tenant.machine_actions().len() - before, begun, "{fault:?}");
        tenant.clear_faults();
    }
    // The command that is named works as it stands.
    let words = shlex::split(&look(&id(1))).unwrap();
    let words: Vec<_> = words.iter().skip(1).map(String::as_str).collect();
    assert_eq!(home.run(&words).succeeds().json()["value"][0]["machineId"], *id(1));
    home.run(&["machines", "isolate", &id(1), "--comment", "c"])
        .fails_properly(1)
        .says("ActiveRequestAlreadyExists, Action is already in progress")
        .says(&format!("hint: another action on it has not ended; this shows which: {}", look(&id(1))));

    // These have surely done nothing.
    let retry_after = Some(RetryAfter::Seconds(1));
    posts(&tenant);
    tenant.inject(
        Place::MachineAct,
        When::Next(1),
        Fault::Throttle { retry_after, body: ThrottleBody::Documented },
    );
    home.run(&["machines", "isolate", &id(7), "--comment", "c"]).succeeds().says("asking again in 1.0 s");
    assert_eq!(posts(&tenant).len(), 2);
    tenant.expire_access_tokens();
    home.run(&["machines", "isolate", &id(8), "--comment", "c"]).succeeds();
    assert_eq!(posts(&tenant).len(), 2);
}

#[test]
fn a_name_means_one_machine_or_none() {
    let (tenant, home) = usual();
    home.run(&["machines", "isolate", "ws-003", "--comment", "c"])
        .fails_properly(5)
        .says("no machine that you may see has the DNS name ws-003")
        .says("hint: a DNS name is the whole name, with the domain: m365d machines list");
    for (number, digits) in [("1234", 4), ("1e5bc9d7e413ddd7902c2932e418702b84d0cc0", 39)] {
        home.run(&["machines", "isolate", number, "--comment", "c"]).fails_properly(5).says(&format!(
            "{number} is neither a machine's id, which has 40 hexadecimal digits (this has {digits}), nor the whole DNS name of a machine that you may see"
        ));
    }
    let two =
        json!({"value": [{"id": id(1), "computerDnsName": NAME}, {"id": id(2), "computerDnsName": NAME}]});
    tenant.inject(Place::Machines, When::Next(1), Fault::Words { status: 200, body: two });
    home.run(&["machines", "isolate", NAME, "--comment", "c"])
        .fails_properly(2)
        .says("2 machines have the DNS name ws-003.corp.northwind.example: ");
    let evil = json!({"value": [{"id": "../incidents/7", "computerDnsName": NAME}]});
    tenant.inject(Place::Machines, When::Next(1), Fault::Words { status: 200, body: evil });
    home.run(&["machines", "isolate", NAME, "--comment", "c"])
        .fails_properly(8)
        .says("a machine without an id");
    assert!(posts(&tenant).is_empty());
    for wrong in ["", "..", "a/b", "a%2Fb", "a'b", "a b", "a?b", "a#b", "a\nb", "\u{202e}a", "-a"] {
        home.run(&["machines", "isolate", "--comment", "c", "--", wrong]).fails_with(2);
    }
    for wrong in ["", "7", "../machines", "5382f7ea-7557-4ab7-9782-d50480024a4"] {
        home.run(&["machines", "action", wrong]).fails_with(2);
    }
    home.run(&["machines", "action", "5382f7ea-7557-4ab7-9782-d50480024a4e"])
        .fails_properly(5)
        .says("hint: m365d api GET /api/machineactions --api endpoint");
    home.run(&["machines", "isolate", &id(1)]).fails_with(2).says("--comment");
    home.run(&["machines", "isolate", &id(1), "--comment", ""]).fails_with(2);
    home.run(&["machines", "isolate", &id(1), "--comment", "c", "--timeout", "1m"])
        .fails_with(2)
        .says("--wait");
    home.run(&["machines", "release", &id(1), "--comment", "c", "--type", "full"]).fails_with(2);
}

#[test]
fn a_filter_that_is_refused_is_what_to_look_at() {
    let (tenant, home) = usual();
    let refused = json!({"error": {"code": "BadRequest", "message": "Invalid filter.", "target": "t-1"}});
    tenant.inject(Place::Machines, When::Next(1), Fault::Words { status: 400, body: refused });
    home.run(&["machines", "list", "--filter", "foo"])
        .fails_properly(1)
        .says("Tracking ID t-1")
        .says("hint: check --filter: Microsoft Defender for Endpoint filters machines on ")
        .says("healthStatus")
        .does_not_say("support");
}

#[test]
fn a_dry_run_prints_the_request_and_sends_nothing() {
    let (tenant, home) = usual();
    let machine = id(3);
    let dry = |machine: &str, more: &[&str]| {
        let words =
            ["machines", "isolate", machine, "--comment", "a \"b\"\n", "--type", "selective", "--dry-run"];
        home.run(&[&words, more].concat()).succeeds().stdout
    };
    let before = tenant.requests().len();
    let printed = dry(&machine, &["-o", "table"]);
    let url = format!("{}/api/machines/{machine}/isolate", tenant.endpoint_url());
    let body = r#"{"Comment":"a \"b\"\n","IsolationType":"Selective"}"#;
    assert_eq!(
        printed,
        format!(
            "POST {url}\naccept: application/json\ncontent-type: application/json; charset=utf-8\n\n{body}\n\n"
        )
    );
    assert_eq!(tenant.requests().len(), before);
    // A name is looked up, so that what is printed is what would be sent.
    assert_eq!(dry(NAME, &["-o", "table"]), printed);
    assert!(posts(&tenant).is_empty());
    home.run(&["machines", "isolate", NAME, "--comment", "a \"b\"\n", "--type", "selective"]).succeeds();
    assert_eq!(posts(&tenant)[0].body.as_deref(), Some(body));
    home.run(&["machines", "isolate", &machine, "--comment", "c", "--dry-run", "--wait"]).fails_with(2);
    Home::of(&tenant)
        .with("M365D_ENDPOINT_URL", tenant.endpoint_url())
        .run(&["machines", "release", &machine, "--comment", "c", "--dry-run"])
        .succeeds();
}

#[test]
fn what_is_missing_is_said_before_anything_is_sent() {
    let (tenant, home) = usual();
    let isolate = ["machines", "isolate", &id(1), "--comment", "c"];
    // Which API is the usual one does not matter; another one chosen for this command does.
    home.run(&[&isolate[..], &["--api", "defender"]].concat())
        .fails_properly(2)
        .says("Microsoft 365 Defender does not offer isolating machines")
        .says("hint: run the command with --api endpoint");
    home.run(&["machines", "action", "5382f7ea-7557-4ab7-9782-d50480024a4e", "--api", "graph"])
        .fails_properly(2);
    home.run(&[&isolate[..], &["--api", "endpoint"]].concat()).succeeds();
    let home = home.with("M365D_API", "graph");
    home.run(&["machines", "isolate", &id(2), "--comment", "c"]).succeeds();

    // A role of the person's own.
    tenant.change(|options| options.role = Role::Reader);
    home.run(&["machines", "isolate", &id(3), "--comment", "c"])
        .fails_properly(4)
        .says("was not isolated: the service does not permit this")
        .says("Active remediation actions");
    tenant.change(|options| options.role = Role::Operator);
    posts(&tenant);

    // A permission of the application: to isolate, and to follow.
    for (permission, more, does_not) in [
        ("Machine.Isolate", &[][..], "isolating machines"),
        ("Machine.Read", &["--wait"], "reading machines"),
    ] {
        tenant.change(|options| options.consented.retain(|name| name != permission));
        let again = Home::signed_in(&tenant).with("M365D_ENDPOINT_URL", tenant.endpoint_url());
        let refused = again.run(&[&isolate[..], more].concat()).fails_properly(4);
        refused
            .says(&format!("the access token does not permit {does_not}"))
            .says(&format!("and this takes {permission}"))
            .says("WindowsDefenderATP › Delegated permissions")
            .says(&format!("this takes {permission}"))
            .says("; nothing was isolated");
        if permission == "Machine.Read" {
            let way_out =
                "hint: by the machine's id and without --wait, it takes Machine.Isolate only. Else: Entra";
            for unfollowed in
                [&[&isolate[..], &["--wait"]].concat(), &["machines", "isolate", NAME, "--comment", "c"][..]]
            {
                again.run(unfollowed).fails_properly(4).says("; nothing was isolated").says(way_out);
            }
            assert!(posts(&tenant).is_empty());
            again
                .run(&["machines", "isolate", &id(9), "--comment", "c"])
                .succeeds()
                .says("to follow it, which takes Machine.Read: m365d machines action ");
            posts(&tenant);
        }
        tenant.change(|options| options.permit(permission));
    }
    tenant.change(|options| options.withdraw_consent(&ENDPOINT));
    Home::signed_in(&tenant)
        .with("M365D_ENDPOINT_URL", tenant.endpoint_url())
        .run(&isolate)
        .fails_properly(4)
        .says("AADSTS65001")
        .says("Machine.Isolate (delegated or application) for isolating machines")
        .says("WindowsDefenderATP")
        .says("/adminconsent?client_id=");
    assert!(posts(&tenant).is_empty());
    Home::signed_in(&tenant).run(&isolate).fails_properly(2).says("M365D_ENDPOINT_URL");
}
