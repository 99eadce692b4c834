//! `m365d machines`: isolate and release, each asked for once and followed to its end where that is wanted.

pub(super) mod args;
mod failure;
mod follow;

use std::collections::HashSet;
use std::io::{self, StdoutLock};

use anyhow::Result;

use self::args::{Isolate, IsolationType, Machine, Machines, OnMachines};
use self::follow::Report;
use super::connection::{Connection, SessionClient};
use super::context::Context;
use super::several::{Failed, Partial, Several, Things};
use super::{dry_run, ids, permissions, terminal};
use crate::api::endpoint::{self, Isolation, MachineAction};
use crate::output::{Column, Sink, Width};
use crate::settings::{Application, Source};
use crate::token::{Operation, Service};

pub(super) use failure::Failure;

const MACHINES: Things = Things {
    many: "machines",
    id: "a machine's id or DNS name",
    of_both: false,
    listing: "m365d hunt 'DeviceInfo | distinct DeviceId' -o ndjson | jq -r .DeviceId",
    look: |ids| format!("m365d api GET /api/machineactions --api endpoint, for the machines {ids}"),
};
const ACTIONS: Things = Things {
    many: "actions",
    id: "an action's id",
    of_both: false,
    listing: "m365d api GET /api/machineactions --api endpoint --paginate -o ndjson | jq -r .id",
    look: |ids| format!("m365d machines action {ids}"),
};
const COLUMNS: &[Column<'_>] = &[
    Column { name: "machine", width: Some(Width::Rest(16)), expendable: 0 },
    Column { name: "type", width: Some(Width::Cells(9, 12)), expendable: 1 },
    Column { name: "status", width: Some(Width::Cells(10, 10)), expendable: 0 },
    Column { name: "id", width: Some(Width::Cells(36, 36)), expendable: 0 },
    Column { name: "scope", width: None, expendable: 0 },
    Column { name: "machine id", width: None, expendable: 0 },
    Column { name: "requestor", width: None, expendable: 0 },
    Column { name: "comment", width: None, expendable: 0 },
    Column { name: "created", width: None, expendable: 0 },
    Column { name: "updated", width: None, expendable: 0 },
];

type Out = Sink<'static, StdoutLock<'static>>;

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
    }
}

fn act(context: &Context, arguments: &OnMachines, isolation: Isolation) -> Result<()> {
    let terminal = context.terminal;
    let following = &arguments.following;
    let application = application(context, Operation::IsolateMachines)?;
    let machines = ids::read(&arguments.machines, &MACHINES, args::machine)?;
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
    connection.run(async |client, _| {
        let mut several = Several::new(&MACHINES, machines.len(), terminal);
        let (mut done, mut requests, mut begun) = (HashSet::new(), Vec::new(), Vec::new());
        let mut out = sink(context);
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
                let answer = endpoint::begin(client, &request).await;
                let action = answer
                    .map_err(|error| failure::not_begun(&machine.to_string(), &id, isolation, error))?;
                if following.wait {
                    let (name, status) = (failure::name(&action), &action.status);
                    terminal.note(&format!("{name}: {status}, action {}", action.id));
                    begun.push(action);
                } else {
                    write(&mut out, &action)?;
                    if !action.is_over() {
                        terminal.note(&format!("to follow it: {}", failure::follow(&action.id)));
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
                let id = |action: &MachineAction| action.machine_id.clone().unwrap_or_default();
                let mut report = Report { several: &mut several, out: &mut out, terminal, id };
                follow::to_the_end(client, begun, following.timeout, &mut report).await
            }
            failed => failed,
        };
        finish(out, followed.and_then(|()| several.finish()))
    })
}

fn show(context: &Context, arguments: &args::Action) -> Result<()> {
    let terminal = context.terminal;
    let following = &arguments.following;
    let application = application(context, Operation::ReadMachines)?;
    let ids = ids::read(&arguments.ids, &ACTIONS, args::action)?;
    let connection = Connection::new(context, &application, following.max_wait)
        .requiring(permissions::needed(Operation::ReadMachines, Service::Endpoint)?);
    connection.run(async |client, _| {
        let mut several = Several::new(&ACTIONS, ids.len(), terminal);
        let (mut begun, mut out) = (Vec::new(), sink(context));
        let shown = several
            .each(&ids, async |id| {
                let found = endpoint::action(client, id).await;
                let action = found.map_err(|error| failure::not_shown(id, error))?;
                if !following.wait {
                    return write(&mut out, &action);
                }
                terminal.note(&format!("{}: {}", failure::name(&action), action.status));
                begun.push(action);
                Ok(())
            })
            .await;
        let followed = match shown {
            Ok(()) => {
                let id = |action: &MachineAction| action.id.clone();
                let mut report = Report { several: &mut several, out: &mut out, terminal, id };
                follow::to_the_end(client, begun, following.timeout, &mut report).await
            }
            failed => failed,
        };
        finish(out, followed.and_then(|()| several.finish()))
    })
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
    let mut ids: Vec<_> = found
        .map_err(|error| failure::not_looked_up(&name, error))?
        .into_iter()
        .map(|machine| machine.id)
        .collect();
    match (ids.pop(), ids.is_empty()) {
        (Some(id), true) => Ok(id),
        (None, _) => Err(Failed::of(Failure::NoSuchName(name)).into()),
        (Some(id), false) => {
            ids.push(id);
            Err(Failed::of(Failure::SeveralOfThatName { name, ids }).into())
        }
    }
}

fn sink(context: &Context) -> Out {
    Sink::new(context.format(), COLUMNS, terminal::width(), io::stdout().lock())
}

/// Writes one action and sends it on.
fn write(out: &mut Out, action: &MachineAction) -> Result<()> {
    let column = |name: &str| {
        let text = match name {
            "id" => Some(&action.id),
            "status" => Some(&action.status),
            "type" => action.kind.as_ref(),
            "scope" => action.scope.as_ref(),
            "machine" => action.computer_dns_name.as_ref().or(action.machine_id.as_ref()),
            "machine id" => action.machine_id.as_ref(),
            "requestor" => action.requestor.as_ref(),
            "comment" => action.requestor_comment.as_ref(),
            "created" => action.creation_date_time_utc.as_ref(),
            "updated" => action.last_update_date_time_utc.as_ref(),
            _ => None,
        };
        text.cloned().unwrap_or_default()
    };
    out.push(&action.json, column)?;
    Ok(out.flush()?)
}

/// Ends the output: what is there is whole, and what is missing or has not ended well has been said.
fn finish(out: Out, outcome: Result<()>) -> Result<()> {
    let is_whole = match &outcome {
        Ok(()) => true,
        Err(error) => out.has_items() && (error.is::<Partial>() || error.is::<Failed>()),
    };
    if is_whole {
        out.finish()?;
    }
    outcome
}
