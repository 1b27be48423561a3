//! `ref`: a record that another object makes, found by the first way that finds exactly one.

use serde_json::Value;

use crate::ground::{Fate, Holders, Links, Made, SourceKey, compared, listed};
use crate::spec::{ColumnPath, From, Kind, Reference, Rule, Try};

use super::cell;
use super::coalesce;
use super::domain;
use super::draft::{Draft, Weight};
use super::each;
use super::email;
use super::path;
use super::recipe::Recipe;
use super::remark::Remark;
use super::scene::Scene;
use super::split;

/// The records that a field refers to.
pub(super) fn draft(recipe: &Recipe, rule: &Rule, scenes: &[Scene<'_>]) -> Draft {
    let mut draft = Draft::default();
    let Some(reference) = &rule.reference else { return draft };
    let mut found: Vec<SourceKey> = Vec::new();
    match &rule.from {
        From::Each(each) => match each::children(each, recipe.condition, scenes) {
            Ok(children) => {
                let column = each.column.as_slice();
                for child in &children {
                    resolve(
                        reference,
                        &Seat { rule, columns: column, scene: child, recipe },
                        &mut draft,
                        &mut found,
                    );
                }
            }
            Err(remark) => draft.remark(Weight::Fault, remark.code, "", remark.detail),
        },
        From::Columns(columns) => {
            for scene in scenes {
                resolve(reference, &Seat { rule, columns, scene, recipe }, &mut draft, &mut found);
            }
        }
        From::Value(_) | From::Template(_) => {
            for scene in scenes {
                resolve(
                    reference,
                    &Seat { rule, columns: &[], scene, recipe },
                    &mut draft,
                    &mut found,
                );
            }
        }
    }
    finish(recipe, scenes, found, draft)
}

/// A row that refers to something, with the columns that say to what.
struct Seat<'s, 'a> {
    rule: &'s Rule,
    columns: &'s [ColumnPath],
    scene: &'s Scene<'a>,
    recipe: &'s Recipe,
}

/// Leaves repetitions and a reference to the record itself out.
fn finish(recipe: &Recipe, scenes: &[Scene<'_>], found: Vec<SourceKey>, mut draft: Draft) -> Draft {
    let Some(scene) = scenes.first() else { return draft };
    let own = &scene.workshop.pipeline.objects[recipe.object].name;
    let mut links: Vec<SourceKey> = Vec::new();
    for key in found {
        let is_self = *key.object == **own && scenes.iter().any(|scene| scene.record.key == key.id);
        if is_self {
            let detail = "the record names itself; left out";
            draft.remark(Weight::Fault, "self_parent", &key.id, detail);
        } else if !links.contains(&key) {
            links.push(key);
        }
    }
    if matches!(recipe.kind, Kind::Reference(_)) && !recipe.many {
        for extra in links.split_off(links.len().min(1)) {
            let detail = "the field takes one record, this further one is left out";
            draft.remark(Weight::Notice, "more_than_one", &extra.to_string(), detail);
        }
    }
    draft.made = (!links.is_empty()).then_some(Made::Links(links));
    draft
}

fn resolve(
    reference: &Reference,
    seat: &Seat<'_, '_>,
    draft: &mut Draft,
    found: &mut Vec<SourceKey>,
) {
    let name = |object: usize| seat.scene.workshop.pipeline.objects[object].name.as_str();
    match reference {
        Reference::To { object, tries } => {
            let object = name(*object);
            let way = |way| Way { object, by: By::of(way), values: values(way.path(), seat) };
            let ways: Vec<_> = tries.iter().map(way).collect();
            by_ways(&ways, seat, draft, found);
        }
        Reference::Columns(columns) => {
            let way = |(column, object): &(ColumnPath, usize)| Way {
                object: name(*object),
                by: By::Id,
                values: values(column, seat),
            };
            let ways: Vec<_> = columns.iter().map(way).collect();
            // Where several fit, each column counts; else the first that leads to a record.
            let size = if seat.recipe.many { 1 } else { ways.len().max(1) };
            for ways in ways.chunks(size) {
                by_ways(ways, seat, draft, found);
            }
        }
        Reference::Switch { column, objects } => {
            let kind = path::value(column, seat.scene);
            let kind = cell::text(&kind);
            let word = compared(&kind);
            let values = texts(coalesce::first(seat.columns, seat.scene), seat);
            if values.is_empty() {
                return;
            }
            if let Some(&object) = objects.get(&word) {
                for value in values {
                    let way = Way { object: name(object), by: By::Id, values: vec![value] };
                    by_ways(&[way], seat, draft, found);
                }
            } else if !seat.recipe.covered.contains(&word) {
                let detail =
                    format!("no field of the object takes a reference to a `{kind}`; left out");
                draft.raw = format!("{kind} {}", values.join(" "));
                let shown = draft.raw.clone();
                draft.remark(Weight::Fault, "ref_type_unknown", &shown, detail);
            }
        }
    }
}

fn values(column: &ColumnPath, seat: &Seat<'_, '_>) -> Vec<String> {
    texts(Some(path::value(column, seat.scene)), seat)
}

/// The values of a cell: of a list its elements, with `split` the parts of a text.
fn texts(value: Option<Value>, seat: &Seat<'_, '_>) -> Vec<String> {
    let values = value.into_iter().collect();
    let values = match &seat.rule.split {
        Some(sign) => split::split(values, sign),
        None => split::flatten(values),
    };
    values.iter().map(|value| cell::text(value).into_owned()).collect()
}

/// A way to find records, with the values to look for.
struct Way<'s> {
    object: &'s str,
    by: By<'s>,
    values: Vec<String>,
}

/// What a record is known by.
#[derive(Clone, Copy)]
enum By<'s> {
    Id,
    Value(&'s str),
    Domain,
}

impl<'s> By<'s> {
    fn of(way: &'s Try) -> Self {
        match way {
            Try::Id(_) => Self::Id,
            Try::Value(field, _) => Self::Value(field),
            Try::Domain(_) => Self::Domain,
        }
    }
}

/// Takes the first way that finds something; a value that it does not find is said.
fn by_ways(ways: &[Way<'_>], seat: &Seat<'_, '_>, draft: &mut Draft, found: &mut Vec<SourceKey>) {
    let mut failures: Vec<Vec<(String, Remark)>> = Vec::new();
    for way in ways {
        let (hits, missed) = look(way, seat);
        if let Some(first) = hits.first() {
            if draft.raw.is_empty() {
                draft.raw = first.id.to_string();
            }
            found.extend(hits);
            for (value, remark) in failures.into_iter().flatten() {
                let detail = format!("{}; found in another way", remark.detail);
                draft.remark(Weight::Notice, remark.code, &value, detail);
            }
            return say(missed, draft);
        }
        failures.push(missed);
    }
    // The most telling failure speaks for all: several found, then left out, then missing.
    let rank = |(_, remark): &(String, Remark)| {
        ["ref_ambiguous", "ref_left", "ref_missing"].iter().position(|code| *code == remark.code)
    };
    failures.retain(|missed| !missed.is_empty());
    failures.sort_by_key(|missed| missed.iter().map(rank).min());
    if let Some(missed) = failures.into_iter().next() {
        if let Some((value, _)) = missed.first() {
            draft.raw.clone_from(value);
        }
        say(missed, draft);
    }
}

/// The records that a way finds, and what is said of the values that it does not find.
fn look(way: &Way<'_>, seat: &Seat<'_, '_>) -> (Vec<SourceKey>, Vec<(String, Remark)>) {
    let (mut hits, mut missed) = (Vec::new(), Vec::new());
    for value in &way.values {
        match by_way(way, value, seat) {
            Ok(Some(id)) => hits.push(SourceKey::new(way.object, &id)),
            Ok(None) => {}
            Err(failure) => missed.push(failure),
        }
    }
    (hits, missed)
}

fn say(missed: Vec<(String, Remark)>, draft: &mut Draft) {
    for (value, remark) in missed {
        draft.remark(Weight::Fault, remark.code, &value, remark.detail);
    }
}

/// The id that a way finds; nothing when it has nothing to look for.
fn by_way(
    way: &Way<'_>,
    value: &str,
    seat: &Seat<'_, '_>,
) -> Result<Option<Box<str>>, (String, Remark)> {
    let links = seat.scene.world.links;
    let object = way.object;
    match way.by {
        By::Id if seat.rule.late => Ok(Some(value.into())),
        By::Id => written(object, (value, value), links),
        By::Value(field) => {
            let ids = links.by_value(object, field, &compared(value));
            single((object, value), ids, seat)
        }
        By::Domain => by_domain(object, value, seat),
    }
}

fn by_domain(
    object: &str,
    value: &str,
    seat: &Seat<'_, '_>,
) -> Result<Option<Box<str>>, (String, Remark)> {
    let parts = email::split(value);
    let domains = parts.into_iter().filter_map(domain::registrable);
    let mut failure = Ok(None);
    for domain in domains.filter(|domain| !domain::is_free_mail(domain)) {
        let ids = seat.scene.world.links.by_value(object, "domain", &domain);
        match single((object, &domain), ids, seat) {
            Ok(found) => return Ok(found),
            Err(reason) => failure = Err(reason),
        }
    }
    failure
}

/// The one record that answers to a value, if it is written. One that is held answers as well: who
/// is meant does not change by what waits for a person.
fn single(
    (object, value): (&str, &str),
    ids: Holders<'_>,
    seat: &Seat<'_, '_>,
) -> Result<Option<Box<str>>, (String, Remark)> {
    match ids.first {
        [] => {
            let detail = format!("no written record of `{object}` has this value");
            Err((value.to_owned(), Remark::new("ref_missing", detail)))
        }
        // What becomes of it is asked when all fates are known.
        [id] if seat.rule.late => Ok(Some(id.clone())),
        [id] => written(object, (id, value), seat.scene.world.links),
        [..] => {
            let named = listed(ids.first.iter(), ids.count);
            let detail = format!("`{object}` has several records with this value: {named}");
            Err((value.to_owned(), Remark::new("ref_ambiguous", detail)))
        }
    }
}

/// The id under which a record is written, or why it is not; `value` is what it was looked up by.
fn written(
    object: &str,
    (id, value): (&str, &str),
    links: &dyn Links,
) -> Result<Option<Box<str>>, (String, Remark)> {
    match links.by_id(object, id) {
        Fate::Written(id) => Ok(Some(id)),
        Fate::Left(word) => {
            let detail = format!("`{object}` {id} is not written ({word})");
            Err((value.to_owned(), Remark::new("ref_left", detail)))
        }
        Fate::Missing => {
            let detail = format!("`{object}` {id} is not in the source");
            Err((value.to_owned(), Remark::new("ref_missing", detail)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::Entity;
    use crate::spec::{Else, Field};
    use crate::transform::fixture::{self, Town};
    use serde_json::json;

    fn town() -> Town {
        let mut town = Town::default()
            .with("companies", &[json!({"id": "88"}), json!({"id": "12"})])
            .with("companies", &[json!({"id": "40", "kind": "self"})])
            .with("contacts", &[json!({"id": "1", "kind": "self"})]);
        let known = |field, value, ids: &str| {
            ("companies", field, value, ids.split(' ').map(Into::into).collect())
        };
        town.known = vec![
            known("name", "shady acres", "88"),
            known("name", "smith", "88 12"),
            known("domain", "shady.example", "12"),
            known("name", "held acres", "40"),
            known("name", "held twice", "40 88"),
        ];
        town
    }

    fn accounts(otherwise: Else) -> Field {
        let column = |text: &str| fixture::path("contacts", text);
        let tries = vec![
            Try::Id(column("company_id")),
            Try::Value("name".into(), column("company_name")),
            Try::Domain(column("email")),
        ];
        let rule = Rule { otherwise, ..fixture::reference(0, tries) };
        fixture::field("accounts", Kind::Reference(vec![Entity::Accounts]), rule)
    }

    fn check(row: &Value, expected: &str) {
        assert_eq!(
            fixture::taste(accounts(Else::Flag), std::slice::from_ref(row), &town()),
            expected,
            "{row}"
        );
    }

    #[test]
    fn the_first_way_that_finds_exactly_one_wins() {
        check(&json!({"id": "5", "company_id": "88", "email": "a@shady.example"}), "companies:88");
        check(&json!({"id": "5", "company_name": "Shady  ACRES"}), "companies:88");
        check(&json!({"id": "5", "email": "a@mail.shady.example"}), "companies:12");
    }

    #[test]
    fn a_company_that_is_missing_is_said_even_when_another_way_finds_it() {
        let row = json!({"id": "5", "company_id": "404", "company_name": "Shady Acres"});
        check(&row, "companies:88 [ref_missing]");
        check(&json!({"id": "5", "company_id": "404"}), "[ref_missing]");
    }

    #[test]
    fn several_companies_of_one_name_are_flagged_unless_a_later_way_decides() {
        check(&json!({"id": "5", "company_name": "Smith"}), "[ref_ambiguous]");
        let row = json!({"id": "5", "company_name": "Smith", "email": "a@shady.example"});
        check(&row, "companies:12 [ref_ambiguous]");
    }

    #[test]
    fn a_company_that_is_not_written_is_as_good_as_none_by_name_too() {
        check(&json!({"id": "5", "company_id": "40"}), "[ref_left]");
        check(&json!({"id": "5", "company_name": "Held Acres"}), "[ref_left]");
        let row = json!({"id": "5", "company_name": "Held Acres", "email": "a@shady.example"});
        check(&row, "companies:12 [ref_left]");
    }

    #[test]
    fn a_company_that_is_held_makes_its_name_ambiguous_all_the_same() {
        check(&json!({"id": "5", "company_name": "Held Twice"}), "[ref_ambiguous]");
    }

    #[test]
    fn a_list_of_ids_refers_to_each_and_one_that_is_missing_is_said() {
        check(
            &json!({"id": "5", "company_id": ["88", "404", "12"]}),
            "companies:88 companies:12 [ref_missing]",
        );
        check(&json!({"id": "5", "company_id": ["404", "405"]}), "[ref_missing] [ref_missing]");
    }

    #[test]
    fn a_text_of_several_names_is_split_before_they_are_looked_for() {
        let field = || {
            let tries = vec![
                Try::Value("name".into(), fixture::path("contacts", "companies")),
                Try::Value("name".into(), fixture::path("contacts", "company_name")),
            ];
            let rule = Rule { split: Some(";".into()), ..fixture::reference(0, tries) };
            fixture::field("accounts", Kind::Reference(vec![Entity::Accounts]), rule)
        };
        let taste = |row: Value| fixture::taste(field(), &[row], &town());
        let row =
            json!({"id": "5", "companies": "Shady Acres; Tern Bank", "company_name": "Smith"});
        assert_eq!(taste(row), "companies:88 [ref_missing]", "the other column is not asked");
        let row = json!({"id": "5", "companies": "Tern Bank", "company_name": "Shady Acres"});
        assert_eq!(taste(row), "companies:88 [ref_missing]", "found in another way");
    }

    fn entity(takes: usize) -> Field {
        let columns = vec![
            (fixture::path("contacts", "company_id"), 0),
            (fixture::path("contacts", "friend.id"), 0),
        ];
        let rule = Rule {
            reference: Some(Reference::Columns(columns)),
            ..Rule::plain(From::Columns(Vec::new()))
        };
        let mut field = fixture::field("entity", Kind::Reference(vec![Entity::Accounts]), rule);
        field.target.many = takes > 1;
        field
    }

    #[test]
    fn of_several_columns_the_first_that_leads_to_a_record_says_which_object_is_meant() {
        let taste = |row: Value| fixture::taste(entity(1), &[row], &town());
        assert_eq!(taste(json!({"id": "5", "company_id": "88"})), "companies:88");
        let row = json!({"id": "5", "company_id": "88", "friend": {"id": "12"}});
        assert_eq!(taste(row), "companies:88");
        let row = json!({"id": "5", "company_id": "404", "friend": {"id": "12"}});
        assert_eq!(taste(row), "companies:12 [ref_missing]");
        let row = json!({"id": "5", "company_id": ["88", "12"]});
        assert_eq!(taste(row), "companies:88 [more_than_one]", "a list does not fit");
        assert_eq!(taste(json!({"id": "5", "company_id": "404"})), "[ref_missing]");
        assert_eq!(taste(json!({"id": "5"})), "");
    }

    #[test]
    fn where_several_records_fit_each_of_the_columns_counts() {
        let row = json!({"id": "5", "company_id": "88", "friend": {"id": "12"}});
        let made = fixture::taste(entity(2), &[row], &town());
        assert_eq!(made, "companies:88 companies:12");
    }

    #[test]
    fn a_free_mail_address_says_nothing_about_a_company() {
        check(&json!({"id": "5", "email": "jane@gmail.com"}), "");
    }

    #[test]
    fn what_was_to_be_expected_is_not_said() {
        let row = json!({"id": "5", "company_id": "404"});
        assert_eq!(fixture::taste(accounts(Else::Ignore), &[row], &town()), "");
    }

    #[test]
    fn a_record_that_names_itself_is_left_out() {
        let friend = || {
            let tries = vec![Try::Id(fixture::path("contacts", "friend"))];
            let rule = Rule { late: true, ..fixture::reference(1, tries) };
            fixture::field("friend", Kind::Reference(vec![Entity::Contacts]), rule)
        };
        let taste = |row: Value| fixture::taste(friend(), &[row], &town());
        assert_eq!(taste(json!({"id": "5", "friend": "5"})), "[self_parent]");
        assert_eq!(taste(json!({"id": "5", "friend": "404"})), "people:404");
    }
}
