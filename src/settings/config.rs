//! `config.toml`: the profiles, which `login` and `profile` write so that nothing needs to be typed twice.
//!
//! ```toml
//! default_profile = "contoso"
//!
//! [profile.contoso]
//! tenant = "contoso.onmicrosoft.com"
//! client_id = "00000000-0000-0000-0000-000000000000"
//! cloud = "gcc"
//! ```
//!
//! A change leaves everything else, comments included, as the person wrote it.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value, value};

use super::{Error, ProfileName};
use crate::files::{Lock, create_folder, for_the_owner_only};

const LONGEST: u64 = 1 << 20;
/// Writing a few lines takes no time; whoever holds the lock for longer has been stopped.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of a line is quoted, in characters: more than the names of all keys take.
const LONGEST_QUOTE: usize = 200;
const PROFILES: &str = "profile";
const DEFAULT_PROFILE: &str = "default_profile";

/// What `config.toml` says. The keys are text: their meaning is checked where they are used.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The profile that is meant when nobody names one.
    pub default_profile: Option<String>,
    /// The profiles by their names.
    #[serde(default)]
    pub profile: BTreeMap<String, Profile>,
}

/// One profile.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// `--tenant`
    pub tenant: Option<String>,
    /// `--client-id`
    pub client_id: Option<String>,
    /// `--cloud`
    pub cloud: Option<String>,
    /// `M365D_AUTHORITY`
    pub authority: Option<String>,
    /// `--api`
    pub api: Option<String>,
    /// `M365D_API_URL`
    pub api_url: Option<String>,
    /// `M365D_GRAPH_URL`
    pub graph_url: Option<String>,
    /// `M365D_ENDPOINT_URL`
    pub endpoint_url: Option<String>,
    /// `--rate`
    pub rate: Option<String>,
    /// `--browser`
    pub browser: Option<String>,
    /// `--ca-bundle`
    pub ca_bundle: Option<String>,
    /// `--store`
    pub store: Option<String>,
}

/// The file.
#[derive(Debug)]
pub struct ConfigFile {
    path: PathBuf,
}

