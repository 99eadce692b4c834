//! Every odd text in every place where a person can give one: what arrives is what was given, or it is refused before
//! anything is sent.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Ended, Home};
use crate::tenant::{Options, Recorded, Role, Tenant};

const APIS: [&str; 2] = ["defender", "graph"];

/// Each is about another reader that could take it for more than a text: a shell, a URL, HTTP, OData, KQL, JSON, a
/// spreadsheet, a terminal, this program's own parser.
const TEXTS: [&str; 16] = [
    "a\"b'c\\d`e",
    "two\r\nlines\ttab\n",
    "x\r\nHost: evil.example\r\n\r\nGET / HTTP/1.1",
    "\u{1}\u{7f}\u{9b}31m\u{1b}[31m\u{8}",
    "\u{202e}txt.exe\u{200f}\u{2066}\u{feff}",
    "a&b#c%20d?e=f+g;h",
    "%00%0d%0a%2e%2e%2f%25",
    "' or '1' eq '1",
    "'; DeviceEvents | take 1 //",
    "=cmd()|'/c calc'!A0",
    "@file",
    "{\"status\":\"Resolved\"}",
    "../../machines?$top=1",
    " ",
    "-",
    "🛡️検出e\u{301}\u{10ffff}\u{fffd}",
];

/// Nearly the longest that Linux lets a program be given as one argument.
fn long() -> String {
    let text = "\"\u{e9}\\'&#%\n".repeat(13_000);
    assert!((100 << 10..126 << 10).contains(&text.len()), "{}", text.len());
    text
}

fn texts() -> Vec<String> {
    TEXTS.iter().map(|text| (*text).to_owned()).chain([long()]).collect()
}

fn signed_in() -> (Tenant, Home) {
    let mut options = Options { incidents: 250, role: Role::Operator, ..Options::default() };
    options.permit("Incident.ReadWrite");
    let tenant = Tenant::start(options);
    let home = Home::signed_in(&tenant)
        .with("M365D_GRAPH_URL", tenant.graph_url())
        .with("M365D_ENDPOINT_URL", tenant.endpoint_url());
    (tenant, home)
}

/// The calls of an API since the last time.
fn calls(tenant: &Tenant) -> Vec<Recorded> {
    tenant.take_requests(|request| request.path.starts_with("/api/") || request.path.starts_with("/v1.0/"))
}

fn changes(tenant: &Tenant) -> Vec<Recorded> {
    calls(tenant).into_iter().filter(|request| request.method != "GET").collect()
}

fn body(request: &Recorded) -> Value {
    serde_json::from_str(request.body.as_ref().expect("a body")).expect("JSON")
}

fn parameters(request: &Recorded) -> Vec<(String, String)> {
    // A plus is a blank to some and a plus to others.
    assert!(!request.query.contains('+'), "{}", request.query);
    url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect()
}

/// Nothing steers the terminal, and nothing is longer than a person reads.
#[track_caller]
fn is_fit_to_be_seen(ended: &Ended) {
    let steers =
        |letter: char| (letter.is_control() && letter != '\n') || "\u{202e}\u{200f}\u{2066}".contains(letter);
    assert!(!ended.stderr.contains(steers) && ended.stderr.len() < 16 << 10, "{}", ended.stderr);
}

#[test]
fn a_filter_arrives_or_is_refused() {
    let (tenant, home) = signed_in();
    for api in APIS {
        for text in texts() {
            for (flag, filter) in [
                ("--filter", text.clone()),
                ("--assigned-to", format!("assignedTo eq '{}'", text.replace('\'', "''"))),
            ] {
                let argument = format!("{flag}={text}");
                let ended = home.run(&["incidents", "list", &argument, "--api", api]);
                let sent = calls(&tenant);
                is_fit_to_be_seen(&ended);
                assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
                if ended.code == 2 {
                    assert!(sent.is_empty(), "{text:.60?}");
                    continue;
                }
                let [request] = &sent[..] else { panic!("one request: {text:.60?} {ended:?}") };
                assert_eq!(
                    request.path,
                    if api == "graph" { "/v1.0/security/incidents" } else { "/api/incidents" }
                );
                let parameters = parameters(request);
                let names: Vec<_> = parameters.iter().map(|(name, _)| name.as_str()).collect();
                assert_eq!(names, ["$top", "$filter"], "{text:.60?}");
                assert_eq!(parameters[1].1, filter, "{api}");
            }
        }
    }
}

