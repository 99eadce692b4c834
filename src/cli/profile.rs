//! `m365d profile`: tenants, clouds and accounts that are kept apart under names of the person's own.

use anyhow::Result;
use serde_json::json;

use super::args;
use super::context::Context;
use super::terminal;
use crate::output::{Column, Sink, Width};
use crate::session::Owner;
use crate::settings::{self, ConfigFile, Flags, ProfileName, Settings};

const COLUMNS: &[Column<'_>] = &[
    Column { name: "profile", width: Some(Width::Cells(7, 24)), expendable: 0 },
    Column { name: "default", width: Some(Width::Cells(7, 7)), expendable: 0 },
    Column { name: "signed in", width: Some(Width::Cells(9, 9)), expendable: 0 },
    Column { name: "account", width: Some(Width::Cells(22, 32)), expendable: 1 },
    Column { name: "tenant", width: Some(Width::Rest(14)), expendable: 0 },
    Column { name: "cloud", width: Some(Width::Cells(8, 8)), expendable: 2 },
    Column { name: "api", width: Some(Width::Cells(8, 8)), expendable: 4 },
    Column { name: "client id", width: Some(Width::Cells(36, 36)), expendable: 3 },
];

pub(super) fn run(context: &Context, command: &args::Profile) -> Result<()> {
    let file = ConfigFile::new(&context.settings.folder.value);
    match command {
        args::Profile::List => list(context, &file),
        args::Profile::Add { name } => add(context, &file, &parse(name)?),
        args::Profile::Use { name } if name == ProfileName::DEFAULT => choose_default(context, &file),
        args::Profile::Use { name } => choose(context, &file, &existing(&file, name)?),
        args::Profile::Remove { name } => remove(context, &file, name),
    }
}

fn list(context: &Context, file: &ConfigFile) -> Result<()> {
    let config = file.read()?;
    let chosen = config.default_profile.as_deref().unwrap_or(ProfileName::DEFAULT);
    let mut sink =
        Sink::new(context.format(), COLUMNS, terminal::width(), terminal::stdout(context.format()));
    let mut any_is_sealed = false;
    let mut profiles = config.profile.clone();
    if !profiles.contains_key(ProfileName::DEFAULT) {
        profiles.extend(unwritten_default(context)?);
    }
    for (name, keys) in &profiles {
        let profile = of_profile(context, name, keys);
        if let Err(error) = &profile {
            context.terminal.warn(&format!("the profile {name:?} is not right: {error}"));
        }
        let owner = profile.as_ref().ok().and_then(owner);
        let signed_in = owner.is_some();
        let is_sealed = matches!(owner, Some(Owner::Sealed));
        any_is_sealed |= is_sealed;
        let account = match owner {
            Some(Owner::Account(account)) => Some(account.username),
            _ => None,
        };
        let cloud = profile.as_ref().map_or("", |profile| profile.settings.cloud.value.name());
        let (tenant, client_id) = (keys.tenant.as_deref(), keys.client_id.as_deref());
        let api = keys.api.as_deref();
        let object = json!({
            "profile": name,
            "default": name == chosen,
            "signed_in": signed_in,
            "account": account,
            "tenant": tenant,
            "client_id": client_id,
            "cloud": cloud,
            "api": api,
        });
        let word = |is: bool| if is { "yes" } else { "no" };
        sink.push(&object.to_string(), |column| {
            match column {
                "profile" => name,
                "default" => word(name == chosen),
                "signed in" => word(signed_in),
                "account" => account.as_deref().unwrap_or(if is_sealed { "sealed" } else { "" }),
                "tenant" => tenant.unwrap_or_default(),
                "cloud" => cloud,
                "api" => api.unwrap_or_default(),
                _ => client_id.unwrap_or_default(),
            }
            .to_owned()
        })?;
    }
    sink.finish()?;
    if any_is_sealed {
        context.terminal.note("whose a sealed session is, this tells: m365d status --profile NAME");
    }
    let variables: Vec<_> = context.settings.variables().collect();
    if !variables.is_empty() && !config.profile.is_empty() {
        let variables = variables.join(", ");
        context.terminal.warn(&format!("whatever the profiles say, {variables} of the environment counts"));
    }
    if profiles.is_empty() {
        context
            .terminal
            .note("there is no profile yet; m365d login --tenant TENANT --client-id CLIENT_ID makes one");
    }
    Ok(())
}

