//! The command line: arguments become settings, a command runs, its error becomes words and an exit code.

mod alerts;
mod args;
mod bearer;
mod call;
mod connection;
mod context;
mod criteria;
mod doctor;
mod dry_run;
mod exit_code;
mod explain;
mod explain_text;
mod hunt;
mod ids;
mod incidents;
mod incomplete;
mod listing;
mod login;
mod login_command;
mod logout;
mod machines;
mod manual;
mod permissions;
mod profile;
mod progress;
mod report;
mod runtime;
mod several;
mod shaper;
mod signals;
mod silent;
mod status;
mod subject;
mod terminal;
mod token;
mod under_way;
mod usage;
mod value;
mod written;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use log::LevelFilter;

use crate::output::{one_line, shortened};
use crate::settings::{Flags, Settings};
use alerts::args::Alerts;
use args::{Arguments, ColorWhen, Command, Global};
use context::Context;
use incidents::args::Incidents;
use report::Advice;
use subject::Subject;
use terminal::Terminal;
use token::args::TokenCommand;

/// Runs the program with the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Also the way in which help and version are printed, perhaps into a closed pipe.
            return match usage::print(&error) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => exit_code::FAILED.into(),
                _ if error.use_stderr() => exit_code::USAGE.into(),
                _ => ExitCode::SUCCESS,
            };
        }
    };
    let terminal = Terminal::new(arguments.global.quiet);
    set_up(&arguments.global);
    let advice = Advice::of(&arguments);
    match run(arguments, terminal, &advice) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report::report(&error, terminal, &advice).into(),
    }
}

/// `m365d token` alone, which other programs run all day, has nothing to parse, and the parser would be a third
/// of its run (`examples/bench_token.rs`).
fn parse() -> Result<Arguments, clap::Error> {
    if std::env::args_os().skip(1).eq(["token"]) {
        return Ok(Arguments::token());
    }
    Arguments::try_parse()
}

fn run(arguments: Arguments, terminal: Terminal, advice: &Advice) -> Result<()> {
    let Arguments { global, command } = arguments;
    let with =
        |flags| -> Result<Context> { Ok(Context::new(Settings::gather(flags)?, terminal, global.output)) };
    let context = || -> Result<Context> {
        let context = with(flags(&global))?;
        context.settings.has_its_profile()?;
        Ok(context)
    };
    match command {
        Command::Login(mut login) => {
            let (browser, store) = (login.browser.take(), login.store.take());
            login::run(&with(Flags { browser, store, ..flags(&global) })?, &login)
        }
        Command::Logout(logout) => logout::run(&context()?, &logout),
        Command::Status => status::run(&context()?),
        Command::Token(token) => match &token.command {
            None => token::run(&context()?, &token),
            Some(TokenCommand::Inspect(inspect)) => token::inspect::run(&context()?, inspect),
        },
        Command::Hunt(hunt) => hunt::run(&context()?, &hunt),
        Command::Incidents(Incidents::List(list)) => incidents::list::run(&context()?, &list),
        Command::Incidents(Incidents::Get(get)) => incidents::get::run(&context()?, &get),
        Command::Incidents(Incidents::Update(update)) => incidents::update::run(&context()?, &update),
        Command::Alerts(Alerts::List(list)) => alerts::list::run(&context()?, &list),
        Command::Machines(command) => machines::run(&context()?, &command),
        Command::Alerts(Alerts::Get(get)) => alerts::get::run(&context()?, &get),
        Command::Api(call) => call::run(&context()?, &call),
        Command::Profile(command) => profile::run(&with(flags(&global))?, &command),
        Command::Doctor => match Settings::gather(flags(&global)) {
            Ok(settings) => doctor::run(&Context::new(settings, terminal, global.output), advice),
            Err(error) => doctor::without_settings(&error, context::format(global.output), advice),
        },
        Command::Explain(arguments) => {
            let subject = Subject::of(flags(&global));
            explain::run(&arguments, context::format(global.output), subject)
        }
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { command } => manual::page(&command),
    }
}

fn flags(global: &Global) -> Flags {
    Flags {
        profile: global.profile.clone(),
        cloud: global.cloud.clone(),
        tenant: global.tenant.clone(),
        client_id: global.client_id.clone(),
        api: global.api.clone(),
        rate: global.rate.clone(),
        ca_bundle: global.ca_bundle.clone(),
        ..Flags::default()
    }
}

fn set_up(global: &Global) {
    match global.color {
        ColorWhen::Auto => {}
        ColorWhen::Always => anstream::ColorChoice::Always.write_global(),
        ColorWhen::Never => anstream::ColorChoice::Never.write_global(),
    }
    let level = match global.verbose {
        0 => return,
        1 => LevelFilter::Info,
        2 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    };
    // Only our own words: those of other libraries may hold what must not be shown. Ours may quote a service.
    env_logger::Builder::new()
        .filter_module("m365d", level)
        .format(|line, record| {
            let message = record.args().to_string();
            let message = one_line(&shortened(&message));
            writeln!(line, "[{:<5} {}] {message}", record.level(), record.target())
        })
        .init();
}
