//! Queries that may be asked of one part of the time after the other, because each row is by itself.
//!
//! A condition after the table's name makes the parts: `Timestamp >= from and Timestamp < to`. Whatever has a time is in
//! one part and in no other, on both services alike, whatever else the query says of the time, and whether a service
//! counts the ends of Graph's `Timespan` in (it does not say). What follows the table must then do with each row what it
//! does with any other: a `summarize` or a `take` of parts is not that of the whole. A row without a time is in the
//! first part. What a query says of now, it says of one and the same now in all of them.

use super::kql::{Outline, parts};
use super::now;
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
    /// Up to where the name of the table ends, and what follows, both as of one moment.
    fixed: (String, String),
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
    /// A function whose value is another one for each part.
    #[error("{0}() need not give each part the same")]
    Function(String),
    /// A name of a function's that means something else in this query.
    #[error("it gives {0} a meaning of its own")]
    Renamed(String),
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
    /// Looks whether `kql` is such a query, whose `now()` is `now` when it is asked in parts.
    ///
    /// # Errors
    /// [`NotRowByRow`], also when in doubt.
    pub fn new(kql: &str, now: Ticks) -> Result<Self, NotRowByRow> {
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
        if let Some(function) = now::changing(&outline) {
            return Err(NotRowByRow::Function(function.to_owned()));
        }
        if let Some(name) = now::redefined(&outline) {
            return Err(NotRowByRow::Renamed(name.to_owned()));
        }
        let table_end = start + table.trim_end().len();
        let fixed = |part| now::fixed(kql, &outline, part, now);
        Ok(Self { kql: kql.to_owned(), fixed: (fixed(0..table_end), fixed(table_end..kql.len())) })
    }

    /// The query about what happened at `from` or later and before `to`; without either, word for word.
    #[must_use]
    pub fn within(&self, from: Option<Ticks>, to: Option<Ticks>) -> String {
        let (before, after) = &self.fixed;
        match (from, to) {
            (None, None) => self.kql.clone(),
            // Nothing is before or after what has no time.
            (None, Some(to)) => {
                format!("{before} | where Timestamp < datetime({to}) or isnull(Timestamp){after}")
            }
            (Some(from), None) => format!("{before} | where Timestamp >= datetime({from}){after}"),
            (Some(from), Some(to)) => format!(
                "{before} | where Timestamp >= datetime({from}) | where Timestamp < datetime({to}){after}"
            ),
        }
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
            "// a | b ;\n\tDeviceEvents^\n| where a == 'summarize | x' and Timestamp > Then(1d)| project a , b;",
            "let a = \"| take 1\";\nlet b = dynamic([1]);\nT_1^|extend c = strcat(a, ')|(')|mv-expand b|project-away a",
            "Ereignis\u{fc}^ | parse a with * 'x' b:int '|'",
        ] {
            let whole = kql.replace('^', "");
            let query = RowByRow::new(&whole, Ticks::from(0)).unwrap();
            assert_eq!(query.within(None, None), whole);
            assert_eq!(query.within(from, to), kql.replace('^', conditions));
        }
    }

    #[test]
    fn a_row_without_a_time_is_in_the_first_part() {
        let query = RowByRow::new("T | take_", Ticks::from(0));
        assert_eq!(query, Err(NotRowByRow::Operator("take_".to_owned())));
        let query = RowByRow::new("T|where a", Ticks::from(0)).unwrap();
        let time = "datetime(1970-01-01T00:00:00.0000000Z)";
        assert_eq!(
            query.within(None, Some(Ticks::from(0))),
            format!("T | where Timestamp < {time} or isnull(Timestamp)|where a")
        );
        assert_eq!(
            query.within(Some(Ticks::from(0)), None),
            format!("T | where Timestamp >= {time}|where a")
        );
    }

    #[test]
    fn now_is_one_and_the_same_in_each_part_and_word_for_word_where_there_are_none() {
        let to = Some(Ticks::from(0));
        for (kql, fixed) in [
            ("T^|where a>now()", "T^|where a>@"),
            ("T^|where a>ago(7d)", "T^|where a>(@ - (7d))"),
            (
                "T^|where a between(ago ( f(1d)*2 )..now( -1h )) and b==now()",
                "T^|where a between((@ - ( f(1d)*2 ))..(@ + ( -1h ))) and b==@",
            ),
            ("let a=ago(1d);T^|where b>a", "let a=(@ - (1d));T^|where b>a"),
            (
                "let a=now();// ü now()\nT^|where b>now(ago(1d)-now())",
                "let a=@;// ü now()\nT^|where b>(@ + ((@ - (1d))-@))",
            ),
            (
                "T^|where a=='now()' // ago(1d)\n|where know() and now==1 and snow",
                "T^|where a=='now()' // ago(1d)\n|where know() and now==1 and snow",
            ),
        ] {
            let query = RowByRow::new(&kql.replace('^', ""), Ticks::from(5)).unwrap();
            assert_eq!(query.within(None, None), kql.replace('^', ""));
            let condition =
                " | where Timestamp < datetime(1970-01-01T00:00:00.0000000Z) or isnull(Timestamp)";
            let fixed = fixed.replace('@', "datetime(1970-01-01T00:00:00.0000005Z)").replace('^', condition);
            assert_eq!(query.within(None, to), fixed);
        }
    }

    #[test]
    fn what_is_more_than_its_parts_is_refused_and_so_is_whatever_is_not_understood() {
        use NotRowByRow as Not;
        let operator = |name: &str| Not::Operator(name.to_owned());
        let function = |name: &str| Not::Function(name.to_owned());
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
            ("T | where rand() < 0.5", function("rand")),
            ("T | extend a = new_guid ()", function("new_guid")),
            ("let U = materialize(T); U", function("materialize")),
            ("T | where a == toscalar(U)", function("toscalar")),
            ("T | where a in (externaldata(a:string)['https://x'])", function("externaldata")),
            ("T | extend a = prev(b)", function("prev")),
            ("let now = (a:int) { a }; T | where b == now(1)", Not::Renamed("now".to_owned())),
            ("let ago = 1; T", Not::Renamed("ago".to_owned())),
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
            assert_eq!(RowByRow::new(kql, Ticks::from(0)), Err(why), "{kql}");
        }
    }
}
