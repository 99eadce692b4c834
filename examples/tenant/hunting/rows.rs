//! The rows of a result, by their numbers.

use std::cmp::Ordering;
use std::ops::Range;

use super::columns::{Column, PATTERNS};
use super::condition::Value;
use super::kql::Step;

#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    Span(Range<usize>),
    Picked(Vec<usize>),
}

impl Rows {
    /// What `steps` leave of `span`. `time` is when a row happened, in ticks, if it
    /// has a time.
    pub fn of(
        span: Range<usize>,
        steps: &[Step],
        columns: &[Column],
        time: &dyn Fn(usize) -> Option<i64>,
    ) -> Self {
        let mut rows = Self::Span(span);
        if steps.iter().all(|step| matches!(step, Step::Take(_))) {
            return steps.iter().fold(rows, |rows, step| match step {
                Step::Take(count) => rows.limited(*count),
                _ => rows,
            });
        }
        let cells: Vec<Vec<Value>> = columns
            .iter()
            .map(|column| (0..PATTERNS).map(|pattern| Value::of(&column.value(pattern))).collect())
            .collect();
        let value = |row: usize, name: &str| match name {
            "Timestamp" => time(row).map_or(Value::Null, Value::Time),
            "ReportId" => Value::Number(i64::try_from(row).unwrap_or_default()),
            name => {
                let column = columns.iter().position(|column| column.name == name);
                column.map_or(Value::Null, |column| cells[column][row % PATTERNS].clone())
            }
        };
        for step in steps {
            rows = match step {
                Step::Take(count) => rows.limited(*count),
                Step::Where(condition) => Self::Picked(
                    rows.iter().filter(|row| condition.holds(&|name| value(*row, name))).collect(),
                ),
                Step::Sort(by) => {
                    let mut picked: Vec<usize> = rows.iter().collect();
                    picked.sort_by(|one, other| {
                        by.iter().fold(Ordering::Equal, |order, (name, largest_first)| {
                            let (one, other) = (value(*one, name), value(*other, name));
                            let next = one.order(&other).unwrap_or(Ordering::Equal);
                            order.then(if *largest_first { next.reverse() } else { next })
                        })
                    });
                    Self::Picked(picked)
                }
            };
        }
        rows
    }

    /// The first of them.
    pub fn limited(self, count: usize) -> Self {
        match self {
            Self::Span(span) => Self::Span(span.start..span.end.min(span.start.saturating_add(count))),
            Self::Picked(mut rows) => {
                rows.truncate(count);
                Self::Picked(rows)
            }
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Span(span) => span.len(),
            Self::Picked(rows) => rows.len(),
        }
    }

    pub fn iter(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        match self {
            Self::Span(span) => Box::new(span.clone()),
            Self::Picked(rows) => Box::new(rows.iter().copied()),
        }
    }
}
