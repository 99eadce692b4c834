//! JSON text with holes: most of an incident is rendered once, and every copy fills in its id, name and times.

use serde_json::json;

pub struct Template {
    text: String,
    /// Where the text is interrupted, and by what.
    holes: Vec<(usize, Hole)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
    Id,
    /// Of the incident that this one was merged into.
    Redirect,
    /// As JSON, with its quotes.
    Name,
    Created,
    Updated,
    FirstActivity,
    LastActivity,
}

impl Hole {
    const ALL: [Self; 7] = [
        Self::Id,
        Self::Redirect,
        Self::Name,
        Self::Created,
        Self::Updated,
        Self::FirstActivity,
        Self::LastActivity,
    ];

    /// Stands for the hole while the text is put together: a private-use character, which nothing else here contains.
    pub fn mark(self) -> char {
        match self {
            Self::Id => '\u{e000}',
            Self::Name => '\u{e001}',
            Self::Created => '\u{e002}',
            Self::Updated => '\u{e003}',
            Self::FirstActivity => '\u{e004}',
            Self::LastActivity => '\u{e005}',
            Self::Redirect => '\u{e006}',
        }
    }

    /// The hole as a JSON value without quotes.
    pub fn bare(self) -> String {
        self.mark().to_string()
    }

    /// The hole as a JSON string.
    pub fn quoted(self) -> String {
        format!("\"{}\"", self.mark())
    }
}

impl Template {
    pub fn new(marked: &str) -> Self {
        let mut template = Self { text: String::with_capacity(marked.len()), holes: Vec::new() };
        for character in marked.chars() {
            match Hole::ALL.into_iter().find(|hole| hole.mark() == character) {
                Some(hole) => template.holes.push((template.text.len(), hole)),
                None => template.text.push(character),
            }
        }
        template
    }

    pub fn print(&self, out: &mut Vec<u8>, fill: impl Fn(Hole, &mut Vec<u8>)) {
        let mut printed = 0;
        for &(end, hole) in &self.holes {
            out.extend_from_slice(&self.text.as_bytes()[printed..end]);
            fill(hole, out);
            printed = end;
        }
        out.extend_from_slice(&self.text.as_bytes()[printed..]);
    }
}

/// An object with its fields in the order of the documented keys, which are given as one text. A key without a value is
/// left out, or null when `nulls`; fields that are not documented come last. Values are JSON already.
pub fn object(documented: &str, fields: &[(&str, String)], nulls: bool) -> String {
    let value = |key: &str| fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str());
    let known = documented.split(' ').filter_map(|key| Some((key, value(key).or(nulls.then_some("null"))?)));
    let others = fields
        .iter()
        .filter(|(name, _)| !documented.split(' ').any(|key| key == *name))
        .map(|(name, value)| (*name, value.as_str()));
    let printed: Vec<String> = known.chain(others).map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", printed.join(","))
}

pub fn array(values: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(","))
}

pub fn quoted(text: &str) -> String {
    json!(text).to_string()
}
