//! The pages that a person sees at the end of a sign-in. Static: nothing received is ever in them.

/// How the sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The tokens are here and stored.
    SignedIn,
    /// There are none; the terminal says why.
    Failed,
}

const STYLE: &str = ":root{color-scheme:light dark}body{font:1.05rem/1.6 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}main{max-width:26rem;padding:2rem;text-align:center}h1{font-size:1.5rem;font-weight:600;line-height:1.25;margin:0 0 .5rem}p{margin:0;opacity:.8;text-wrap:balance}svg{display:block;width:3.5rem;height:3.5rem;margin:0 auto 1rem}";

/// The SHA-256 of [`STYLE`]: the only thing the page's policy lets a browser use.
const STYLE_HASH: &str = "sha256-TY8KhJBxYyhaHno8edO/MWVoE3PFUduS7LvbTqY9ik4=";

const CHECK: &str = r##"<circle cx="12" cy="12" r="10" fill="#107c41"/><path d="M7 12.5l3.3 3.3L17 9" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>"##;
const CROSS: &str = r##"<circle cx="12" cy="12" r="10" fill="#c42b1c"/><path d="M8.5 8.5l7 7m0-7l-7 7" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round"/>"##;

impl Page {
    /// The HTML of the page.
    #[must_use]
    pub fn html(self) -> String {
        let (icon, title, text) = match self {
            Self::SignedIn => (
                CHECK,
                "Signed in",
                "m365d has what it needs. You can close this page and go back to the terminal.",
            ),
            Self::Failed => (
                CROSS,
                "Not signed in",
                "The terminal says what went wrong and what to do about it. You can close this page.",
            ),
        };
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title} · m365d</title>\
             <style>{STYLE}</style></head><body><main>\
             <svg viewBox=\"0 0 24 24\" aria-hidden=\"true\">{icon}</svg>\
             <h1>{title}</h1><p>{text}</p></main></body></html>\n"
        )
    }

    /// What the browser is told about every page: run nothing, keep nothing, tell nobody, come back never.
    #[must_use]
    pub fn headers() -> String {
        format!(
            "Content-Security-Policy: default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
             Referrer-Policy: no-referrer\r\n\
             Cache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\n\
             Connection: close\r\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_allows_exactly_the_page_s_own_style() {
        let hash = format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(STYLE)));
        assert_eq!(STYLE_HASH, hash);
    }
}
