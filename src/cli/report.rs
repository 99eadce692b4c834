//! From an error to words and an exit code: what happened and why, the service's identifiers, what to do next.

mod api;
mod sign_in;

use std::io;

use super::alerts::args::Alerts;
use super::alerts::get::NotById;
use super::alerts::list::NoFilter;
use super::args::{Arguments, Command};
use super::call;
use super::doctor::NotWell;
use super::exit_code::{FAILED, NETWORK, PARTIAL, PERMISSION, SERVICE, SIGN_IN, USAGE};
use super::explain;
use super::hunt;
use super::ids::NotAnId;
use super::incidents::CheckpointFailure;
use super::incidents::args::Incidents;
use super::incomplete::Incomplete;
use super::login::SomebodyElse;
use super::login_command::{self, LoginCommand};
use super::machines;
use super::machines::args::Machines;
use super::manual::NoSuchCommand;
use super::permissions::{Missing, NotThere};
use super::runtime::Interrupted;
use super::several::{Failed, Partial};
use super::silent::TooShort;
use super::subject::Subject;
use super::terminal::{self, Terminal};
use super::token::inspect;
use super::written::Unwritten;
use crate::api::shape::values::Refused;
use crate::auth::Remedy;
use crate::cli;
use crate::settings::Flags;
use crate::token::{Operation, Service};
use crate::{auth, http, session, settings};
pub(super) use api::{identifiers, place_of_roles};
use api::{of_api, of_filter};
use sign_in::{of_auth, of_session};

const LOGIN: &str = "m365d login";
const ONLY_GRAPH: &str = ". If it is registered for Microsoft Graph only: m365d login --api graph";
const PLACEHOLDER: &str = "that stands for yours: Entra admin center › App registrations › your application › Overview shows the Application (client) ID and the Directory (tenant) ID";

/// An error as a person gets to know it.
#[derive(Debug, Default)]
struct Report {
    code: u8,
    identifiers: Option<String>,
    hint: Option<String>,
    /// What the hint is, when it has to be put into words for the application first.
    remedy: Option<&'static Remedy>,
    /// The API that nobody has consented to, when that is what the hint is about.
    unconsented: Option<Service>,
}

/// What the command line said, which an advice repeats where it matters.
pub(super) struct Advice {
    login: LoginCommand,
    flags: Flags,
    operation: Option<Operation>,
    /// The API that the command asks unless another was chosen, where that is not the usual one.
    service: Option<Service>,
    /// Whether the command is a sign-in.
    signs_in: bool,
    /// Whether a filter of the person's own was sent.
    has_filter: bool,
}

impl Advice {
    pub(super) fn of(arguments: &Arguments) -> Self {
        let (mut login, mut has_filter) = (LoginCommand::of(&arguments.global), false);
        match &arguments.command {
            Command::Login(arguments) => login = login.with_scopes(&arguments.scope),
            Command::Incidents(Incidents::List(list)) => has_filter = list.criteria.filter.is_some(),
            Command::Alerts(Alerts::List(list)) => has_filter = list.criteria.filter.is_some(),
            Command::Machines(Machines::List(list)) => has_filter = list.filter.is_some(),
            _ => {}
        }
        let operation = arguments.command.operation();
        let service = match &arguments.command {
            Command::Hunt(_) | Command::Alerts(Alerts::Get(_)) => Some(Service::Graph),
            Command::Machines(_) => Some(Service::Endpoint),
            _ => None,
        };
        let signs_in = matches!(arguments.command, Command::Login(_));
        Self { login, flags: cli::flags(&arguments.global), operation, service, signs_in, has_filter }
    }

