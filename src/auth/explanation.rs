//! An error of the authority's, explained: what it means, who can mend it, and how.

use std::fmt;

pub use super::remedy::{Remedy, Who};

/// Microsoft's page about all of its errors.
const REFERENCE: &str = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes";

/// What an error means, and what mends it.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    /// What the error is called.
    pub name: Name,
    /// What has happened: one sentence.
    pub meaning: &'static str,
    /// Who can mend it, and how.
    pub remedy: &'static Remedy,
}

/// What the authority calls an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// Entra ID's number.
    Aadsts(u32),
    /// An `error` or `suberror`.
    OAuth(&'static str),
}

impl Name {
    /// Where Microsoft explains it.
    #[must_use]
    pub fn page(self) -> String {
        match self {
            Self::Aadsts(code) => format!("https://login.microsoftonline.com/error?code={code}"),
            Self::OAuth(_) => REFERENCE.to_owned(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aadsts(code) => write!(f, "AADSTS{code}"),
            Self::OAuth(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::super::{Authority, aadsts, oauth_error};
    use super::*;
    use crate::token::Service;

    const LONGEST: usize = 240;

    #[test]
    fn every_text_is_there_and_short_and_has_no_placeholder_left() {
        let base = Url::parse("https://login.microsoftonline.com").unwrap();
        let authority = Authority::new(base, &[], "TENANT");
        for Explanation { name, meaning, remedy } in aadsts::all().chain(oauth_error::all()) {
            let longest = (Service::Graph, "SecurityIncident.ReadWrite.All");
            let advice = remedy.advice(&authority, "CLIENT_ID", longest);
            assert!(meaning.ends_with('.') && meaning.chars().count() <= 110, "{name}: {meaning}");
            assert!(advice.len() >= LOGIN.len() && advice.chars().count() <= LONGEST, "{name}: {advice}");
            assert!(!advice.contains(['{', '}']), "{name}: {advice}");
        }
    }

    const LOGIN: &str = "m365d login";
}
