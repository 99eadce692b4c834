//! What the program can say about itself: completions for shells, and the manual pages.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::{Arguments, EXIT_CODES};

pub(super) fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "m365d", &mut script);
    print(&script)
}

/// There is no command of that name.
#[derive(Debug, thiserror::Error)]
#[error("there is no command m365d {0}")]
pub(super) struct NoSuchCommand(String);

/// The page of the program, or of one of its commands by its `words`.
pub(super) fn page(words: &[String]) -> Result<()> {
    let mut program = Arguments::command();
    program.build();
    let mut command = &program;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| NoSuchCommand(words.join(" ")))?;
    }
    let command = if words.is_empty() { command.clone() } else { without_global_options(command) };
    let has_commands = command.has_subcommands();
    let page = Man::new(command.after_help(""));
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if has_commands {
        page.render_subcommands_section(&mut text)?;
        let command = [words, &["COMMAND".to_owned()]].concat().join(" ");
        writeln!(text, ".PP\nThe page of a command: m365d man {command}")?;
    }
    if words.is_empty() {
        exit_status(&mut text)?;
    } else {
        writeln!(text, ".SH \"SEE ALSO\"\nm365d(1) for the global options and the exit status")?;
    }
    print(&text)
}

/// Those stand on the program's page.
fn without_global_options(command: &Command) -> Command {
    command.clone().mut_args(|argument| {
        let is_global = argument.is_global_set();
        argument.hide(is_global)
    })
}

fn exit_status(text: &mut Vec<u8>) -> Result<()> {
    writeln!(text, ".SH \"EXIT STATUS\"")?;
    for (code, meaning) in EXIT_CODES.lines().filter_map(|line| line.trim().split_once("  ")) {
        writeln!(text, ".TP\n\\fB{code}\\fR\n{}", meaning.trim())?;
    }
    Ok(())
}

fn print(text: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    Ok(out.flush()?)
}
