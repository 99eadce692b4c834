//! The security APIs: bearer, paging, quotas, throttling. Whoever calls hands in what gives a token.

mod alert;
mod answer;
mod challenge;
mod change;
mod client;
mod collection;
pub mod defender;
pub mod endpoint;
mod error;
mod filter;
pub mod graph;
pub mod hunting;
mod incident;
mod list;
mod page;
pub mod quota;
mod refusals;
mod request;
pub mod shape;
mod single;
mod walk;

pub use alert::{Alert, AlertId, Alerts, NotAnAlertId, alert};
pub use answer::Answer;
pub use challenge::claims_challenge;
pub use change::{Change, Step};
pub use client::{Bearer, BearerError, Client, LONGEST_ADDRESS, url};
pub use collection::Collection;
pub use error::{Error, ServiceError};
pub use filter::{Assignee, Filter, Properties, Status};
pub use incident::{Incident, Severity};
pub use list::{After, Item, List, Position, Resumable};
pub use page::{NotAPage, Page};
pub use request::Request;
pub use single::{Found, NotChanged, Single, path};
pub use walk::{Ahead, Doubt, Walk};
