//! What is done to a machine through Defender for Endpoint, and how it ends
//! (<https://learn.microsoft.com/defender-endpoint/api/isolate-machine>,
//! <https://learn.microsoft.com/defender-endpoint/api/unisolate-machine>,
//! <https://learn.microsoft.com/defender-endpoint/api/machineaction>).

use reqwest::Method;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use url::Url;

use super::list::query;
use super::{Bearer, Client, Collection, Error, Request};

/// How much of a machine's network is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsolationType {
    /// All but Defender's own.
    Full,
    /// All but Defender's own, Outlook's and Teams's.
    Selective,
    /// A machine without Defender is kept from the managed ones.
    UnManagedDevice,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Cut it off.
    Isolate(IsolationType),
    /// Let it back.
    Release,
}

/// What the service filters machines on (<https://learn.microsoft.com/defender-endpoint/api/get-machines>).
pub const MACHINES_ARE_FILTERED_ON: &[&str] = &[
    "computerDnsName",
    "id",
    "version",
    "deviceValue",
    "aadDeviceId",
    "machineTags",
    "lastSeen",
    "exposureLevel",
    "onboardingStatus",
    "lastIpAddress",
    "healthStatus",
    "osPlatform",
    "riskScore",
    "rbacGroupId",
];

/// A machine that Defender for Endpoint knows, with what a row shows of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Machine {
    /// Forty hexadecimal digits.
    #[serde(deserialize_with = "text")]
    pub id: String,
    /// Its whole name, with the domain.
    #[serde(deserialize_with = "text")]
    pub computer_dns_name: String,
    /// Its operating system.
    #[serde(deserialize_with = "text")]
    pub os_platform: String,
    /// `Active`, `Inactive` and others.
    #[serde(deserialize_with = "text")]
    pub health_status: String,
    /// `None`, `Low`, `Medium`, `High` and others.
    #[serde(deserialize_with = "text")]
    pub risk_score: String,
    /// When it has last reported (RFC 3339).
    #[serde(deserialize_with = "text")]
    pub last_seen: String,
}

/// An action on a machine, as the service reports it. What it says nothing about is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MachineAction {
    /// Its id, which finds it again.
    #[serde(deserialize_with = "text")]
    pub id: String,
    /// `Pending`, `InProgress`, or how it has ended.
    #[serde(deserialize_with = "text")]
    pub status: String,
    /// `Isolate`, `Unisolate` and others.
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: String,
    /// Which type of isolation.
    #[serde(deserialize_with = "text")]
    pub scope: String,
    /// What it is done to.
    #[serde(deserialize_with = "text")]
    pub machine_id: String,
    /// The machine's name.
    #[serde(deserialize_with = "text")]
    pub computer_dns_name: String,
    /// Who has asked for it.
    #[serde(deserialize_with = "text")]
    pub requestor: String,
    /// Why.
    #[serde(deserialize_with = "text")]
    pub requestor_comment: String,
    /// Since when (RFC 3339).
    #[serde(deserialize_with = "text")]
    pub creation_date_time_utc: String,
    /// The last change (RFC 3339).
    #[serde(deserialize_with = "text")]
    pub last_update_date_time_utc: String,
    /// The service's own bytes.
    #[serde(skip)]
    pub json: String,
}

/// The body is not what it should be.
#[derive(Debug, Clone, Copy)]
pub struct NotAnAction;

/// A text, or what else stands in its place: no field that is only shown may keep the rest from being read.
fn text<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(value)? {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    })
}

impl Machine {
    /// Reads one of a list; what is of another form than an object says nothing.
    #[must_use]
    pub fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }
}

impl MachineAction {
    /// Whether it has ended, well or not. A status that nobody has documented is not an end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        ["Succeeded", "Failed", "TimeOut", "Cancelled"].iter().any(|end| self.is(end))
    }

    /// Whether it has ended well.
    #[must_use]
    pub fn has_succeeded(&self) -> bool {
        self.is("Succeeded")
    }

    /// Whether that is its status, in whichever case the service writes it.
    #[must_use]
    pub fn is(&self, status: &str) -> bool {
        self.status.eq_ignore_ascii_case(status)
    }

    /// Reads the body of an answer.
    ///
    /// # Errors
    /// [`NotAnAction`], also when what it has for an id cannot be one.
    pub fn parse(body: Vec<u8>) -> Result<Self, NotAnAction> {
        let json = String::from_utf8(body).map_err(|_| NotAnAction)?;
        let action: Self = serde_json::from_str(&json).map_err(|_| NotAnAction)?;
        if !is_action_id(&action.id) {
            return Err(NotAnAction);
        }
        Ok(Self { json, ..action })
    }
}

/// Whether `text` is a GUID, as the id of every action is.
#[must_use]
pub fn is_action_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether `text` is forty hexadecimal digits, as the id of every machine is.
#[must_use]
pub fn is_machine_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The request at `base` for `isolation` of the machine with that id; `comment` is for the record and must not be empty.
#[must_use]
pub fn request(base: &Url, machine: &str, isolation: Isolation, comment: &str) -> Request {
    let (verb, body) = match isolation {
        Isolation::Isolate(kind) => {
            ("isolate", json!({"Comment": comment, "IsolationType": format!("{kind:?}")}))
        }
        Isolation::Release => ("unisolate", json!({"Comment": comment})),
    };
    Request::new(Method::POST, super::url(base, &format!("api/machines/{machine}/{verb}"))).json(&body)
}

