//! The query options of a list: `$top`, `$skip` and `$filter`, and no other.

use url::form_urlencoded::Serializer;

use super::super::http::Parameters;
use super::filter::Filter;

const LARGEST_PAGE: usize = 100;

pub struct Query {
    pub top: usize,
    pub skip: usize,
    pub filter: Option<Filter>,
    filter_text: Option<String>,
}

impl Query {
    /// The error says what the service would not accept.
    pub fn parse(parameters: &Parameters) -> Result<Self, String> {
        if let Some(name) = parameters.repeated().filter(|name| name.starts_with('$')) {
            return Err(format!("Query option '{name}' was specified more than once."));
        }
        let mut query = Self { top: LARGEST_PAGE, skip: 0, filter: None, filter_text: None };
        for (name, value) in parameters.iter() {
            match name {
                "$top" => {
                    let top = value.parse().ok().filter(|top| (1..=LARGEST_PAGE).contains(top));
                    query.top = top.ok_or_else(|| {
                        format!("Invalid value '{value}' for $top: it must be from 1 to {LARGEST_PAGE}.")
                    })?;
                }
                "$skip" => {
                    query.skip = value
                        .parse()
                        .map_err(|_| format!("Invalid value '{value}' for $skip: it must be 0 or more."))?;
                }
                "$filter" => {
                    query.filter = Some(Filter::parse(value)?);
                    query.filter_text = Some(value.to_owned());
                }
                other if other.starts_with('$') => {
                    return Err(format!("Query option '{other}' is not supported."));
                }
                _ => {}
            }
        }
        Ok(query)
    }

    /// The query of the page after this one.
    pub fn next(&self) -> String {
        let mut next = Serializer::new(String::new());
        next.append_pair("$top", &self.top.to_string());
        next.append_pair("$skip", &(self.skip + self.top).to_string());
        if let Some(filter) = &self.filter_text {
            next.append_pair("$filter", filter);
        }
        next.finish()
    }
}
