//! A real Secret Service: GNOME Keyring on a D-Bus of its own, with a home of its own. Nobody's real keyring is near.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use zbus::{Connection, DynamicType, OwnedObjectPath, OwnedVariant, Type, Variant};

use super::Home;

const NAME: &str = "org.freedesktop.secrets";
const SERVICE: (&str, &str) = ("/org/freedesktop/secrets", "org.freedesktop.Secret.Service");
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
const ITEM: &str = "org.freedesktop.Secret.Item";

/// A bus that knows nobody but whom it is told of.
const BUS: &str = r#"<busconfig>
  <type>session</type><listen>unix:dir=FOLDER</listen><servicedir>FOLDER</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>"#;

/// The bus starts the keyring for the first who wants it, unlocked with the password of its owner.
const KEYRING: &str = "[D-BUS Service]\nName=org.freedesktop.secrets\nExec=/bin/sh -c \"printf password | exec gnome-keyring-daemon --foreground --unlock --components=secrets\"\n";

/// A bus, perhaps with a keyring on it, until it is dropped.
pub struct SecretService {
    /// Of the bus and the keyring.
    _folder: TempDir,
    address: String,
    bus: Child,
    runtime: Runtime,
    /// The test's own.
    connection: Connection,
}

impl SecretService {
    /// GNOME Keyring, unlocked, with nothing in it.
    pub fn unlocked() -> Self {
        let service = Self::bus(Some(KEYRING));
        // Now it runs: the program gives it three seconds, but not to start.
        assert_eq!(service.items(), HashMap::new());
        service
    }

    /// A bus on which there is no such service.
    pub fn missing() -> Self {
        Self::bus(None)
    }

    /// Somebody has the service's name and answers nothing.
    pub fn silent() -> Self {
        let service = Self::bus(None);
        service.runtime.block_on(service.connection.request_name(NAME)).expect("the name is free");
        service
    }

    fn bus(keyring: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().to_str().expect("UTF-8");
        fs::write(folder.path().join("bus.conf"), BUS.replace("FOLDER", path)).expect("a file");
        if let Some(keyring) = keyring {
            fs::write(folder.path().join("keyring.service"), keyring).expect("a file");
        }
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={path}/bus.conf"))
            .args(["--nofork", "--print-address=1"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", path)
            .env("XDG_RUNTIME_DIR", path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().expect("stdout")).read_line(&mut address).expect("an address");
        let address = address.trim().to_owned();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let connection = zbus::connection::Builder::address(address.as_str()).build();
        let connection = runtime.block_on(connection).expect("the bus listens");
        Self { _folder: folder, address, bus, runtime, connection }
    }

    /// A home on whose bus this is, and where a sign-in looks for it.
    pub fn home(&self, home: Home) -> Home {
        home.with("DBUS_SESSION_BUS_ADDRESS", &self.address).with("M365D_STORE", "auto")
    }

    /// Locks everything, as when its owner has left.
    pub fn lock(&self) {
        let everything = [zbus::ObjectPath::try_from(LOGIN).expect("a path")];
        let _: (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.call(SERVICE.0, SERVICE.1, "Lock", &(&everything[..],));
    }

    /// Every item of the program: under what, and the secret in it.
    pub fn items(&self) -> HashMap<String, Vec<u8>> {
        let (_, session): (OwnedVariant, OwnedObjectPath) =
            self.call(SERVICE.0, SERVICE.1, "OpenSession", &("plain", Variant::from("")));
        let of_item = |item: OwnedObjectPath| {
            let attributes: OwnedVariant =
                self.call(&item, "org.freedesktop.DBus.Properties", "Get", &(ITEM, "Attributes"));
            let attributes: HashMap<String, String> = attributes.try_into().expect("texts");
            let (_, _, value, _): (OwnedObjectPath, Vec<u8>, Vec<u8>, String) =
                self.call(&item, ITEM, "GetSecret", &(&session,));
            (attributes["username"].clone(), STANDARD.decode(value).expect("base64"))
        };
        self.paths().into_iter().map(of_item).collect()
    }

    /// Loses every item of the program.
    pub fn lose_all(&self) {
        for item in self.paths() {
            let _: OwnedObjectPath = self.call(&item, ITEM, "Delete", &());
        }
    }

    /// Puts something else into every item of the program.
    pub fn put_into_all(&self, secret: &[u8]) {
        let (_, session): (OwnedVariant, OwnedObjectPath) =
            self.call(SERVICE.0, SERVICE.1, "OpenSession", &("plain", Variant::from("")));
        for item in self.paths() {
            let secret = (&session, Vec::<u8>::new(), STANDARD.encode(secret).into_bytes(), "text/plain");
            let () = self.call(&item, ITEM, "SetSecret", &(secret,));
        }
    }

    fn paths(&self) -> Vec<OwnedObjectPath> {
        let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            self.call(SERVICE.0, SERVICE.1, "SearchItems", &(HashMap::from([("service", "m365d")]),));
        [unlocked, locked].concat()
    }

    fn call<Answer: DeserializeOwned + Type>(
        &self,
        object: &str,
        interface: &str,
        method: &str,
        arguments: &(impl Serialize + DynamicType),
    ) -> Answer {
        let call = self.connection.call_method(Some(NAME), object, Some(interface), method, arguments);
        let reply = self.runtime.block_on(call).unwrap_or_else(|error| panic!("{method}: {error}"));
        reply.body().deserialize().expect("the answer that is specified")
    }
}

impl Drop for SecretService {
    fn drop(&mut self) {
        // The keyring goes when its bus goes.
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}