/// Asks for it, once: whether a request that has got no answer was heard, nobody knows. `None` when the service has
/// accepted it and says no more.
///
/// # Errors
/// See [`Error`]; when it [`Error::is_unclear`], the action may have begun.
pub async fn begin<B: Bearer>(
    client: &Client<'_, B>,
    request: &Request,
) -> Result<Option<MachineAction>, Error> {
    let says_nothing = |body: &[u8]| [&b""[..], b"null"].contains(&body.trim_ascii());
    let parse = |body: Vec<u8>| {
        if says_nothing(&body) { Ok(None) } else { MachineAction::parse(body).map(Some) }
    };
    client.send(request, parse).await
}

/// The action of that id, as it is now; whether it is that one is for the caller to see.
///
/// # Errors
/// See [`Error`].
pub async fn action<B: Bearer>(client: &Client<'_, B>, id: &str) -> Result<MachineAction, Error> {
    client.get(&client.url(&format!("api/machineactions/{id}")), MachineAction::parse).await
}

/// The ids of the machines of that DNS name, in lower case: more than one where a machine was set up again, or none
/// (<https://learn.microsoft.com/defender-endpoint/api/get-machines>).
///
/// The case of a name means nothing (RFC 4343) and may mean something to the filter. Defender keeps names in lower case.
///
/// # Errors
/// See [`Error`].
pub async fn named<B: Bearer>(client: &Client<'_, B>, name: &str) -> Result<Vec<String>, Error> {
    let lower = name.to_ascii_lowercase();
    let ids = filtered(client, &lower).await?;
    if ids.is_empty() && lower != name { filtered(client, name).await } else { Ok(ids) }
}

/// Who has the name is read from the answer: one that did not heed the filter would be believed with any machine.
async fn filtered<B: Bearer>(client: &Client<'_, B>, name: &str) -> Result<Vec<String>, Error> {
    let mut pages = machines(client, &[("$filter", format!("computerDnsName eq '{name}'"))]);
    let host = client.url("").host_str().unwrap_or_default().to_owned();
    let not_the_api = |what: &str| Error::NotTheApi { host: host.clone(), what: what.to_owned() };
    let mut ids = Vec::new();
    loop {
        let page = match pages.next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(ids),
            Err(Error::NotAList) => return Err(not_the_api("JSON of another form")),
            Err(error) => return Err(error),
        };
        for item in page.items() {
            let machine = Machine::read(item);
            if !machine.computer_dns_name.eq_ignore_ascii_case(name) {
                continue;
            }
            if !is_machine_id(&machine.id) {
                return Err(not_the_api("a machine without an id"));
            }
            let id = machine.id.to_ascii_lowercase();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
}

/// The list of machines, with these options of its query.
#[must_use]
pub fn machines<'a, B: Bearer>(client: &'a Client<'a, B>, options: &[(&str, String)]) -> Collection<'a, B> {
    let mut url = client.url("api/machines");
    if !options.is_empty() {
        url.set_query(Some(&query(options)));
    }
    Collection::new(client, Request::get(url))
}

/// Where the actions on the machine of that id are listed, below the API's address, as a word for a shell's single quotes
/// (<https://learn.microsoft.com/defender-endpoint/api/get-machineactions-collection>).
#[must_use]
pub fn path_of_actions(machine: &str) -> String {
    format!("/api/machineactions?$filter=machineId%20eq%20%27{machine}%27")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_an_id_whatever_else_it_has() {
        let body = |id: &str, rest: &str| format!(r#"{{"id":"{id}"{rest}}}"#).into_bytes();
        let id = "5382f7ea-7557-4ab7-9782-d50480024a4e";
        let odd =
            MachineAction::parse(body(id, r#","status":"Odd","scope":null,"type":5,"new":[1]"#)).unwrap();
        assert!(!odd.is_over() && !odd.has_succeeded());
        assert_eq!((odd.scope.as_str(), odd.kind.as_str()), ("", "5"));
        for rest in ["", r#","status":"""#, r#","status":7"#, r#","status":null"#] {
            assert!(!MachineAction::parse(body(id, rest)).unwrap().is_over(), "{rest}");
        }
        for status in ["Failed", "TimeOut", "Cancelled", "Succeeded"] {
            let action = MachineAction::parse(body(id, &format!(r#","status":"{status}""#))).unwrap();
            assert!(action.is_over(), "{status}");
            assert_eq!(action.has_succeeded(), status == "Succeeded");
            for odd in [status.to_ascii_lowercase(), status.to_ascii_uppercase()] {
                let action = MachineAction::parse(body(id, &format!(r#","status":"{odd}""#))).unwrap();
                assert_eq!(
                    (action.is_over(), action.has_succeeded()),
                    (true, status == "Succeeded"),
                    "{odd}"
                );
            }
        }
        for (id, rest) in [
            ("", r#","status":"Pending""#),
            ("../machines/5382f7ea-7557-4ab7-9782-d5", r#","status":"Pending""#),
            ("5382f7ea-7557-4ab7-9782/d50480024a4e", r#","status":"Pending""#),
        ] {
            assert!(MachineAction::parse(body(id, rest)).is_err(), "{id} {rest}");
        }
        assert!(MachineAction::parse(br#"{"error":{"code":"x"}}"#.to_vec()).is_err());
    }
}
