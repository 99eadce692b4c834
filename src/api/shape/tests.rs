//! Every field of both schemas, there and back.

use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::Value;

use super::Shape::{Defender, Graph};
use super::fields::{ENTITIES, Kind};
use super::words::Words;
use super::*;

type Translate = fn(&mut Translator, &str, &mut Vec<u8>) -> Result<(), NotJson>;

fn as_(translate: Translate, json: &str, from: Shape, to: Shape) -> String {
    let mut out = b"before".to_vec();
    translate(&mut Translator::new(from, to), json, &mut out).unwrap();
    String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned()
}

/// Defender's and Graph's form of the same, each of which the other is translated to.
#[track_caller]
fn are_the_same(translate: Translate, defender: &str, graph: &str) {
    assert_eq!(as_(translate, defender, Defender, Graph), graph);
    assert_eq!(as_(translate, graph, Graph, Defender), defender);
}

#[track_caller]
fn becomes(translate: Translate, from: Shape, json: &str, expected: &str) {
    let to = if from == Defender { Graph } else { Defender };
    let there = as_(translate, json, from, to);
    assert_eq!(there, expected);
    let back = as_(translate, &there, to, from);
    assert_eq!(value(&back), value(json), "back from {there}");
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[test]
fn an_incident_has_the_other_s_names_types_and_words() {
    are_the_same(
        Translator::incident,
        r#"{"incidentId": 4711, "incidentUri":"u","redirectIncidentId":null,"incidentName":"a \"b\"","createdTime":"c","lastUpdateTime":"l","assignedTo":null,"classification":"Unknown","determination":"NotAvailable","status":"InProgress","severity":"UnSpecified","tags":["vip"],"comments":[{"comment":"x","createdBy":"me","createdTime":"t"}],"alerts":[]}"#,
        r#"{"id": "4711", "incidentWebUrl":"u","redirectIncidentId":null,"displayName":"a \"b\"","createdDateTime":"c","lastUpdateDateTime":"l","assignedTo":null,"classification":"unknown","determination":"unknown","status":"inProgress","severity":"unknown","customTags":["vip"],"comments":[{"comment":"x","createdByDisplayName":"me","createdDateTime":"t"}],"alerts":[]}"#,
    );
}

#[test]
fn a_group_that_is_there_already_and_what_goes_into_it_are_both_kept() {
    for (own, group) in [("s", "t"), ("s", "s")] {
        let json = format!(
            r#"{{"alertId":"a","entities":[{{"entityType":"Process","sha1":"{own}","imageFile":{{"sha1":"{group}","new":1}}}}]}}"#
        );
        let there = as_(Translator::alert, &json, Defender, Graph);
        assert!(there.contains(&format!(r#""imageFile":{{"sha1":"{own}"}}"#)), "{there}");
        assert!(there.contains(&format!(r#""@defender.imageFile":{{"sha1":"{group}","new":1}}"#)), "{there}");
        assert_eq!(value(&as_(Translator::alert, &there, Graph, Defender)), value(&json));
    }
    let json = r#"{"alertId":"a","entities":[{"entityType":"Process","imageFile":{"sha1":"t"}}]}"#;
    let there = as_(Translator::alert, json, Defender, Graph);
    assert_eq!(value(&as_(Translator::alert, &there, Graph, Defender)), value(json), "{there}");
}

#[test]
fn an_alert_has_its_devices_and_entities_as_evidence() {
    are_the_same(
        Translator::alert,
        concat!(
            r#"{"alertId":"da1","incidentId":7,"creationTime":"c","lastUpdatedTime":"l","serviceSource":"MicrosoftCloudAppSecurity","#,
            r#""status":"New","investigationId":null,"actorName":null,"devices":[{"mdatpDeviceId":"d","aadDeviceId":null,"riskScore":"High","firstSeen":"f"}],"#,
            r#""entities":[{"entityType":"User","evidenceCreationTime":"e","verdict":"Suspicious","accountName":"jdoe","aadUserId":"a"},"#,
            r#"{"entityType":"Process","processId":4,"deviceId":"d","sha1":"s","fileName":"f","userSid":"S-1"},"#,
            r#"{"entityType":"Registry","registryHive":"H","registryValue":"v"},{"entityType":"Registry","registryHive":"H"}]}"#,
        ),
        concat!(
            r##"{"id":"da1","incidentId":"7","createdDateTime":"c","lastUpdateDateTime":"l","serviceSource":"microsoftDefenderForCloudApps","##,
            r##""status":"new","investigationId":null,"actorDisplayName":null,"evidence":[{"@odata.type":"#microsoft.graph.security.deviceEvidence","mdeDeviceId":"d","azureAdDeviceId":null,"riskScore":"high","firstSeenDateTime":"f"},"##,
            r##"{"@odata.type":"#microsoft.graph.security.userEvidence","createdDateTime":"e","verdict":"suspicious","userAccount":{"accountName":"jdoe","azureAdUserId":"a"}},"##,
            r##"{"@odata.type":"#microsoft.graph.security.processEvidence","processId":4,"mdeDeviceId":"d","imageFile":{"sha1":"s","fileName":"f"},"userAccount":{"userSid":"S-1"}},"##,
            r##"{"@odata.type":"#microsoft.graph.security.registryValueEvidence","registryHive":"H","registryValue":"v"},{"@odata.type":"#microsoft.graph.security.registryKeyEvidence","registryHive":"H"}]}"##,
        ),
    );
}

#[test]
fn hunting_results_differ_in_their_envelope_alone() {
    are_the_same(
        Translator::hunting,
        r#"{"Stats":{"ExecutionTime":0.8},"Schema":[{"Name":"Timestamp","Type":"DateTime"}],"Results":[{"Timestamp":"t","Name":"n","status":"New"}]}"#,
        r#"{"Stats":{"ExecutionTime":0.8},"schema":[{"name":"Timestamp","type":"DateTime"}],"results":[{"Timestamp":"t","Name":"n","status":"New"}]}"#,
    );
}

#[test]
fn where_the_way_back_leads_elsewhere_the_original_is_kept() {
    becomes(
        Translator::incident,
        Defender,
        r#"{"determination":"CompromisedUser","status":"active","displayName":"x"}"#,
        r#"{"@defender.determination":"CompromisedUser","determination":"compromisedAccount","@defender.status":"active","status":"active","@defender.displayName":"x"}"#,
    );
    becomes(
        Translator::incident,
        Graph,
        r#"{"determination":"clean","status":"awaitingAction","severity":"unknownFutureValue","incidentId":[1],"id":"x7"}"#,
        r#"{"@graph.determination":"clean","determination":"Clean","status":"AwaitingAction","severity":"unknownFutureValue","@graph.incidentId":[1],"incidentId":"x7"}"#,
    );
    becomes(
        Translator::alert,
        Defender,
        r#"{"entities":[{"verdict":1,"entityType":"MailBox","userPrincipalName":"u"}],"status":"Active","devices":null}"#,
        r##"{"@defender.only":"entities","evidence":[{"verdict":1,"@defender.entityType":"MailBox","@odata.type":"#microsoft.graph.security.mailboxEvidence","upn":"u"}],"@defender.status":"Active","status":"inProgress","@defender.devices":null}"##,
    );
    becomes(
        Translator::alert,
        Graph,
        r##"{"evidence":[{"@odata.type":"#microsoft.graph.security.userEvidence","userAccount":{"accountName":"a","displayName":"d"},"stream":null},{"@odata.type":"#microsoft.graph.security.deviceEvidence"},{"@odata.type":"#x","y":1}]}"##,
        r##"{"devices":[{}],"entities":[{"entityType":"User","accountName":"a","userAccount":{"displayName":"d"},"stream":null},{"@odata.type":"#x","y":1}],"@graph.evidence":[1]}"##,
    );
}

#[test]
fn an_awkward_order_is_no_obstacle() {
    becomes(
        Translator::alert,
        Defender,
        r#"{ "entities" : [ {"sha1":"s", "entityType":"File"} ] , "title":"t" , "devices" : [ {} ] , "x":1 }"#,
        r##"{"evidence":[{"@odata.type":"#microsoft.graph.security.deviceEvidence"},{"@odata.type":"#microsoft.graph.security.fileEvidence","fileDetails":{"sha1":"s"}}] , "title":"t" , "x":1 }"##,
    );
}

#[test]
fn what_is_no_object_is_refused_and_leaves_nothing_behind() {
    for json in [
        "",
        "[]",
        "null",
        "{",
        "{}x",
        r#"{"a""#,
        r#"{"a":"#,
        r#"{"a":1,}"#,
        r#"{"alerts":[{"a":}]}"#,
        r#"{"a":"\"}"#,
    ] {
        for (from, to) in [(Defender, Graph), (Graph, Defender)] {
            let mut out = b"before".to_vec();
            let result = Translator::new(from, to).incident(json, &mut out);
            assert_eq!((result, &out[..]), (Err(NotJson), &b"before"[..]), "{json}");
        }
    }
}

/// Texts of JSON values that any field may have.
fn anything() -> impl Strategy<Value = String> {
    let text = any::<String>().prop_map(|text| Value::from(text).to_string());
    let awkward = prop::sample::select(vec![r#""""#, r#""a\\""#, r#""\"}]""#, r#""\u00e9\/,{""#, "\"7\""]);
    let awkward = awkward.prop_map(str::to_owned);
    let other =
        prop::sample::select(vec!["null", "true", "0", "-1.50e+3", "[]", "{}", r#"[{"id":1,"a":["]"]}]"#]);
    prop_oneof![3 => text, 2 => awkward, 2 => other.prop_map(str::to_owned)]
}

/// A value that is no object and no list.
fn scalar() -> impl Strategy<Value = String> {
    anything().prop_filter("a scalar", |text| !text.starts_with(['[', '{']))
}

fn word(words: Words, of: Shape) -> impl Strategy<Value = String> {
    let known = words.lines().flat_map(|(defender, graph)| match of {
        Defender => [defender, graph],
        Graph => [graph, defender],
    });
    let known: Vec<_> = known.map(|word| format!("\"{word}\"")).collect();
    prop_oneof![6 => prop::sample::select(known), 1 => Just("\"Undocumented\"".to_owned()), 1 => Just("null".to_owned())]
}

fn id(of: Shape) -> impl Strategy<Value = String> {
    let number =
        any::<u64>().prop_map(move |id| if of == Defender { id.to_string() } else { format!("\"{id}\"") });
    let odd = if of == Defender {
        vec!["null", "-7", "1.5", "0", "\"x\"", "\"7\""]
    } else {
        vec!["null", "7", "\"007\"", "\"\"", "\"x\""]
    };
    prop_oneof![3 => number.boxed(), 1 => prop::sample::select(odd).prop_map(str::to_owned).boxed()]
}

type Members = Vec<(String, BoxedStrategy<String>)>;

/// Some of these members in any order, with any white space.
fn object(required: Members, optional: Members) -> BoxedStrategy<String> {
    let all = 0..=optional.len();
    let chosen = subsequence(optional, all);
    let members = chosen.prop_map(move |chosen| [required.clone(), chosen].concat()).prop_shuffle();
    (members, prop::sample::select(vec!["", " ", "\r\n\t"]))
        .prop_flat_map(|(members, space)| {
            let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
            values.prop_map(move |values| {
                let members = names.iter().zip(values);
                let members: Vec<_> =
                    members.map(|(name, value)| format!("{space}\"{name}\"{space}:{space}{value}")).collect();
                format!("{{{}{space}}}", members.join(&format!("{space},")))
            })
        })
        .boxed()
}

/// The fields of that kind, and those that are the same in both, and the other shape's, and one that nobody knows.
fn members(kind: Kind, of: Shape) -> Members {
    let mut members: Members = Vec::new();
    let mut add = |name: &str, value: BoxedStrategy<String>| {
        if !members.iter().any(|(known, _)| known == name) {
            members.push((name.to_owned(), value));
        }
    };
    let fields = || kind.fields().into_iter().flatten();
    for (defender, graph, value) in fields() {
        add(if of == Defender { defender } else { graph }, field(*value, of));
    }
    for (name, group) in kind.groups() {
        let rest = || -> Members {
            vec![("displayName".into(), anything().boxed()), ("@x".into(), anything().boxed())]
        };
        if of == Defender {
            for (defender, _) in *group {
                add(defender, anything().boxed());
            }
            // The way here leaves no empty one beside its members.
            let rest = object(
                vec![("displayName".into(), anything().boxed())],
                vec![("@x".into(), anything().boxed())],
            );
            add(name, prop_oneof![rest, scalar()].boxed());
        } else {
            let group = group.iter().map(|(_, graph)| ((*graph).to_owned(), anything().boxed()));
            add(
                name,
                prop_oneof![object(vec![], rest().into_iter().chain(group).collect()), scalar()].boxed(),
            );
        }
    }
    // Names that mean something in the other shape only.
    let aliases = matches!(kind, Kind::Comment | Kind::Column) && of == Graph;
    for (defender, graph, _) in fields().filter(|_| !aliases) {
        add(if of == Defender { graph } else { defender }, anything().boxed());
    }
    for same in ["assignedTo", "title", "mitreTechniques", "processId", "@odata.etag", "undocumented", ""] {
        add(same, anything().boxed());
    }
    members
}

fn field(value: fields::Value, of: Shape) -> BoxedStrategy<String> {
    match value {
        fields::Value::Same => anything().boxed(),
        fields::Value::Id => id(of).boxed(),
        fields::Value::Word(words) => word(words, of).boxed(),
        fields::Value::Each(Kind::Alert) => prop_oneof![4 => list(alert(of)), 1 => scalar().boxed()].boxed(),
        fields::Value::Each(kind) => {
            prop_oneof![4 => list(object(vec![], members(kind, of))), 1 => scalar().boxed()].boxed()
        }
    }
}

fn list(of: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop::collection::vec(of, 0..4).prop_map(|all| format!("[{}]", all.join(" , "))).boxed()
}

fn entity(of: Shape) -> BoxedStrategy<String> {
    let known = ENTITIES.iter().map(|(kind, defender, graph)| {
        let (name, word) = if of == Defender { ("entityType", *defender) } else { ("@odata.type", *graph) };
        let words =
            if of == Defender { vec![word.to_owned(), word.to_uppercase()] } else { vec![word.to_owned()] };
        let words = prop::sample::select(words).prop_map(|word| format!("\"{word}\"")).boxed();
        let mut members = members(*kind, of);
        for registry in ["registryValue", "registryValueType"] {
            members.push((registry.to_owned(), anything().boxed()));
        }
        object(vec![(name.to_owned(), words)], members)
    });
    let name = if of == Defender { "entityType" } else { "@odata.type" };
    let other =
        object(vec![(name.to_owned(), Just("\"#new\"".to_owned()).boxed())], members(Kind::OtherEntity, of));
    prop::strategy::Union::new(known.chain([other])).boxed()
}

fn alert(of: Shape) -> BoxedStrategy<String> {
    let mut members = members(Kind::Alert, of);
    let device = self::members(Kind::Device, of);
    let or_null = |list: BoxedStrategy<String>| prop_oneof![4 => list, 1 => Just("null".to_owned())].boxed();
    match of {
        Defender => {
            members.push(("devices".into(), or_null(list(object(vec![], device)))));
            members.push(("entities".into(), or_null(list(entity(of)))));
            members.push(("evidence".into(), anything().boxed()));
        }
        Graph => {
            let kind = Just("\"#microsoft.graph.security.deviceEvidence\"".to_owned()).boxed();
            let device = object(vec![("@odata.type".into(), kind)], device);
            members.push(("evidence".into(), or_null(list(prop_oneof![device, entity(of)].boxed()))));
            members.push(("devices".into(), anything().boxed()));
            members.push(("entities".into(), anything().boxed()));
        }
    }
    object(vec![], members)
}

fn incident(of: Shape) -> BoxedStrategy<String> {
    object(vec![], members(Kind::Incident, of))
}

fn survives(json: &str, from: Shape, translate: Translate) -> Result<(), TestCaseError> {
    let to = if from == Defender { Graph } else { Defender };
    let there = as_(translate, json, from, to);
    let back = as_(translate, &there, to, from);
    prop_assert_eq!(value(&back), value(json), "by way of {}", there);
    Ok(())
}

proptest! {
    #[test]
    fn every_field_of_defender_s_comes_back(json in incident(Defender)) {
        survives(&json, Defender, Translator::incident)?;
    }

    #[test]
    fn every_field_of_graph_s_comes_back(json in incident(Graph)) {
        survives(&json, Graph, Translator::incident)?;
    }

    #[test]
    fn alerts_come_back(defender in alert(Defender), graph in alert(Graph)) {
        survives(&defender, Defender, Translator::alert)?;
        survives(&graph, Graph, Translator::alert)?;
    }

    #[test]
    fn a_group_comes_back_whatever_goes_into_it_besides(
        own in subsequence(vec!["sha1", "sha256", "fileName", "filePath"], 0..=4),
        group in subsequence(vec!["sha1", "sha256", "fileName", "filePath", "issuer"], 0..=5),
    ) {
        let members = |names: &[&str], of: &str| {
            names.iter().map(|name| format!(r#""{name}":"{of}""#)).collect::<Vec<_>>().join(",")
        };
        let (own, group) = (members(&own, "own"), members(&group, "group"));
        let comma = if own.is_empty() { "" } else { "," };
        for entity in [
            format!(r#"{{"entityType":"Process",{own}{comma}"imageFile":{{{group}}}}}"#),
            format!(r#"{{"entityType":"Process","imageFile":{{{group}}}{comma}{own}}}"#),
        ] {
            let alert = format!(r#"{{"alertId":"a","entities":[{entity}]}}"#);
            survives(&alert, Defender, Translator::alert)?;
        }
    }

    #[test]
    fn hunting_results_come_back(
        defender in object(vec![], members(Kind::Hunting, Defender)),
        graph in object(vec![], members(Kind::Hunting, Graph)),
    ) {
        survives(&defender, Defender, Translator::hunting)?;
        survives(&graph, Graph, Translator::hunting)?;
    }

    #[test]
    fn nothing_makes_it_panic(json in r#"(\{|\[|\}|\]|,|:|"(entityType|@odata.type|devices|entities|evidence|alerts|status|userAccount|id|incidentId|@graph.evidence|@defender.only)"|"User"|"Registry"|1|null|"|\\| ){0,60}"#) {
        for (from, to) in [(Defender, Graph), (Graph, Defender)] {
            for translate in [Translator::incident as Translate, Translator::alert] {
                let _ = translate(&mut Translator::new(from, to), &format!("{{{json}"), &mut Vec::new());
            }
        }
    }
}