fn add(context: &Context, file: &ConfigFile, name: &ProfileName) -> Result<()> {
    let keys: Vec<_> = context.settings.flags().into_iter().filter(|(key, _)| *key != "profile").collect();
    let is_new = !file.read()?.profile.contains_key(name.as_str());
    file.set(name, &keys)?;
    let done = if is_new { "added" } else { "changed" };
    let next = match of_profile(context, name.as_str(), &file.profile(name)?)?.settings.application() {
        Ok(_) => format!("m365d login --profile {} signs in", name.as_str()),
        Err(settings::Error::NoTenant { .. } | settings::Error::NoClientId { .. }) => format!(
            "before anybody can sign in it needs: m365d profile add {} --tenant TENANT --client-id CLIENT_ID",
            name.as_str()
        ),
        Err(error) => return Err(error.into()),
    };
    context.terminal.note(&format!("{done} the profile {}; {next}", name.as_str()));
    Ok(())
}

fn choose(context: &Context, file: &ConfigFile, name: &ProfileName) -> Result<()> {
    file.choose(name)?;
    context.terminal.note(&format!("{} is the profile that is used when no other is named", name.as_str()));
    Ok(())
}

/// The profile that is used without any: it need not stand in the file, and so this always can be undone.
fn choose_default(context: &Context, file: &ConfigFile) -> Result<()> {
    file.choose_none()?;
    context
        .terminal
        .note("no profile is chosen any more; the one named default is used when no other is named");
    Ok(())
}

/// The profile that is used without any, if somebody has signed in to it with settings of the environment alone.
fn unwritten_default(context: &Context) -> Result<Option<(String, settings::Profile)>, settings::Error> {
    let name = ProfileName::DEFAULT;
    let profile = of_profile(context, name, &settings::Profile::default())?;
    let settings = &profile.settings;
    let keys = settings::Profile {
        tenant: settings.tenant.as_ref().map(|tenant| tenant.value.as_str().to_owned()),
        client_id: settings.client_id.as_ref().map(|id| id.value.as_str().to_owned()),
        ..settings::Profile::default()
    };
    Ok(owner(&profile).map(|_| (name.to_owned(), keys)))
}

/// Whatever stands in the profile: what is not right can be removed all the same.
fn remove(context: &Context, file: &ConfigFile, name: &str) -> Result<()> {
    let config = file.read()?;
    let Some(keys) = config.profile.get(name) else { return Err(file.no_such_profile(name)?.into()) };
    let was_signed_in = match of_profile(context, name, keys) {
        Ok(profile) => match profile.settings.application() {
            Ok(application) => profile.store().forget(&profile.selector(&application))?,
            Err(_) => false,
        },
        Err(_) => false,
    };
    file.remove(name)?;
    let session = if was_signed_in { " and signed out of its session" } else { "" };
    context.terminal.note(&format!("removed the profile {name}{session}"));
    if config.default_profile.as_deref() == Some(name) {
        context.terminal.note("it was the default: m365d profile use NAME chooses another one");
    }
    Ok(())
}

/// What that profile means, which the environment does not change where the profile says something itself.
fn of_profile(context: &Context, name: &str, keys: &settings::Profile) -> Result<Context, settings::Error> {
    let flags = Flags {
        profile: Some(name.to_owned()),
        cloud: keys.cloud.clone(),
        tenant: keys.tenant.clone(),
        client_id: keys.client_id.clone(),
        ..Flags::default()
    };
    Ok(Context::new(Settings::gather(flags)?, context.terminal, context.output))
}

/// Without opening a sealed session, which may take the credential store and a person who unlocks it.
fn owner(profile: &Context) -> Option<Owner> {
    let application = profile.settings.application().ok()?;
    let store = profile.store();
    store.whose(&store.select(&profile.selector(&application)).ok()?)
}

fn parse(name: &str) -> Result<ProfileName, settings::Error> {
    ProfileName::parse(name).ok_or_else(|| settings::Error::Invalid {
        expected: ProfileName::EXPECTED,
        value: name.to_owned(),
        source_name: "the command line".to_owned(),
    })
}

fn existing(file: &ConfigFile, name: &str) -> Result<ProfileName, settings::Error> {
    let name = parse(name)?;
    file.profile(&name)?;
    Ok(name)
}
