//! What holds for every input, whoever sent it: one property a target.
//!
//! libFuzzer looks for inputs for which one does not hold; the tests of the program try the files in `seeds/`.

use std::fmt::Debug;

pub mod authority;
pub mod callback;
pub mod challenge;
pub mod config;
pub mod error_response;
pub mod jwt;
pub mod page;
pub mod session;

/// Panics when the property does not hold for the input.
pub type Property = fn(&[u8]);

/// The properties by the names of their targets.
pub const TARGETS: &[(&str, Property)] = &[
    ("authority", authority::holds),
    ("callback", callback::holds),
    ("challenge", challenge::holds),
    ("config", config::holds),
    ("error_response", error_response::holds),
    ("jwt", jwt::holds),
    ("page", page::holds),
    ("session", session::holds),
];

/// Nothing of a secret is in what is shown: it shows the same with another secret.
fn assert_alike(one: &impl Debug, with_other_secrets: &impl Debug) {
    assert_eq!(format!("{one:?}"), format!("{with_other_secrets:?}"));
}
