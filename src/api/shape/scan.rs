//! Where the tokens of a JSON text begin and end (RFC 8259). Nothing is checked that need not be known.

use wide::u8x16;

const LANE: usize = 16;

/// The position after the string whose opening quote is at `at`.
///
/// Most strings are shorter than it takes to call a search that is made for long ones.
#[inline]
pub(super) fn string(json: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at = special(json, at)?;
        if json[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The position of the first quote or backslash from `at` on.
#[inline]
fn special(json: &[u8], mut at: usize) -> Option<usize> {
    while let Some(lane) = json.get(at..at + LANE).and_then(|lane| lane.first_chunk()) {
        let lane = u8x16::new(*lane);
        let found = lane.simd_eq(u8x16::splat(b'"')) | lane.simd_eq(u8x16::splat(b'\\'));
        let bits = found.to_bitmask();
        if bits != 0 {
            return Some(at + bits.trailing_zeros() as usize);
        }
        at += LANE;
    }
    let rest = json.get(at..)?;
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|index| at + index)
}

/// The position of the first byte that is no white space.
#[inline]
pub(super) fn space(json: &[u8], mut at: usize) -> usize {
    while matches!(json.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// The position after the value that begins at `at`.
#[inline]
pub(super) fn value(json: &[u8], at: usize) -> Option<usize> {
    match json.get(at)? {
        b'"' => string(json, at),
        b'{' | b'[' => nested(json, at),
        _ => scalar(json, at),
    }
}

#[inline]
fn scalar(json: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while matches!(json.get(at), Some(b'0'..=b'9' | b'a'..=b'z' | b'+' | b'-' | b'.' | b'E')) {
        at += 1;
    }
    (at > start).then_some(at)
}

/// However deep it goes, this does not: a service's answer cannot exhaust the stack.
fn nested(json: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match json.get(at)? {
            b'"' => {
                at = string(json, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// A name and a value of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// Where the quote of the name is.
    pub(super) start: usize,
    /// Where the name ends, before its closing quote.
    pub(super) name_end: usize,
    /// Where the value begins.
    pub(super) value: usize,
}

impl Member {
    /// The one whose name begins at `at`; its value is not looked at.
    #[inline]
    pub(super) fn at(json: &[u8], at: usize) -> Option<Self> {
        if json.get(at) != Some(&b'"') {
            return None;
        }
        let end = string(json, at)?;
        let colon = space(json, end);
        let is_member = json.get(colon) == Some(&b':');
        is_member.then(|| Self { start: at, name_end: end - 1, value: space(json, colon + 1) })
    }

    /// Its name, with whatever escapes it has.
    #[inline]
    pub(super) fn name<'a>(&self, json: &'a [u8]) -> &'a [u8] {
        &json[self.start + 1..self.name_end]
    }
}

/// What comes after a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Another, there.
    More(usize),
    /// The end of the object or array, which is there.
    End(usize),
}

/// What comes in an object or array after the value that ends at `at`.
#[inline]
pub(super) fn next(json: &[u8], at: usize) -> Option<Next> {
    let at = space(json, at);
    match json.get(at)? {
        b',' => Some(Next::More(space(json, at + 1))),
        b'}' | b']' => Some(Next::End(at + 1)),
        _ => None,
    }
}

/// What comes in an object or array that opens at `at`.
#[inline]
pub(super) fn first(json: &[u8], at: usize) -> Next {
    let at = space(json, at + 1);
    match json.get(at) {
        Some(b'}' | b']') => Next::End(at + 1),
        _ => Next::More(at),
    }
}

/// The member of that name among those from `at` on.
pub(super) fn find(json: &[u8], mut at: usize, name: &[u8]) -> Option<Member> {
    loop {
        let member = Member::at(json, at)?;
        if member.name(json) == name {
            return Some(member);
        }
        match next(json, value(json, member.value)?)? {
            Next::More(more) => at = more,
            Next::End(_) => return None,
        }
    }
}
