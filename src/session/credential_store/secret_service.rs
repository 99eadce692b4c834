//! The Secret Service of freedesktop.org (GNOME Keyring, KDE Wallet and others), on the session's D-Bus:
//! <https://specifications.freedesktop.org/secret-service-spec/0.2/>.
//!
//! Only zbus is used, and six methods. The libraries above it unlock a locked collection by asking the person, even
//! for a lookup; here nothing ever asks. Secrets cross the bus as they are (the specification's "plain"): its socket
//! is this user's alone, and whoever can listen there could ask for the secret as well.

use std::collections::HashMap;
use std::env;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zbus::connection::Builder;
use zbus::{Connection, DynamicType, ObjectPath, OwnedObjectPath, OwnedVariant, Type, Variant, fdo};
use zeroize::Zeroizing;

use super::{SERVICE, Secret, Unavailable};

/// What the store is called.
pub const NAME: &str = "the Secret Service";

const BUS_NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const OF_SERVICE: &str = "org.freedesktop.Secret.Service";
const OF_COLLECTION: &str = "org.freedesktop.Secret.Collection";
const OF_ITEM: &str = "org.freedesktop.Secret.Item";

/// As text, in base64: KDE Wallet keeps nothing else whole.
const CONTENT_TYPE: &str = "text/plain";

/// The specification's `Secret`: the session, parameters of the encryption, the value, its type.
type Transferred = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

pub(super) fn read(account: &str) -> Result<Option<Secret>, Unavailable> {
    block_on(async {
        let service = Service::connect().await?;
        let Some(item) = service.find(&attributes(account)).await?.into_iter().next() else {
            return Ok(None);
        };
        let session = service.open_session().await?;
        let (_, _, value, _): Transferred = service.call(&item, OF_ITEM, "GetSecret", &(session,)).await?;
        let value = Zeroizing::new(value);
        // What is not base64 is no key of ours, like any of another length.
        Ok(Some(Zeroizing::new(STANDARD.decode(&*value).unwrap_or_default())))
    })
}

pub(super) fn write(account: &str, secret: &[u8]) -> Result<(), Unavailable> {
    let label = format!("m365d: key of {account}");
    block_on(async {
        let service = Service::connect().await?;
        let collection = service.default_collection().await?;
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Variant::from(label)),
            ("org.freedesktop.Secret.Item.Attributes", Variant::from(attributes(account))),
        ]);
        let session = service.open_session().await?;
        let value = Zeroizing::new(STANDARD.encode(secret));
        let secret = (session, Vec::<u8>::new(), value.as_bytes(), CONTENT_TYPE);
        let replace = true;
        let (_, prompt): (OwnedObjectPath, OwnedObjectPath) =
            service.call(&collection, OF_COLLECTION, "CreateItem", &(properties, secret, replace)).await?;
        done_without_asking(&prompt)
    })
}

pub(super) fn forget(accounts: &[String], folder: Option<&Path>) -> Result<(), Unavailable> {
    block_on(async {
        let service = Service::connect().await?;
        let mut items = Vec::new();
        for account in accounts {
            items.extend(service.find(&attributes(account)).await?);
        }
        if let Some(folder) = folder {
            let ours = service.find(&HashMap::from([("service", SERVICE)])).await?;
            for item in ours {
                let account = service.account(&item).await?;
                if Path::new(&account).parent() == Some(folder) && !items.contains(&item) {
                    items.push(item);
                }
            }
        }
        for item in items {
            let prompt: OwnedObjectPath = service.call(&item, OF_ITEM, "Delete", &()).await?;
            done_without_asking(&prompt)?;
        }
        Ok(())
    })
}

/// By which an item is found; the names are those that keyring libraries use.
fn attributes(account: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", account)])
}

struct Service {
    bus: Connection,
}

impl Service {
    async fn connect() -> Result<Self, Unavailable> {
        let bus = Builder::address(address()?.as_str()).build().await.map_err(|_| Unavailable::Absent)?;
        Ok(Self { bus })
    }

