//! What m365d reads of a single incident besides its row, for a person who looks at it.
//!
//! The services have the same fields under other names, and whatever is of another form than documented is not there.
//! (<https://learn.microsoft.com/defender-xdr/api-get-incident>,
//! <https://learn.microsoft.com/graph/api/resources/security-incident>)

use serde_json::Value;

use super::alert::{Alert, alerts_of};
use super::incident::text;

/// More of an incident than a row shows, whichever service it is of.
#[derive(Debug, Default)]
pub struct Details {
    /// Its page in the Defender portal.
    pub page: String,
    /// The words that people have put on it, and then those of the system.
    pub tags: Vec<String>,
    /// What people have noted, the oldest first.
    pub comments: Vec<Comment>,
    /// Its alerts, which Graph leaves out.
    pub alerts: Vec<Alert>,
}

/// A note on an incident.
#[derive(Debug, Default)]
pub struct Comment {
    /// What it says.
    pub text: String,
    /// Who has written it.
    pub author: String,
    /// When (RFC 3339).
    pub created: String,
}

impl Details {
    /// Reads an incident of either service.
    #[must_use]
    pub fn read(json: &str) -> Self {
        let incident: Value = serde_json::from_str(json).unwrap_or_default();
        let list = |name: &str| incident[name].as_array().cloned().unwrap_or_default();
        let comment = |comment: &Value| Comment {
            text: text(&comment["comment"]),
            author: either(comment, "createdBy", "createdByDisplayName"),
            created: either(comment, "createdTime", "createdDateTime"),
        };
        Self {
            page: either(&incident, "incidentUri", "incidentWebUrl"),
            tags: ["tags", "customTags", "systemTags"]
                .into_iter()
                .flat_map(list)
                .map(|tag| text(&tag))
                .collect(),
            comments: list("comments").iter().map(comment).collect(),
            alerts: alerts_of(json).into_iter().map(Alert::read).collect(),
        }
    }
}

/// What stands under the one name or the other.
fn either(object: &Value, one: &str, other: &str) -> String {
    text(object.get(one).unwrap_or(&object[other]))
}

#[cfg(test)]
mod tests {
    use super::Details;
    use crate::api::Item;

    #[test]
    fn both_services_say_the_same_and_what_is_odd_is_left_out() {
        for json in [
            r#"{"incidentUri":"u","tags":["a"],"systemTags":["b"],"comments":[{"comment":"x","createdBy":"me","createdTime":"t"}],"alerts":[{"alertId":"1"}]}"#,
            r#"{"incidentWebUrl":"u","customTags":["a"],"systemTags":["b"],"comments":[{"comment":"x","createdByDisplayName":"me","createdDateTime":"t"}],"alerts":[{"id":"1"}]}"#,
        ] {
            let Details { page, tags, comments, alerts } = Details::read(json);
            assert_eq!((page.as_str(), tags.join(" ").as_str()), ("u", "a b"));
            let comments: Vec<_> =
                comments.iter().map(|one| [&one.text, &one.author, &one.created]).collect();
            assert_eq!(comments, [["x", "me", "t"]]);
            assert_eq!(alerts[0].column("id"), "1");
        }
        for odd in
            [r#"{"tags":"a","comments":{"comment":"x"},"alerts":null,"incidentUri":null}"#, "[]", "7", ""]
        {
            let Details { page, tags, comments, alerts } = Details::read(odd);
            assert!(page.is_empty() && tags.is_empty() && comments.is_empty() && alerts.is_empty(), "{odd}");
        }
        assert_eq!(Details::read(r#"{"comments":[7],"alerts":[7]}"#).comments[0].text, "");
    }
}
