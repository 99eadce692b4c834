//! What has been done about refused tokens for one request: each kind of refusal is met with a new token once, so that
//! nothing goes round in circles.

use super::Error;
use crate::token::TokenSource;

/// What has been done.
#[derive(Default)]
pub(super) struct Refusals {
    renewed: bool,
    answered: bool,
    adopted: bool,
}

impl Refusals {
    /// Whether there is nothing left to do about `error`.
    pub(super) fn are_final(&self, error: &Error) -> bool {
        if error.claims().is_some() { self.answered } else { self.renewed }
    }

    /// There is another token, from `source`. The first that somebody else got is only tried; it need not have what
    /// this refusal was about.
    pub(super) fn met_with(&mut self, error: &Error, source: TokenSource) {
        let adopted = source == TokenSource::Cache;
        let spent = if error.claims().is_some() { &mut self.answered } else { &mut self.renewed };
        *spent = !adopted || self.adopted;
        self.adopted |= adopted;
    }
}
