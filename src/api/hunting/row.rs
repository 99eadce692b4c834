//! The cells of one row, in the order of the schema, whatever order and case the row has its names in.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::ResultColumn;

/// What a row has in one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Null, or nothing at all.
    Empty,
    /// A string.
    Text(Cow<'a, str>),
    /// Anything else, as JSON.
    Json(&'a str),
}

impl Cell<'_> {
    /// Its text, without the quotes of a string.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Text(text) => text,
            Self::Json(json) => json,
        }
    }
}

impl<'a> From<&'a RawValue> for Cell<'a> {
    fn from(value: &'a RawValue) -> Self {
        let json = value.get();
        match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(text) if memchr::memchr(b'\\', text.as_bytes()).is_none() => Self::Text(text.into()),
            // Half a surrogate pair is no text; it stays as it is written.
            Some(text) => Self::Text(serde_json::from_str(json).unwrap_or_else(|_| text.to_owned()).into()),
            None if json == "null" => Self::Empty,
            None => Self::Json(json),
        }
    }
}

/// A row that is no JSON object.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a row of the result is not a JSON object")]
pub struct NotARow;

/// Reads `row` into `cells`, one for each of `columns`.
pub(super) fn read<'a>(
    columns: &[ResultColumn],
    row: &'a str,
    cells: &mut Vec<Cell<'a>>,
) -> Result<(), NotARow> {
    cells.clear();
    cells.resize(columns.len(), Cell::Empty);
    Row { columns, cells }.deserialize(&mut serde_json::Deserializer::from_str(row)).map_err(|_| NotARow)
}

struct Row<'c, 'a> {
    columns: &'c [ResultColumn],
    cells: &'c mut [Cell<'a>],
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Row<'_, '_> {
    /// Rows mostly have their names in the order and the case of the schema.
    fn position(&self, name: &str, expected: usize) -> Option<usize> {
        let is = |column: &ResultColumn| column.name == name;
        if self.columns.get(expected).is_some_and(is) {
            return Some(expected);
        }
        let in_any_case = |column: &ResultColumn| column.name.eq_ignore_ascii_case(name);
        self.columns.iter().position(is).or_else(|| self.columns.iter().position(in_any_case))
    }
}

impl<'de> DeserializeSeed<'de> for Row<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut expected = 0;
        while let Some(Name(name)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            if let Some(position) = self.position(&name, expected) {
                self.cells[position] = value.into();
                expected = position + 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<ResultColumn> {
        names.iter().map(|name| ResultColumn { name: (*name).to_owned(), kind: String::new() }).collect()
    }

    fn texts(names: &[&str], row: &str) -> Vec<String> {
        let mut cells = Vec::new();
        read(&columns(names), row, &mut cells).unwrap();
        cells.iter().map(|cell| cell.text().to_owned()).collect()
    }

    #[test]
    fn cells_stand_in_the_order_of_the_schema_in_whatever_case_the_row_has_them() {
        let names = ["Timestamp", "FileName", "Of"];
        let row = r#"{"of":{"a": [1, null]},"\u0066ileName":"a\"\n\u00e9","timestamp":null,"more":1}"#;
        assert_eq!(texts(&names, row), ["", "a\"\né", r#"{"a": [1, null]}"#]);
        assert_eq!(texts(&names, "{}"), ["", "", ""]);
        // Two columns may differ in nothing but their case.
        assert_eq!(texts(&["a", "A"], r#"{"A":-1.50,"a":true}"#), ["true", "-1.50"]);
        assert_eq!(texts(&["a"], r#"{"a":"\ud800"}"#), [r"\ud800"]);
    }

    #[test]
    fn what_is_no_row_is_said() {
        for row in ["1", "[]", "null", "{\"a\":}", "{\"a\"", ""] {
            assert!(read(&columns(&["a"]), row, &mut Vec::new()).is_err(), "{row}");
        }
    }
}
