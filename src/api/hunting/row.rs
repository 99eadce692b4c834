//! The cells of one row, in the order of the schema, whatever order and case the row has its names in.

use std::borrow::Cow;

use super::{Columns, ResultColumn};
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

/// Reads `row` into `cells`, one for each of `columns`, and gives the names of what has no place in them.
pub(super) fn read<'a>(
    columns: &Columns,
    row: &'a str,
    cells: &mut Vec<Cell<'a>>,
) -> Result<Vec<Cow<'a, str>>, NotARow> {
    cells.clear();
    cells.resize(columns.len(), Cell::Empty);
    if !columns.repeat && in_order(columns, row, |position, value| cells[position] = Cell::of(value))? {
        return Ok(Vec::new());
    }
    let placed = Placed::of(columns, row)?;
    for (cell, member) in cells.iter_mut().zip(&placed.member_of) {
        *cell = member.map_or(Cell::Empty, |member| Cell::of(placed.members[member].value));
    }
    Ok(placed.left_out())
}

/// `row` with the names of `columns` spelled as they are there; itself when they are already.
pub(super) fn respelled<'a>(columns: &Columns, row: &'a str) -> Result<Cow<'a, str>, NotARow> {
    if in_order(columns, row, |_, _| {})? {
        return Ok(row.into());
    }
    let placed = Placed::of(columns, row)?;
    let mut spellings: Vec<_> = placed.members.iter().map(|member| member.written).collect();
    for (column, member) in columns.iter().zip(&placed.member_of) {
        // One with escapes says the same already.
        if let Some(spelling) = member.map(|member| &mut spellings[member])
            && column.name.eq_ignore_ascii_case(spelling)
        {
            *spelling = &column.name;
        }
    }
    if placed.members.iter().zip(&spellings).all(|(member, spelling)| member.written == *spelling) {
        return Ok(row.into());
    }
    let mut text = String::from("{");
    for (member, spelling) in placed.members.iter().zip(spellings) {
        text.push_str(if text.len() > 1 { ",\"" } else { "\"" });
        text.push_str(spelling);
        text.push_str("\":");
        text.push_str(member.value);
    }
    text.push('}');
    Ok(text.into())
}

/// Whether the names of `row` are those of the schema or some of them, in its order; `place` is told of each until one is
/// not. Rows mostly have them so, and without escapes.
#[inline]
fn in_order<'a>(
    columns: &Columns,
    row: &'a str,
    mut place: impl FnMut(usize, &'a str),
) -> Result<bool, NotARow> {
    let mut members = Members::of(row);
    let mut expected = 0;
    let name_of = |position: usize| columns.get(position).map_or("", |column| &column.name);
    let is_elsewhere = |name: &str| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    while let Some((name, value)) = members.next(name_of(expected)).map_err(|()| NotARow)? {
        let ahead = columns.get(expected..).unwrap_or_default();
        let Some(skipped) = ahead.iter().position(|column| column.name == name) else {
            if is_annotation(name) && !is_elsewhere(name) {
                continue;
            }
            return Ok(false);
        };
        place(expected + skipped, value);
        expected += skipped + 1;
    }
    Ok(true)
}

/// Whether it is the name of what `OData` says about a value, such as its type, and of no value itself. KQL's names have no
/// such sign. (<https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html>)
fn is_annotation(name: &str) -> bool {
    name.contains('@')
}

/// The members of a row whose names are in any order and case, and which of them each column has: the one of just that
/// name, since KQL's names may differ in nothing but their case, and only where there is none, one in another case.
#[derive(Debug)]
struct Placed<'a> {
    members: Vec<Placeable<'a>>,
    member_of: Vec<Option<usize>>,
}

#[derive(Debug)]
struct Placeable<'a> {
    name: Cow<'a, str>,
    written: &'a str,
    value: &'a str,
    is_exact: bool,
}

impl<'a> Placed<'a> {
    #[cold]
    fn of(columns: &Columns, row: &'a str) -> Result<Self, NotARow> {
        let mut placed =
            Self { members: Vec::with_capacity(columns.len()), member_of: vec![None; columns.len()] };
        let mut members = Members::of(row);
        while let Some((written, value)) = members.next("").map_err(|()| NotARow)? {
            let name = text(written);
            let is = |column: &ResultColumn| column.name == name;
            // Of columns of one name, each has what comes under it in turn. Of more than those, the last one counts, as
            // it does wherever JSON is read.
            let (free, last) = placed.find(columns, is);
            let position = free.or(last);
            if let Some(position) = position {
                placed.member_of[position] = Some(placed.members.len());
            }
            placed.members.push(Placeable { name, written, value, is_exact: position.is_some() });
        }
        placed.share(columns);
        for index in 0..placed.members.len() {
            let Placeable { name, is_exact: false, .. } = &placed.members[index] else { continue };
            let in_any_case = |column: &ResultColumn| column.name.eq_ignore_ascii_case(name);
            if let (Some(position), _) = placed.find(columns, in_any_case) {
                placed.member_of[position] = Some(index);
            }
        }
        placed.share(columns);
        Ok(placed)
    }

