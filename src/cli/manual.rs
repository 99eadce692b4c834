//! What the program can say about itself: completions for shells, and the manual page.

use std::io::{self, Write};

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Arguments;

pub(super) fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "m365d", &mut script);
    print(&script)
}

pub(super) fn page() -> Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command().flatten_help(true)).render(&mut page)?;
    print(&page)
}

fn print(text: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    Ok(out.flush()?)
}