#[test]
fn an_id_is_an_id_or_is_refused() {
    let (tenant, home) = signed_in();
    for text in texts() {
        for api in APIS {
            let stdin = text == "-";
            for command in [&["get"][..], &["update", "--status", "active"]] {
                let words = [&["incidents"], command, &["--api", api, "--", &text]].concat();
                let ended = if stdin { home.run_with_input(&words, b"x") } else { home.run(&words) };
                is_fit_to_be_seen(&ended.fails_with(2));
                let words = [&["incidents"], command, &["--api", api, "-"]].concat();
                let ended = home.run_with_input(&words, format!("7\n{text}x").as_bytes());
                is_fit_to_be_seen(&ended.fails_properly(2));
            }
        }
        for words in [
            &["machines", "isolate", "--comment", "c"][..],
            &["machines", "release", "--comment", "c"],
            &["machines", "action"],
        ] {
            let words = [words, &["--", &text]].concat();
            let ended = home.run_with_input(&words, b"/x/");
            is_fit_to_be_seen(&ended.fails_with(2));
        }
    }
    assert!(calls(&tenant).is_empty());
}

#[cfg(unix)]
#[test]
fn what_is_wrong_on_the_command_line_does_not_steer_the_terminal() {
    for words in [
        &["incidents", "get", "a\u{1b}[31m\u{9b}7m\u{202e}b"][..],
        &["machines", "isolate", "--comment", "c", "a\u{1b}]0;title\u{7}b"],
        &["hunt", "x", "--param=a\u{1b}[2Jb=1"],
        &["inci\u{1b}[2J"],
        &["status", "--no\u{1b}[2J"],
        &["status", "-o", "\u{1b}[2J"],
    ] {
        let ended = Home::empty().start_on_terminal(words, 80).end();
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(!ended.stderr.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}']), "{ended:?}");
    }
    let usual = Home::empty().start_on_terminal(&["incidents", "lst"], 80).end();
    assert!(usual.stderr.contains("\u{1b}[1m"), "in colours: {usual:?}");
}

#[test]
fn tags_comments_and_names_arrive() {
    let (tenant, home) = signed_in();
    for text in texts() {
        let arguments = ["comment", "tag", "assign-to"].map(|flag| format!("--{flag}={text}"));
        let update = |api| {
            let words = ["incidents", "update", "924480", "--api", api];
            let all: Vec<_> = words.into_iter().chain(arguments.iter().map(String::as_str)).collect();
            home.run(&all).succeeds();
            changes(&tenant)
        };
        let [patch] = &update("defender")[..] else { panic!("one request") };
        assert_eq!(body(patch), json!({"assignedTo": text, "tags": [text], "comment": text}));
        let [patch, post] = &update("graph")[..] else { panic!("two requests") };
        assert_eq!(body(patch), json!({"assignedTo": text, "customTags": [text]}));
        assert_eq!(body(post)["comment"], *text);
        let known = tenant.incident(924_480).unwrap().details;
        assert_eq!((known.tags, known.assigned_to), (vec![text.clone()], Some(text.clone())));
        assert_eq!(known.comments.last().unwrap().text, text);

        let machine = format!("{:040x}", 0x0123_4567_89ab_cdef_u64);
        // What is under way there already does not matter here.
        home.run(&["machines", "isolate", &machine, &arguments[0]]);
        let [post] = &changes(&tenant)[..] else { panic!("one request") };
        assert_eq!(body(post), json!({"Comment": text, "IsolationType": "Full"}));
    }
}

