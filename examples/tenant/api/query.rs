//! The query options of a list: those that its API documents, and no other.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::StatusCode;
use url::form_urlencoded::Serializer;

use super::super::http::Parameters;
use super::Refusal;
use super::filter::{Dialect, Filter, Subject};

/// What a list takes.
pub struct Rules {
    pub largest_page: usize,
    /// What `$expand` may name.
    pub expandable: Option<&'static str>,
    /// `$count`
    pub countable: bool,
    pub dialect: Dialect,
    /// The code of a refusal.
    pub code: &'static str,
    /// For a page that is too large, its own code and text.
    pub too_large: fn(top: &str, largest: usize) -> (&'static str, String),
}

pub struct Query {
    pub top: usize,
    pub skip: usize,
    pub filter: Option<Filter>,
    pub expand: bool,
    pub count: bool,
    /// All options but `$skip`, as they came.
    kept: Vec<(String, String)>,
}

impl Query {
    pub fn parse(parameters: &Parameters, rules: &Rules) -> Result<Self, Refusal> {
        let refused = |code, why| Refusal::new(StatusCode::BAD_REQUEST, code, why);
        let invalid = |why| refused(rules.code, why);
        if let Some(name) = parameters.repeated().filter(|name| name.starts_with('$')) {
            return Err(invalid(format!("Query option '{name}' was specified more than once.")));
        }
        let mut query = Self {
            top: rules.largest_page,
            skip: 0,
            filter: None,
            expand: false,
            count: false,
            kept: Vec::new(),
        };
        for (name, value) in parameters.iter() {
            let wrong = |expected: &str| invalid(format!("Invalid value '{value}' for {name}: {expected}."));
            match name {
                "$top" => {
                    query.top = value.parse().map_err(|_| wrong("it must be a number"))?;
                    if !(1..=rules.largest_page).contains(&query.top) {
                        let (code, why) = (rules.too_large)(value, rules.largest_page);
                        return Err(refused(code, why));
                    }
                }
                "$skip" => query.skip = value.parse().map_err(|_| wrong("it must be 0 or more"))?,
                "$filter" => query.filter = Some(Filter::parse(value, &rules.dialect).map_err(invalid)?),
                "$expand" if rules.expandable == Some(value) => query.expand = true,
                "$expand" if rules.expandable.is_some() => return Err(wrong("there is no such property")),
                "$count" if rules.countable => {
                    query.count = value.parse().map_err(|_| wrong("it must be true or false"))?;
                }
                other if other.starts_with('$') => {
                    return Err(invalid(format!("Query option '{other}' is not supported.")));
                }
                _ => {}
            }
            if name != "$skip" && name.starts_with('$') {
                query.kept.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(query)
    }

    /// Prints the items of this page, with commas between. True when there is more.
    pub fn page<T: Subject>(
        &self,
        all: impl Iterator<Item = T>,
        print: impl Fn(&T, &mut Vec<u8>),
        out: &mut Vec<u8>,
    ) -> bool {
        let matches = |item: &T| self.filter.as_ref().is_none_or(|filter| filter.matches(item));
        let mut rest = all.filter(matches).skip(self.skip);
        for (position, item) in rest.by_ref().take(self.top).enumerate() {
            if position > 0 {
                out.push(b',');
            }
            print(&item, out);
        }
        rest.next().is_some()
    }

    /// How many there are on all pages.
    pub fn total<T: Subject>(&self, all: impl Iterator<Item = T>) -> usize {
        all.filter(|item| self.filter.as_ref().is_none_or(|filter| filter.matches(item))).count()
    }

    /// The query of the page after this one.
    pub fn next(&self) -> String {
        let mut next = Serializer::new(String::new());
        next.extend_pairs(&self.kept);
        if !self.kept.iter().any(|(name, _)| name == "$top") {
            next.append_pair("$top", &self.top.to_string());
        }
        next.append_pair("$skip", &(self.skip + self.top).to_string());
        next.finish()
    }

    /// The same as one word that only the service can read.
    pub fn next_opaque(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.next())
    }

    /// Such a word for what a request asks for already, another one than it may have come with.
    pub fn reworded(parameters: &Parameters) -> String {
        let opened = parameters.get("$skiptoken").and_then(Self::opened);
        let mut query = Serializer::new(String::new());
        let parameters = opened.as_ref().unwrap_or(parameters);
        query.extend_pairs(parameters.iter());
        if parameters.get("$skip").is_none() {
            query.append_pair("$skip", "0");
        }
        URL_SAFE_NO_PAD.encode(query.append_pair("again", "1").finish())
    }

    /// The parameters behind such a word, which is wrong in every other form.
    pub fn opened(word: &str) -> Option<Parameters> {
        let query = URL_SAFE_NO_PAD.decode(word).ok()?;
        Some(Parameters::parse(&query)).filter(|parameters| parameters.get("$skip").is_some())
    }
}
