//! A field that the other service has under a name of its own, with a value of another type or in another word.

use super::Shape;
use super::fields::Value;
use super::scan::{self, Member, Next};
use super::translator::Pass;
use super::words::Word;

impl Pass<'_> {
    #[inline]
    fn rename(&mut self, member: Member, name: Option<&str>) {
        if let Some(name) = name {
            self.replace(member.start + 1, member.name_end, name);
        }
    }

    /// Writes a field, under another name if it gets one.
    #[inline]
    pub(super) fn field(
        &mut self,
        name: Option<&'static str>,
        value: Value,
        member: Member,
    ) -> Option<usize> {
        let json = self.json;
        match value {
            Value::Same => {
                self.rename(member, name);
                scan::value(json, member.value)
            }
            Value::Id => {
                let end = scan::value(json, member.value)?;
                self.id(member, name, end);
                Some(end)
            }
            Value::Word(words) => {
                let end = scan::value(json, member.value)?;
                let word = match json[member.value] {
                    b'"' => self.tables.words(words).get(&json[member.value + 1..end - 1]),
                    _ => None,
                };
                match word {
                    None => self.rename(member, name),
                    Some(Word { word, exact }) => {
                        if !exact {
                            self.keep_original(member, end);
                        }
                        self.rename(member, name);
                        self.replace(member.value + 1, end - 1, word);
                    }
                }
                Some(end)
            }
            Value::Each(kind) => {
                self.rename(member, name);
                if json.get(member.value) != Some(&b'[') {
                    return scan::value(json, member.value);
                }
                let mut next = scan::first(json, member.value);
                loop {
                    let at = match next {
                        Next::More(at) => at,
                        Next::End(end) => return Some(end),
                    };
                    let end = match json.get(at)? {
                        b'{' => self.object(kind, true, at)?,
                        _ => scan::value(json, at)?,
                    };
                    next = scan::next(json, end)?;
                }
            }
        }
    }

    /// A number here is a text there. What is no plain number stays what it is.
    fn id(&mut self, member: Member, name: Option<&str>, end: usize) {
        let start = member.value;
        let (is_text, digits) = match &self.json[start..end] {
            [b'"', text @ .., b'"'] => (true, text),
            other => (false, other),
        };
        let is_number = digits.iter().all(u8::is_ascii_digit)
            && (digits == b"0" || digits.first().is_some_and(|first| *first != b'0'));
        let is_there_already = is_text == (self.to == Shape::Graph);
        if is_number && is_there_already {
            self.keep_original(member, end);
        }
        self.rename(member, name);
        match (self.to, is_number && !is_there_already) {
            (_, false) => {}
            (Shape::Graph, true) => {
                self.replace(start, start, "\"");
                self.replace(end, end, "\"");
            }
            (Shape::Defender, true) => {
                self.replace(start, start + 1, "");
                self.replace(end - 1, end, "");
            }
        }
    }
}
