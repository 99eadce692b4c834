//! Advanced hunting: one table under the names of several, whose rows are made up as they are asked for.
//!
//! The rows lie evenly over a time before the tenant started; the newest is as old as the tenant. A query may say
//! `where` a column compares with a value, with `and`, `or` and `not` between; both ends of `between` and of Graph's
//! `Timespan` are inside. Besides that it may `take`, `limit`, `project`, `project-away`, `count` and `sort`, and give
//! values names with `let`. What else KQL knows is refused.

mod columns;
mod condition;
mod kql;
mod lexer;
mod range;
mod rows;

use hyper::body::Bytes;

use super::options::HuntingForm;
use super::store::template::{Hole, Template, array, quoted};
use super::store::ticks::{self, TICKS};
use super::world::World;
use columns::Column;
use rows::Rows;

pub use range::Range;

/// What a result can have.
pub const MOST_ROWS: usize = 100_000;
const SECONDS_OF_30_DAYS: i64 = 30 * 24 * 3600;

/// A query that arrived, exactly as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunt {
    /// The path that it came to.
    pub path: String,
    pub query: String,
    pub timespan: Option<String>,
}

/// How a service prints a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `Stats`, `Schema`, `Results`.
    Defender,
    /// `schema`, `results`.
    Graph,
}

/// Why there is no result, in the engine's words.
pub enum Failure {
    Query(String),
    TooLarge,
}

/// The last result is kept: whoever measures asks again and again.
#[derive(Default)]
pub struct Hunting {
    pub hunts: Vec<Hunt>,
    last: Option<(Key, Bytes)>,
}

/// What a result depends on.
#[derive(PartialEq)]
struct Key {
    style: Style,
    form: HuntingForm,
    columns: Vec<String>,
    shown: Rows,
    /// Of the table: how many rows, over how long, how many of them at once, and how many without a time.
    rows: (usize, i64, usize, usize),
    count: bool,
}

/// The body of the answer to a query. `timespan` narrows it further.
pub fn run(query: &str, timespan: Option<Range>, style: Style, world: &mut World) -> Result<Bytes, Failure> {
    let options = &world.options.hunting;
    let now = world.now() * TICKS;
    let all: Vec<Column> = columns::first(options.columns);
    let plan = kql::parse(query, now, &all).map_err(Failure::Query)?;
    let recent = Range { from: now - SECONDS_OF_30_DAYS * TICKS, to: i64::MAX };
    let range = plan.range.within(recent).within(timespan.unwrap_or(Range::ALL));
    let table = Table { newest: world.incidents.started(), options };
    let first = table.position(|time| time < range.from);
    let end = table.position(|time| time <= range.to).max(first);
    // Nothing is before or after what has no time.
    let has_timeless = plan.range == Range::ALL && timespan.is_none();
    let end = if has_timeless { options.rows + options.timeless } else { end };
    let time = |row| table.has_time(row).then(|| table.time(row));
    let mut rows = Rows::of(first..end, &plan.steps, &all, &time);
    let named = |name: &String| all.iter().find(|column| column.name == *name).cloned();
    let shown: Vec<Column> = plan.columns.iter().filter_map(named).collect();
    if !plan.count {
        rows = rows.limited(MOST_ROWS);
    }
    let key = Key {
        style,
        form: options.form,
        columns: shown.iter().map(|column| column.name.clone()).collect(),
        shown: rows,
        rows: (options.rows, options.span, options.burst, options.timeless),
        count: plan.count,
    };
    if let Some((_, body)) = world.hunting.last.as_ref().filter(|(last, _)| *last == key) {
        return Ok(body.clone());
    }
    let body = if plan.count { counted(&key) } else { listed(&key, &shown, &table) };
    if body.len() > options.largest_result {
        return Err(Failure::TooLarge);
    }
    let body = Bytes::from(body);
    world.hunting.last = Some((key, body.clone()));
    Ok(body)
}

struct Table<'a> {
    /// Ticks since 1970.
    newest: i64,
    options: &'a super::options::Hunting,
}

