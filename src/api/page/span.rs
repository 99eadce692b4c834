//! Where the elements of a JSON array begin and end, found without reading what is in them.
//!
//! A list is passed on byte by byte, so all that has to be known of an incident is its two ends. Reading it as a
//! parser does was most of the time of a long list (`examples/bench_incidents.rs`). This looks at 64 bytes at a
//! time, as simdjson does (<https://arxiv.org/abs/1902.08318>, section 3.1): one bit a byte says where quotes,
//! backslashes and brackets are, and the parity of the quotes so far says what lies in a string.

use std::ops::Range;

use wide::u8x16;

const BLOCK: usize = 64;
const LANE: usize = 16;
/// `[` and `{` differ in this bit, and so do `]` and `}`.
const SQUARE_TO_CURLY: u8 = 0x20;

/// The array that begins at `start`: where it ends, and where each of its elements lies.
///
/// `None` unless it ends and holds nothing but objects with commas between them. What is inside an object is not
/// looked at, except that its quotes and brackets are balanced.
pub(super) fn elements(json: &[u8], start: usize) -> Option<(usize, Vec<Range<usize>>)> {
    let mut elements = Vec::new();
    let mut strings = Strings::default();
    let mut depth = 0_u32;
    let mut begin = start;
    let mut last_end = start + 1;
    for (index, block) in json.get(start..)?.chunks(BLOCK).enumerate() {
        let (opening, closing) = strings.brackets_outside(block);
        // Deep inside an element that does not end in this block.
        if depth >= closing.count_ones() + 2 {
            depth = depth + opening.count_ones() - closing.count_ones();
            continue;
        }
        for bit in bits(opening | closing) {
            let at = start + index * BLOCK + bit;
            if opening >> bit & 1 == 1 {
                depth += 1;
                if depth == 2 {
                    begin = at;
                }
                continue;
            }
            depth = depth.checked_sub(1)?;
            if depth == 1 {
                let between = json[last_end..begin].trim_ascii();
                let separated = if elements.is_empty() { between.is_empty() } else { between == b"," };
                if !separated || json[begin] != b'{' || json[at] != b'}' {
                    return None;
                }
                last_end = at + 1;
                elements.push(begin..last_end);
            } else if depth == 0 {
                let ends = json[at] == b']' && json[last_end..at].trim_ascii().is_empty();
                return ends.then_some((at + 1, elements));
            }
        }
    }
    None
}

/// What is known of the strings so far.
#[derive(Default)]
struct Strings {
    /// All ones while the last block ended in a string.
    open: u64,
    /// Whether the last block ended with a backslash that escapes the next byte.
    escapes: bool,
}

impl Strings {
    /// The opening and the closing brackets of a block that are not in a string, a bit for each byte.
    fn brackets_outside(&mut self, block: &[u8]) -> (u64, u64) {
        let mut padded = [0; BLOCK];
        padded[..block.len()].copy_from_slice(block);
        let (mut quotes, mut backslashes, mut opening, mut closing) = (0, 0, 0, 0);
        for (index, lane) in padded.chunks_exact(LANE).enumerate() {
            let mut bytes = [0; LANE];
            bytes.copy_from_slice(lane);
            let bytes = u8x16::new(bytes);
            let curly = bytes | u8x16::splat(SQUARE_TO_CURLY);
            let bits_of = |bytes: u8x16, wanted| {
                u64::from(bytes.simd_eq(u8x16::splat(wanted)).to_bitmask()) << (index * LANE)
            };
            quotes |= bits_of(bytes, b'"');
            backslashes |= bits_of(bytes, b'\\');
            opening |= bits_of(curly, b'{');
            closing |= bits_of(curly, b'}');
        }
        let escaped = self.escaped(backslashes);
        let inside = self.inside(quotes & !escaped);
        (opening & !inside, closing & !inside)
    }

    /// The bytes that a backslash takes their meaning from.
    fn escaped(&mut self, backslashes: u64) -> u64 {
        let mut escaped = u64::from(std::mem::take(&mut self.escapes));
        for bit in bits(backslashes) {
            if escaped >> bit & 1 == 1 {
                continue;
            }
            match bit {
                63 => self.escapes = true,
                _ => escaped |= 2 << bit,
            }
        }
        escaped
    }

    /// The bytes from an opening quote to the one before its closing quote.
    fn inside(&mut self, quotes: u64) -> u64 {
        let parity = [1, 2, 4, 8, 16, 32].iter().fold(quotes, |bits, distance| bits ^ bits << distance);
        let inside = parity ^ self.open;
        self.open = if inside >> 63 == 1 { u64::MAX } else { 0 };
        inside
    }
}

/// The positions of the ones, the lowest first.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        word &= word.checked_sub(1)?;
        Some(bit as usize)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;
    use serde_json::value::RawValue;

    use super::*;

    /// What a parser finds.
    fn parsed(json: &str) -> Vec<String> {
        serde_json::from_str::<Vec<&RawValue>>(json).unwrap().iter().map(|raw| raw.get().to_owned()).collect()
    }

    fn found(json: &str) -> Option<Vec<String>> {
        let (end, elements) = elements(json.as_bytes(), 0)?;
        assert_eq!(end, json.trim_end().len());
        Some(elements.into_iter().map(|range| json[range].to_owned()).collect())
    }

    fn value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![any::<String>(), "[\\\\\"\\[\\]{}, ]{0,70}"];
        let leaf =
            prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), text.prop_map(Value::from)];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map("[\\\\\"\\[{a-z]{0,9}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_parser_finds_the_same_elements(values in prop::collection::vec(value(), 0..8), pretty in any::<bool>()) {
            let objects: Vec<_> = values.into_iter().map(|value| serde_json::json!({ "v": value })).collect();
            let json = if pretty { serde_json::to_string_pretty(&objects) } else { serde_json::to_string(&objects) }.unwrap();
            prop_assert_eq!(found(&json), Some(parsed(&json)));
        }

        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(prop::sample::select(b"[]{}\",\\ a".to_vec()), 0..300)) {
            let _ = elements(&bytes, 0);
        }
    }

    #[test]
    fn what_is_no_whole_array_of_objects_is_left_to_the_parser() {
        for json in [
            "",
            "[",
            "[{}",
            "[{\"a\":\"]}",
            "[1]",
            "[{},1]",
            "[{}{}]",
            "[[{}]]",
            "[{},]",
            "[,{}]",
            "[{]]",
            "{}",
            "]",
        ] {
            assert_eq!(found(json), None, "{json}");
        }
        assert_eq!(elements(b"[]", 7), None);
    }
}
