//! The table that a query gives, kept as the bytes that the service sent: a row is cut out of them, never rewritten.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::row::{self, Cell, NotARow};
use super::{Columns, MOST_ROWS, ResultColumn, most_bytes};
use crate::api::page::{cut_out, is_left_out, range_in};
use crate::token::Service;

/// A result. Defender spells the names of its envelope with capitals, Graph in either way.
#[derive(Debug)]
pub struct Answer {
    body: String,
    rows: Vec<Range<usize>>,
    /// The columns, in the order of the schema.
    pub columns: Columns,
    /// What the query has cost; Graph does not say.
    pub statistics: Option<Statistics>,
}

/// What a query has cost, as far as the service says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// In seconds.
    pub execution_time: Option<f64>,
    /// As the service prints it: `hh:mm:ss.fffffff`.
    pub cpu: Option<String>,
    /// The most memory on one node, in bytes.
    pub memory: Option<u64>,
}

/// The body is not a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAResult {
    /// It does not come to the end of a JSON document: a fresh one may be better.
    CutOff,
    /// It has one from its beginning to its end, which says something else.
    Other,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(alias = "Schema")]
    schema: Vec<ResultColumn>,
    #[serde(borrow, alias = "Results")]
    results: Vec<&'a RawValue>,
    #[serde(default, alias = "Stats")]
    stats: Value,
}

impl Answer {
    /// Reads a result.
    ///
    /// # Errors
    /// [`NotAResult`].
    pub fn parse(body: Vec<u8>) -> Result<Self, NotAResult> {
        let body = String::from_utf8(body).map_err(|error| NotAResult::of(error.as_bytes()))?;
        let (rows, columns, stats) = Self::without_reading_rows(&body, "\"results\"")
            .or_else(|| Self::without_reading_rows(&body, "\"Results\""))
            .or_else(|| Self::reading_rows(&body))
            .ok_or_else(|| NotAResult::of(body.as_bytes()))?;
        Ok(Self { body, rows, columns: Columns::new(columns), statistics: Statistics::of(&stats) })
    }

    fn without_reading_rows(body: &str, key: &str) -> Option<(Vec<Range<usize>>, Vec<ResultColumn>, Value)> {
        let (rows, around) = cut_out(body, key)?;
        let envelope: Envelope = serde_json::from_str(&around).ok()?;
        is_left_out(&envelope.results).then_some((rows, envelope.schema, envelope.stats))
    }

    fn reading_rows(body: &str) -> Option<(Vec<Range<usize>>, Vec<ResultColumn>, Value)> {
        let envelope: Envelope = serde_json::from_str(body).ok()?;
        let rows = envelope.results.iter().map(|row| range_in(body, row.get())).collect();
        Some((rows, envelope.schema, envelope.stats))
    }

    /// The JSON of each row, as it came.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|range| &self.body[range.clone()])
    }

    /// The cells of `row` in the order of the columns, in place of whatever `cells` holds. What has no place in them is
    /// given by its names.
    ///
    /// # Errors
    /// [`NotARow`] when it is no object.
    pub fn read<'a>(&self, row: &'a str, cells: &mut Vec<Cell<'a>>) -> Result<Vec<Cow<'a, str>>, NotARow> {
        row::read(&self.columns, row, cells)
    }

    /// `row` with its names spelled as in the schema: Graph's may begin with a small letter.
    ///
    /// # Errors
    /// [`NotARow`] when it is no object.
    pub fn respelled<'a>(&self, row: &'a str) -> Result<Cow<'a, str>, NotARow> {
        row::respelled(&self.columns, row)
    }

    /// What came, as it came.
    #[must_use]
    pub fn whole(&self) -> &str {
        &self.body
    }

    /// The same with the names in its rows spelled as in the schema.
    ///
    /// # Errors
    /// [`NotARow`] when a row is no object.
    pub fn whole_respelled(&self) -> Result<String, NotARow> {
        let mut text = String::with_capacity(self.body.len());
        let mut done = 0;
        for range in &self.rows {
            text.push_str(&self.body[done..range.start]);
            text.push_str(&self.respelled(&self.body[range.clone()])?);
            done = range.end;
        }
        text.push_str(&self.body[done..]);
        Ok(text)
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How much of what a result of `service` can have this has: 1 is all of it.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn fullness(&self, service: Service) -> f64 {
        let of = |number: usize, most: usize| number as f64 / most as f64;
        of(self.len(), MOST_ROWS).max(of(self.body.len(), most_bytes(service)))
    }

    /// The memory of the answer.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.body.into_bytes()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl NotAResult {
    fn of(body: &[u8]) -> Self {
        let mut documents = serde_json::Deserializer::from_slice(body).into_iter::<IgnoredAny>();
        if matches!(documents.next(), Some(Ok(_))) { Self::Other } else { Self::CutOff }
    }
}

