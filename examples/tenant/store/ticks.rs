//! Times as the APIs count and print them: in units of 100 ns since 1970.

use jiff::Timestamp;
use jiff::tz::Offset;

/// So many are a second.
pub const TICKS: i64 = 10_000_000;

/// `2026-05-04T08:15:30.1234567Z`, without the fraction's closing zeros, as .NET prints it.
pub fn print(ticks: i64) -> Vec<u8> {
    let time = Timestamp::from_second(ticks.div_euclid(TICKS)).expect("incidents are of this century");
    let time = Offset::UTC.to_datetime(time);
    let mut printed = Vec::with_capacity(28);
    digits(&mut printed, i64::from(time.year()), 4, b'-');
    digits(&mut printed, i64::from(time.month()), 2, b'-');
    digits(&mut printed, i64::from(time.day()), 2, b'T');
    digits(&mut printed, i64::from(time.hour()), 2, b':');
    digits(&mut printed, i64::from(time.minute()), 2, b':');
    digits(&mut printed, i64::from(time.second()), 2, b'.');
    digits(&mut printed, ticks.rem_euclid(TICKS), 7, b'0');
    while matches!(printed.last(), Some(b'0')) {
        printed.pop();
    }
    if printed.last() == Some(&b'.') {
        printed.pop();
    }
    printed.push(b'Z');
    printed
}

/// The same as text.
pub fn text(ticks: i64) -> String {
    String::from_utf8(print(ticks)).expect("digits and signs are UTF-8")
}

/// A time in UTC, as a filter or a query writes it: with `Z` and without quotes.
pub fn parse(literal: &str) -> Option<i64> {
    let time = literal.strip_suffix('Z').and_then(|_| literal.parse::<Timestamp>().ok())?;
    i64::try_from(time.as_nanosecond() / 100).ok()
}

fn digits(out: &mut Vec<u8>, number: i64, width: u32, then: u8) {
    for place in (0..width).rev() {
        let digit = u8::try_from(number / 10_i64.pow(place) % 10).unwrap_or_default();
        out.push(b'0' + digit);
    }
    out.push(then);
}
