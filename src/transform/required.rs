//! Guards: `required`, `else` and `merge`, over what the rows of a record make of a field.

use serde_json::Value;

use crate::ground::{Flag, Made, compared};
use crate::spec::{Else, From, Kind, Rule};

use super::draft::{Draft, Weighed, Weight};
use super::owner;
use super::recipe::Recipe;
use super::remark::Remark;
use super::scene::Scene;
use super::verdict::Taken;

/// What a field asks of the record.
#[derive(Debug, Default)]
pub(super) struct Served {
    /// The value.
    pub(super) made: Option<Made>,
    /// What was remarked.
    pub(super) flags: Vec<Flag>,
    /// What was taken of the source.
    pub(super) taken: Taken,
    /// What becomes of the record because of the field.
    pub(super) demand: Demand,
}

/// What becomes of a record because of a field.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) enum Demand {
    /// Nothing.
    #[default]
    Nothing,
    /// It is held back.
    Hold,
    /// It is left out, for this reason.
    Skip(String),
    /// The run ends.
    Stop,
}

/// A field of a record: the first row that makes it, and what the others say.
pub(super) fn serve(recipe: &Recipe, rule: &Rule, scenes: &[Scene<'_>]) -> Served {
    let together = matches!(rule.from, From::Each(_));
    let mut drafts: Vec<Draft> = if together {
        vec![recipe.draft(rule, scenes)]
    } else {
        (0..scenes.len()).map(|row| recipe.draft(rule, &scenes[row..=row])).collect()
    };
    if recipe.kind == Kind::User
        && drafts.iter().all(|draft| draft.made.is_none())
        && let Some(scene) = scenes.first()
    {
        drafts.insert(0, owner::draft(None, scene));
    }
    let mut served = Served::default();
    let chosen = choose(rule, &drafts);
    conflict((recipe, rule), &drafts, chosen, &mut served);
    for (position, draft) in drafts.into_iter().enumerate() {
        let is_front = chosen.is_none_or(|chosen| chosen == position);
        let standing = if is_front { Standing::Front } else { Standing::Behind };
        if is_front {
            served.made = served.made.or(draft.made);
            if served.taken.raw.is_empty() {
                let Draft { raw, entries, owner, .. } = draft;
                served.taken = Taken { raw, entries, owner };
            }
        }
        for weighed in draft.remarks {
            judge((recipe, rule), weighed, standing, &mut served);
        }
    }
    require(recipe, rule, &mut served);
    served
}

/// The draft that counts: the first that makes a value, with `merge: any` the first that says yes.
fn choose(rule: &Rule, drafts: &[Draft]) -> Option<usize> {
    let yes = Made::Plain(Value::Bool(true));
    let any = drafts.iter().position(|draft| rule.merge_any && draft.made.as_ref() == Some(&yes));
    any.or_else(|| drafts.iter().position(|draft| draft.made.is_some()))
}

/// Flags values of merged rows that differ from the one that is written.
fn conflict(
    (recipe, rule): (&Recipe, &Rule),
    drafts: &[Draft],
    chosen: Option<usize>,
    served: &mut Served,
) {
    let Some(chosen) = chosen.map(|position| &drafts[position]) else { return };
    // The key differs by nature, and `merge` has already said which value wins.
    if recipe.is_key || rule.merge_any || drafts.len() < 2 {
        return;
    }
    let differs = |draft: &&Draft| match (&draft.made, &chosen.made) {
        (Some(made), Some(written)) => made != written && folded(&draft.raw) != folded(&chosen.raw),
        (Some(_) | None, _) => false,
    };
    let mut others: Vec<&str> =
        drafts.iter().filter(differs).map(|draft| draft.raw.as_str()).collect();
    others.dedup();
    if others.is_empty() {
        return;
    }
    let value = format!("{} | {}", chosen.raw, others.join(" | "));
    let detail = format!("merged rows differ; {} is written", short(&chosen.raw));
    served.flags.push(Flag::new("merged_conflict", &recipe.path, &recipe.column, &value, &detail));
}

fn folded(raw: &str) -> String {
    compared(raw)
}

fn short(raw: &str) -> String {
    if raw.is_empty() { "the value of the first".to_owned() } else { format!("`{raw:.60}`") }
}

/// Says a remark, and lets `else` decide when it is a fault.
///
/// Of a row whose value is not the one written only the faults are said, and they decide nothing:
/// what was noticed about its value concerns nobody.
fn judge(
    (recipe, rule): (&Recipe, &Rule),
    weighed: Weighed,
    standing: Standing,
    served: &mut Served,
) {
    let Weighed { weight, value, remark } = weighed;
    let is_moot = standing == Standing::Behind && weight == Weight::Notice;
    if rule.otherwise == Else::Ignore || is_moot {
        return;
    }
    let flag = Flag::new(remark.code, &recipe.path, &recipe.column, &value, &remark.detail);
    served.flags.push(flag);
    // A required field is judged by whether it has a value in the end.
    if weight == Weight::Notice || standing == Standing::Behind || rule.required {
        return;
    }
    let demand = match rule.otherwise {
        Else::Flag | Else::Ignore => return,
        Else::Hold => Demand::Hold,
        Else::Skip => Demand::Skip(reason(&recipe.path, remark.code)),
        Else::Stop => Demand::Stop,
    };
    if served.demand == Demand::Nothing {
        served.demand = demand;
    }
}

/// Takes back the value of a field that was served, because it cannot stand beside another one.
pub(super) fn withdraw(
    (recipe, rule): (&Recipe, &Rule),
    (value, remark): (String, Remark),
    served: &mut Served,
) {
    served.made = None;
    let weighed = Weighed { weight: Weight::Fault, value, remark };
    judge((recipe, rule), weighed, Standing::Front, served);
    require(recipe, rule, served);
}

/// Where a row stands among those of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Its value is written, or no row has one.
    Front,
    /// Another row's value is written.
    Behind,
}

