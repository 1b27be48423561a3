//! A rule of the spec in plain words: what sort of mapping it is, and what it does.

use std::fmt::Write;

use super::model::{code, listed};
use crate::spec::{
    CustomType, Direction, Each, Else, Field, From, Kind, Object, ObjectKind, Pipeline, Reference,
    Rule, Shape, Try, field_columns,
};

/// The sort of mapping of a field, in the words of migration plans.
pub(super) fn mapping_type(field: &Field) -> String {
    let rule = &field.rule;
    let main = if rule.json.is_some() {
        "JSON serialize"
    } else if rule.reference.is_some() {
        "Look-up"
    } else if rule.map.is_some() {
        "Value map"
    } else if field.target.kind == Kind::User {
        "Owner match"
    } else if field.target.kind == Kind::Content {
        "File"
    } else {
        match &rule.from {
            From::Value(_) => "Constant",
            From::Template(_) => "Template",
            From::Each(_) => "Child rows",
            From::Columns(paths) if paths.len() > 1 && rule.join.is_some() => "Join",
            From::Columns(paths) if paths.len() > 1 => "First of several",
            From::Columns(paths) if paths.iter().any(|path| !path.links.is_empty()) => {
                "Linked value"
            }
            From::Columns(_) => "Direct",
        }
    };
    match field.target.custom {
        Some(_) if main == "Direct" => "Custom field".to_owned(),
        Some(_) => format!("{main}, custom field"),
        None => main.to_owned(),
    }
}

/// What the rule of a field does, in a sentence.
pub(super) fn sentence(pipeline: &Pipeline, (object, field): (usize, usize)) -> String {
    let (owner, position) = (&pipeline.objects[object], field);
    let field = &owner.fields[position];
    let rule = &field.rule;
    let mut parts = Vec::new();
    if !says_its_columns(rule) {
        parts.push(taken(pipeline, (object, position)));
    }
    parts.extend(rule.split.as_ref().map(|at| format!("split at {}", code(at))));
    parts.extend(rule.unique.then(|| "each value once".to_owned()));
    parts.extend(rule.map.as_ref().map(|_| format!("by the value map below; {}", unmatched(rule))));
    parts.extend(rule.reference.as_ref().map(|to| reference(pipeline, rule, to)));
    // What the spec says itself is written as it stands there.
    let is_given = matches!(rule.from, From::Value(_));
    let as_it_is = rule.json.is_some() || is_given;
    parts.extend(meaning(&field.target.kind).filter(|_| !as_it_is).map(str::to_owned));
    let currency = rule.currency.as_ref();
    parts.extend(currency.map(|path| format!("currency from {}", code(&path.text))));
    parts.extend(rule.merge_any.then(|| "of rows that become one, one yes is enough".to_owned()));
    if let Some(default) = rule.default.as_ref().filter(|_| rule.map.is_none()) {
        let shown = crate::ground::shown(default);
        parts.push(format!("{} where there is none", code(&shown)));
    }
    parts.extend(rule.chars_max.map(|most| format!("cut to {most} characters")));
    // A look-up says itself what becomes of records for which nothing is found.
    let may_lack = rule.reference.is_none() && !is_given;
    parts.extend(required(rule).filter(|_| may_lack).map(str::to_owned));
    parts.extend(rule.late.then(|| "written in a second pass".to_owned()));
    parts.extend(field.target.custom.map(|custom| kept(owner, custom)));
    parts.join("; ")
}

/// Whether a look-up names the columns itself.
const fn says_its_columns(rule: &Rule) -> bool {
    matches!(rule.from, From::Columns(_))
        && matches!(rule.reference, Some(Reference::To { .. } | Reference::Columns(_)))
}

