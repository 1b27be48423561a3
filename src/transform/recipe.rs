//! A field, compiled: source, shape, meaning and type in their fixed order.

use std::collections::HashSet;

use serde_json::Value;

use crate::ground::{Made, is_blank};
use crate::spec::{Each, From, Kind, Rule, Shape};

use super::address::Address;
use super::cell;
use super::coalesce;
use super::draft::{Draft, Weight};
use super::each::{self, Keep};
use super::email;
use super::join;
use super::json;
use super::kind;
use super::map::Crosswalk;
use super::max::Max;
use super::owner;
use super::path;
use super::reference;
use super::remark::Remark;
use super::scene::Scene;
use super::split;
use super::templates::TemplateId;
use super::text::Mentions;

/// A field, compiled.
#[derive(Debug)]
pub(super) struct Recipe {
    /// The object, as a position.
    pub(super) object: usize,
    /// The word for the object's kind, for pick-lists.
    pub(super) object_kind: &'static str,
    /// The destination path.
    pub(super) path: Box<str>,
    /// The source's column or columns, for flags.
    pub(super) column: Box<str>,
    /// The type, that of the custom field included.
    pub(super) kind: Kind,
    /// Whether it takes several values.
    pub(super) many: bool,
    /// The greatest length.
    pub(super) max: Max,
    /// What happens to text in the CRM's syntax for mentions.
    pub(super) mentions: Mentions,
    /// The address around it, for phones and postal codes.
    pub(super) address: Address,
    /// The value map.
    pub(super) crosswalk: Option<Crosswalk>,
    /// The template.
    pub(super) template: Option<TemplateId>,
    /// The condition on children.
    pub(super) condition: Option<TemplateId>,
    /// Types of references that some field of the object takes.
    pub(super) covered: HashSet<String>,
    /// Whether it is the key itself, which differs between merged rows by nature.
    pub(super) is_key: bool,
}

