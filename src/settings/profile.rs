//! The profile in `config.toml`: what `login` remembers, so that nothing needs to be typed twice.
//!
//! ```toml
//! [profile.default]
//! tenant = "contoso.onmicrosoft.com"
//! client_id = "00000000-0000-0000-0000-000000000000"
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, Value, value};

use super::Error;

const NAME: &str = "default";
const LONGEST: u64 = 1 << 20;

/// The keys of a profile, as text: their meaning is checked where they are used.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) tenant: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) browser: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    profile: Profiles,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profiles {
    #[serde(default)]
    default: Profile,
}

/// Reads the profile; a file that does not exist is an empty one.
pub(super) fn read(path: &Path) -> Result<Profile, Error> {
    let text = read_text(path)?;
    if text.is_empty() {
        return Ok(Profile::default());
    }
    let config: Config = toml_edit::de::from_str(&text).map_err(|error| not_toml(path, &error))?;
    Ok(config.profile.default)
}

/// Writes keys into the profile and leaves everything else, comments included, as the person wrote it.
pub(super) fn remember(path: &Path, keys: &[(&str, &str)]) -> Result<(), Error> {
    let before = read_text(path)?;
    let mut document: DocumentMut = before.parse().map_err(|error| not_toml(path, &error))?;

    let profiles = document.entry("profile").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let profile = profiles
        .as_table_like_mut()
        .map(|profiles| profiles.entry(NAME).or_insert_with(toml_edit::table))
        .and_then(Item::as_table_like_mut)
        .ok_or_else(|| Error::Config {
            path: path.to_owned(),
            problem: format!("has no table [profile.{NAME}]"),
        })?;
    for (key, text) in keys {
        match profile.get_mut(key).and_then(Item::as_value_mut) {
            Some(old) if old.as_str() == Some(text) => {}
            // In place: an insertion would drop the comments around the old value.
            Some(old) => {
                let decor = old.decor().clone();
                *old = Value::from(*text);
                *old.decor_mut() = decor;
            }
            None => drop(profile.insert(key, value(*text))),
        }
    }

    let after = document.to_string();
    if after == before {
        return Ok(());
    }
    replace(path, &after).map_err(|source| Error::File { action: "write", path: path.to_owned(), source })
}

fn read_text(path: &Path) -> Result<String, Error> {
    match read_file(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Error::Config { path: path.to_owned(), problem: "is not right: it is not UTF-8 text".into() })
        }
        Err(source) => Err(Error::File { action: "read", path: path.to_owned(), source }),
    }
}

/// What is no file is not waited for, and what nobody has typed is not read.
fn read_file(path: &Path) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(io::Error::other("it is not a file of a few lines"));
    }
    fs::read_to_string(path)
}

/// The old file stays whole until the new one is, and no half one stays beside it. Where a link leads to the file,
/// the link stays.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let new = path.with_extension("toml.new");
    let written = fs::File::create(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// The parser's message as one line: of its picture of the place only the text, which has the key in it.
fn not_toml(path: &Path, error: &dyn std::error::Error) -> Error {
    let text = error.to_string();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let last = lines.clone().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let place = lines.find_map(|line| {
        let (number, text) = line.split_once(" | ")?;
        number.trim().parse::<usize>().is_ok().then(|| format!(" in `{}`", text.trim()))
    });
    let place = place.unwrap_or_default();
    Error::Config { path: path.to_owned(), problem: format!("is not right: {first}{place}: {last}") }
}