/// Where the value comes from.
fn taken(pipeline: &Pipeline, (object, position): (usize, usize)) -> String {
    let rule = &pipeline.objects[object].fields[position].rule;
    match &rule.from {
        From::Columns(paths) => {
            let names: Vec<_> = paths.iter().map(|path| path.text.as_str()).collect();
            match (&names[..], &rule.join) {
                ([one], _) => code(one),
                (_, Some(between)) => {
                    format!("{} joined by \"{between}\"", listed(&names, " and "))
                }
                (_, None) => format!("the first of {} that says something", listed(&names, ", ")),
            }
        }
        From::Value(value) => format!("always {}", code(&crate::ground::shown(value))),
        From::Template(template) => {
            let columns = field_columns(pipeline, (object, position));
            let text = template.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let of = if columns.is_empty() {
                String::new()
            } else {
                format!(" of {}", listed(&columns, " and "))
            };
            format!("made{of} by the template {}", code(&text))
        }
        From::Each(each) => children(pipeline, each, rule),
    }
}

fn children(pipeline: &Pipeline, each: &Each, rule: &Rule) -> String {
    let table = code(&pipeline.tables[each.child.table].name);
    let mut text = match (&rule.json, &each.column) {
        (Some(Shape::Object(members)), _) => {
            let names: Vec<_> = members
                .iter()
                .map(|(name, path)| {
                    if *name == path.text {
                        name.clone()
                    } else {
                        format!("{name} ← {}", path.text)
                    }
                })
                .collect();
            format!("JSON list of its {table}, each with {}", listed(&names, ", "))
        }
        (Some(Shape::Column(path)), _) => {
            format!("JSON list of {} of its {table}", code(&path.text))
        }
        (Some(Shape::Whole), _) => format!("JSON list of its {table}"),
        (None, Some(path)) => format!("{} of each of its {table}", code(&path.text)),
        (None, None) => format!("each of its {table}"),
    };
    if let Some(condition) = &each.condition {
        write!(text, ", only where {}", code(&condition.text)).unwrap_or_default();
    }
    if let Some((path, direction)) = &each.order {
        let first = match direction {
            Direction::Up => "smallest or oldest first",
            Direction::Down => "greatest or latest first",
        };
        write!(text, ", by {}, {first}", code(&path.text)).unwrap_or_default();
    }
    if let Some(between) = &rule.join {
        write!(text, ", joined by \"{between}\"").unwrap_or_default();
    }
    text
}

fn reference(pipeline: &Pipeline, rule: &Rule, to: &Reference) -> String {
    let name = |object: usize| code(&pipeline.objects[object].name);
    let found = match to {
        Reference::To { object, tries } => {
            let ways: Vec<_> = tries
                .iter()
                .map(|way| match way {
                    Try::Id(path) => format!("by its key in {}", code(&path.text)),
                    Try::Value(field, path) => {
                        format!("by its {} in {}", code(field), code(&path.text))
                    }
                    Try::Domain(path) => format!("by the domain of {}", code(&path.text)),
                })
                .collect();
            let ways = ways.join(", then ");
            format!(
                "looked up among {}{}{ways}",
                name(*object),
                if ways.is_empty() { "" } else { " " }
            )
        }
        Reference::Switch { column, objects } => {
            let ways: Vec<_> = objects
                .iter()
                .map(|(word, object)| format!("\"{word}\" among {}", name(*object)))
                .collect();
            format!("looked up as {} says: {}", code(&column.text), ways.join(", "))
        }
        Reference::Columns(columns) => {
            let ways: Vec<_> = columns
                .iter()
                .map(|(path, object)| format!("{} among {}", code(&path.text), name(*object)))
                .collect();
            format!("looked up: {}", ways.join(", "))
        }
    };
    format!("{found}; if none is found, {}", way_out(rule.otherwise))
}

/// What happens to a value that the map lacks.
pub(super) fn unmatched(rule: &Rule) -> String {
    match &rule.default {
        Some(default) => format!("what it lacks becomes {}", code(&crate::ground::shown(default))),
        None => format!("for what it lacks, {}", way_out(rule.otherwise)),
    }
}

