//! What a query says of now, as of one moment, so that it says the same each time it is asked.

use std::ops::Range;

use super::kql::Outline;
use super::ticks::Ticks;

const OF_NOW: [&str; 2] = ["now", "ago"];

/// Functions that give something else each time, or look at other rows.
/// (<https://learn.microsoft.com/kusto/query/scalar-functions>)
const NOT_OF_ONE_ROW: [&str; 15] = [
    "rand",
    "new_guid",
    "newguid",
    "materialize",
    "toscalar",
    "externaldata",
    "external_data",
    "prev",
    "next",
    "row_number",
    "row_cumsum",
    "row_rank_dense",
    "row_rank_min",
    "row_window_session",
    "cursor_current",
];

/// The first such function that is called.
pub(super) fn changing(outline: &Outline) -> Option<&str> {
    let is_called = |(start, word): &(usize, &str)| {
        NOT_OF_ONE_ROW.contains(word) && outline.brackets_after(start + word.len()).is_some()
    };
    outline.words().find(is_called).map(|(_, word)| word)
}

/// The name of a function of now, when a `let` gives it to something else.
pub(super) fn redefined(outline: &Outline) -> Option<&str> {
    let after = outline.words().skip(1);
    outline
        .words()
        .zip(after)
        .find(|((_, first), (_, name))| *first == "let" && OF_NOW.contains(name))
        .map(|(_, (_, name))| name)
}

/// A part of `kql` with the time `now` in place of `now(…)` and `ago(…)`, both of which take an expression that is added
/// or taken away. (<https://learn.microsoft.com/kusto/query/now-function>,
/// <https://learn.microsoft.com/kusto/query/ago-function>)
pub(super) fn fixed(kql: &str, outline: &Outline, part: Range<usize>, now: Ticks) -> String {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (start, word) in outline.words() {
        if !part.contains(&start) || !OF_NOW.contains(&word) {
            continue;
        }
        let Some((open, close)) = outline.brackets_after(start + word.len()) else { continue };
        if word == "now" && outline.code[open + 1..close].trim().is_empty() {
            edits.push((start..close + 1, format!("datetime({now})")));
        } else {
            let sign = if word == "now" { '+' } else { '-' };
            edits.push((start..open + 1, format!("(datetime({now}) {sign} (")));
            edits.push((close..close + 1, "))".to_owned()));
        }
    }
    // One call may stand in the brackets of another.
    edits.sort_by_key(|(range, _)| range.start);
    let (mut text, mut done) = (String::new(), part.start);
    for (range, instead) in edits {
        text.push_str(&kql[done..range.start]);
        text.push_str(&instead);
        done = range.end;
    }
    text.push_str(&kql[done..part.end]);
    text
}