    /// Secrets are transferred within a session, which ends with the connection.
    async fn open_session(&self) -> Result<OwnedObjectPath, Unavailable> {
        let (_, session): (OwnedVariant, OwnedObjectPath) =
            self.call(PATH, OF_SERVICE, "OpenSession", &("plain", Variant::from(""))).await?;
        Ok(session)
    }

    /// The items that can be read. None at all is believed only of a store that is unlocked, since some do not search
    /// what is locked.
    async fn find(&self, attributes: &HashMap<&str, &str>) -> Result<Vec<OwnedObjectPath>, Unavailable> {
        let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            self.call(PATH, OF_SERVICE, "SearchItems", &(attributes,)).await?;
        if !locked.is_empty() {
            return Err(Unavailable::Locked);
        }
        if unlocked.is_empty() {
            self.default_collection().await?;
        }
        Ok(unlocked)
    }

    /// Where new items go, unlocked.
    async fn default_collection(&self) -> Result<OwnedObjectPath, Unavailable> {
        let path: OwnedObjectPath = self.call(PATH, OF_SERVICE, "ReadAlias", &("default",)).await?;
        if is_nothing(&path) {
            return Err(Unavailable::Homeless);
        }
        let locked = self.property(&path, OF_COLLECTION, "Locked").await?;
        if bool::try_from(locked).unwrap_or(true) { Err(Unavailable::Locked) } else { Ok(path) }
    }

    async fn account(&self, item: &ObjectPath<'_>) -> Result<String, Unavailable> {
        let attributes = self.property(item, OF_ITEM, "Attributes").await?;
        let mut attributes: HashMap<String, String> = attributes.try_into().unwrap_or_default();
        Ok(attributes.remove("username").unwrap_or_default())
    }

    async fn property(
        &self,
        object: &ObjectPath<'_>,
        interface: &str,
        name: &str,
    ) -> Result<OwnedVariant, Unavailable> {
        self.call(object.as_str(), "org.freedesktop.DBus.Properties", "Get", &(interface, name)).await
    }

    async fn call<Answer: DeserializeOwned + Type>(
        &self,
        object: &str,
        interface: &str,
        method: &str,
        arguments: &(impl Serialize + DynamicType),
    ) -> Result<Answer, Unavailable> {
        let reply = self.bus.call_method(Some(BUS_NAME), object, Some(interface), method, arguments).await?;
        Ok(reply.body().deserialize()?)
    }
}

impl From<zbus::Error> for Unavailable {
    fn from(error: zbus::Error) -> Self {
        match &error {
            zbus::Error::MethodError(name, ..) if name.ends_with(".Secret.Error.IsLocked") => Self::Locked,
            zbus::Error::FDO(error) if is_absence(error) => Self::Absent,
            error => Self::Failed(error.to_string()),
        }
    }
}

fn is_absence(error: &fdo::Error) -> bool {
    matches!(error, fdo::Error::ServiceUnknown(_) | fdo::Error::NameHasNoOwner(_))
}

/// Only a socket of this machine: secrets do not cross a network as they are.
fn address() -> Result<String, Unavailable> {
    if let Some(address) = env::var("DBUS_SESSION_BUS_ADDRESS").ok().filter(|address| !address.is_empty()) {
        return if address.starts_with("unix:") { Ok(address) } else { Err(Unavailable::Absent) };
    }
    let socket = env::var("XDG_RUNTIME_DIR").map(|folder| format!("{folder}/bus"));
    let socket = socket.ok().filter(|socket| Path::new(socket).exists());
    socket.map(|socket| format!("unix:path={socket}")).ok_or(Unavailable::Absent)
}

/// The service answers with a prompt when it wants to ask the person first; it is not called, and so changes nothing.
fn done_without_asking(prompt: &ObjectPath<'_>) -> Result<(), Unavailable> {
    if is_nothing(prompt) { Ok(()) } else { Err(Unavailable::Locked) }
}

fn is_nothing(path: &ObjectPath<'_>) -> bool {
    path.as_str() == "/"
}

fn block_on<T>(future: impl Future<Output = Result<T, Unavailable>>) -> Result<T, Unavailable> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    runtime.map_err(|error| Unavailable::Failed(error.to_string()))?.block_on(future)
}
