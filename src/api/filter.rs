//! The `$filter` of the lists of incidents and alerts, in `OData`'s language (`OData` 4.01 URL conventions, section 5.1.1).
//!
//! The services filter on the same under different names, but for the severity, which only one of them filters on.
//! A value is always a literal: no text that a person gives can become a part of the expression.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

use super::Severity;

/// What the work on an incident or an alert has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody has begun with an alert.
    New,
    /// Nobody has begun with an incident.
    Active,
    /// Somebody has.
    InProgress,
    /// It is done.
    Resolved,
    /// It has become a part of another incident.
    Redirected,
}

/// Whose an incident or an alert is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    /// The person with this user principal name.
    User(String),
    /// Nobody's yet.
    Nobody,
}

impl Assignee {
    /// Whom `name` means when somebody says it who is called `me`: a user principal name, `me` or `none`.
    #[must_use]
    pub fn named(name: &str, me: &str) -> Self {
        if name.trim().eq_ignore_ascii_case("none") {
            Self::Nobody
        } else if Self::is_me(name) {
            Self::User(me.to_owned())
        } else {
            Self::User(name.to_owned())
        }
    }

    /// Whether `name` stands for whoever is signed in.
    #[must_use]
    pub fn is_me(name: &str) -> bool {
        name.trim().eq_ignore_ascii_case("me")
    }
}

/// Conditions that an incident or an alert meets all of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any one of these.
    pub status: Vec<Status>,
    /// Any one of these, where the service filters on it.
    pub severity: Vec<Severity>,
    /// Which of Microsoft's products has raised the alert: any one of these, in Graph's words.
    pub service_source: Vec<&'static str>,
    /// Whose it is.
    pub assigned_to: Option<Assignee>,
    /// Created then or later.
    pub created_since: Option<Timestamp>,
    /// Changed then or later.
    pub updated_since: Option<Timestamp>,
    /// A condition in `OData`'s language, sent as it is.
    pub verbatim: Option<String>,
}

/// What a service calls what it filters on.
#[derive(Debug)]
pub struct Properties {
    /// When an incident was created.
    pub created: &'static str,
    /// When it was changed.
    pub updated: &'static str,
    /// Whether it filters on the severity.
    pub has_severity: bool,
    /// Whether its values begin in lower case.
    pub camel_case: bool,
}

impl Filter {
    /// The same, and besides changed at `time` or later.
    #[must_use]
    pub fn updated_since(&self, time: Option<Timestamp>) -> Self {
        Self { updated_since: self.updated_since.max(time), ..self.clone() }
    }

    /// The expression; `None` when every incident meets it.
    #[must_use]
    pub fn expression(&self, properties: &Properties) -> Option<String> {
        let name = |name: String| match name.get(..1) {
            Some(first) if properties.camel_case => first.to_ascii_lowercase() + &name[1..],
            _ => name,
        };
        let status =
            one_of(self.status.iter().map(|status| format!("status eq '{}'", name(format!("{status:?}")))));
        let severity =
            self.severity.iter().filter(|_| properties.has_severity).map(|severity| match severity {
                Severity::UnSpecified => "severity eq 'unknown'".to_owned(),
                other => format!("severity eq '{}'", name(format!("{other:?}"))),
            });
        let sources = self.service_source.iter().map(|source| format!("serviceSource eq '{source}'"));
        let assigned_to = self.assigned_to.as_ref().map(|assignee| match assignee {
            Assignee::User(name) => format!("assignedTo eq {}", quoted(name)),
            Assignee::Nobody => "assignedTo eq null".to_owned(),
        });
        let since = |property: &str, time: Option<Timestamp>| {
            time.map(|time| format!("{property} ge {}", instant(time)))
        };
        let own: Vec<_> = [
            status,
            one_of(severity),
            one_of(sources),
            assigned_to,
            since(properties.created, self.created_since),
            since(properties.updated, self.updated_since),
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

/// A condition that is met when one of `conditions` is.
fn one_of(conditions: impl Iterator<Item = String>) -> Option<String> {
    let conditions: Vec<_> = conditions.collect();
    match conditions.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("({})", many.join(" or "))),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn instant(time: Timestamp) -> String {
    // The services' own times have up to seven digits.
    let digits = if time.subsec_nanosecond() % 1_000_000 == 0 { 3 } else { 7 };
    DateTimePrinter::new().precision(Some(digits)).timestamp_to_string(&time)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEFENDER: Properties = Properties {
        created: "createdTime",
        updated: "lastUpdateTime",
        has_severity: false,
        camel_case: false,
    };
    const GRAPH: Properties = Properties {
        created: "createdDateTime",
        updated: "lastUpdateDateTime",
        has_severity: true,
        camel_case: true,
    };

    #[test]
    fn each_service_gets_its_own_names() {
        let filter = Filter {
            status: vec![Status::InProgress],
            severity: vec![Severity::UnSpecified, Severity::High],
            updated_since: Some("2026-11-01T00:00:00Z".parse().unwrap()),
            ..Filter::default()
        };
        assert_eq!(
            filter.expression(&DEFENDER).unwrap(),
            "status eq 'InProgress' and lastUpdateTime ge 2026-11-01T00:00:00.000Z"
        );
        assert_eq!(
            filter.expression(&GRAPH).unwrap(),
            "status eq 'inProgress' and (severity eq 'unknown' or severity eq 'high') \
             and lastUpdateDateTime ge 2026-11-01T00:00:00.000Z"
        );
    }

    #[test]
    fn conditions_are_joined_and_the_verbatim_one_stays_as_it_is() {
        let mut filter = Filter::default();
        assert_eq!(filter.expression(&DEFENDER), None);
        filter.verbatim = Some("status eq 'Active' or status eq 'Resolved'".into());
        assert_eq!(filter.expression(&DEFENDER), filter.verbatim);
        filter.status = vec![Status::Active, Status::InProgress];
        filter.assigned_to = Some(Assignee::Nobody);
        filter.created_since = Some("2026-11-01T00:00:00Z".parse().unwrap());
        assert_eq!(
            filter.expression(&DEFENDER).unwrap(),
            "(status eq 'Active' or status eq 'Resolved') and (status eq 'Active' or status eq 'InProgress') \
             and assignedTo eq null and createdTime ge 2026-11-01T00:00:00.000Z"
        );
    }

    proptest! {
        /// Reads the literal back as OData says and finds the name and nothing behind it.
        #[test]
        fn no_name_leaves_its_quotes(name in any::<String>()) {
            let filter = Filter { assigned_to: Some(Assignee::User(name.clone())), ..Filter::default() };
            let expression = filter.expression(&DEFENDER).unwrap();
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
