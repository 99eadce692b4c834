//! What is said to a person, always on stderr: stdout is only data.

use std::io::{self, ErrorKind, IsTerminal, StdinLock, StdoutLock, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use terminal_size::terminal_size_of;

use crate::output::{Escaping, Format, one_line, shortened, wrap};

/// What a table is laid out for where there is no terminal.
const USUAL_WIDTH: u16 = 80;

/// The terminal's width, in cells.
pub(super) fn width() -> u16 {
    terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0)
}

/// Standard input, and who would have to type it is told: a command that waits looks like one that hangs.
pub(super) fn stdin() -> StdinLock<'static> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let end = if cfg!(windows) { "Ctrl-Z and Enter" } else { "Ctrl-D" };
        lines(Style::new(), "", &format!("reading from the terminal; end with {end}"));
    }
    stdin.lock()
}

/// Stderr, with the person's wishes about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    quiet: bool,
}

impl Terminal {
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Says something that is good to know.
    pub(super) fn note(self, text: &str) {
        self.labelled("", text);
    }

    /// The same after a label, which nothing stands below.
    pub(super) fn labelled(self, label: &str, text: &str) {
        if !self.quiet {
            lines(Style::new(), label, &shortened(text));
        }
    }

    /// Says something that is odd.
    pub(super) fn warn(self, text: &str) {
        if !self.quiet {
            lines(AnsiColor::Yellow.on_default().bold(), "warning: ", &shortened(text));
        }
    }

    /// Says something that the person cannot go on without, quiet or not.
    #[expect(clippy::unused_self, reason = "said on this terminal, quiet or not")]
    pub(super) fn must_know(self, text: &str) {
        lines(Style::new(), "", text);
    }

    /// Says why the command ended, and what to do.
    #[expect(clippy::unused_self, reason = "said on this terminal, quiet or not")]
    pub(super) fn error(self, message: &str, identifiers: Option<&str>, hint: Option<&str>) {
        lines(AnsiColor::Red.on_default().bold(), "error: ", &shortened(message));
        if let Some(identifiers) = identifiers {
            lines(Style::new().dimmed(), "", &shortened(identifiers));
        }
        if let Some(hint) = hint {
            line(Style::new(), "", "");
            lines(AnsiColor::Cyan.on_default().bold(), "hint: ", hint);
        }
    }

    /// Says that somebody else has to be waited for.
    pub(super) fn waiting(self, reason: &str, wait: Duration) {
        self.note(&format!("{reason}; asking again in {:.1} s", wait.as_secs_f32()));
    }

    /// Whether a person may be watching.
    pub(super) fn is_watched(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Whether a person can be asked: sees what is said, quiet or not, and can type an answer.
    #[expect(clippy::unused_self, reason = "asked on this terminal, quiet or not")]
    pub(super) fn can_ask(self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// How many columns a picture in colours of its own may have; none where nobody would see it as it is meant.
    pub(super) fn canvas(self) -> Option<usize> {
        let colours = anstream::AutoStream::choice(&std::io::stderr());
        if !self.is_watched() || colours == anstream::ColorChoice::Never {
            return None;
        }
        let (columns, _) = terminal_size_of(std::io::stderr())?;
        Some(columns.0.into())
    }

    /// Shows a picture, made for [`Terminal::canvas`].
    #[expect(clippy::unused_self, reason = "shown on this terminal")]
    pub(super) fn picture(self, lines: &[String], style: Style) {
        let mut stderr = anstream::stderr().lock();
        for line in lines {
            let _ = writeln!(stderr, "{style}{line}{style:#}");
        }
    }
}

/// A line that cannot be written is a line that nobody reads.
fn line(style: Style, label: &str, text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{style}{label}{style:#}{}", one_line(text));
}

/// The same, broken between words where the terminal ends.
fn lines(style: Style, label: &str, text: &str) {
    let text = one_line(text);
    let Some(width) = stderr_width() else { return line(style, label, &text) };
    let mut stderr = anstream::stderr().lock();
    let _ =
        writeln!(stderr, "{style}{label}{style:#}{}", wrap(&text, width, label.chars().count()).join("\n"));
}

/// Standard output for what a service has sent, which says nothing to a terminal but itself. Tables and CSV see to that
/// themselves, and a table has styles of its own.
pub(super) fn stdout(format: Format) -> Escaping<StdoutLock<'static>> {
    let is_json = matches!(format, Format::Json | Format::Ndjson);
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    Escaping::new(stdout.lock(), is_json && is_terminal)
}

/// The width of the terminal that stdout is, in cells; `None` when it is something else.
pub(super) fn stdout_width() -> Option<u16> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0)
}

fn stderr_width() -> Option<u16> {
    terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| width.0)
}

/// Whether whoever read our output has read enough.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