/// What `else` does.
pub(super) const fn way_out(otherwise: Else) -> &'static str {
    match otherwise {
        Else::Flag => "the field is left empty, and a remark names the record",
        Else::Hold => "the record is held",
        Else::Skip => "the record is left out",
        Else::Ignore => "the field is left empty",
        Else::Stop => "the run ends",
    }
}

const fn required(rule: &Rule) -> Option<&'static str> {
    match (rule.required, rule.otherwise) {
        (false, _) => None,
        (true, Else::Skip) => Some("a record without it is left out"),
        (true, Else::Stop) => Some("a record without it ends the run"),
        (true, Else::Flag | Else::Hold | Else::Ignore) => Some("a record without it is held"),
    }
}

/// How a value is read for its field.
const fn meaning(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Text | Kind::Status(_) | Kind::Stage | Kind::Reference(_) => None,
        Kind::Email => Some("as an e-mail address"),
        Kind::Phone => Some("as a phone number"),
        Kind::Url => Some("as a web address"),
        Kind::Country => Some("as a country"),
        Kind::Number => Some("as a number"),
        Kind::Money => Some("as an amount"),
        Kind::Bool => Some("as yes or no"),
        Kind::Date => Some("as a day"),
        Kind::Time => Some("as a point in time"),
        Kind::Duration => Some("as a length of time"),
        Kind::Choice => Some("as one of the values on offer"),
        Kind::Tags | Kind::Sources => Some("created where missing"),
        Kind::User => Some("matched to a user, see Owners"),
        Kind::Content => Some("the file itself"),
    }
}

/// Whether records of the kind have custom fields.
pub(super) const fn has_custom_fields(kind: ObjectKind) -> bool {
    match kind {
        ObjectKind::Company | ObjectKind::Person | ObjectKind::Deal | ObjectKind::Lead => true,
        ObjectKind::Activity | ObjectKind::Task | ObjectKind::Note | ObjectKind::File => false,
    }
}

fn kept(object: &Object, custom: CustomType) -> String {
    if has_custom_fields(object.kind) {
        format!("custom field, {}", custom_type(custom))
    } else {
        "a line at the end of the text".to_owned()
    }
}

/// The type of a custom field.
pub(super) const fn custom_type(custom: CustomType) -> &'static str {
    match custom {
        CustomType::Text => "text",
        CustomType::LongText => "long text",
        CustomType::Number => "number",
        CustomType::Money => "amount",
        CustomType::Date => "day",
        CustomType::Datetime => "date and time, kept as text",
        CustomType::Bool => "yes or no",
        CustomType::Choice => "choice",
        CustomType::MultiChoice => "choice of several",
    }
}

