//! What can be written to an incident, in the words of the Defender API.

use super::Variant;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// Absent for the name that it was made with.
    pub name: Option<String>,
    pub status: String,
    pub severity: String,
    pub classification: String,
    pub determination: String,
    pub assigned_to: Option<String>,
    pub tags: Vec<String>,
    pub comments: Vec<Comment>,
    /// The incident that this one was merged into.
    pub redirect: Option<u64>,
    /// This and the following three are Graph's alone.
    pub description: Option<String>,
    pub summary: Option<String>,
    pub resolving_comment: Option<String>,
    pub last_modified_by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub text: String,
    pub author: String,
    /// Ticks since 1970; absent for that of the incident's last update.
    pub time: Option<i64>,
}

impl Details {
    /// Whether there are still names, times and numbers to be filled in.
    pub fn is_general(&self) -> bool {
        self.name.is_none()
    }

    /// Of every incident of this variant that nobody has touched.
    pub fn of(variant: Variant) -> Self {
        let tags: &[&str] = match variant.0 % 6 {
            0 => &["vip"],
            3 => &["Ransomware, suspected", "überprüft"],
            _ => &[],
        };
        let assigned_to = variant.assigned_to().map(str::to_owned);
        let comment = |author: &String| Comment {
            text: "Triage started.\r\nSee the runbook, step 3: \"isolate first\".".to_owned(),
            author: author.clone(),
            time: None,
        };
        Self {
            status: variant.status().to_owned(),
            severity: variant.severity().to_owned(),
            classification: variant.classification().to_owned(),
            determination: variant.determination().to_owned(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            comments: assigned_to.iter().map(comment).collect(),
            assigned_to,
            ..Self::default()
        }
    }
}