fn require(recipe: &Recipe, rule: &Rule, served: &mut Served) {
    if !rule.required || served.made.is_some() {
        return;
    }
    let cause = served.flags.last().map_or("", |flag| &*flag.code).to_owned();
    served.demand = match rule.otherwise {
        Else::Skip => Demand::Skip(reason(&recipe.path, &cause)),
        Else::Stop => Demand::Stop,
        Else::Flag | Else::Hold | Else::Ignore => Demand::Hold,
    };
    if matches!(served.demand, Demand::Hold | Demand::Stop) {
        let detail = if cause.is_empty() {
            "the field must have a value and there is none; the record is held back".to_owned()
        } else {
            format!("{}; the record is held back", reason(&recipe.path, &cause))
        };
        let value = served.flags.last().map_or("", |flag| &*flag.value).to_owned();
        served.flags.push(Flag::new("required", &recipe.path, &recipe.column, &value, &detail));
    }
}

/// The reason of a record that a field leaves out, the same words for the same cause.
fn reason(path: &str, code: &str) -> String {
    match code {
        "ref_missing" => format!("{path}: the record that it names is not in the source"),
        "ref_left" => format!("{path}: the record that it names is not written"),
        "ref_ambiguous" => format!("{path}: several records answer to its name"),
        "unmapped_value" => format!("{path}: the value has no equivalent"),
        "" => format!("{path}: no value"),
        code => format!("{path}: {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{CustomType, Field, ObjectKind};
    use crate::transform::fixture::{self, Town};
    use crate::transform::{Mapping, Verdict};
    use serde_json::json;

    fn check(field: Field, rows: &[Value], expected: &str) {
        let town = Town::default().with("agents", &[json!({"id": "7"}), json!({"id": "8"})]);
        assert_eq!(fixture::taste(field, rows, &town), expected, "{rows:?}");
    }

    fn column(name: &str) -> Rule {
        fixture::from("contacts", &[name])
    }

    #[test]
    fn a_record_without_a_required_field_is_held_or_left_out_as_the_spec_says() {
        let name = |otherwise| {
            let rule = Rule { required: true, otherwise, ..column("name") };
            fixture::field("name", Kind::Text, rule)
        };
        let nobody = [json!({"id": "1", "name": " "})];
        check(name(Else::Hold), &nobody, "hold [required]");
        check(name(Else::Skip), &nobody, "skip: name: no value");
        check(name(Else::Stop), &nobody, "stop [required]");
        check(name(Else::Hold), &[json!({"id": "1", "name": "Jane"})], "Jane");
    }

    #[test]
    fn a_record_held_for_a_value_that_cannot_be_used_says_which_and_why() {
        let map = Some(fixture::map(&[("New", "open")]));
        let rule = Rule { required: true, map, otherwise: Else::Hold, ..column("lead_status") };
        let field = fixture::field("status", Kind::Status(vec!["open".into()]), rule);
        let people = fixture::object("people", "contacts", ObjectKind::Person, vec![field]);
        let mapping = Mapping::compile(fixture::pipeline(vec![people], Vec::new())).unwrap();
        let row = fixture::row(&json!({"id": "1", "lead_status": "Zombie"}));
        let Verdict::Hold { flags } = mapping.map(0, &[row], &Town::default().world()) else {
            panic!("the record is not held");
        };
        let last = flags.last().unwrap();
        assert_eq!((&*last.code, &*last.value), ("required", "Zombie"));
        assert_eq!(&*last.detail, "status: the value has no equivalent; the record is held back");
    }

    #[test]
    fn else_decides_about_a_value_that_has_no_equivalent() {
        let status = |otherwise, default: Option<Value>| {
            let map = Some(fixture::map(&[("New", "open"), ("Closed", "won")]));
            let rule = Rule { map, default, otherwise, ..column("lead_status") };
            let kind = Kind::Status(vec!["open".into(), "won".into()]);
            fixture::field("status", kind, rule)
        };
        let row = [json!({"id": "1", "lead_status": "Zombie"})];
        check(status(Else::Flag, None), &row, "[unmapped_value]");
        check(status(Else::Hold, None), &row, "hold [unmapped_value]");
        check(
            status(Else::Skip, None),
            &row,
            "skip: status: the value has no equivalent [unmapped_value]",
        );
        check(status(Else::Ignore, None), &row, "");
        check(status(Else::Stop, None), &row, "stop [unmapped_value]");
        check(status(Else::Flag, Some(json!("open"))), &row, "open [defaulted]");
        check(status(Else::Flag, Some(json!("open"))), &[json!({"id": "1"})], "open");
        check(status(Else::Flag, None), &[json!({"id": "1", "lead_status": " closed "})], "won");
    }

    #[test]
    fn of_merged_rows_the_first_with_a_value_counts_and_others_are_said() {
        let title = || fixture::field("jobTitle", Kind::Text, column("title"));
        let rows = |first: &str, second: &str| {
            [json!({"id": "1", "title": first}), json!({"id": "2", "title": second})]
        };
        check(title(), &rows("", "Broker"), "Broker");
        check(title(), &rows("Broker", "Agent"), "Broker [merged_conflict]");
        check(title(), &rows("Broker", "broker "), "Broker");
        let key = fixture::custom("Id__c", CustomType::Text, column("id"));
        check(key, &rows("a", "b"), "1");
    }

    #[test]
    fn a_fault_in_a_row_that_stands_behind_is_said_and_decides_nothing() {
        let field = || {
            let rule = Rule { otherwise: Else::Hold, ..column("born") };
            fixture::custom("Birthday__c", CustomType::Date, rule)
        };
        let rows = |first: &str, second: &str| {
            [json!({"id": "1", "born": first}), json!({"id": "2", "born": second})]
        };
        check(field(), &rows("1980-05-17", "May"), "1980-05-17 [bad_date]");
        check(field(), &rows("April", "May"), "hold [bad_date] [bad_date]");
    }

    #[test]
    fn one_opt_out_among_merged_rows_is_enough() {
        let rule = Rule { merge_any: true, ..column("unsubscribed") };
        let field = fixture::custom("Email_Opt_Out__c", CustomType::Bool, rule);
        let rows =
            [json!({"id": "1", "unsubscribed": "0"}), json!({"id": "2", "unsubscribed": "1"})];
        check(field, &rows, "true");
    }

    #[test]
    fn an_owner_is_always_found_and_a_fallback_is_said() {
        let owner = || fixture::field("owner", Kind::User, column("agent_id"));
        check(owner(), &[json!({"id": "1", "agent_id": "7"})], "user 7");
        check(owner(), &[json!({"id": "1", "agent_id": "99"})], "user fallback [owner_fallback]");
        check(owner(), &[json!({"id": "1", "agent_id": null})], "user fallback [owner_fallback]");
        let rows = [json!({"id": "1", "agent_id": null}), json!({"id": "2", "agent_id": "8"})];
        check(owner(), &rows, "user 8");
    }
}