/// What an object becomes, as the CRM calls it.
pub(super) fn becomes(kind: ObjectKind) -> String {
    format!("{} ({})", kind.name(), kind.entity().name())
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use serde_json::json;

    use super::*;
    use crate::spec::{Child, MapTarget, Target, ValueMap, example};

    /// The sort of mapping and the sentence of a rule on contacts.
    fn said(kind: Kind, custom: Option<CustomType>, rule: Rule) -> (String, String) {
        let field = example::field("x", kind, rule);
        let target = Target { custom, ..field.target };
        let field = Field { target, ..field };
        let companies = example::object("companies", "companies", ObjectKind::Company, Vec::new());
        let sort = mapping_type(&field);
        let people = example::object("people", "contacts", ObjectKind::Person, vec![field]);
        let pipeline = example::pipeline(vec![companies, people], Vec::new());
        (sort, sentence(&pipeline, (1, 0)))
    }

    fn check((sort, text): (String, String), expected: (&str, &str)) {
        assert_eq!((&*sort, &*text), expected);
    }

    fn of(columns: &[&str]) -> Rule {
        example::from("contacts", columns)
    }

    #[test]
    fn a_column_is_taken_as_it_is_or_the_first_that_says_something() {
        check(said(Kind::Text, None, of(&["title"])), ("Direct", "`title`"));
        check(
            said(Kind::Url, None, of(&["website", "domain"])),
            (
                "First of several",
                "the first of `website`, `domain` that says something; as a web address",
            ),
        );
        let joined = Rule { join: Some(" ".into()), ..of(&["first", "last"]) };
        check(said(Kind::Text, None, joined), ("Join", "`first` and `last` joined by \" \""));
        check(said(Kind::Text, None, of(&["company.name"])), ("Linked value", "`company.name`"));
    }

    #[test]
    fn a_custom_field_says_its_type() {
        check(
            said(Kind::Text, Some(CustomType::Datetime), of(&["created_at"])),
            ("Custom field", "`created_at`; custom field, date and time, kept as text"),
        );
    }

    #[test]
    fn a_value_map_says_what_becomes_of_values_that_it_lacks() {
        let target = MapTarget { shown: "Hot".into(), value: "Hot".into() };
        let entries = IndexMap::from([("hot".to_owned(), target)]);
        let map = || Some(ValueMap { entries: entries.clone(), file: None });
        let held = Rule { map: map(), otherwise: Else::Hold, ..of(&["type"]) };
        check(
            said(Kind::Tags, None, held),
            (
                "Value map",
                "`type`; by the value map below; for what it lacks, the record is held; created where missing",
            ),
        );
        let open = Rule { map: map(), default: Some(json!("open")), ..of(&["type"]) };
        let (_, text) = said(Kind::Text, None, open);
        assert_eq!(text, "`type`; by the value map below; what it lacks becomes `open`");
    }

    #[test]
    fn rows_of_a_child_table_become_json() {
        let path = |text: &str| example::path("memberships", text);
        let child = Child { table: example::table("memberships"), column: "contact_id".into() };
        let order = Some((path("added_at"), Direction::Down));
        let each = Each { child, column: None, condition: None, order };
        let members = vec![("id".to_owned(), path("id")), ("name".to_owned(), path("group.name"))];
        let json = Some(Shape::Object(members));
        let rule = Rule { json, ..Rule::plain(From::Each(Box::new(each))) };
        check(
            said(Kind::Text, Some(CustomType::LongText), rule),
            (
                "JSON serialize, custom field",
                "JSON list of its `memberships`, each with `id`, `name ← group.name`, by `added_at`, greatest or latest first; custom field, long text",
            ),
        );
    }

    #[test]
    fn a_look_up_says_its_ways_in_order() {
        let path = |text: &str| example::path("contacts", text);
        let tries = vec![
            Try::Id(path("company_id")),
            Try::Value("name".into(), path("company_name")),
            Try::Domain(path("email")),
        ];
        let reference = Some(Reference::To { object: 0, tries });
        let rule = Rule { reference, otherwise: Else::Ignore, ..of(&[]) };
        check(
            said(Kind::Reference(Vec::new()), None, rule),
            (
                "Look-up",
                "looked up among `companies` by its key in `company_id`, then by its `name` in `company_name`, then by the domain of `email`; if none is found, the field is left empty",
            ),
        );
    }

    #[test]
    fn constants_templates_and_guards_are_told() {
        let always = Rule::plain(From::Value(json!("Task")));
        check(said(Kind::Text, None, always), ("Constant", "always `Task`"));
        let required = Rule {
            required: true,
            otherwise: Else::Hold,
            ..example::template("{{ name or email }}")
        };
        check(
            said(Kind::Text, None, required),
            (
                "Template",
                "made of `email` and `name` by the template `{{ name or email }}`; a record without it is held",
            ),
        );
        let guarded =
            Rule { chars_max: Some(40), default: Some(json!("-")), late: true, ..of(&["a"]) };
        let (_, text) = said(Kind::Text, None, guarded);
        assert_eq!(
            text,
            "`a`; `-` where there is none; cut to 40 characters; written in a second pass"
        );
    }

    #[test]
    fn an_owner_is_matched() {
        check(
            said(Kind::User, None, of(&["agent_id"])),
            ("Owner match", "`agent_id`; matched to a user, see Owners"),
        );
    }
}
