//! `m365d doctor`: why it does not work. Every check has a verdict, what was found and, unless all is well, a remedy.
//!
//! It changes nothing but what every command may: an access token that is over or not there yet is got. Nothing secret is said.

mod apis;
mod finding;
mod here;
mod reading;
mod services;
mod signed_in;

use anyhow::Result;
use serde_json::json;

use super::context::Context;
use super::report::Advice;
use super::{runtime, terminal};
use crate::output::{Column, Format, Sink};
use crate::settings;
use finding::{Finding, Verdict};

const COLUMNS: &[Column<'_>] = &[
    Column::csv_only("check"),
    Column::csv_only("verdict"),
    Column::csv_only("detail"),
    Column::csv_only("remedy"),
];

const SETTINGS: &str = "settings";

/// Something is not well.
#[derive(Debug, thiserror::Error)]
#[error("{problems} of {checks} checks found something that keeps m365d from working")]
pub(super) struct NotWell {
    problems: usize,
    checks: usize,
}

pub(super) fn run(context: &Context, advice: &Advice) -> Result<()> {
    let findings = runtime::block_on(async { Ok(examine(context, advice).await) })?;
    conclude(&findings, context.format())
}

/// When the settings cannot even be read.
pub(super) fn without_settings(error: &settings::Error, format: Format, advice: &Advice) -> Result<()> {
    let findings = [
        Finding::problem(SETTINGS, error.to_string(), advice.on(error)),
        Finding::skipped("everything else", "it depends on the settings"),
    ];
    conclude(&findings, format)
}

fn conclude(findings: &[Finding], format: Format) -> Result<()> {
    show(findings, format)?;
    let problems = findings.iter().filter(|finding| finding.verdict == Verdict::Problem).count();
    if problems > 0 {
        return Err(NotWell { problems, checks: findings.len() }.into());
    }
    Ok(())
}

async fn examine(context: &Context, advice: &Advice) -> Vec<Finding> {
    let mut findings = here::examine(context, advice).await;
    let application = context.settings.has_its_profile().and_then(|()| context.settings.application());
    match application {
        Ok(application) => {
            findings.push(Finding::ok(
                SETTINGS,
                format!("the profile {:?} describes an application", context.settings.profile.value.as_str()),
            ));
            let http = super::context::http(&context.settings, &application);
            match &http {
                Ok(http) => findings.extend(services::examine(&application, http).await),
                Err(error) => {
                    findings.push(Finding::problem("TLS", error.to_string(), advice.on(error.as_ref())));
                }
            }
            let http = http.ok();
            findings.extend(signed_in::examine(context, &application, http.as_ref(), advice).await);
            findings.push(reading::examine(context, &application, &findings, advice).await);
            findings.extend(apis::examine(context, application.service, http.as_ref(), advice).await);
        }
        Err(error) => {
            findings.push(Finding::problem(SETTINGS, error.to_string(), advice.on(&error)));
            findings.extend(
                [
                    "authority",
                    "API",
                    "session",
                    "permissions",
                    "incidents",
                    "other API",
                    "hunting",
                    "machines",
                ]
                .map(|check| Finding::skipped(check, "the settings do not say which")),
            );
        }
    }
    findings
}

fn show(findings: &[Finding], format: Format) -> Result<()> {
    let out = terminal::stdout(format);
    if format == Format::Table {
        return Ok(finding::print(findings, terminal::stdout_width(), out)?);
    }
    let mut sink = Sink::new(format, COLUMNS, terminal::width(), out);
    for finding in findings {
        let object = json!({
            "check": finding.check,
            "verdict": finding.verdict.name(),
            "detail": finding.detail,
            "remedy": finding.remedy,
        });
        sink.push(&object.to_string(), |column| match column {
            "check" => finding.check.to_owned(),
            "verdict" => finding.verdict.name().to_owned(),
            "detail" => finding.detail.clone(),
            _ => finding.remedy.clone().unwrap_or_default(),
        })?;
    }
    Ok(sink.finish()?)
}
