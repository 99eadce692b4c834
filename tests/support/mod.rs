//! What every test starts from.

mod home;
mod program;
mod stored;

pub use home::Home;
pub use program::{Ended, Running};
pub use stored::now;

use std::path::PathBuf;

/// A program that is built beside the tests.
pub fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("the path of this test");
    let built = tests.parent().and_then(|deps| deps.parent()).expect("target/PROFILE/deps");
    built.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