    /// The first column like that which has no member yet, and the last one of all.
    fn find(&self, columns: &Columns, is: impl Fn(&ResultColumn) -> bool) -> (Option<usize>, Option<usize>) {
        let mut last = None;
        for (position, _) in columns.iter().enumerate().filter(|(_, column)| is(column)) {
            if self.member_of[position].is_none() {
                return (Some(position), Some(position));
            }
            last = Some(position);
        }
        (None, last)
    }

    /// No object need have a name twice: columns of one name have the one value.
    fn share(&mut self, columns: &Columns) {
        if !columns.repeat {
            return;
        }
        for position in 0..columns.len() {
            if self.member_of[position].is_none() {
                let is = |column: &ResultColumn| column.name == columns[position].name;
                self.member_of[position] =
                    columns.iter().position(is).and_then(|first| self.member_of[first]);
            }
        }
    }

    /// The names of the members that no column has, annotations aside.
    fn left_out(self) -> Vec<Cow<'a, str>> {
        let mut has_place = vec![false; self.members.len()];
        for member in self.member_of.into_iter().flatten() {
            has_place[member] = true;
        }
        let members = self.members.into_iter().zip(has_place);
        let left_out = members.filter(|(member, has_place)| !has_place && !is_annotation(&member.name));
        left_out.map(|(member, _)| member.name).collect()
    }
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

    fn columns(names: &[&str]) -> Columns {
        let column = |name: &&str| ResultColumn { name: (*name).to_owned(), kind: String::new() };
        Columns::new(names.iter().map(column).collect())
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
    fn a_name_in_another_case_is_for_a_column_that_has_no_other() {
        assert_eq!(texts(&["DeviceName"], r#"{"DeviceName":"a","deviceName":"b"}"#), ["a"]);
        assert_eq!(texts(&["DeviceName"], r#"{"deviceName":"b","DeviceName":"a"}"#), ["a"]);
        assert_eq!(texts(&["A", "a"], r#"{"a":1}"#), ["", "1"]);
        assert_eq!(texts(&["a", "A", "b"], r#"{"A":1,"B":2}"#), ["", "1", "2"]);
        assert_eq!(texts(&["x", "Y", "z"], r#"{"y":2,"z":3}"#), ["", "2", "3"]);
        let columns = columns(&["A"]);
        let row = r#"{"a":1,"A":2}"#;
        assert_eq!(respelled(&columns, row).unwrap(), row, "no name twice");
    }

    #[test]
    fn what_has_no_place_is_named() {
        for (row, cells, left_out) in [
            (r#"{"a":1,"b@odata.type":"x","b":2,"@odata.id":3}"#, ["1", "2"], &[][..]),
            (r#"{"b":2,"@odata.id":3,"a":1,"c":4,"\u0063d":5}"#, ["1", "2"], &["c", "cd"]),
            (r#"{"a":1,"b":2,"A":3,"a":4}"#, ["4", "2"], &["a", "A"]),
            (r#"{"B":1,"b":null,"A":2}"#, ["2", ""], &["B"]),
        ] {
            let mut cells_read = Vec::new();
            assert_eq!(read(&columns(&["a", "b"]), row, &mut cells_read).unwrap(), left_out, "{row}");
            assert_eq!(cells_read.iter().map(Cell::text).collect::<Vec<_>>(), cells, "{row}");
        }
        assert_eq!(texts(&["a@b", "c"], r#"{"c":1,"a@b":2}"#), ["2", "1"]);
    }

    #[test]
    fn columns_of_one_name_share_what_the_row_has_under_it() {
        assert_eq!(texts(&["A", "A"], r#"{"A":1}"#), ["1", "1"]);
        assert_eq!(texts(&["A", "b", "A"], r#"{"a":1,"b":null}"#), ["1", "", "1"]);
        assert_eq!(texts(&["A", "b", "A"], r#"{"A":1,"A":null,"b":2}"#), ["1", "2", ""]);
        assert_eq!(texts(&["A", "A"], r#"{"A":1,"a":2}"#), ["1", "1"]);
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
