//! The command that signs in again, exactly as it has to be typed, and what it has to ask for.

use super::args::Global;
use super::call;
use super::several::Failed;
use crate::token::ClaimsRequest;
use crate::{api, auth, session};

/// `m365d login` for the settings that this command line had.
#[derive(Debug)]
pub(super) struct LoginCommand {
    flags: Vec<(&'static str, String)>,
}

impl LoginCommand {
    /// The command for the session that a command with these options is about.
    pub(super) fn of(global: &Global) -> Self {
        let given = [
            ("--profile", &global.profile),
            ("--cloud", &global.cloud),
            ("--tenant", &global.tenant),
            ("--client-id", &global.client_id),
            ("--api", &global.api),
        ];
        Self { flags: given.into_iter().filter_map(|(flag, value)| Some((flag, value.clone()?))).collect() }
    }

    /// The same for a sign-in that asks for `scopes` only.
    pub(super) fn with_scopes(mut self, scopes: &[String]) -> Self {
        self.flags.extend(scopes.iter().map(|scope| ("--scope", scope.clone())));
        self
    }

    /// A hint that says `m365d login`, with what has to follow there so that it is about the same session. What the
    /// hint names itself, it has its reasons for.
    pub(super) fn in_place_of_the_bare_one(&self, hint: &str) -> String {
        let flags = self.flags.iter().filter(|(flag, _)| !hint.contains(flag));
        let words = flags.flat_map(|(flag, value)| [*flag, value.as_str()]);
        let whole = shlex::try_join(["m365d", "login"].into_iter().chain(words)).unwrap_or_default();
        hint.replace("m365d login", &whole)
    }

    /// A hint that names a command which reads incidents, with what has to follow there so that it reads them from the
    /// same API and as the same person. What the command has of that, it keeps.
    pub(super) fn where_it_reads(&self, hint: &str) -> String {
        let mut said = hint.to_owned();
        for command in ["m365d incidents get", "m365d incidents list"] {
            let starts: Vec<_> =
                said.match_indices(command).map(|(start, _)| start + command.len()).collect();
            // From the end, since all that is behind an insertion moves.
            for start in starts.into_iter().rev() {
                let rest = &said[start..];
                let is_id = |c: char| c == ' ' || c.is_ascii_digit();
                let ids = rest.find(|c| !is_id(c)).map_or(rest, |end| &rest[..end]).trim_end();
                let has = |flag: &str| rest[ids.len()..].trim_start().starts_with(flag);
                let flags = self.flags.iter().filter(|(flag, _)| !has(flag));
                let words = flags.flat_map(|(flag, value)| [*flag, value.as_str()]);
                let words = shlex::try_join(words).unwrap_or_default();
                if !words.is_empty() {
                    said.insert_str(start + ids.len(), &format!(" {words}"));
                }
            }
        }
        said
    }

    /// The command whose sign-in meets `claims`.
    pub(super) fn with_claims(&self, claims: &ClaimsRequest) -> String {
        let claims = claims.to_base64();
        let flags = self.flags.iter().flat_map(|(flag, value)| [*flag, value]);
        let words = ["m365d", "login"].into_iter().chain(flags).chain(["--claims", &claims]);
        // A NUL, which alone cannot be quoted, is in no argument.
        shlex::try_join(words).unwrap_or_default()
    }
}

/// What the next sign-in has to ask for, so that it does not end where this one did.
pub(super) fn claims(error: &(dyn std::error::Error + 'static)) -> Option<ClaimsRequest> {
    if let Some(error) = error.downcast_ref::<api::Error>() {
        match error {
            api::Error::Bearer(error) => claims(error.as_ref()),
            api::Error::InsufficientClaims { claims, .. } => Some(claims.clone()),
            _ => None,
        }
    } else if let Some(failed) = error.downcast_ref::<Failed>() {
        claims(failed.error.as_ref())
    } else if let Some(refused) = error.downcast_ref::<call::Refused>() {
        claims(&refused.error)
    } else if let Some(error) = error.downcast_ref::<session::Error>() {
        match error {
            session::Error::Ended(rejection) => rejection.claims.clone(),
            session::Error::Challenged { claims, rejection } => {
                let own = rejection.as_ref().and_then(|rejection| rejection.claims.clone());
                Some(claims.clone().merged_with(own.unwrap_or_default()))
            }
            _ => None,
        }
    } else if let Some(auth::Error::Rejected(rejection)) = error.downcast_ref() {
        rejection.claims.clone()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_repeats_what_it_was_given_as_words_of_a_shell() {
        let claims: ClaimsRequest = r#"{"a":"??"}"#.parse().unwrap();
        assert_eq!(
            LoginCommand::of(&Global::default()).with_claims(&claims),
            "m365d login --claims eyJhIjoiPz8ifQ"
        );
        let global = Global {
            profile: Some("work".into()),
            cloud: Some("gcc".into()),
            tenant: Some("contoso.com".into()),
            client_id: Some("it's $(x)".into()),
            ..Global::default()
        };
        let words = shlex::split(&LoginCommand::of(&global).with_claims(&claims)).unwrap();
        assert_eq!(words[2..8], ["--profile", "work", "--cloud", "gcc", "--tenant", "contoso.com"]);
        assert_eq!(words[8..], ["--client-id", "it's $(x)", "--claims", "eyJhIjoiPz8ifQ"]);
    }

    #[test]
    fn a_command_that_reads_repeats_it_too_and_nothing_twice() {
        let global =
            Global { profile: Some("my work".into()), api: Some("graph".into()), ..Global::default() };
        let command = LoginCommand::of(&global);
        for (hint, said) in [
            (
                "look: m365d incidents get 7 8",
                "look: m365d incidents get 7 8 --profile 'my work' --api graph",
            ),
            (
                "m365d incidents list shows which there are; to see those: m365d incidents get 7 --api graph",
                "m365d incidents list --profile 'my work' --api graph shows which there are; to see those: m365d incidents get 7 --profile 'my work' --api graph",
            ),
            (
                "m365d incidents list -o ndjson | jq .id",
                "m365d incidents list --profile 'my work' --api graph -o ndjson | jq .id",
            ),
            ("m365d doctor", "m365d doctor"),
        ] {
            assert_eq!(command.where_it_reads(hint), said);
        }
        let usual = LoginCommand::of(&Global::default());
        assert_eq!(usual.where_it_reads("m365d incidents get 7"), "m365d incidents get 7");
    }
}
