//! The part of JSON Schema (draft 2020-12) that our schemas use. An unknown keyword is an error here, so that no
//! schema asks for something that is never checked.
//!
//! Read for consumers, an object may have further keys; read here, every key of an object must be described.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value};

use crate::docs;

/// The schemas of `docs/reference/schema`, by file name.
pub(crate) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    pub(crate) fn read() -> Self {
        let mut schemas = BTreeMap::new();
        for entry in fs::read_dir(docs("reference/schema")).expect("schemas") {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let schema = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            schemas.insert(name, schema);
        }
        Self(schemas)
    }

    /// The names of the files.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A whole schema file.
    pub(crate) fn file(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or_else(|| panic!("no schema {name}"))
    }

    /// Everything in `value` that the schema `file` does not allow or does not describe.
    pub(crate) fn problems(&self, file: &str, value: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.check(file, self.file(file), value, "", &mut problems);
        problems
    }

    /// The schema that a reference leads to, and the file it stands in.
    pub(crate) fn resolve<'a>(&'a self, file: &'a str, reference: &'a str) -> (&'a str, &'a Value) {
        let (other, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let file = if other.is_empty() { file } else { other };
        let schema = self.file(file).pointer(pointer);
        (file, schema.unwrap_or_else(|| panic!("{file}: nothing at {reference}")))
    }

    fn check(&self, file: &str, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
        let schema = schema.as_object().unwrap_or_else(|| panic!("{file}: a schema is an object"));
        for (keyword, wanted) in schema {
            match keyword.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" | "properties" => {}
                "$ref" => {
                    let (file, schema) = self.resolve(file, wanted.as_str().expect("a reference"));
                    self.check(file, schema, value, at, problems);
                }
                "type" if !has_type(wanted, value) => problems.push(format!("{at}: {value} is not {wanted}")),
                "const" if value != wanted => problems.push(format!("{at}: {value} is not {wanted}")),
                "enum" if !wanted.as_array().expect("values").contains(value) => {
                    problems.push(format!("{at}: {value} is not one of {wanted}"));
                }
                "type" | "const" | "enum" => {}
                "pattern" => check_pattern(wanted, value, at, problems),
                "required" => {
                    for key in wanted.as_array().expect("keys").iter().filter_map(Value::as_str) {
                        if value.as_object().is_some_and(|object| !object.contains_key(key)) {
                            problems.push(format!("{at}: no {key}"));
                        }
                    }
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(file, wanted, item, &format!("{at}/{index}"), problems);
                    }
                }
                // What isn't described is a problem anyway.
                "additionalProperties" if *wanted == Value::Bool(false) => {}
                "additionalProperties" => {
                    for (key, value) in value.as_object().into_iter().flatten() {
                        self.check(file, wanted, value, &format!("{at}/{key}"), problems);
                    }
                }
                "anyOf" | "oneOf" => {
                    let fits = |one: &&Value| {
                        let mut found = Vec::new();
                        self.check(file, one, value, at, &mut found);
                        found.is_empty()
                    };
                    let fitting = wanted.as_array().expect("schemas").iter().filter(fits).count();
                    if fitting == 0 || (fitting > 1 && keyword == "oneOf") {
                        problems.push(format!("{at}: {value} fits {fitting} of the alternatives"));
                    }
                }
                "minLength" | "maxLength" | "minItems" | "maxItems" => {
                    let size = value.as_str().map(|text| text.chars().count() as u64);
                    let size = size.or(value.as_array().map(|items| items.len() as u64));
                    let limit = wanted.as_u64().expect("a limit");
                    let wrong = if keyword.starts_with("min") {
                        |size, limit| size < limit
                    } else {
                        |size: u64, limit: u64| size > limit
                    };
                    if size.is_some_and(|size| wrong(size, limit)) {
                        problems.push(format!("{at}: {value} breaks {keyword} {limit}"));
                    }
                }
                // Times: the reader's own test.
                "format" => {}
                other => panic!("{file}: the keyword {other} is not checked here"),
            }
        }
        if let (Some(Value::Object(properties)), Some(object)) = (schema.get("properties"), value.as_object())
        {
            self.check_properties(file, properties, object, at, problems);
        }
    }

    fn check_properties(
        &self,
        file: &str,
        properties: &Map<String, Value>,
        object: &Map<String, Value>,
        at: &str,
        problems: &mut Vec<String>,
    ) {
        for (key, value) in object {
            match properties.get(key) {
                Some(schema) => self.check(file, schema, value, &format!("{at}/{key}"), problems),
                None => problems.push(format!("{at}: the key {key} is not described")),
            }
        }
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    };
    match wanted {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => panic!("a type is a name or several"),
    }
}

/// The patterns in use.
fn check_pattern(wanted: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    let Some(text) = value.as_str() else { return };
    let fits = match wanted.as_str() {
        Some("^[0-9a-f]{64}$") => {
            text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        }
        Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$") => {
            text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z')
        }
        Some("^[0-9A-Fa-f]{64}$") => text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        Some("^[0-9a-f]+$") => {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        }
        Some("^[0-9A-Fa-f]+$") => !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit()),
        other => panic!("the pattern {other:?} is not checked here"),
    };
    if !fits {
        problems.push(format!("{at}: \"{text}\" is not {wanted}"));
    }
}

#[test]
fn what_is_missing_wrong_or_not_described_is_found() {
    let schema = serde_json::json!({ "type": "object", "required": ["a"], "properties": { "a": { "enum": [1, 2] }, "b": {
        "type": "array", "items": { "type": ["string", "null"], "pattern": "^[0-9a-f]{64}$" } } } });
    let schemas = Schemas(BTreeMap::from([("x".to_owned(), schema)]));
    let problems = |text: &str| schemas.problems("x", &serde_json::from_str(text).unwrap()).len();
    assert_eq!(problems(r#"{"a": 1, "b": [null]}"#), 0);
    assert_eq!(problems(r#"{"b": []}"#), 1);
    assert_eq!(problems(r#"{"a": 3}"#), 1);
    assert_eq!(problems(r#"{"a": 1, "c": 0}"#), 1);
    assert_eq!(problems(r#"{"a": 1, "b": [3, "ab"]}"#), 2);
    assert_eq!(problems("[]"), 1);
}
