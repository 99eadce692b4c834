//! The columns of the table, of every type that a result can have, with values that have broken CSV files.

use super::super::store::template::{Hole, quoted};

/// So many different rows there are, but for their time and number.
pub const PATTERNS: usize = 64;

#[derive(Clone)]
pub struct Column {
    pub name: String,
    /// As the schema prints it.
    pub kind: &'static str,
    value: fn(usize) -> String,
}

impl Column {
    /// Of a row of this pattern, as JSON.
    pub fn value(&self, pattern: usize) -> String {
        (self.value)(pattern)
    }
}

/// So many columns; those after the twentieth are alike.
pub fn first(count: usize) -> Vec<Column> {
    let known = COLUMNS.iter().map(|&(name, kind, value)| Column { name: name.to_owned(), kind, value });
    let more = (COLUMNS.len() + 1..).map(|number| Column {
        name: format!("Column{number}"),
        kind: "String",
        value: |pattern| quoted(&format!("value {pattern}")),
    });
    known.chain(more).take(count.max(1)).collect()
}

type Known = (&'static str, &'static str, fn(usize) -> String);

const COLUMNS: [Known; 20] = [
    ("Timestamp", "DateTime", |_| Hole::Created.quoted()),
    ("ReportId", "Int64", |_| Hole::Id.bare()),
    ("DeviceName", "String", |pattern| quoted(&format!("ws-{pattern:03}.corp.northwind.example"))),
    ("FileName", "String", |pattern| quoted(FILES[pattern % FILES.len()])),
    ("CommandLine", "String", |pattern| quoted(COMMANDS[pattern % COMMANDS.len()])),
    ("ProcessId", "Int32", |pattern| if pattern % 9 == 8 { null() } else { (4000 + pattern).to_string() }),
    ("IsRemote", "SByte", |pattern| (pattern % 2).to_string()),
    ("Confidence", "Double", |pattern| format!("{}.5", pattern % 10)),
    ("AccountGuid", "Guid", |pattern| quoted(&format!("ffffffff-0000-4000-8000-{pattern:012x}"))),
    ("AdditionalFields", "Object", |pattern| format!("{{\"Of\":[{pattern},\"a,b\",null]}}")),
    ("Duration", "TimeSpan", |pattern| quoted(&format!("00:00:{:02}.1", pattern % 60))),
    ("Signer", "String", |_| quoted("Northwind")),
    ("ActionType", "String", |_| quoted("Created")),
    ("AccountDomain", "String", |_| quoted("NW")),
    ("AccountName", "String", |pattern| if pattern % 5 == 4 { null() } else { quoted("jdoe") }),
    ("LogonId", "Int64", |pattern| (9_007_199_254_740_993 + pattern).to_string()),
    ("RemoteIP", "String", |pattern| quoted(&format!("203.0.113.{pattern}"))),
    ("RemotePort", "Int32", |pattern| if pattern % 4 == 3 { "3389" } else { "443" }.to_owned()),
    ("Protocol", "String", |_| quoted("Tcp")),
    ("Group", "String", |_| quoted("")),
];

const FILES: [&str; 4] = ["powershell.exe", "Rechnung 2026 (1).pdf.exe", "複数.exe", "svchst.exe"];

/// Quotes, commas, line breaks, formulas, marks that change the direction of writing.
const COMMANDS: [&str; 8] = [
    "powershell.exe -NoProfile",
    "cmd.exe /c \"echo a, b\" && exit",
    "line one\r\nline two",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "+1+1",
    "-2\t@SUM(A1)",
    "a \u{202e}txt.exe",
    "",
];

fn null() -> String {
    "null".to_owned()
}
