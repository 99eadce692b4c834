//! A list that is not whole: what it has, and what is missing.

use std::path::PathBuf;

use crate::api::Doubt;

/// Whether the same command can go on where it stopped.
#[derive(Debug)]
pub(in crate::cli) enum Resumption {
    /// It begins anew.
    None,
    /// It could have, with a checkpoint.
    Possible,
    /// It does, with this one.
    From(PathBuf),
}

/// Why a list ends with less than was asked for.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Incomplete {
    /// It could not be read to its end.
    #[error(
        "the list breaks off after {items} {many}{}, and the rest is missing: {cause}",
        if last.is_empty() { String::new() } else { format!(", the last of them {last}") }
    )]
    BrokenOff { items: usize, many: &'static str, last: String, cause: anyhow::Error, resumption: Resumption },
    /// It could, and nobody can say that it is whole.
    #[error("{items} {many} are listed, but some that were updated meanwhile may be missing: {doubt}")]
    InDoubt { items: usize, many: &'static str, doubt: Doubt },
}

impl Incomplete {
    /// What broke it off.
    pub(in crate::cli) fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::BrokenOff { cause, .. } => Some(cause.as_ref()),
            Self::InDoubt { .. } => None,
        }
    }

    /// What to do, `remedy` being what helps against the cause.
    pub(in crate::cli) fn hint(&self, remedy: Option<&str>) -> String {
        match (self, remedy) {
            (Self::InDoubt { .. }, _) | (_, None) => "run the command again at a quieter time".to_owned(),
            (Self::BrokenOff { resumption: Resumption::From(path), .. }, Some(remedy)) => format!(
                "{remedy}. The same command goes on where this one stopped, as {} says; append its output (>>)",
                path.display()
            ),
            (Self::BrokenOff { resumption: Resumption::None, .. }, Some(remedy)) => remedy.to_owned(),
            (Self::BrokenOff { resumption: Resumption::Possible, .. }, Some(remedy)) => {
                format!("{remedy}. With --checkpoint FILE, the same command would go on where it stopped")
            }
        }
    }
}