impl ConfigFile {
    /// The file in `folder`, which need not exist yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { path: folder.join("config.toml") }
    }

    /// Reads it; one that does not exist is an empty one.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read, [`Error::Config`] when it is not what it should be.
    pub fn read(&self) -> Result<Config, Error> {
        let text = self.text()?;
        if text.is_empty() {
            return Ok(Config::default());
        }
        toml_edit::de::from_str(&text).map_err(|error| self.not_toml(&error))
    }

    /// The profile `name`, which has to be there.
    ///
    /// # Errors
    /// [`Error::NoSuchProfile`] when it is not, and as [`ConfigFile::read`].
    pub fn profile(&self, name: &ProfileName) -> Result<Profile, Error> {
        let found = self.read()?.profile.remove(name.as_str());
        found.map_or_else(|| Err(self.no_such_profile(name.as_str())?), Ok)
    }

    /// The error that there is no profile `name`.
    ///
    /// # Errors
    /// As [`ConfigFile::read`].
    pub fn no_such_profile(&self, name: &str) -> Result<Error, Error> {
        let known = self.read()?.profile.into_keys().collect();
        Ok(Error::NoSuchProfile { name: name.to_owned(), known })
    }

    /// Writes keys into a profile, which is made if there is none of that name.
    ///
    /// # Errors
    /// As [`ConfigFile::read`], or when it cannot be written.
    pub fn set(&self, profile: &ProfileName, keys: &[(&str, &str)]) -> Result<(), Error> {
        self.change(|document| {
            let profiles = document.entry(PROFILES).or_insert_with(|| {
                let mut table = Table::new();
                table.set_implicit(true);
                Item::Table(table)
            });
            let profile = profiles
                .as_table_like_mut()
                .map(|profiles| profiles.entry(profile.as_str()).or_insert_with(toml_edit::table))
                .and_then(Item::as_table_like_mut)
                .ok_or_else(|| self.is_wrong(format!("has no table [{PROFILES}.{}]", profile.as_str())))?;
            for (key, text) in keys {
                set(profile, key, text);
            }
            Ok(())
        })
    }

    /// Makes a profile the one that is meant when nobody names one.
    ///
    /// # Errors
    /// As [`ConfigFile::set`].
    pub fn choose(&self, profile: &ProfileName) -> Result<(), Error> {
        self.change(|document| {
            set(document.as_table_mut(), DEFAULT_PROFILE, profile.as_str());
            Ok(())
        })
    }

    /// Makes no profile the one that is meant: it is [`ProfileName::DEFAULT`] again.
    ///
    /// # Errors
    /// As [`ConfigFile::set`].
    pub fn choose_none(&self) -> Result<(), Error> {
        self.change(|document| {
            document.remove(DEFAULT_PROFILE);
            Ok(())
        })
    }

    /// Removes a profile.
    ///
    /// # Errors
    /// As [`ConfigFile::set`].
    pub fn remove(&self, profile: &str) -> Result<(), Error> {
        self.change(|document| {
            if document.get(DEFAULT_PROFILE).and_then(Item::as_str) == Some(profile) {
                document.remove(DEFAULT_PROFILE);
            }
            if let Some(profiles) = document.get_mut(PROFILES).and_then(Item::as_table_like_mut) {
                profiles.remove(profile);
            }
            Ok(())
        })
    }

    fn change(&self, change: impl FnOnce(&mut DocumentMut) -> Result<(), Error>) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or(&self.path);
        let cannot_write = |source| Error::File { action: "write", path: self.path.clone(), source };
        create_folder(folder).map_err(cannot_write)?;
        // Two sign-ins at once must not each write the file without the other's profile.
        let lock = self.path.with_extension("lock");
        let _lock = Lock::acquire(&lock, PATIENCE, || ()).map_err(|source| match source.kind() {
            ErrorKind::TimedOut => Error::Locked { path: lock, seconds: PATIENCE.as_secs() },
            _ => Error::File { action: "lock", path: lock, source },
        })?;
        let before = self.text()?;
        let mut document: DocumentMut = before.parse().map_err(|error| self.not_toml(&error))?;
        change(&mut document)?;
        let after = document.to_string();
        if after == before { Ok(()) } else { replace(&self.path, &after).map_err(cannot_write) }
    }

    fn text(&self) -> Result<String, Error> {
        match read_file(&self.path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Err(self.is_wrong("is not right: it is not UTF-8 text".into()))
            }
            Err(source) => Err(Error::File { action: "read", path: self.path.clone(), source }),
        }
    }

    fn is_wrong(&self, problem: String) -> Error {
        Error::Config { path: self.path.clone(), problem }
    }

    /// The parser's message as one line: of its picture of the place only the text, which has the key in it.
    fn not_toml(&self, error: &dyn std::error::Error) -> Error {
        let text = error.to_string();
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let why = lines.clone().rfind(|line| !line.trim().is_empty());
        let why = why.map(|line| format!(": {}", beginning(line))).unwrap_or_default();
        let place = lines.find_map(|line| {
            let (number, text) = line.split_once(" | ")?;
            number.trim().parse::<usize>().is_ok().then(|| format!(" in `{}`", beginning(key(text))))
        });
        let place = place.unwrap_or_default();
        self.is_wrong(format!("is not right: {first}{place}{why}"))
    }
}

/// Enough of a line to find it by.
fn beginning(line: &str) -> String {
    let mut shown: String = line.chars().take(LONGEST_QUOTE).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}

/// What is wrong there is said; the value itself might be a secret that somebody has put into the wrong file.
fn key(line: &str) -> &str {
    line.split('=').next().unwrap_or(line).trim()
}

fn set(table: &mut dyn TableLike, key: &str, text: &str) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if old.as_str() == Some(text) => {}
        // In place: an insertion would drop the comments around the old value.
        Some(old) => {
            let decor = old.decor().clone();
            *old = Value::from(text);
            *old.decor_mut() = decor;
        }
        None => drop(table.insert(key, value(text))),
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
/// the link stays. It is its owner's alone: whoever could write there would choose the command that opens a browser.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = &target(path);
    let new = path.with_extension("toml.new");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    for_the_owner_only(&mut options);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = options
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// Where a link leads, even if there is nothing yet.
fn target(path: &Path) -> PathBuf {
    match fs::read_link(path) {
        Ok(link) => {
            let there = path.parent().unwrap_or(path).join(link);
            fs::canonicalize(&there).unwrap_or(there)
        }
        Err(_) => path.to_owned(),
    }
}
