//! `config.toml`, and the changes to it: what was valid stays valid, and nothing changes but what was meant.

use std::fs;
use std::path::Path;

use m365d::settings::{Config, ConfigFile, Profile, ProfileName};

const KEYS: [(&str, &str); 2] = [("tenant", "contoso.com"), ("cloud", "gcc \"\\\n")];

/// In characters, of a file that is not right: more than the path of a folder and two quotes take.
const MOST_SAID: usize = 1000;

pub fn holds(input: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = ConfigFile::new(folder.path());
    let path = folder.path().join("config.toml");
    let before = {
        fs::write(&path, input).expect("a file");
        match file.read() {
            Ok(config) => config,
            Err(error) => {
                let error = error.to_string();
                assert!(error.lines().count() == 1 && error.chars().count() < MOST_SAID, "{error}");
                assert!(!error.trim_end().ends_with(':'), "{error}");
                return changes_nothing(&file, &path, input);
            }
        }
    };
    let known = before.profile.keys().filter_map(|name| ProfileName::parse(name)).take(3);
    for name in known.chain(ProfileName::parse("new.one")) {
        type Change<'a> = &'a dyn Fn() -> Result<(), m365d::settings::Error>;
        let is_default = before.default_profile.as_deref() == Some(name.as_str());
        let default = if is_default { None } else { before.default_profile.as_deref() };
        let removed = changed(&before, default, &name, |_| None);
        let set = changed(&before, before.default_profile.as_deref(), &name, |old| {
            let [(_, tenant), (_, cloud)] = KEYS.map(|(key, text)| (key, Some(text.to_owned())));
            Some(Profile { tenant, cloud, ..old.cloned().unwrap_or_default() })
        });
        let chosen = changed(&before, Some(name.as_str()), &name, |old| old.cloned());
        for (change, expected) in [
            (&(|| file.set(&name, &KEYS)) as Change, set),
            (&|| file.choose(&name), chosen),
            (&|| file.remove(name.as_str()), removed),
        ] {
            fs::write(&path, input).expect("a file");
            change().expect("what can be read can be changed");
            let after = file.read().expect("what was valid stays valid");
            assert_eq!(shown(&after), shown(&expected));
            let text = fs::read(&path).expect("a file");
            change().expect("it can be changed again");
            assert_eq!(fs::read(&path).expect("a file"), text, "the second time changes nothing");
        }
    }
}

fn changes_nothing(file: &ConfigFile, path: &Path, input: &[u8]) {
    let name = ProfileName::parse("new.one").expect("a name");
    // TOML with keys that are not known can be changed, since a newer version may know them.
    let changed = [file.set(&name, &KEYS), file.choose(&name), file.remove(name.as_str())];
    if changed.iter().all(Result::is_err) {
        assert_eq!(fs::read(path).expect("a file"), input);
    }
}

fn changed(
    before: &Config,
    default: Option<&str>,
    name: &ProfileName,
    change: impl FnOnce(Option<&Profile>) -> Option<Profile>,
) -> Config {
    let mut profile = before.profile.clone();
    let old = profile.remove(name.as_str());
    if let Some(new) = change(old.as_ref()) {
        profile.insert(name.as_str().to_owned(), new);
    }
    Config { default_profile: default.map(str::to_owned), profile }
}

fn shown(config: &Config) -> String {
    format!("{config:?}")
}
