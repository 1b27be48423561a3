//! The JSON Schema of a spec, by which editors complete and check it.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::typed::Spec;

/// The JSON Schema of a spec; `schemas/pipeline.schema.json` holds the same.
pub fn json_schema() -> Value {
    SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(without_null))
        .into_generator()
        .into_root_schema_for::<Spec>()
        .to_value()
}

/// An absent key is not written as null, so null is taken out of every type.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            for (keyword, value) in only {
                schema.insert(keyword, value);
            }
        }
    }
}

/// One of two forms: what serde calls untagged, without its mute errors.
pub(super) struct Either<A, B>(PhantomData<(A, B)>);

impl<A: JsonSchema, B: JsonSchema> JsonSchema for Either<A, B> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}_or_{}", A::schema_name(), B::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (first, second) = (generator.subschema_for::<A>(), generator.subschema_for::<B>());
        json_schema!({ "anyOf": [first, second] })
    }
}

/// One value or a list of them.
pub(super) type OneOrMany<T> = Either<T, Vec<T>>;

/// A text that consists of one word of a fixed list, or of a variable.
macro_rules! word {
    ($(#[doc = $doc:literal])* $name:ident: $($word:literal),+) => {
        $(#[doc = $doc])*
        pub(super) struct $name;

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": concat!($($doc),*).trim(),
                    "anyOf": [
                        { "type": "string", "enum": [$($word),+] },
                        { "type": "string", "pattern": r"^\$\{.+\}$" },
                    ],
                })
            }
        }
    };
}

/// A text of a certain form, or with a variable in it.
macro_rules! form {
    ($(#[doc = $doc:literal])* $name:ident: $pattern:literal) => {
        $(#[doc = $doc])*
        pub(super) struct $name;

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": concat!($($doc),*).trim(),
                    "type": "string",
                    "pattern": concat!("(", $pattern, r")|\$\{.+\}"),
                })
            }
        }
    };
}

pub(super) use {form, word};

/// A value without parts.
pub(super) struct Scalar;

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use jsonschema::Validator;

    use super::*;

    fn root() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
    }

    fn read(path: impl AsRef<Path>) -> String {
        std::fs::read_to_string(root().join(path)).unwrap()
    }

    fn validator() -> Validator {
        jsonschema::validator_for(&json_schema()).unwrap()
    }

    fn faults(spec: &Value) -> Vec<String> {
        let validator = validator();
        validator
            .iter_errors(spec)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    fn shipped(name: &str) -> Value {
        serde_yaml::from_str(&read(format!("pipelines/{name}.yaml"))).unwrap()
    }

    #[test]
    fn the_file_is_what_is_generated() {
        let file = read("schemas/pipeline.schema.json");
        let generated = serde_json::to_string_pretty(&json_schema()).unwrap();
        assert!(
            file.trim_end() == generated,
            "out of date, refresh it: cargo run -- schema > schemas/pipeline.schema.json"
        );
    }

    #[test]
    fn the_shipped_pipelines_are_taken() {
        for name in ["rezora", "allegory"] {
            assert_eq!(faults(&shipped(name)), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused_wherever_it_stands() {
        for pointer in [
            "",
            "/sources/current",
            "/sources/current/page",
            "/sources/current/auth",
            "/sources/current/tables/agents",
            "/destination",
            "/destination/pace",
            "/destination/plan",
            "/owners",
            "/objects/people",
            "/objects/people/dedupe",
            "/objects/people/fields/name",
            "/objects/files/oversize",
            "/archives/suppression.csv",
            "/sample",
            "/delta",
            "/reconcile",
        ] {
            let mut spec = shipped("rezora");
            spec.pointer_mut(pointer).unwrap()["colour"] = "red".into();
            assert!(!faults(&spec).is_empty(), "{pointer}");
        }
    }

    #[test]
    fn a_word_outside_its_list_is_refused() {
        for (pointer, wrong) in [
            ("/objects/people/to", "custom_object"),
            ("/objects/people/fields/Engagement_Score__c/custom", "integer"),
            ("/objects/companies/fields/industry/else", "shrug"),
            ("/reconcile/breach", "panic"),
            ("/delta/window", "two days"),
            ("/sources/current/pace", "fast"),
        ] {
            let mut spec = shipped("rezora");
            *spec.pointer_mut(pointer).unwrap() = wrong.into();
            assert!(!faults(&spec).is_empty(), "{pointer}");
        }
    }

    #[test]
    fn an_absent_key_is_not_null() {
        let mut spec = shipped("rezora");
        spec["owners"]["fallback"] = Value::Null;
        assert!(!faults(&spec).is_empty());
    }
}
