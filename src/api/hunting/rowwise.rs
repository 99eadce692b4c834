//! Queries that may be asked of one part of the time after the other, because each row is by itself.
//!
//! A condition after the table's name makes the parts: `Timestamp >= from and Timestamp < to`. Whatever has a time is in
//! one part and in no other, on both services alike, whatever else the query says of the time, and whether a service
//! counts the ends of Graph's `Timespan` in (it does not say). What follows the table must then do with each row what it
//! does with any other: a `summarize` or a `take` of parts is not that of the whole.

use std::fmt::Write;

use super::kql::{Outline, parts};
use super::ticks::Ticks;

/// Operators that look at one row at a time. (<https://learn.microsoft.com/kusto/query/tabular-operators>)
const ROW_BY_ROW: [&str; 11] = [
    "where",
    "filter",
    "extend",
    "project",
    "project-away",
    "project-keep",
    "project-rename",
    "project-reorder",
    "parse",
    "parse-where",
    "mv-expand",
];

/// Such a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowByRow {
    kql: String,
    /// Where the name of the table ends.
    table_end: usize,
}

/// Why a query is none, or may be none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRowByRow {
    /// An operator for which the whole is more than its parts, or that is not known here.
    #[error("{0} is not done row by row")]
    Operator(String),
    /// A query within the query may have other rows each time.
    #[error("there is a query within the query")]
    InnerQuery,
    /// Rows that come from something else than a table.
    #[error("it does not begin with the name of a table")]
    NoTable,
    /// A statement that is neither `let` nor the query.
    #[error("there is a statement besides let and the query")]
    Statement,
    /// A string or a bracket without an end.
    #[error("a string or a bracket in it does not end")]
    Unreadable,
}

impl RowByRow {
    /// Looks whether `kql` is such a query.
    ///
    /// # Errors
    /// [`NotRowByRow`], also when in doubt.
    pub fn new(kql: &str) -> Result<Self, NotRowByRow> {
        let outline = Outline::of(kql).ok_or(NotRowByRow::Unreadable)?;
        let mut statements = outline.statements();
        let query = statements.pop().ok_or(NotRowByRow::NoTable)?;
        for (_, statement) in statements {
            if word(statement) != "let" {
                return Err(NotRowByRow::Statement);
            }
            if statement.contains('|') {
                return Err(NotRowByRow::InnerQuery);
            }
        }
        if outline.has_inner_query {
            return Err(NotRowByRow::InnerQuery);
        }
        let mut operators = parts(query, '|');
        let (start, table) = operators.next().ok_or(NotRowByRow::NoTable)?;
        let name = table.trim();
        if name.is_empty() || word(table) != name || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(NotRowByRow::NoTable);
        }
        for (_, operator) in operators {
            let operator = operator.trim_start();
            let is_of_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
            let name = operator.split(|letter| !is_of_name(letter)).next().unwrap_or_default();
            if !ROW_BY_ROW.contains(&name) {
                return Err(NotRowByRow::Operator(name.to_owned()));
            }
        }
        Ok(Self { kql: kql.to_owned(), table_end: start + table.trim_end().len() })
    }

    /// The query about what happened at `from` or later and before `to`.
    #[must_use]
    pub fn within(&self, from: Option<Ticks>, to: Option<Ticks>) -> String {
        let (before, after) = self.kql.split_at(self.table_end);
        let mut kql = before.to_owned();
        for (sign, time) in [(">=", from), ("<", to)] {
            if let Some(time) = time {
                let _ = write!(kql, " | where Timestamp {sign} datetime({time})");
            }
        }
        kql.push_str(after);
        kql
    }
}

/// The word that a text begins with, blanks aside.
fn word(text: &str) -> &str {
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.trim_start().split(|letter| !is_of_word(letter)).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_stands_right_after_the_table() {
        let (from, to) = (Some(Ticks::from(0)), Some(Ticks::from(10_000_001)));
        let conditions = " | where Timestamp >= datetime(1970-01-01T00:00:00.0000000Z) | where Timestamp < datetime(1970-01-01T00:00:01.0000001Z)";
        for kql in [
            "DeviceEvents^",
            "DeviceEvents^ // | take 1",
            "// a | b ;\n\tDeviceEvents^\n| where a == 'summarize | x' and Timestamp > ago(1d)| project a , b;",
            "let a = \"| take 1\";\nlet b = dynamic([1]);\nT_1^|extend c = strcat(a, ')|(')|mv-expand b|project-away a",
            "Ereignis\u{fc}^ | parse a with * 'x' b:int '|'",
        ] {
            let whole = kql.replace('^', "");
            let query = RowByRow::new(&whole).unwrap();
            assert_eq!(query.within(None, None), whole);
            assert_eq!(query.within(from, to), kql.replace('^', conditions));
        }
    }

    #[test]
    fn what_is_more_than_its_parts_is_refused_and_so_is_whatever_is_not_understood() {
        use NotRowByRow as Not;
        let operator = |name: &str| Not::Operator(name.to_owned());
        for (kql, why) in [
            ("T | where a == 1 | summarize count()", operator("summarize")),
            ("T | take 1", operator("take")),
            ("T|top 5 by a", operator("top")),
            ("T | sort by a", operator("sort")),
            ("T | where a == '\n'|", Not::Unreadable),
            ("T | distinct a", operator("distinct")),
            ("T | count", operator("count")),
            ("T | make-series count() on Timestamp step 1h", operator("make-series")),
            ("T | join kind=inner (U) on a", operator("join")),
            ("T | evaluate bag_unpack(a)", operator("evaluate")),
            ("T | project-smart a", operator("project-smart")),
            ("T | Where a == 1", operator("Where")),
            ("T |", operator("")),
            ("T | where a in ((U | take 5 | project a))", Not::InnerQuery),
            ("let x = toscalar(U | summarize max(a)); T", Not::InnerQuery),
            ("let x = U | take 5; x", Not::InnerQuery),
            ("union T, U", Not::NoTable),
            ("union (T), (U) | where a == 1", Not::NoTable),
            ("search 'a'", Not::NoTable),
            ("print 1", Not::NoTable),
            ("'T'", Not::NoTable),
            ("workspace('w').T", Not::NoTable),
            ("['T']", Not::NoTable),
            ("5", Not::NoTable),
            ("// T", Not::NoTable),
            ("| where a", Not::NoTable),
            ("T; U", Not::Statement),
            ("set x; T", Not::Statement),
            ("T | where (a", Not::Unreadable),
        ] {
            assert_eq!(RowByRow::new(kql), Err(why), "{kql}");
        }
    }
}
