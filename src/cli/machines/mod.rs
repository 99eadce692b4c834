//! `m365d machines`: isolate and release, each asked for once and followed to its end where that is wanted.

pub(super) mod args;
mod failure;
mod follow;
mod list;
mod words;

use std::collections::HashSet;
use std::io::StdoutLock;

use anyhow::Result;

use self::args::{Isolate, IsolationType, Machine, Machines, OnMachines};
use self::follow::Report;
use super::connection::{Connection, SessionClient};
use super::context::Context;
use super::several::{Look, Several, Things};
use super::under_way::UnderWay;
use super::written::Written;
use super::{dry_run, ids, permissions, terminal};
use crate::api::endpoint::{self, Isolation, MachineAction};
use crate::output::{Column, Escaping, Sink, Width};
use crate::settings::{Application, Source};
use crate::token::{Operation, Service};

pub(super) use failure::Failure;

const MACHINES: Things = Things {
    many: "machines",
    id: "a machine's id or DNS name",
    listing: "m365d machines list -o ndjson | jq -r .id",
    look: None,
};
const ACTIONS: Things = Things {
    many: "actions",
    id: "an action's id",
    listing: "m365d api GET /api/machineactions --api endpoint --paginate -o ndjson | jq -r .id",
    look: Some(Look {
        why: "to see those",
        command: |ids| format!("m365d machines action {ids}"),
        is_open: false,
    }),
};
/// A name that can be read goes before the type, which a person who has asked for it knows.
const COLUMNS: &[Column<'_>] = &[
    Column { name: "machine", width: Some(Width::Rest(28)), expendable: 0 },
    Column { name: "type", width: Some(Width::Cells(9, 12)), expendable: 1 },
    Column { name: "status", width: Some(Width::Cells(10, 10)), expendable: 0 },
    Column { name: "id", width: Some(Width::Cells(36, 36)), expendable: 0 },
    Column { name: "scope", width: None, expendable: 0 },
    Column { name: "machine id", width: None, expendable: 0 },
    Column { name: "requestor", width: Some(Width::Cells(20, 36)), expendable: 3 },
    Column { name: "comment", width: Some(Width::Cells(20, 60)), expendable: 2 },
    Column { name: "created", width: None, expendable: 0 },
    Column { name: "updated", width: None, expendable: 0 },
];

type Out = Written<Escaping<StdoutLock<'static>>>;

pub(super) fn run(context: &Context, command: &Machines) -> Result<()> {
    match command {
        Machines::Isolate(Isolate { on, kind }) => {
            let kind = match kind {
                IsolationType::Full => endpoint::IsolationType::Full,
                IsolationType::Selective => endpoint::IsolationType::Selective,
                IsolationType::Unmanaged => endpoint::IsolationType::UnManagedDevice,
            };
            act(context, on, Isolation::Isolate(kind))
        }
        Machines::Release(on) => act(context, on, Isolation::Release),
        Machines::Action(arguments) => show(context, arguments),
        Machines::List(arguments) => list::run(context, arguments),
    }
}

fn act(context: &Context, arguments: &OnMachines, isolation: Isolation) -> Result<()> {
    let terminal = context.terminal;
    let following = &arguments.following;
    let application = application(context, Operation::IsolateMachines)?;
    let machines = ids::read_some(&arguments.machines, &MACHINES, args::machine)?;
    let request = |id: &str| endpoint::request(&application.api_url, id, isolation, &arguments.comment);
    let looks_up = machines.iter().any(|machine| matches!(machine, Machine::Name(_)));
    if arguments.dry_run && !looks_up {
        return dry_run::print(context, machines.iter().map(|machine| request(&machine.to_string())));
    }
    let mut connection = Connection::new(context, &application, following.max_wait);
    if !arguments.dry_run {
        connection =
            connection.requiring(permissions::needed(Operation::IsolateMachines, Service::Endpoint)?);
    }
    // What cannot be followed is not begun.
    if looks_up || following.wait {
        connection = connection.requiring(permissions::needed(Operation::ReadMachines, Service::Endpoint)?);
    }
    let under_way = UnderWay::new(terminal);
    let outcome = connection.run(async |client, _| {
        let mut several = Several::new(&MACHINES, machines.len(), terminal);
        let (mut done, mut requests, mut begun) = (HashSet::new(), Vec::new(), Vec::new());
        let mut out = out(context);
        let acted = several
            .each(&machines, async |machine| {
                let id = look_up(client, machine).await?;
                if !done.insert(id.clone()) {
                    return Ok(());
                }
                let request = request(&id);
                if arguments.dry_run {
                    requests.push(request);
                    return Ok(());
                }
                let name = machine.to_string();
                let (unknown, look) = failure::unknown(&name, &id, isolation);
                let answer = under_way.sending(unknown, look, endpoint::begin(client, &request)).await;
                let Some(action) =
                    answer.map_err(|error| failure::not_begun(&name, &id, isolation, error))?
                else {
                    let unnamed = Failure::Unnamed { machine: name, id };
                    if following.wait {
                        return Err(unnamed.failed().into());
                    }
                    terminal.must_know(&format!("{unnamed}; {}", unnamed.hint()));
                    return Ok(());
                };
                if !action.machine_id.is_empty() && !action.machine_id.eq_ignore_ascii_case(&id) {
                    let (other, id) = (action.machine_id, action.id);
                    return Err(Failure::AnotherMachine { machine: name, other, id }.failed().into());
                }
                if following.wait {
                    let (name, status) = (words::name(&action), words::status(&action));
                    terminal.note(&format!("{name}: {status} (action {})", action.id));
                    under_way.begun(&action.id);
                    begun.push(action);
                } else {
                    write(&mut out, &action);
                    if !action.is_over() {
                        terminal.note(&words::to_follow(&action.id, &client.bearer().permissions()));
                    }
                }
                Ok(())
            })
            .await;
        if arguments.dry_run {
            acted?;
            several.finish()?;
            return dry_run::print(context, requests);
        }
        let followed = match acted {
            Ok(()) => {
                let id = |action: &MachineAction| action.machine_id.clone();
                let mut report =
                    Report { several: &mut several, out: &mut out, under_way: &under_way, terminal, id };
                follow::to_the_end(client, begun, following.timeout, &mut report).await
            }
            failed => failed,
        };
        out.finish(followed.and_then(|()| several.finish()))
    });
    under_way.end(outcome.map_err(|error| failure::not_permitted(error, isolation)), words::follow)
}

