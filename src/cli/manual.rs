//! What the program can say about itself: completions for shells, and the manual page.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::args::Arguments;

pub(super) fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "m365d", &mut script);
    print(&script)
}

/// The page of the program, then those of its commands.
pub(super) fn page() -> Result<()> {
    let mut command = Arguments::command();
    command.build();
    let mut pages = Vec::new();
    render(&command, &mut pages)?;
    print(&pages)
}

fn render(command: &Command, pages: &mut Vec<u8>) -> Result<()> {
    clap_mangen::Man::new(command.clone()).render(pages)?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        render(subcommand, pages)?;
    }
    Ok(())
}

fn print(text: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    Ok(out.flush()?)
}
