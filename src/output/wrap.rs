//! Long texts in lines that fit the terminal, broken between words.

use textwrap::{Options, WordSeparator, WordSplitter};

/// Does not break, and is as wide as a space.
const GLUE: char = '\u{a0}';

/// The lines of `text`, each at most `width` cells where its words allow that, all but the first indented by `indent`
/// cells; the first is to follow something as wide. What is copied in one piece stays in one: an address, and a
/// command of ours up to the next punctuation mark.
#[must_use]
pub fn wrap(text: &str, width: u16, indent: usize) -> Vec<String> {
    let indent = " ".repeat(indent);
    let options = Options::new(width.into())
        .initial_indent(&indent)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let glued = glued(text);
    let mut lines: Vec<_> =
        textwrap::wrap(&glued, options).iter().map(|line| line.replace(GLUE, " ")).collect();
    if let Some(first) = lines.first_mut() {
        *first = first.split_off(indent.len().min(first.len()));
    }
    lines
}

fn glued(text: &str) -> String {
    let mut glued = String::with_capacity(text.len());
    let mut in_command = false;
    for word in text.split(' ') {
        if !glued.is_empty() {
            glued.push(if in_command && !word.starts_with('(') { GLUE } else { ' ' });
        }
        in_command =
            (in_command || word == "m365d") && !word.is_empty() && !word.ends_with([',', ';', ':', '.', ')']);
        glued.push_str(word);
    }
    glued
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_leave_whole_what_is_copied() {
        let text = "ask an administrator to open https://login.microsoftonline.com/TENANT/adminconsent, then m365d login --tenant TENANT; that is all";
        assert_eq!(
            wrap(text, 40, 6),
            [
                "ask an administrator to open",
                "      https://login.microsoftonline.com/TENANT/adminconsent,",
                "      then m365d login --tenant TENANT;",
                "      that is all",
            ]
        );
        assert_eq!(wrap("run m365d login now", 20, 6), ["run", "      m365d login now"]);
        assert_eq!(wrap("m365d login", 10, 6), ["m365d login"]);
        assert_eq!(wrap("", 40, 6), [""]);
        assert_eq!(wrap("検出 検出 検出", 10, 0), ["検出 検出", "検出"]);
    }
}
