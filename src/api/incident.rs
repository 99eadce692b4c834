//! The few things that m365d itself reads of an incident; everything else passes through untouched.
//!
//! Every field is optional and every value open, because the service leaves nulls out and adds new values.

use std::cell::Cell;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Filter;
use super::list::Item;

/// How bad an incident is; the service sorts by it in its portal but does not filter on it in every service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The service has not said.
    UnSpecified,
    /// Good to know.
    Informational,
    /// Little harm.
    Low,
    /// Some harm.
    Medium,
    /// Much harm.
    High,
}

/// An incident as a row shows it, whichever service it is of.
#[derive(Debug, Default)]
pub struct Incident {
    pub(super) id: Value,
    pub(super) name: Value,
    pub(super) severity: Value,
    pub(super) status: Value,
    pub(super) assigned_to: Value,
    pub(super) created: Value,
    pub(super) updated: Value,
    pub(super) classification: Value,
    pub(super) determination: Value,
    pub(super) alerts: Option<usize>,
    pub(super) merged_into: Value,
}

/// The names of either service.
/// (<https://learn.microsoft.com/defender-xdr/api-list-incidents>,
/// <https://learn.microsoft.com/graph/api/resources/security-incident>)
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Fields {
    incident_id: Value,
    id: Value,
    incident_name: Value,
    display_name: Value,
    severity: Value,
    status: Value,
    assigned_to: Value,
    created_time: Value,
    created_date_time: Value,
    last_update_time: Value,
    last_update_date_time: Value,
    classification: Value,
    determination: Value,
    redirect_incident_id: Value,
    #[serde(deserialize_with = "count")]
    alerts: Option<usize>,
}

impl Incident {
    /// Reads an incident of either service.
    #[must_use]
    pub fn read(json: &str) -> Self {
        let fields: Fields = serde_json::from_str(json).unwrap_or_default();
        let either = |one: Value, other: Value| if one.is_null() { other } else { one };
        Self {
            id: either(fields.incident_id, fields.id),
            name: either(fields.incident_name, fields.display_name),
            severity: fields.severity,
            status: fields.status,
            assigned_to: fields.assigned_to,
            created: either(fields.created_time, fields.created_date_time),
            updated: either(fields.last_update_time, fields.last_update_date_time),
            classification: fields.classification,
            determination: fields.determination,
            alerts: fields.alerts,
            merged_into: fields.redirect_incident_id,
        }
    }

    /// Reads the id alone, which stands under `key`, and no further than to it: the service puts it first.
    #[must_use]
    pub fn id_of(json: &str, key: &'static str) -> Option<u64> {
        number(&find(json, key))
    }

    /// What stands for the id in a set of many: itself, or a hash of one that is no number, such as `007`.
    #[must_use]
    pub(super) fn identity(json: &str, key: &'static str) -> Option<u64> {
        let id = find(json, key);
        let is_itself = |number: &u64| id.as_str().is_none_or(|text| number.to_string() == text);
        number(&id).filter(is_itself).or_else(|| {
            let mut hasher = DefaultHasher::new();
            id.as_str()?.hash(&mut hasher);
            Some(hasher.finish())
        })
    }

    /// Reads the text under `key` alone, in the same way.
    #[must_use]
    pub fn text_of(json: &str, key: &'static str) -> Option<String> {
        match find(json, key) {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The incident that this one has become a part of.
    #[must_use]
    pub fn merged_into(&self) -> Option<u64> {
        number(&self.merged_into)
    }
}

impl Item for Incident {
    fn column(&self, name: &str) -> String {
        let value = match name {
            "id" => &self.id,
            "name" => &self.name,
            "severity" => &self.severity,
            "status" => &self.status,
            "assigned to" => &self.assigned_to,
            "created" => &self.created,
            "updated" => &self.updated,
            "classification" => &self.classification,
            "determination" => &self.determination,
            "alerts" => {
                return self.alerts.map(|alerts| alerts.to_string()).unwrap_or_default();
            }
            _ => &Value::Null,
        };
        text(value)
    }

    /// The severity is all that a service may not filter on.
    fn meets(&self, filter: &Filter) -> bool {
        filter.severity.is_empty() || is_one_of(&self.severity, &filter.severity)
    }
}

/// A value as a cell shows it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether something is as bad as one of `severities`.
pub(super) fn is_one_of(severity: &Value, severities: &[Severity]) -> bool {
    let severity = severity.as_str().unwrap_or_default();
    severities.iter().any(|one| severity.eq_ignore_ascii_case(&format!("{one:?}")))
}

/// How many there are, if it is a list; whatever else it is costs the rest of the incident nothing.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    let list = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str::<Vec<IgnoredAny>>(list.get()).ok().map(|list| list.len()))
}

/// A number of Defender's, the same number as text of Graph's.
fn number(id: &Value) -> Option<u64> {
    id.as_u64().or_else(|| id.as_str()?.parse().ok())
}

/// What stands under `key`, null if nothing does.
fn find(json: &str, key: &'static str) -> Value {
    let found = Cell::default();
    // The rest of the object is left unread, which the deserializer reports as an error.
    let _ = Find { key, found: &found }.deserialize(&mut serde_json::Deserializer::from_str(json));
    found.take()
}

struct Find<'a> {
    key: &'static str,
    found: &'a Cell<Value>,
}

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an incident")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == self.key {
                self.found.set(map.next_value()?);
                break;
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_and_values_are_no_error() {
        let read =
            Incident::read(r#"{"incidentId":1,"status":"AwaitingAction","severity":"HIGH","new":{"a":[1]}}"#);
        assert_eq!(read.column("status"), "AwaitingAction");
        let high = Filter { severity: vec![Severity::High], ..Filter::default() };
        assert!(read.meets(&high));
        assert_eq!(read.column("name"), "");
        assert_eq!(Incident::read("[]").column("id"), "");
        let odd = Incident::read(r#"{"incidentId":1,"severity":"High","alerts":{"count":2}}"#);
        assert!(odd.meets(&high));
        assert_eq!(odd.column("alerts"), "");
    }

    #[test]
    fn the_id_is_found_wherever_it_stands() {
        let id_of = |json| Incident::id_of(json, "incidentId");
        assert_eq!(id_of(r#"{"incidentId":7,"alerts":[broken"#), Some(7));
        assert_eq!(id_of(r#"{"alerts":[{"incidentId":8}],"incidentId":7}"#), Some(7));
        assert_eq!(Incident::id_of(r#"{"id":"7"}"#, "id"), Some(7));
        let identity = |json| Incident::identity(json, "id");
        assert_eq!(identity(r#"{"id":"7"}"#), Some(7));
        assert_ne!(identity(r#"{"id":"007"}"#), Some(7));
        for none in [r#"{"incidentId":"x"}"#, r#"{"incidentId":null}"#, "{}", "[]", "", "{\"a\":"] {
            assert_eq!(id_of(none), None, "{none}");
        }
    }
}
