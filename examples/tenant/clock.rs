//! The tenant's clock: this machine's, moved by `clock_offset`, and the forms in which the services print it.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Seconds since 1970 on this machine.
pub fn machine() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs().cast_signed())
}

/// `2026-05-04 08:15:30Z`, as Entra ID prints it.
pub fn entra(seconds: i64) -> String {
    format!("{}Z", timestamp(seconds).strftime("%Y-%m-%d %H:%M:%S"))
}

/// `Mon, 04 May 2026 08:15:30 GMT`, as HTTP prints it (RFC 9110, section 5.6.7).
pub fn http(seconds: i64) -> String {
    timestamp(seconds).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// `2026-05-04T08:15:30`, as Graph prints it in its errors.
pub fn graph(seconds: i64) -> String {
    timestamp(seconds).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("the tenant lives between the years -9999 and 9999")
}
