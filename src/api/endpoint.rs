//! What is done to a machine through Defender for Endpoint, and how it ends
//! (<https://learn.microsoft.com/defender-endpoint/api/isolate-machine>,
//! <https://learn.microsoft.com/defender-endpoint/api/unisolate-machine>,
//! <https://learn.microsoft.com/defender-endpoint/api/machineaction>).

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::list::query;
use super::{Bearer, Client, Error, Request};

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

/// A machine that Defender for Endpoint knows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// Forty hexadecimal digits.
    pub id: String,
}

/// An action on a machine, as the service reports it. What a row shows of it is text and may be absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MachineAction {
    /// Its id, which finds it again.
    pub id: String,
    /// `Pending`, `InProgress`, or how it has ended.
    pub status: String,
    /// `Isolate`, `Unisolate` and others.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Which type of isolation.
    pub scope: Option<String>,
    /// What it is done to.
    pub machine_id: Option<String>,
    /// The machine's name.
    pub computer_dns_name: Option<String>,
    /// Who has asked for it.
    pub requestor: Option<String>,
    /// Why.
    pub requestor_comment: Option<String>,
    /// Since when (RFC 3339).
    pub creation_date_time_utc: Option<String>,
    /// The last change (RFC 3339).
    pub last_update_date_time_utc: Option<String>,
    /// The service's own bytes.
    #[serde(skip)]
    pub json: String,
}

/// The body is not what it should be.
#[derive(Debug, Clone, Copy)]
pub struct NotAnAction;

#[derive(Deserialize)]
struct Machines {
    value: Vec<Machine>,
}

impl MachineAction {
    /// Whether it has ended, well or not. A status that nobody has documented is not an end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        ["Succeeded", "Failed", "TimeOut", "Cancelled"].contains(&self.status.as_str())
    }

    /// Whether it has ended well.
    #[must_use]
    pub fn has_succeeded(&self) -> bool {
        self.status == "Succeeded"
    }

    /// Reads the body of an answer.
    ///
    /// # Errors
    /// [`NotAnAction`], also when what it has for an id cannot be one.
    pub fn parse(body: Vec<u8>) -> Result<Self, NotAnAction> {
        let json = String::from_utf8(body).map_err(|_| NotAnAction)?;
        let action: Self = serde_json::from_str(&json).map_err(|_| NotAnAction)?;
        if !is_action_id(&action.id) || action.status.is_empty() {
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

/// Asks for it, once: whether a request that has got no answer was heard, nobody knows.
///
/// # Errors
/// See [`Error`]; when it [`Error::is_unclear`], the action may have begun.
pub async fn begin<B: Bearer>(client: &Client<'_, B>, request: &Request) -> Result<MachineAction, Error> {
    client.send(request, MachineAction::parse).await
}

/// The action of that id, as it is now.
///
/// # Errors
/// See [`Error`].
pub async fn action<B: Bearer>(client: &Client<'_, B>, id: &str) -> Result<MachineAction, Error> {
    client.get(&client.url(&format!("api/machineactions/{id}")), MachineAction::parse).await
}

/// The machines of that DNS name: more than one where a machine was set up again, or none
/// (<https://learn.microsoft.com/defender-endpoint/api/get-machines>).
///
/// # Errors
/// See [`Error`].
pub async fn named<B: Bearer>(client: &Client<'_, B>, name: &str) -> Result<Vec<Machine>, Error> {
    let mut url = client.url("api/machines");
    url.set_query(Some(&query(&[("$filter", format!("computerDnsName eq '{name}'"))])));
    let machines = client.get(&url, |body| serde_json::from_slice::<Machines>(&body)).await?.value;
    if machines.iter().all(|machine| is_machine_id(&machine.id)) {
        return Ok(machines);
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    Err(Error::NotTheApi { host, what: "a machine without an id".to_owned() })
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
    fn an_action_has_an_id_and_a_status_whatever_else_it_has() {
        let body = |id: &str, rest: &str| format!(r#"{{"id":"{id}"{rest}}}"#).into_bytes();
        let id = "5382f7ea-7557-4ab7-9782-d50480024a4e";
        let odd = MachineAction::parse(body(id, r#","status":"Odd","scope":null,"new":[1]"#)).unwrap();
        assert!(!odd.is_over() && !odd.has_succeeded());
        for status in ["Failed", "TimeOut", "Cancelled", "Succeeded"] {
            let action = MachineAction::parse(body(id, &format!(r#","status":"{status}""#))).unwrap();
            assert!(action.is_over(), "{status}");
            assert_eq!(action.has_succeeded(), status == "Succeeded");
        }
        for (id, rest) in [
            (id, ""),
            (id, r#","status":"""#),
            (id, r#","status":7"#),
            ("", r#","status":"Pending""#),
            ("../machines/5382f7ea-7557-4ab7-9782-d5", r#","status":"Pending""#),
            ("5382f7ea-7557-4ab7-9782/d50480024a4e", r#","status":"Pending""#),
        ] {
            assert!(MachineAction::parse(body(id, rest)).is_err(), "{id} {rest}");
        }
        assert!(MachineAction::parse(br#"{"error":{"code":"x"}}"#.to_vec()).is_err());
    }
}