impl Table<'_> {
    /// When a row happened, oldest first. Those of the burst, in the middle, happened at once.
    fn time(&self, row: usize) -> i64 {
        let (rows, burst) = (self.options.rows, self.options.burst);
        let middle = rows / 2;
        let row = if (middle..middle + burst).contains(&row) { middle } else { row };
        let before = (rows - 1 - row) as i64 * (self.options.span * TICKS / rows.max(1) as i64);
        self.newest - before
    }

    /// Those without one come last.
    fn has_time(&self, row: usize) -> bool {
        row < self.options.rows
    }

    /// The first row for which `before` does not hold.
    fn position(&self, before: impl Fn(i64) -> bool) -> usize {
        let (mut low, mut high) = (0, self.options.rows);
        while low < high {
            let middle = usize::midpoint(low, high);
            if before(self.time(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

fn counted(key: &Key) -> Vec<u8> {
    let schema = [("Count", "Int64")];
    let mut body = head(key, schema.iter().map(|&(name, kind)| (name, kind)));
    body.extend_from_slice(format!("{{\"{}\":{}}}]}}", row_name(key, "Count"), key.shown.len()).as_bytes());
    body
}

fn listed(key: &Key, columns: &[Column], table: &Table<'_>) -> Vec<u8> {
    let row = |pattern: usize, has_time: bool| {
        let value = |column: &Column| match column.name.as_str() {
            "Timestamp" if !has_time => "null".to_owned(),
            _ => column.value(pattern),
        };
        let field = |column: &Column| format!("\"{}\":{}", row_name(key, &column.name), value(column));
        let fields: Vec<String> = columns.iter().map(field).collect();
        Template::new(&format!("{{{}}}", fields.join(",")))
    };
    let patterns =
        |has_time| (0..columns::PATTERNS).map(|pattern| row(pattern, has_time)).collect::<Vec<_>>();
    let (patterns, timeless) = (patterns(true), patterns(false));
    let mut body = head(key, columns.iter().map(|column| (column.name.as_str(), column.kind)));
    for (position, row) in key.shown.iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        let patterns = if table.has_time(row) { &patterns } else { &timeless };
        patterns[row % columns::PATTERNS].print(&mut body, |hole, out| match hole {
            Hole::Created => out.extend_from_slice(&ticks::print(table.time(row))),
            _ => out.extend_from_slice(row.to_string().as_bytes()),
        });
    }
    body.extend_from_slice(b"]}");
    body
}

/// Everything before the first row.
fn head<'a>(key: &Key, schema: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let (name, kind) = match (key.style, key.form) {
        (Style::Defender, _) | (Style::Graph, HuntingForm::PascalSchema) => ("Name", "Type"),
        (Style::Graph, _) => ("name", "type"),
    };
    let schema = schema.map(|(column, of)| format!("{{\"{name}\":{},\"{kind}\":\"{of}\"}}", quoted(column)));
    let schema = array(schema);
    let rows = key.shown.len();
    let head = match key.style {
        Style::Defender => format!("{{\"Stats\":{},\"Schema\":{schema},\"Results\":[", stats(rows)),
        Style::Graph => format!("{{\"@odata.context\":\"{CONTEXT}\",\"schema\":{schema},\"results\":["),
    };
    head.into_bytes()
}

const CONTEXT: &str =
    "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults";

fn stats(rows: usize) -> String {
    let usage = r#"{"cache":{"memory":{"hits":10,"misses":0,"total":10},"disk":{"hits":0,"misses":0,"total":0}},"cpu":{"user":"00:00:00.0156250","kernel":"00:00:00","total cpu":"00:00:00.0156250"},"memory":{"peak_per_node":16777216}}"#;
    let size = rows * 51;
    format!(
        "{{\"ExecutionTime\":0.8,\"resource_usage\":{usage},\"dataset_statistics\":[{{\"table_row_count\":{rows},\"table_size\":{size}}}]}}"
    )
}

/// The name of a column in a row.
fn row_name(key: &Key, column: &str) -> String {
    match (key.style, key.form) {
        (Style::Graph, HuntingForm::CamelRows) => {
            let mut letters = column.chars();
            letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
        }
        _ => column.to_owned(),
    }
}