impl Recipe {
    /// What the rule makes of a row; of several rows at once only where children come together.
    pub(super) fn draft(&self, rule: &Rule, scenes: &[Scene<'_>]) -> Draft {
        let Some(scene) = scenes.first() else { return Draft::default() };
        if rule.reference.is_some() {
            return reference::draft(self, rule, scenes);
        }
        let mut draft = Draft::default();
        let (values, keep) = match self.values(rule, scenes) {
            Ok(values) => values,
            Err(remark) => {
                drop(scene.take_lost());
                draft.remark(Weight::Fault, remark.code, "", remark.detail);
                return draft;
            }
        };
        draft.raw = values.iter().map(cell::text).collect::<Vec<_>>().join("; ");
        self.note_lost(scene, &mut draft);
        if self.kind == Kind::User {
            let mut asked = split::flatten(values).into_iter();
            let Some(first) = asked.next() else { return draft };
            let mut draft = owner::draft(Some(&cell::text(&first)), scene);
            leave_out(asked, &mut draft);
            return draft;
        }
        if let Some(shape) = &rule.json {
            self.write_json(shape, rule, (values, keep), &mut draft);
            return draft;
        }
        let values = self.meaning(rule, values, &mut draft);
        self.finish(rule, values, scene, &mut draft);
        draft
    }

    /// Source and shape, and which side of a list is worth more.
    fn values(&self, rule: &Rule, scenes: &[Scene<'_>]) -> Result<(Vec<Value>, Keep), Remark> {
        let mut keep = Keep::First;
        let Some(scene) = scenes.first() else { return Ok((Vec::new(), keep)) };
        let values = match &rule.from {
            From::Columns(paths) if rule.join.is_some() => coalesce::all(paths, scene),
            From::Columns(paths) => coalesce::first(paths, scene).into_iter().collect(),
            From::Value(value) => vec![value.clone()],
            From::Template(_) => self.rendered(scene)?,
            From::Each(each) => {
                let children = each::children(each, self.condition, scenes)?;
                keep = each::keep(each, &children);
                of_children(each, rule, &children)
            }
        };
        let apart = rule.json.is_none() && (self.many || rule.join.is_some());
        let values = match &rule.split {
            Some(sign) => split::split(values, sign),
            None if apart => split::flatten(values),
            None => values,
        };
        let values = if rule.unique { split::unique(values) } else { values };
        let values = match &rule.join {
            Some(glue) => join::join(&values, glue).into_iter().collect(),
            None => values,
        };
        Ok((values, keep))
    }

    fn rendered(&self, scene: &Scene<'_>) -> Result<Vec<Value>, Remark> {
        let Some(id) = self.template else { return Ok(Vec::new()) };
        let text = scene.render(id)?;
        let text = text.trim();
        Ok(if text.is_empty() { Vec::new() } else { vec![Value::from(text)] })
    }

    fn write_json(
        &self,
        shape: &Shape,
        rule: &Rule,
        (values, keep): (Vec<Value>, Keep),
        draft: &mut Draft,
    ) {
        let from_children = matches!(rule.from, From::Each(_));
        let value = match shape {
            _ if from_children || values.len() > 1 => Value::Array(values),
            Shape::Whole | Shape::Column(_) | Shape::Object(_) => {
                values.into_iter().next().map_or(Value::Null, json::whole)
            }
        };
        if is_blank(&value) {
            draft.raw.clear();
            return;
        }
        let shown = std::mem::take(&mut draft.raw);
        let made = draft.take(&shown, json::value(&value, self.max, keep));
        draft.raw = shown;
        draft.made = made.map(Made::Plain);
    }

    /// The value map; a value that it lacks becomes the default or a fault.
    fn meaning(&self, rule: &Rule, values: Vec<Value>, draft: &mut Draft) -> Vec<Value> {
        let Some(crosswalk) = &self.crosswalk else { return values };
        let mut meant = Vec::new();
        for value in values {
            let shown = cell::text(&value);
            match (crosswalk.get(&value), &rule.default) {
                (Some((entry, target)), _) => {
                    draft.entries.push(entry);
                    meant.push(target.clone());
                }
                (None, Some(default)) => {
                    let detail = format!("is not in the map; written as {}", cell::text(default));
                    draft.remark(Weight::Notice, "defaulted", &shown, detail);
                    meant.push(default.clone());
                }
                (None, None) => {
                    let detail = "is not in the map; left out";
                    draft.remark(Weight::Fault, "unmapped_value", &shown, detail);
                }
            }
        }
        meant.retain(|value| !is_blank(value));
        meant
    }

    /// Type and default, and the one value or the list.
    fn finish(&self, rule: &Rule, values: Vec<Value>, scene: &Scene<'_>, draft: &mut Draft) {
        let failed = draft.remarks.iter().any(|weighed| weighed.weight == Weight::Fault);
        let mut values: Vec<_> = values.into_iter().filter(|value| !is_blank(value)).collect();
        if values.is_empty() && !failed {
            values.extend(rule.default.clone());
        }
        let currency = rule.currency.as_ref().map(|path| path::value(path, scene));
        let currency = currency.as_ref().map(cell::text).filter(|text| !text.is_empty());
        if self.kind == Kind::Email && email::has_words(&draft.raw) {
            let (raw, detail) = (draft.raw.clone(), "words beside the address are left out");
            draft.remark(Weight::Notice, "email_words", &raw, detail);
        }
        let mut made: Vec<Value> = Vec::new();
        for value in kind::parts(&self.kind, values) {
            let read = kind::read(self, &value, currency.as_deref(), scene, draft);
            made.extend(read.filter(|value| !is_blank(value)));
        }
        if self.many {
            let made = split::unique(made);
            draft.made = (!made.is_empty()).then_some(Made::Plain(Value::Array(made)));
            return;
        }
        let mut made = made.into_iter();
        draft.made = made.next().map(Made::Plain);
        leave_out(made, draft);
    }

    fn note_lost(&self, scene: &Scene<'_>, draft: &mut Draft) {
        if self.template.is_none() {
            return;
        }
        let lost = scene.take_lost();
        if !lost.is_empty() {
            let detail = format!("lost {} on the way to text", lost.join(", "));
            let shown = draft.raw.clone();
            draft.remark(Weight::Notice, "html_stripped", &shown, detail);
        }
    }
}

/// Says of each further value that there is no room for it.
fn leave_out(extras: impl Iterator<Item = Value>, draft: &mut Draft) {
    for extra in extras {
        let detail = "the field takes one value, this further one is left out";
        draft.remark(Weight::Notice, "more_than_one", &cell::text(&extra), detail);
    }
}

/// What the rule takes of each child.
fn of_children(each: &Each, rule: &Rule, children: &[Scene<'_>]) -> Vec<Value> {
    let values = children.iter().filter_map(|child| match (&rule.json, &each.column) {
        (Some(shape), None) => json::element(shape, child),
        (_, Some(column)) => Some(path::value(column, child)).filter(|value| !is_blank(value)),
        (None, None) => None,
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{CustomType, Direction, Field};
    use crate::transform::fixture::{self, Town};
    use serde_json::json;

    fn check(field: Field, row: Value, expected: &str) {
        let town = Town::default()
            .with("campaigns", &[json!({"id": "9", "name": "Spring", "listing_id": "L-1"})])
            .with("sends", &[
                json!({"id": "a", "contact_id": "5", "campaign_id": "9", "sent_at": "2025-01-01"}),
                json!({"id": "b", "contact_id": "5", "campaign_id": "9", "sent_at": "2025-03-01"}),
                json!({"id": "c", "contact_id": "5", "campaign_id": "404", "sent_at": "2025-02-01"}),
            ]);
        assert_eq!(fixture::taste(field, &[row], &town), expected);
    }

    fn column(names: &[&str]) -> Rule {
        fixture::from("contacts", names)
    }

    #[test]
    fn the_first_column_that_says_something_is_taken() {
        let field = || fixture::field("url", Kind::Url, column(&["website", "domain"]));
        check(
            field(),
            json!({"id": "1", "website": "", "domain": "x.example"}),
            r#"["x.example"]"#,
        );
        check(field(), json!({"id": "1", "website": "none", "domain": "x.example"}), "[bad_url]");
    }

    #[test]
    fn columns_are_joined_without_gaps() {
        let rule = || Rule { join: Some(" / ".into()), ..column(&["pipeline", "stage"]) };
        let field = || fixture::field("description", Kind::Text, rule());
        check(field(), json!({"id": "1", "pipeline": "Sales", "stage": "New"}), "Sales / New");
        check(field(), json!({"id": "1", "pipeline": null, "stage": "New"}), "New");
    }

    #[test]
    fn a_list_of_tags_is_mapped_value_by_value() {
        let map = Some(fixture::map(&[("Hot", "Hot lead"), ("Active", "Active")]));
        let rule = Rule { split: Some(";".into()), map, ..column(&["type"]) };
        let field = fixture::field("tags", Kind::Tags, rule);
        let row = json!({"id": "1", "type": "hot; active;Odd"});
        check(field, row, r#"["Hot lead","Active"] [unmapped_value]"#);
    }

    #[test]
    fn children_become_json_the_newest_first() {
        let members = [("campaign", "campaign.name"), ("sent", "sent_at")];
        let rule = fixture::each("sends", "contact_id", &members);
        let rule = fixture::newest_first(rule, "sends", "sent_at");
        let field = fixture::custom("Campaigns__c", CustomType::LongText, rule);
        let expected = concat!(
            r#"[{"campaign":"Spring","sent":"2025-03-01"},"#,
            r#"{"campaign":null,"sent":"2025-02-01"},{"campaign":"Spring","sent":"2025-01-01"}]"#,
        );
        check(field, json!({"id": "5"}), expected);
    }

    #[test]
    fn one_column_of_the_children_is_a_list_without_repetitions() {
        let rule = fixture::each("sends", "contact_id", &[]);
        let shape = Shape::Column(fixture::path("sends", "campaign.listing_id"));
        let rule = Rule { json: Some(shape), unique: true, ..rule };
        let field =
            || fixture::custom("Ids__c", CustomType::LongText, Rule { json: None, ..column(&[]) });
        check(Field { rule, ..field() }, json!({"id": "5"}), r#"["L-1"]"#);
        let none = fixture::each("sends", "contact_id", &[("a", "sent_at")]);
        check(Field { rule: none, ..field() }, json!({"id": "6"}), "");
    }

    #[test]
    fn json_over_the_length_of_its_field_loses_its_last_elements() {
        let members = [("sent", "sent_at")];
        let rule = Rule { chars_max: Some(50), ..fixture::each("sends", "contact_id", &members) };
        let field = fixture::custom("Campaigns__c", CustomType::LongText, rule);
        let expected = r#"[{"sent":"2025-01-01"},{"sent":"2025-03-01"}] [json_trimmed]"#;
        check(field, json!({"id": "5"}), expected);
    }

    #[test]
    fn json_from_old_to_new_loses_the_oldest() {
        let members = [("sent", "sent_at")];
        let mut rule =
            Rule { chars_max: Some(50), ..fixture::each("sends", "contact_id", &members) };
        if let From::Each(each) = &mut rule.from {
            each.order = Some((fixture::path("sends", "sent_at"), Direction::Up));
        }
        let field = fixture::custom("Campaigns__c", CustomType::LongText, rule);
        let expected = r#"[{"sent":"2025-02-01"},{"sent":"2025-03-01"}] [json_trimmed]"#;
        check(field, json!({"id": "5"}), expected);
    }

    #[test]
    fn properties_are_reached_by_their_keys() {
        let rule = || column(&["properties.Birthday"]);
        let field = || fixture::custom("Birthday__c", CustomType::Date, rule());
        check(field(), json!({"id": "1", "properties": {"Birthday": "1980-05-17"}}), "1980-05-17");
        check(field(), json!({"id": "1", "properties": {"Birthday": "May"}}), "[bad_date]");
        check(field(), json!({"id": "1", "properties": null}), "");
    }

    #[test]
    fn two_addresses_in_a_cell_are_both_written() {
        let field = || fixture::field("email", Kind::Email, column(&["email"]));
        check(
            field(),
            json!({"id": "1", "email": "a@x.example; B@x.example"}),
            r#"["a@x.example","B@x.example"]"#,
        );
        check(field(), json!({"id": "1", "email": "n/a"}), "[bad_email]");
        let named = json!({"id": "1", "email": "Jane <jane@x.example>"});
        check(field(), named, r#"["jane@x.example"] [email_words] [email_trimmed]"#);
    }

    #[test]
    fn of_several_owners_the_first_owns_and_the_others_are_said() {
        let owner = |split: Option<&str>| {
            let rule = Rule { split: split.map(str::to_owned), ..column(&["agent_id"]) };
            fixture::field("owner", Kind::User, rule)
        };
        let one =
            fixture::taste(owner(None), &[json!({"id": "1", "agent_id": "7"})], &Town::default());
        let list = json!({"id": "1", "agent_id": ["7", "8", "9"]});
        check(owner(None), list, &format!("{one} [more_than_one] [more_than_one]"));
        let joined = json!({"id": "1", "agent_id": "7; 8"});
        check(owner(Some(";")), joined, &format!("{one} [more_than_one]"));
    }

    #[test]
    fn a_mention_is_broken_up_where_the_crm_would_read_it() {
        let text = || column(&["body"]);
        let row = || json!({"id": "1", "body": "@[Accounts:1]"});
        let note = fixture::field("description", Kind::Text, text());
        check(note, row(), "@\u{200b}[Accounts:1] [mention_escaped]");
        check(fixture::custom("A__c", CustomType::Text, text()), row(), "@[Accounts:1]");
    }
}
