//! The JSON object in the body of a request, read field by field.

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::super::http::Request;
use super::Refusal;

/// An object whose fields are all known.
pub struct Body {
    fields: Map<String, Value>,
    /// Makes the refusal of a field with a value of the wrong kind.
    refuse: fn(String) -> Refusal,
}

impl Body {
    /// Refuses what is no JSON, no object, or has a field that `known` does not name, in exactly this case.
    pub fn read(request: &Request, known: &[&str], refuse: fn(String) -> Refusal) -> Result<Self, Refusal> {
        let text = request.json().ok_or_else(|| {
            let message = "The Content-Type header must be application/json, and the body UTF-8.";
            Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
        })?;
        let value =
            serde_json::from_str(text).map_err(|why| refuse(format!("The body is not JSON: {why}")))?;
        let Value::Object(fields) = value else {
            return Err(refuse("The body is not an object.".to_owned()));
        };
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(refuse(format!("There is no property '{unknown}' that can be set."))),
            None => Ok(Self { fields, refuse }),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        self.field(name, "a string", |value| value.as_str())
    }

    /// Text that may be taken away: by null, or by nothing between the quotes.
    pub fn optional(&self, name: &str) -> Result<Option<Option<&str>>, Refusal> {
        self.field(name, "a string or null", |value| match value {
            Value::Null => Some(None),
            Value::String(text) => Some(Some(text.as_str()).filter(|text| !text.is_empty())),
            _ => None,
        })
    }

    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        self.field(name, "an array of strings", |value| {
            value.as_array()?.iter().map(|each| each.as_str().map(str::to_owned)).collect()
        })
    }

    fn field<'a, T>(
        &'a self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.fields.get(name) else { return Ok(None) };
        read(value)
            .map(Some)
            .ok_or_else(|| (self.refuse)(format!("The value of '{name}' is not {expected}.")))
    }
}