fn show(context: &Context, arguments: &args::Action) -> Result<()> {
    let terminal = context.terminal;
    let following = &arguments.following;
    let application = application(context, Operation::ReadMachines)?;
    let ids = ids::read(&arguments.ids, &ACTIONS, args::action, terminal)?;
    let connection = Connection::new(context, &application, following.max_wait)
        .requiring(permissions::needed(Operation::ReadMachines, Service::Endpoint)?);
    let under_way = UnderWay::new(terminal);
    let outcome = connection.run(async |client, _| {
        let mut several = Several::new(&ACTIONS, ids.len(), terminal);
        let (mut begun, mut out) = (Vec::new(), out(context));
        let shown = several
            .each(&ids, async |id| {
                let found = endpoint::action(client, id).await;
                let action = found.map_err(|error| failure::not_shown(id, error))?;
                if !action.id.eq_ignore_ascii_case(id) {
                    let another = Failure::AnotherAction { asked: id.clone(), got: action.id };
                    return Err(another.failed().into());
                }
                if !following.wait {
                    write(&mut out, &action);
                    return Ok(out.is_read()?);
                }
                terminal.note(&format!("{}: {}", words::name(&action), words::status(&action)));
                under_way.begun(&action.id);
                begun.push(action);
                Ok(())
            })
            .await;
        let followed = match shown {
            Ok(()) => {
                let id = |action: &MachineAction| action.id.clone();
                let mut report =
                    Report { several: &mut several, out: &mut out, under_way: &under_way, terminal, id };
                follow::to_the_end(client, begun, following.timeout, &mut report).await
            }
            failed => failed,
        };
        out.finish(followed.and_then(|()| several.finish()))
    });
    under_way.end(outcome, words::follow)
}

/// The application with the one API that has machines, unless another was chosen for this very command.
fn application(context: &Context, operation: Operation) -> Result<Application> {
    if let Some(api) = &context.settings.api
        && matches!(api.source, Source::Flag(_))
    {
        permissions::needed(operation, api.value)?;
    }
    Ok(context.settings.application_for(Service::Endpoint)?)
}

/// The id of a machine, whichever way it was named.
async fn look_up(client: &SessionClient<'_>, machine: &Machine) -> Result<String> {
    let name = match machine {
        Machine::Id(id) => return Ok(id.clone()),
        Machine::Name(name) => name.clone(),
    };
    let found = endpoint::named(client, &name).await;
    let mut ids = found.map_err(|error| failure::not_looked_up(&name, error))?;
    match (ids.pop(), ids.is_empty()) {
        (Some(id), true) => Ok(id),
        (None, _) => Err(Failure::NoSuchName { name }.failed().into()),
        (Some(id), false) => {
            ids.push(id);
            Err(Failure::SeveralOfThatName { name, ids }.failed().into())
        }
    }
}

fn out(context: &Context) -> Out {
    let sink = Sink::new(context.format(), COLUMNS, terminal::width(), terminal::stdout(context.format()));
    Written::new(sink, &ACTIONS, context.terminal)
}

/// Writes one action and sends it on.
fn write(out: &mut Out, action: &MachineAction) {
    let column = |name: &str| {
        let text = match name {
            "id" => &action.id,
            "status" => &action.status,
            "type" => &action.kind,
            "scope" => &action.scope,
            "machine" => words::machine(action),
            "machine id" => &action.machine_id,
            "requestor" => &action.requestor,
            "comment" => &action.requestor_comment,
            "created" => &action.creation_date_time_utc,
            "updated" => &action.last_update_date_time_utc,
            _ => "",
        };
        text.to_owned()
    };
    out.write(&action.id, |sink| {
        sink.push(&action.json, column)?;
        sink.flush()
    });
}