#[test]
fn a_query_arrives_and_a_value_stays_a_value() {
    let (tenant, home) = signed_in();
    let mebibyte = "// \"\u{e9}\\'&#%\u{202e}\n".repeat(3 << 16);
    assert!(mebibyte.len() > 1 << 20);
    for api in APIS {
        let arrived = |ended: Ended| {
            is_fit_to_be_seen(&ended);
            let sent = calls(&tenant);
            if sent.is_empty() {
                ended.fails_properly(2);
                return None;
            }
            assert_eq!(sent.len(), 1, "{ended:?}");
            let body = body(&sent[0]);
            assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
            Some(body["Query"].as_str().unwrap().to_owned())
        };
        for text in texts() {
            // Blanks are no query, and a hyphen is standard input.
            let expected = (!["-", " "].contains(&text.as_str())).then(|| text.clone());
            assert_eq!(arrived(home.run(&["hunt", "--api", api, "--", &text])), expected, "{api}");
            let param = format!("--param=given={text}");
            let query =
                arrived(home.run(&["hunt", "print x = given", "--api", api, &param])).expect("a query");
            let literal =
                query.strip_prefix("let given = ").unwrap().strip_suffix(";\nprint x = given").unwrap();
            assert!(!literal.contains(|letter: char| letter.is_control()), "{literal:?}");
            // Of what KQL and JSON escape, they escape this in the same way.
            assert_eq!(serde_json::from_str::<String>(literal).unwrap(), text, "{literal}");
        }
        for text in texts().into_iter().chain([mebibyte.clone()]) {
            let expected = (text != " ").then(|| text.clone());
            let piped = home.run_with_input(&["hunt", "-", "--api", api], text.as_bytes());
            assert_eq!(arrived(piped), expected, "{api}");
            fs::write(home.path("query.kql"), &text).unwrap();
            assert_eq!(arrived(home.run(&["hunt", "--file", "query.kql", "--api", api])), expected, "{api}");
        }
    }
}

#[test]
fn a_field_and_a_body_arrive() {
    let (tenant, home) = signed_in();
    let mebibyte = "\"\u{e9}\\'&#%\n".repeat(1 << 17);
    for text in texts() {
        let post = ["api", "POST", "/api/x", "--raw-field"];
        home.run(&[&post[..], &[&format!("k={text}")]].concat()).fails_properly(5);
        assert_eq!(body(&calls(&tenant)[0]), json!({"k": text}));
        // As a name it is one, or it is refused.
        let ended = home.run(&["api", "POST", "/api/x", &format!("--raw-field={text}=v")]);
        is_fit_to_be_seen(&ended);
        match &calls(&tenant)[..] {
            [] => drop(ended.fails_properly(2)),
            [request] => {
                let (name, value) = text
                    .split_once('=')
                    .map_or((&*text, "v".to_owned()), |(name, value)| (name, format!("{value}=v")));
                assert_eq!(body(request), json!({name: value}));
            }
            more => panic!("{more:?}"),
        }
        if !text.starts_with('@') {
            home.run(&["api", "POST", "/api/x", "-F", &format!("k={text}")]).fails_properly(5);
            assert_eq!(body(&calls(&tenant)[0]), json!({"k": text}));
        }
        // In a path it is one, or it is refused.
        for path in [format!("/api/incidents?$filter={text}"), format!("/api/{text}")] {
            let ended = home.run(&["api", "GET", &path]);
            is_fit_to_be_seen(&ended);
            match &calls(&tenant)[..] {
                [] => drop(ended.fails_properly(2)),
                [request] => {
                    let sent = if request.query.is_empty() {
                        request.path.clone()
                    } else {
                        format!("{}?{}", request.path, request.query)
                    };
                    let decoded = |text: &str| percent_encoding_free(text);
                    assert_eq!(decoded(&sent), decoded(&path));
                }
                more => panic!("{more:?}"),
            }
        }
    }
    for text in texts().iter().map(String::as_str).chain([mebibyte.as_str(), ""]) {
        fs::write(home.path("words"), text).unwrap();
        home.run(&["api", "POST", "/api/x", "-F", "k=@words"]).fails_properly(5);
        assert_eq!(body(&calls(&tenant)[0]), json!({"k": text}));
        home.run_with_input(&["api", "POST", "/api/x", "--input", "-"], text.as_bytes()).fails_properly(5);
        assert_eq!(calls(&tenant)[0].body.as_deref(), Some(text));
    }
}

/// The bytes of a URL, each as it is meant.
fn percent_encoding_free(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    bytes
}
