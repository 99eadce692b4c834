//! A page of a list: its items are found, and are the service's own bytes.

use m365d::api::{Incident, Item, Page};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow)]
    value: Vec<&'a RawValue>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
}

pub fn holds(input: &[u8]) {
    let page = Page::parse(input.to_vec());
    if let Ok(page) = &page {
        let items: Vec<_> = page.items().collect();
        assert_eq!((items.len(), items.is_empty()), (page.len(), page.is_empty()));
        assert!(items.iter().map(|item| item.len()).sum::<usize>() <= input.len());
        items.iter().for_each(|item| row(item));
    }
    // What is no JSON inside of an item is for whoever reads the item.
    if let Some(collection) =
        str::from_utf8(input).ok().and_then(|text| serde_json::from_str::<Collection>(text).ok())
    {
        let page = page.expect("a collection is a page");
        assert!(page.items().eq(collection.value.iter().map(|item| item.get())));
        assert_eq!(page.next_link, collection.next_link);
    }
}

fn row(item: &str) {
    let incident = Incident::read(item);
    for column in ["id", "name", "severity", "status", "assigned to", "created", "alerts"] {
        assert!(incident.column(column).len() <= 20 * item.len());
    }
    if let (Some(id), Ok(whole)) = (Incident::id_of(item, "incidentId"), serde_json::from_str::<Value>(item))
    {
        // Of two, the parser takes the last and this the first.
        if item.matches("incidentId").count() == 1 {
            let number = &whole["incidentId"];
            assert_eq!(number.as_u64().or_else(|| number.as_str()?.parse().ok()), Some(id));
        }
    }
}
