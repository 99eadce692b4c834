//! The schema of a result.

use std::collections::HashSet;
use std::ops::Deref;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A column of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ResultColumn {
    /// Its name, as the query gives it. A row may spell it in another case.
    #[serde(alias = "Name")]
    pub name: String,
    /// Its type, such as `DateTime`: an open set. Empty where the service gives none.
    #[serde(rename = "type", alias = "Type", default, deserialize_with = "text_or_nothing")]
    pub kind: String,
}

/// The columns, in the order of the schema.
#[derive(Debug, Clone)]
pub struct Columns {
    columns: Vec<ResultColumn>,
    /// Whether two have the same name.
    pub(super) repeat: bool,
}

impl Columns {
    pub(super) fn new(columns: Vec<ResultColumn>) -> Self {
        let mut names = HashSet::new();
        let repeat = !columns.iter().all(|column| names.insert(&column.name));
        Self { columns, repeat }
    }
}

impl Deref for Columns {
    type Target = [ResultColumn];

    fn deref(&self) -> &[ResultColumn] {
        &self.columns
    }
}

/// Rows can be read without a type.
fn text_or_nothing<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Ok(Value::deserialize(value)?.as_str().unwrap_or_default().to_owned())
}
