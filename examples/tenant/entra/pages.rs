//! What people see: plain pages in the manner of Entra ID's, each marked as the local tenant's.

use hyper::StatusCode;

use super::super::directory::{ANA, BEN, DOMAIN, TENANT_ID, User};
use super::super::http::{self, Answer};
use super::super::world::World;
use super::authorize::SignIn;
use super::refusal::Refusal;

const STYLE: &str = include_str!("pages.css");

/// Who signs in to what.
pub fn sign_in(sign_in: &SignIn, user: &User, handle: &str) -> String {
    let (application, host) = (escape(sign_in.application.name), escape(&sign_in.redirect_uri));
    let question = format!(
        "<h1>Sign in to {application}</h1>
<p>as <strong>{}</strong> ({})</p>
<p class=\"quiet\">You will be sent on to {host}.</p>",
        user.name, user.upn
    );
    let others: Vec<(&str, String)> = [&ANA, &BEN]
        .into_iter()
        .filter(|other| other.tenant_id == user.tenant_id)
        .map(|other| (other.upn, format!("Sign in as {}", other.name)))
        .collect();
    let mut buttons = vec![("sign-in", "Sign in"), ("cancel", "Cancel")];
    buttons
        .extend(others.iter().filter(|(upn, _)| *upn != user.upn).map(|(upn, label)| (*upn, label.as_str())));
    layout("Sign in", &question, &form("login", handle, &buttons))
}

/// What the application wants to do.
pub fn consent(sign_in: &SignIn, handle: &str, world: &World) -> String {
    let permissions: String =
        sign_in.to_consent(world).iter().map(|name| format!("<li>{}</li>\n", escape(name))).collect();
    let question = format!(
        "<h1>Permissions requested</h1>
<p><strong>{}</strong> would like to do this in your name:</p>
<ul>
{permissions}<li>Sign you in and read your profile</li>
</ul>",
        escape(sign_in.application.name)
    );
    layout(
        "Permissions requested",
        &question,
        &form("consent", handle, &[("accept", "Accept"), ("cancel", "Cancel")]),
    )
}

/// Where the person enters a device's code; `wrong` after one that is nobody's.
pub fn enter_code(action: &str, code: &str, wrong: bool) -> String {
    let text = if wrong {
        "<h1>Enter code</h1><p>That code didn&#39;t work. Check the code and try again.</p>"
    } else {
        "<h1>Enter code</h1><p>Enter the code displayed on your app or device.</p>"
    };
    let form = format!(
        "<form method=\"POST\" action=\"{action}\">
<input type=\"text\" aria-label=\"Code\" autocomplete=\"off\" name=\"otc\" value=\"{}\">
<button type=\"submit\" name=\"press\" value=\"next\">Next</button>
</form>",
        escape(code)
    );
    layout("Enter code", text, &form)
}

/// Whether the person has started this sign-in, on which device ever.
pub fn confirm_device(application: &str, user: &User, to_consent: &[String], handle: &str) -> String {
    let permissions: String = to_consent.iter().map(|name| format!("<li>{}</li>\n", escape(name))).collect();
    let question = format!(
        "<h1>Are you trying to sign in to {}?</h1>
<p>as <strong>{}</strong> ({}), on another device. Only continue if you have started it yourself.</p>
<ul>
{permissions}</ul>",
        escape(application),
        user.name,
        user.upn
    );
    layout("Sign in", &question, &form("device", handle, &[("accept", "Continue"), ("cancel", "Cancel")]))
}

/// The end of the way on this side.
pub fn device_done(signed_in: bool) -> String {
    let text = if signed_in {
        "<h1>You have signed in on your device</h1><p>You may now close this window.</p>"
    } else {
        "<h1>You have not signed in</h1><p>The device was told so. You may now close this window.</p>"
    };
    layout("Sign in", text, "")
}

/// Sends the answer on by itself; the button is for browsers without scripts.
pub fn form_post(action: &str, fields: &[(&str, &str)]) -> String {
    let inputs: String = fields.iter().map(|(name, value)| hidden(name, value)).collect();
    let form = format!(
        "<form name=\"hiddenform\" method=\"POST\" action=\"{}\">
{inputs}<noscript><p>Script is disabled. Click Submit to continue.</p><button type=\"submit\">Submit</button></noscript>
</form>
<script>document.forms[0].submit();</script>",
        escape(action)
    );
    layout("Working...", "<p>Working&hellip;</p>", &form)
}

/// A refusal that must not leave this page.
pub fn problem(refusal: &Refusal, world: &World) -> Answer {
    let occurrence = refusal.happened(world);
    let text = format!(
        "<h1>Sorry, but we’re having trouble signing you in.</h1>
<p>AADSTS{}: {}</p>
<dl>
<dt>Trace ID</dt><dd>{}</dd>
<dt>Correlation ID</dt><dd>{}</dd>
<dt>Timestamp</dt><dd>{}</dd>
</dl>",
        refusal.number,
        escape(&refusal.text),
        occurrence.trace_id,
        occurrence.correlation_id,
        occurrence.timestamp
    );
    http::html(StatusCode::BAD_REQUEST, layout("Sign in", &text, ""))
}

/// The form of a page that was answered before.
pub fn expired() -> Answer {
    let text = "<h1>This page was used before</h1><p>Start the sign-in again in your terminal.</p>";
    http::html(StatusCode::BAD_REQUEST, layout("Sign in", text, ""))
}

pub fn not_found() -> String {
    layout(
        "Not found",
        "<h1>There is nothing here</h1><p>Sign-in starts in your terminal: <code>m365d \
            login</code></p>",
        "",
    )
}

fn form(action: &str, handle: &str, buttons: &[(&str, &str)]) -> String {
    let buttons: String = buttons
        .iter()
        .map(|(press, label)| {
            format!("<button type=\"submit\" name=\"press\" value=\"{press}\">{label}</button>\n")
        })
        .collect();
    let flow = hidden("flow", handle);
    format!("<form method=\"POST\" action=\"/{TENANT_ID}/{action}\">\n{flow}{buttons}</form>")
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value))
}

fn layout(title: &str, text: &str, form: &str) -> String {
    format!(
        "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>{title} · local test tenant</title>
<link rel=\"icon\" href=\"data:,\">
<style>
{STYLE}</style>
</head>
<body>
<main>
<p class=\"mark\">Local test tenant · {DOMAIN}</p>
{text}
{form}
</main>
<footer>This page comes from a program on your own machine, not from Microsoft. No password is asked for.</footer>
</body>
</html>
"
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' => escaped.push_str("&#10;"),
            other => escaped.push(other),
        }
    }
    escaped
}