    /// What to do about `error`.
    pub(super) fn on(&self, error: &(dyn std::error::Error + 'static)) -> String {
        self.hint(error, find(error, self.operation)).unwrap_or_default()
    }

    fn hint(&self, error: &(dyn std::error::Error + 'static), report: Report) -> Option<String> {
        self.words(error, report).map(|hint| self.login.where_it_reads(&hint))
    }

    /// Whether the command asks that API, and not one that was chosen; only one has machines.
    fn is_asked(&self, service: Service) -> bool {
        service == Service::Endpoint || Subject::of(self.flags.clone()).api.is_none()
    }

    fn words(&self, error: &(dyn std::error::Error + 'static), report: Report) -> Option<String> {
        let cause = error.downcast_ref().and_then(Incomplete::cause);
        if (report.code == SIGN_IN || cause.is_some())
            && let Some(claims) = login_command::claims(cause.unwrap_or(error))
        {
            return Some(self.login.with_claims(&claims));
        }
        if let Some(partial) = error.downcast_ref::<Partial>() {
            let hint = partial.hint(self.flags.api.as_deref());
            return Some(self.login.in_place_of_the_bare_one(&hint));
        }
        if self.has_filter
            && let Some(crate::api::Error::Refused(error)) = error.downcast_ref()
        {
            return Some(of_filter(error, self.operation));
        }
        // The settings are gathered again only when there is something to advise.
        if let Some(service) = report.unconsented {
            let hint = Subject::of(self.flags.clone()).consent(service, self.operation);
            return Some(self.login.in_place_of_the_bare_one(&hint));
        }
        let remedy = report.remedy.map(|remedy| {
            let subject = Subject::of(self.flags.clone());
            let is_usual = self.signs_in && subject.api.is_none();
            let only_graph = if is_usual && remedy.is_to_add_permission() { ONLY_GRAPH } else { "" };
            subject.advice(remedy) + only_graph
        });
        let mut hint = remedy.or(report.hint)?;
        if hint == LOGIN
            && let Some(service) = self.service.filter(|service| self.is_asked(*service))
        {
            hint = format!("{LOGIN} --api {}", service.name());
        }
        Some(self.login.in_place_of_the_bare_one(&hint))
    }
}

/// Says what is to say about `error` and gives the exit code.
pub(super) fn report(error: &anyhow::Error, terminal: Terminal, advice: &Advice) -> u8 {
    if terminal::is_closed_pipe(error) {
        return 0;
    }
    if let Some(Interrupted(code)) = error.downcast_ref() {
        return *code;
    }
    let mut report = find(error.as_ref(), advice.operation);
    let message = match error.downcast_ref::<io::Error>() {
        Some(error) => format!("cannot write the output: {error}"),
        // Each of our errors names its own cause, so the chain would say it twice.
        None => error.to_string(),
    };
    let (code, identifiers) = (report.code, report.identifiers.take());
    let hint = advice.hint(error.as_ref(), report);
    terminal.error(&message, identifiers.as_deref(), hint.as_deref());
    code
}

/// `operation` is what the command does with an API, if that is a single thing.
fn find(error: &(dyn std::error::Error + 'static), operation: Option<Operation>) -> Report {
    if let Some(error) = error.downcast_ref::<settings::Error>() {
        of_settings(error)
    } else if let Some(error) = error.downcast_ref::<session::Error>() {
        of_session(error)
    } else if let Some(error) = error.downcast_ref::<auth::Error>() {
        of_auth(error)
    } else if let Some(error) = error.downcast_ref::<crate::api::Error>() {
        of_api(error, operation)
    } else if let Some(error) = error.downcast_ref::<http::Error>() {
        of_http(error)
    } else if let Some(error) = error.downcast_ref::<Failed>() {
        of_failed(error, operation)
    } else if let Some(error) = error.downcast_ref::<Partial>() {
        with_hint(PARTIAL, error.hint(None))
    } else if let Some(error) = error.downcast_ref::<Unwritten>() {
        with_hint(FAILED, error.hint())
    } else if let Some(error) = error.downcast_ref::<Incomplete>() {
        let cause = error.cause().map(|cause| find(cause, operation)).unwrap_or_default();
        Report { code: PARTIAL, hint: Some(error.hint(cause.hint.as_deref())), ..cause }
    } else if let Some(error) = error.downcast_ref::<CheckpointFailure>() {
        with_hint(error.code(), error.hint())
    } else if let Some(error) = error.downcast_ref::<NotAnId>() {
        with_hint(USAGE, error.hint())
    } else if error.downcast_ref::<Refused>().is_some() {
        with_hint(USAGE, "choose another --determination or --classification; nothing has been sent")
    } else if let Some(error) = error.downcast_ref::<Missing>() {
        with_hint(PERMISSION, error.hint())
    } else if error.downcast_ref::<NoSuchCommand>().is_some() {
        with_hint(USAGE, "m365d help  lists the commands")
    } else if let Some(error) = error.downcast_ref::<NotThere>() {
        with_hint(USAGE, error.hint())
    } else if error.downcast_ref::<NotById>().is_some() {
        with_hint(USAGE, "run the command with --api graph, where the ids are the same")
    } else if error.downcast_ref::<NoFilter>().is_some() {
        with_hint(USAGE, "use the other options, which m365d filters by, or run the command with --api graph")
    } else if error.downcast_ref::<auth::ScopeError>().is_some() {
        with_hint(USAGE, "ask for less, for example: m365d login --scope Incident.Read")
    } else if let Some(TooShort(_)) = error.downcast_ref() {
        with_hint(
            FAILED,
            "ask for less with --min-valid; Entra ID's tokens are valid for 60 to 90 minutes as a rule",
        )
    } else if let Some(error) = error.downcast_ref::<inspect::Failure>() {
        with_hint(error.code(), error.hint())
    } else if let Some(error) = error.downcast_ref::<call::Failure>() {
        with_hint(USAGE, error.hint())
    } else if let Some(refused) = error.downcast_ref::<call::Refused>() {
        let hint = call::hint(refused);
        let report = of_api(&refused.error, operation);
        Report { hint: hint.or_else(|| report.hint.clone()), ..report }
    } else if let Some(error) = error.downcast_ref::<explain::Failure>() {
        with_hint(error.code(), error.hint())
    } else if let Some(error) = error.downcast_ref::<hunt::Failure>() {
        Report { identifiers: error.identifiers(), ..with_hint(error.code(), error.hint()) }
    } else if let Some(error) = error.downcast_ref::<machines::Failure>() {
        with_hint(error.code(), error.hint())
    } else if error.downcast_ref::<SomebodyElse>().is_some() {
        with_hint(
            FAILED,
            "m365d login --switch-account  (or keep both, each in a profile of its own: --profile NAME)",
        )
    } else if let Some(NotWell { .. }) = error.downcast_ref() {
        with_hint(FAILED, "the remedy stands beside each of them; then: m365d doctor")
    } else if error.downcast_ref::<io::Error>().is_some() {
        with_hint(FAILED, "check where the output goes: the disk may be full")
    } else {
        Report { code: FAILED, ..Report::default() }
    }
}

fn of_settings(error: &settings::Error) -> Report {
    let code = if matches!(error, settings::Error::File { .. } | settings::Error::Locked { .. }) {
        FAILED
    } else {
        USAGE
    };
    match error {
        settings::Error::Invalid { value, .. } if ["CLIENT_ID", "TENANT"].contains(&value.as_str()) => {
            with_hint(code, PLACEHOLDER)
        }
        _ => with_hint(code, error.hint()),
    }
}

/// What is wrong with one thing among several, which are gone on with.
pub(super) fn one_of_several(failed: &Failed, terminal: Terminal) {
    terminal.error(&failed.to_string(), of_failed(failed, None).identifiers.as_deref(), None);
}

/// What helps against the cause of it.
pub(super) fn remedy(failed: &Failed) -> Option<String> {
    of_failed(failed, None).hint
}

fn of_failed(failed: &Failed, operation: Option<Operation>) -> Report {
    let report = find(failed.error.as_ref(), operation);
    match &failed.hint {
        Some(hint) => Report { hint: Some(hint.clone()), remedy: None, ..report },
        None => report,
    }
}

fn of_http(error: &http::Error) -> Report {
    let code = match error {
        http::Error::TooLong { .. } => SERVICE,
        error if error.is_configuration() => USAGE,
        _ => NETWORK,
    };
    with_hint(code, error.hint())
}

fn with_hint(code: u8, hint: impl Into<String>) -> Report {
    Report { code, hint: Some(hint.into()), ..Report::default() }
}
