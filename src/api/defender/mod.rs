//! The incidents of Microsoft 365 Defender (<https://learn.microsoft.com/defender-xdr/api-list-incidents>).

mod filter;
mod incident;
mod incidents;

pub use filter::{Assignee, Filter, Status};
pub use incident::{Incident, Severity};
pub use incidents::{Incidents, LARGEST_PAGE, Position};
