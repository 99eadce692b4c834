//! The cells of one row, in the order of the schema, whatever order and case the row has its names in.

use std::borrow::Cow;

use super::ResultColumn;
use crate::api::shape::Members;

/// What a row has in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Null, or nothing at all.
    Empty,
    /// A string, as it is written between its quotes.
    Text(&'a str),
    /// Anything else, as JSON.
    Json(&'a str),
}

impl<'a> Cell<'a> {
    /// What `json` says.
    #[inline]
    fn of(json: &'a str) -> Self {
        match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(written) => Self::Text(written),
            None if json == "null" => Self::Empty,
            None => Self::Json(json),
        }
    }

    /// Its text, without the quotes and the escapes of a string.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        match *self {
            Self::Empty => "".into(),
            Self::Text(written) => text(written),
            Self::Json(json) => json.into(),
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
    let mut members = Members::of(row);
    let mut expected = 0;
    while let Some((name, value)) = members.next(name_of(columns, expected)).map_err(|()| NotARow)? {
        if let Some(position) = position(columns, name, expected) {
            cells[position] = Cell::of(value);
            expected = position + 1;
        }
    }
    Ok(())
}

/// `row` with the names of `columns` spelled as they are there; itself when they are already.
pub(super) fn respelled<'a>(columns: &[ResultColumn], row: &'a str) -> Result<Cow<'a, str>, NotARow> {
    let mut members = Members::of(row);
    let (mut text, mut expected, mut is_other) = (String::from("{"), 0, false);
    while let Some((name, value)) = members.next(name_of(columns, expected)).map_err(|()| NotARow)? {
        let position = position(columns, name, expected);
        expected = position.map_or(expected, |position| position + 1);
        if text.len() > 1 {
            text.push(',');
        }
        text.push('"');
        match position.map(|position| &columns[position].name) {
            Some(spelling) if spelling.eq_ignore_ascii_case(name) => {
                is_other |= spelling != name;
                text.push_str(spelling);
            }
            _ => text.push_str(name),
        }
        text.push_str("\":");
        text.push_str(value);
    }
    text.push('}');
    Ok(if is_other { text.into() } else { row.into() })
}

#[inline]
fn name_of(columns: &[ResultColumn], position: usize) -> &str {
    columns.get(position).map_or("", |column| &column.name)
}

/// Rows mostly have their names in the order and the case of the schema, and without escapes.
#[inline]
fn position(columns: &[ResultColumn], name: &str, expected: usize) -> Option<usize> {
    let is_expected = columns.get(expected).is_some_and(|column| column.name == name);
    if is_expected { Some(expected) } else { find(columns, &text(name)) }
}

#[cold]
fn find(columns: &[ResultColumn], name: &str) -> Option<usize> {
    let is = |column: &ResultColumn| column.name == name;
    let in_any_case = |column: &ResultColumn| column.name.eq_ignore_ascii_case(name);
    columns.iter().position(is).or_else(|| columns.iter().position(in_any_case))
}

/// What stands between the quotes of a string, without escapes. Half a surrogate pair is no text; it stays as it is
/// written.
#[inline]
fn text(written: &str) -> Cow<'_, str> {
    match memchr::memchr(b'\\', written.as_bytes()) {
        None => written.into(),
        Some(_) => {
            serde_json::from_str(&format!("\"{written}\"")).unwrap_or_else(|_| written.to_owned()).into()
        }
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
        cells.iter().map(|cell| cell.text().into_owned()).collect()
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
    fn names_are_spelled_as_in_the_schema_and_all_else_stays() {
        let columns = columns(&["Timestamp", "a", "A\"b"]);
        for (row, spelled) in [
            (
                r#"{"timestamp": [1, "x"], "A":null,"more" : 1, "a\"b":2}"#,
                r#"{"Timestamp":[1, "x"],"a":null,"more":1,"a\"b":2}"#,
            ),
            (r#"{ "a" : 1.50 }"#, r#"{ "a" : 1.50 }"#),
            ("{}", "{}"),
        ] {
            assert_eq!(respelled(&columns, row).unwrap(), spelled);
        }
        assert!(respelled(&columns, "[]").is_err());
    }

    #[test]
    fn what_is_no_row_is_said() {
        for row in ["1", "[]", "null", "{\"a\":}", "{\"a\"", ""] {
            assert!(read(&columns(&["a"]), row, &mut Vec::new()).is_err(), "{row}");
        }
    }
}
