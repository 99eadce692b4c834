//! The `$filter` of the incidents list, in `OData`'s language (`OData` 4.01 URL conventions, section 5.1.1).
//!
//! The service filters on `status`, `assignedTo`, `createdTime` and `lastUpdateTime` and on nothing else.
//! A value is always a literal: no text that a person gives can become a part of the expression.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// What an incident's work has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody has begun.
    Active,
    /// Somebody has.
    InProgress,
    /// It is done.
    Resolved,
    /// It has become a part of another incident.
    Redirected,
}

/// Whose an incident is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    /// The person with this user principal name.
    User(String),
    /// Nobody's yet.
    Nobody,
}

/// Conditions that an incident meets all of.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Any one of these.
    pub status: Vec<Status>,
    /// Whose it is.
    pub assigned_to: Option<Assignee>,
    /// Created then or later.
    pub created_since: Option<Timestamp>,
    /// Changed then or later.
    pub updated_since: Option<Timestamp>,
    /// A condition in `OData`'s language, sent as it is.
    pub verbatim: Option<String>,
}

impl Filter {
    /// The expression; `None` when every incident meets it.
    #[must_use]
    pub fn expression(&self) -> Option<String> {
        let statuses: Vec<_> = self.status.iter().map(|status| format!("status eq '{status:?}'")).collect();
        let status = match statuses.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(format!("({})", many.join(" or "))),
        };
        let assigned_to = self.assigned_to.as_ref().map(|assignee| match assignee {
            Assignee::User(name) => format!("assignedTo eq {}", quoted(name)),
            Assignee::Nobody => "assignedTo eq null".to_owned(),
        });
        let since = |property: &str, time: Option<Timestamp>| {
            time.map(|time| format!("{property} ge {}", instant(time)))
        };
        let own: Vec<_> = [
            status,
            assigned_to,
            since("createdTime", self.created_since),
            since("lastUpdateTime", self.updated_since),
        ]
        .into_iter()
        .flatten()
        .collect();

        match (&self.verbatim, own.as_slice()) {
            (None, []) => None,
            (None, own) => Some(own.join(" and ")),
            (Some(verbatim), []) => Some(verbatim.clone()),
            (Some(verbatim), own) => Some(format!("({verbatim}) and {}", own.join(" and "))),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn instant(time: Timestamp) -> String {
    DateTimePrinter::new().precision(Some(3)).timestamp_to_string(&time)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn conditions_are_joined_and_the_verbatim_one_stays_as_it_is() {
        let mut filter = Filter::default();
        assert_eq!(filter.expression(), None);
        filter.verbatim = Some("status eq 'Active' or status eq 'Resolved'".into());
        assert_eq!(filter.expression(), filter.verbatim);
        filter.status = vec![Status::Active, Status::InProgress];
        filter.assigned_to = Some(Assignee::Nobody);
        filter.created_since = Some("2026-11-01T00:00:00Z".parse().unwrap());
        assert_eq!(
            filter.expression().unwrap(),
            "(status eq 'Active' or status eq 'Resolved') and (status eq 'Active' or status eq 'InProgress') \
             and assignedTo eq null and createdTime ge 2026-11-01T00:00:00.000Z"
        );
    }

    proptest! {
        /// Reads the literal back as OData says and finds the name and nothing behind it.
        #[test]
        fn no_name_leaves_its_quotes(name in any::<String>()) {
            let filter = Filter { assigned_to: Some(Assignee::User(name.clone())), ..Filter::default() };
            let expression = filter.expression().unwrap();
            let literal = expression.strip_prefix("assignedTo eq '").unwrap();
            let mut read = String::new();
            let mut rest = literal.chars().peekable();
            loop {
                match rest.next().expect("the literal ends") {
                    '\'' if rest.peek() == Some(&'\'') => { rest.next(); read.push('\''); }
                    '\'' => break,
                    other => read.push(other),
                }
            }
            prop_assert_eq!(read, name);
            prop_assert_eq!(rest.next(), None);
        }
    }
}