impl Statistics {
    fn of(stats: &Value) -> Option<Self> {
        stats.is_object().then(|| Self {
            execution_time: stats["ExecutionTime"].as_f64(),
            cpu: stats["resource_usage"]["cpu"]["total cpu"].as_str().map(str::to_owned),
            memory: stats["resource_usage"]["memory"]["peak_per_node"].as_u64(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_service_s_spelling_is_read_and_rows_stay_as_they_are() {
        let row = r#"{"b": 1.10, "a":"\u00e9 ","results":[null,{}]}"#;
        for (schema, name, kind, results) in [
            ("Schema", "Name", "Type", "Results"),
            ("schema", "Name", "Type", "results"),
            ("schema", "name", "type", "results"),
        ] {
            // A column may have the name of the envelope's own.
            let body = format!(
                "{{\"{schema}\":[{{\"{name}\":\"results\",\"{kind}\":\"Object\"}}],\"{results}\" : [ {row} ,\n{{}}]}}"
            );
            let answer = Answer::parse(body.into_bytes()).unwrap();
            assert_eq!(answer.rows().collect::<Vec<_>>(), [row, "{}"]);
            assert_eq!(*answer.columns, [ResultColumn { name: "results".into(), kind: "Object".into() }]);
            assert_eq!(answer.statistics, None);
        }
        let late =
            Answer::parse(br#"{"results":[{"schema":[{}]}],"schema":[],"Stats":{}}"#.to_vec()).unwrap();
        assert_eq!((late.len(), late.columns.len()), (1, 0));
        assert_eq!(late.statistics, Some(Statistics::default()));
    }

    #[test]
    fn a_column_needs_no_type() {
        let body =
            br#"{"schema":[{"name":"a","type":null},{"Name":"b"},{"name":"c","type":7}],"results":[]}"#;
        let answer = Answer::parse(body.to_vec()).unwrap();
        let column = |name: &str| ResultColumn { name: name.into(), kind: String::new() };
        assert_eq!(*answer.columns, ["a", "b", "c"].map(column));
    }

    #[test]
    fn what_is_not_a_result_is_refused_and_asked_for_again_only_if_it_is_cut_off() {
        use NotAResult::{CutOff, Other};
        for (body, why) in [
            (&b""[..], CutOff),
            (b"{}", Other),
            (b"[]", Other),
            (b" null", Other),
            (br#"{"error":{"code":"BadRequest"}}"#, Other),
            (br#"{"schema":[]}"#, Other),
            (br#"{"results":[]}"#, Other),
            (br#"{"schema":[],"results":null}"#, Other),
            (br#"{"schema":null,"results":[{}]}"#, Other),
            (br#"{"schema":[],"results":{}}"#, Other),
            (br#"{"schema":[],"results":[{"a":1}"#, CutOff),
            (br#"{"schema":[],"results":[{"a":1}]"#, CutOff),
            (br#"{"schema":[],"results":[{}]}x"#, Other),
            (b"{\"schema\":[],\"results\":[{\"a\":\"\xff\"}]}", Other),
            (b"{\"schema\":[],\"results\":[{\"a\":\"\xc3", CutOff),
            (b"rubbish", CutOff),
        ] {
            assert_eq!(Answer::parse(body.to_vec()).unwrap_err(), why, "{body:?}");
        }
    }
}
