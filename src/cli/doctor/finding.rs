//! What a check has found.

use std::io::{self, Write};

use crate::output::{NARROW, one_line, wrap};

/// How well it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and could be better.
    Note,
    /// It keeps something from working.
    Problem,
    /// Something else has to be mended before this can be checked.
    Skipped,
}

/// The outcome of one check.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    pub(super) detail: String,
    pub(super) remedy: Option<String>,
}

impl Verdict {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        }
    }
}

impl Finding {
    pub(super) fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, detail: detail.into(), remedy: None }
    }

    pub(super) fn note(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Note, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn problem(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Problem, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    /// Whether nothing can be had of the API while it is a problem.
    pub(super) fn is_on_the_way_to_the_api(&self) -> bool {
        ["proxy", "TLS", "authority", "API", "session", "permissions"].contains(&self.check)
    }

    pub(super) fn skipped(check: &'static str, why: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Skipped, detail: why.into(), remedy: None }
    }
}

/// Where the details begin.
const INDENT: usize = 29;
/// The same where there is no room beside the name of the check.
const NARROW_INDENT: usize = 2;

/// As lines for a person: the verdict first, so that the eye finds what is not well, and each remedy below.
pub(super) fn print(findings: &[Finding], width: Option<u16>, mut out: impl Write) -> io::Result<()> {
    let is_narrow = width.is_some_and(|width| width < NARROW);
    let indent = if is_narrow { NARROW_INDENT } else { INDENT };
    for finding in findings {
        let (verdict, check) = (finding.verdict.name(), finding.check);
        if is_narrow {
            write!(out, "{verdict:8} {check}\n{:indent$}", "")?;
        } else {
            write!(out, "{verdict:8} {check:19} ")?;
        }
        writeln!(out, "{}", lines(&finding.detail, width, indent))?;
        if let Some(remedy) = &finding.remedy {
            writeln!(out, "{:indent$}{}", "", lines(&format!("→ {remedy}"), width, indent))?;
        }
    }
    out.flush()
}

fn lines(text: &str, width: Option<u16>, indent: usize) -> String {
    let text = one_line(text);
    match width {
        Some(width) => wrap(&text, width, indent).join("\n"),
        None => text,
    }
}
