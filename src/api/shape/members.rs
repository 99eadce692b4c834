//! The names and the values of an object, as they are written.

use super::scan::{self, Member, Next};

/// The members of the object that a text is. What is in a value is not looked at further than to find its end.
#[derive(Debug)]
pub(in crate::api) struct Members<'a> {
    json: &'a str,
    next: Option<Next>,
}

impl<'a> Members<'a> {
    /// Those of `json`, or an error first if that is no object.
    pub(in crate::api) fn of(json: &'a str) -> Self {
        let bytes = json.as_bytes();
        let start = scan::space(bytes, 0);
        let next = (bytes.get(start) == Some(&b'{')).then(|| scan::first(bytes, start));
        Self { json, next }
    }

    /// The next name, with whatever escapes it has, and the JSON of its value; `Ok(None)` after the last. It is found
    /// sooner where the name is `expected`.
    ///
    /// # Errors
    /// When the text is no object, or the rest of it is none.
    #[inline]
    pub(in crate::api) fn next(&mut self, expected: &str) -> Result<Option<(&'a str, &'a str)>, ()> {
        let bytes = self.json.as_bytes();
        let start = match self.next.ok_or(())? {
            Next::More(start) => start,
            Next::End(end) if scan::space(bytes, end) == bytes.len() => return Ok(None),
            Next::End(_) => return Err(()),
        };
        let name_end = start + 1 + expected.len();
        let is_expected = bytes.get(start + 1..name_end) == Some(expected.as_bytes())
            && bytes.get(name_end..name_end + 2) == Some(b"\":")
            && bytes[start] == b'"';
        let member = if is_expected {
            Member { start, name_end, value: scan::space(bytes, name_end + 2) }
        } else {
            Member::at(bytes, start).ok_or(())?
        };
        let end = scan::value(bytes, member.value).ok_or(())?;
        self.next = scan::next(bytes, end);
        let name = self.json.get(member.start + 1..member.name_end).ok_or(())?;
        Ok(Some((name, self.json.get(member.value..end).ok_or(())?)))
    }
}
