//! The words that KQL keeps for itself.
//!
//! A name that is one of them has to be quoted wherever it is used
//! (<https://learn.microsoft.com/kusto/query/schema-entities/entity-names>). That page has no list; this one is of what
//! queries are made of and Microsoft's own parser takes for no name
//! (<https://github.com/microsoft/Kusto-Query-Language>, `SyntaxFacts.cs`). Words of management commands alone are
//! not in it.

/// In the order of the alphabet.
const WORDS: [&str; 92] = [
    "accumulate",
    "alias",
    "and",
    "as",
    "asc",
    "between",
    "boolean",
    "by",
    "byte",
    "char",
    "consume",
    "contains",
    "contains_cs",
    "containscs",
    "datatable",
    "date",
    "datetime",
    "decimal",
    "declare",
    "desc",
    "distinct",
    "double",
    "dynamic",
    "endswith",
    "endswith_cs",
    "extend",
    "external_data",
    "externaldata",
    "false",
    "filter",
    "find",
    "first",
    "float",
    "getschema",
    "has",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "in",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "invoke",
    "join",
    "last",
    "let",
    "like",
    "likecs",
    "limit",
    "long",
    "materialize",
    "mvapply",
    "mvexpand",
    "notcontains",
    "notcontainscs",
    "notlike",
    "notlikecs",
    "of",
    "on",
    "or",
    "order",
    "parse",
    "print",
    "project",
    "real",
    "restrict",
    "sample",
    "search",
    "serialize",
    "set",
    "single",
    "sort",
    "startswith",
    "startswith_cs",
    "string",
    "summarize",
    "take",
    "time",
    "timespan",
    "to",
    "top",
    "toscalar",
    "totable",
    "true",
    "union",
    "where",
    "with",
];

/// Whether `name`, as it is written, is no name that a query can use without quotes: a word of KQL's own, or one with two
/// underscores at an end.
pub(super) fn is_reserved(name: &str) -> bool {
    name.starts_with("__") || name.ends_with("__") || WORDS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_kql_are_reserved_as_they_are_written_and_no_others() {
        assert!(WORDS.is_sorted());
        for word in WORDS.iter().chain(&["__a", "a__"]) {
            assert!(is_reserved(word), "{word}");
        }
        for name in ["", "Where", "LET", "device", "since", "_let", "let_", "kind", "title", "user", "id"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
