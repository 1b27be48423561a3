//! The compiled mapping: rows in, fields out.

use std::sync::Arc;

use crate::ground::{Fields, Flag, Record};
use crate::spec::{Kind, Pipeline, Rule, Template};

use super::archive::{self, ArchiveRules, DocumentRows, Kept};
use super::atlas::Atlas;
use super::error::TransformError;
use super::expand::{self, Occurrences};
use super::locale::Locale;
use super::matching;
use super::object::ObjectRules;
use super::required::{self, Demand};
use super::scene::{Scene, Workshop};
use super::skip;
use super::span;
use super::templates::{Budget, Templates};
use super::verdict::{DedupeKey, Verdict, World};

/// A pipeline's rules, compiled once for a run.
#[derive(Debug)]
pub struct Mapping {
    workshop: Workshop,
    objects: Vec<ObjectRules>,
    archives: Vec<ArchiveRules>,
    documents: Templates,
}

impl Mapping {
    /// Compiles everything that the rules need: templates, expressions, zones, maps.
    pub fn compile(pipeline: Arc<Pipeline>) -> Result<Self, TransformError> {
        let mut templates = Templates::new(Budget::FIELD);
        let mut documents = Templates::new(Budget::DOCUMENT);
        let locales: Vec<_> =
            pipeline.sources.iter().map(Locale::compile).collect::<Result<_, _>>()?;
        let mut objects = Vec::new();
        for position in 0..pipeline.objects.len() {
            objects.push(ObjectRules::compile(&pipeline, position, &mut templates)?);
        }
        let mut archives = Vec::new();
        for archive in &pipeline.archives {
            let rules = ArchiveRules::compile(&pipeline, archive, &mut templates, &mut documents)?;
            archives.push(rules);
        }
        let atlas = Arc::new(Atlas::draw(&pipeline));
        let workshop = Workshop { pipeline, atlas, locales: locales.into(), templates };
        Ok(Self { workshop, objects, archives, documents })
    }

    /// Whether a row of the object's table belongs to the object (`where`).
    pub fn belongs(
        &self,
        object: usize,
        row: &Arc<Record>,
        world: &World<'_>,
    ) -> Result<bool, Flag> {
        skip::belongs(&self.objects[object], &self.scene(object, row, world))
    }

    /// The records that a row becomes: itself, or with `expand` one for each occurrence.
    pub fn occurrences(&self, object: usize, row: &Arc<Record>) -> Occurrences {
        let pipeline = &self.workshop.pipeline;
        match &pipeline.objects[object].expand {
            None => Occurrences { records: vec![Arc::clone(row)], flags: Vec::new() },
            Some(rules) => expand::expand(rules, row, self.locale(object, row)),
        }
    }

    /// Why a row is left out, if it is: deleted in the source, or by a rule of `skip`.
    ///
    /// [`Mapping::map`] asks this of the first row; rows that would be merged into it are worth
    /// asking before.
    pub fn skipped(
        &self,
        object: usize,
        row: &Arc<Record>,
        world: &World<'_>,
    ) -> Result<Option<String>, Flag> {
        skip::reason(&self.objects[object], object, &self.scene(object, row, world))
    }

    /// What becomes of a record: the row that stands for all, then the rows merged into it.
    pub fn map(&self, object: usize, rows: &[Arc<Record>], world: &World<'_>) -> Verdict {
        let scenes: Vec<_> = rows.iter().map(|row| self.scene(object, row, world)).collect();
        let Some(first) = scenes.first() else {
            return Verdict::Skip { reason: "no row".to_owned(), flags: Vec::new() };
        };
        match skip::reason(&self.objects[object], object, first) {
            Ok(None) => self.serve(object, &scenes),
            Ok(Some(reason)) => Verdict::Skip { reason, flags: Vec::new() },
            Err(flag) => Verdict::Hold { flags: vec![flag] },
        }
    }

    fn serve(&self, object: usize, scenes: &[Scene<'_>]) -> Verdict {
        let fields = &self.workshop.pipeline.objects[object].fields;
        let recipes = &self.objects[object].recipes;
        let pairs = fields.iter().zip(recipes);
        let mut all: Vec<_> =
            pairs.map(|(field, recipe)| required::serve(recipe, &field.rule, scenes)).collect();
        span::mend(recipes, fields, &mut all);
        let (mut now, mut late, mut flags) = (Fields::default(), Fields::default(), Vec::new());
        let (mut held, mut left) = (false, None);
        let mut taken = Vec::with_capacity(fields.len());
        for ((field, recipe), served) in fields.iter().zip(recipes).zip(all) {
            flags.extend(served.flags);
            taken.push(served.taken);
            match served.demand {
                Demand::Nothing => {}
                Demand::Hold => held = true,
                Demand::Skip(reason) => left = left.or(Some(reason)),
                Demand::Stop => return stop(flags, &recipe.path),
            }
            if let Some(made) = served.made {
                pass(&field.rule, &mut now, &mut late).set(&recipe.path, made);
            }
        }
        match (left, held) {
            (Some(reason), _) => Verdict::Skip { reason, flags },
            (None, true) => Verdict::Hold { flags },
            (None, false) => Verdict::Write { fields: now, late, flags, taken },
        }
    }

    /// The normal form of what makes two rows the same; `None`: the row is never merged.
    pub fn dedupe_key(
        &self,
        object: usize,
        row: &Arc<Record>,
        world: &World<'_>,
    ) -> Option<DedupeKey> {
        let rules = &self.objects[object];
        let scene = [self.scene(object, row, world)];
        let fields = &self.workshop.pipeline.objects[object].fields;
        let parts = rules.dedupe.iter().map(|&position| {
            let recipe = &rules.recipes[position];
            (recipe.kind.clone(), recipe.draft(&fields[position].rule, &scene).made)
        });
        matching::dedupe(&parts.collect::<Vec<_>>())
    }

    /// The keys under which the CRM may have the record already: any of them will do.
    pub fn match_key(&self, object: usize, fields: &Fields) -> Vec<String> {
        let rules = &self.objects[object];
        let paths = &self.workshop.pipeline.objects[object].matching.0;
        let parts = paths.iter().map(|path| {
            let recipe = rules.recipes.iter().find(|recipe| *recipe.path == **path);
            let kind = recipe.map_or(&Kind::Text, |recipe| &recipe.kind);
            matching::part(kind, fields.get(path))
        });
        matching::keys(&parts.collect::<Vec<Vec<_>>>())
    }

    /// What other objects look this record up by: `name`, `domain` or another field, in normal form.
    pub fn search_keys(&self, object: usize, fields: &Fields) -> Vec<(Box<str>, String)> {
        matching::search_keys(&self.objects[object].searched, fields)
    }

    /// Whether other objects look records of this one up by what [`Mapping::search_keys`] tells.
    pub fn is_searched(&self, object: usize) -> bool {
        !self.objects[object].searched.is_empty()
    }

    /// The text that a template of the object's `oversize` makes of a row.
    ///
    /// The columns come as they stand: whoever uses the text as a path confines it.
    pub fn expand_text(
        &self,
        object: usize,
        template: &Template,
        row: &Arc<Record>,
        world: &World<'_>,
    ) -> Result<String, Flag> {
        let fault = |detail: &str| Flag::new("template_error", "oversize", "", "", detail);
        let Some(id) = self.workshop.templates.find(&template.text) else {
            return Err(fault("the template is not part of the mapping"));
        };
        self.scene(object, row, world).render(id).map_err(|remark| fault(&remark.detail))
    }

    /// A row as an archive keeps it; `None` when `where` leaves it out. A row that `where` cannot
    /// judge is kept, with a remark.
    pub fn archive_row(
        &self,
        archive: usize,
        row: &Arc<Record>,
        world: &World<'_>,
    ) -> Option<Kept> {
        let (rules, archive) = (&self.archives[archive], &self.workshop.pipeline.archives[archive]);
        let scene = Scene::new(&self.workshop, world, archive.table, row);
        let flag = match rules.condition.map_or(Ok(true), |condition| scene.holds(condition)) {
            Ok(false) => return None,
            Ok(true) => None,
            Err(remark) => Some(Flag { value: row.place.clone(), ..skip::flag("where", &remark) }),
        };
        Some(Kept { cells: archive::cells(archive, &scene), flag })
    }

    /// The tables whose rows the document of an archive wants beside its own.
    pub fn document_tables(&self, archive: usize) -> &[usize] {
        &self.archives[archive].tables
    }

    /// The document of an archive over the rows that [`Mapping::archive_row`] keeps.
    pub fn document(
        &self,
        archive: usize,
        rows: DocumentRows,
        world: &World<'_>,
    ) -> Result<String, TransformError> {
        let rules = &self.archives[archive];
        let archive = &self.workshop.pipeline.archives[archive];
        rules.document(archive, rows, &self.workshop, (&self.documents, world))
    }

    /// The habits of a row's source.
    fn locale(&self, object: usize, row: &Record) -> &Locale {
        let Workshop { pipeline, locales, .. } = &self.workshop;
        let table = pipeline.objects[object].table;
        locales.get(row.source).unwrap_or(&locales[pipeline.tables[table].source])
    }

    fn scene<'a>(&'a self, object: usize, row: &Arc<Record>, world: &'a World<'a>) -> Scene<'a> {
        let table = self.workshop.pipeline.objects[object].table;
        Scene::new(&self.workshop, world, table, row)
    }
}

/// The fields of the pass in which the rule writes.
const fn pass<'f>(rule: &Rule, now: &'f mut Fields, late: &'f mut Fields) -> &'f mut Fields {
    if rule.late { late } else { now }
}

fn stop(flags: Vec<Flag>, path: &str) -> Verdict {
    let fallback = || Flag::new("stopped", path, "", "", "a rule of the spec ends the run here");
    Verdict::Stop { flag: flags.into_iter().next_back().unwrap_or_else(fallback) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::Entity;
    use crate::spec::{CustomType, Else, Match, Object, ObjectKind, Try};
    use crate::transform::fixture::{self, Town};
    use serde_json::{Value, json};

    fn people() -> Object {
        let column = |name: &str| fixture::from("contacts", &[name]);
        let text = |path: &str, name: &str| fixture::field(path, Kind::Text, column(name));
        let name = "{{ name or [first_name, last_name] | select | join(' ') or email }}";
        let named = Rule { required: true, otherwise: Else::Hold, ..fixture::template(name) };
        let path = |name: &str| fixture::path("contacts", name);
        let tries = vec![Try::Id(path("company_id")), Try::Domain(path("email"))];
        let accounts = Rule { otherwise: Else::Ignore, ..fixture::reference(0, tries) };
        let groups = [("id", "group_id"), ("name", "group.name"), ("agent", "group.agent.email")];
        let kinds = Rule { map: Some(fixture::map(&[("Hot", "Hot")])), ..column("type") };
        let opt_out = Rule { merge_any: true, ..column("unsubscribed") };
        let fields = vec![
            fixture::field("name", Kind::Text, named),
            fixture::field("email", Kind::Email, column("email")),
            fixture::field("phone.mobile", Kind::Phone, column("phone_mobile")),
            text("address.work.city", "business_city"),
            fixture::field("owner", Kind::User, column("agent_id")),
            fixture::field("accounts", Kind::Reference(vec![Entity::Accounts]), accounts),
            fixture::field("tags", Kind::Tags, kinds),
            fixture::custom(
                "Distribution_Groups__c",
                CustomType::LongText,
                fixture::each("memberships", "contact_id", &groups),
            ),
            fixture::custom("Engagement_Score__c", CustomType::Number, column("engagement_score")),
            fixture::custom("Email_Opt_Out__c", CustomType::Bool, opt_out),
            fixture::custom("Rezora_Id__c", CustomType::Text, column("id")),
            fixture::custom("Rezora_Created__c", CustomType::Datetime, column("created_at")),
            fixture::custom("Birthday__c", CustomType::Date, column("properties.Birthday")),
        ];
        Object {
            matching: Match(vec!["email".into()]),
            dedupe: Some(fixture::dedupe(&["email", "name"])),
            ..fixture::object("people", "contacts", ObjectKind::Person, fields)
        }
    }

    fn companies() -> Object {
        let name = fixture::field("name", Kind::Text, fixture::from("companies", &["name"]));
        let url = fixture::field("url", Kind::Url, fixture::from("companies", &["website"]));
        fixture::object("companies", "companies", ObjectKind::Company, vec![name, url])
    }

    fn mapping() -> Mapping {
        Mapping::compile(fixture::pipeline(vec![companies(), people()], Vec::new())).unwrap()
    }

    fn town() -> Town {
        Town::default()
            .with("agents", &[json!({"id": "7", "email": "john@shady.example"})])
            .with("companies", &[json!({"id": "88", "name": "Shady Acres"})])
            .with("groups", &[json!({"id": "3", "name": "Buyers", "agent_id": "7"})])
            .with(
                "memberships",
                &[
                    json!({"id": "1", "group_id": "3", "contact_id": "5"}),
                    json!({"id": "2", "group_id": "404", "contact_id": "6"}),
                ],
            )
    }

    fn jane(id: &str, more: &Value) -> Arc<Record> {
        let mut row = json!({
            "id": id, "name": null, "first_name": "Jane", "last_name": "Smith",
            "email": "Jane.Smith@Company.example", "phone_mobile": "303-555-1234", "business_city": " Boulder ",
            "agent_id": "7", "company_id": "88", "type": "hot", "engagement_score": "41.5",
            "unsubscribed": "0", "created_at": "2024-12-01 08:00:00",
            "properties": {"Birthday": "1980-05-17"},
        });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fixture::row(&row)
    }

    fn told(verdict: &Verdict) -> String {
        let Verdict::Write { fields, flags, .. } = verdict else { return format!("{verdict:#?}") };
        let lines = fields.0.iter().map(|(path, made)| format!("{path}: {}", fixture::shown(made)));
        let flags = flags.iter().map(|flag| {
            format!(
                "! {} {} ({}) `{}`: {}",
                flag.code, flag.field, flag.column, flag.value, flag.detail
            )
        });
        lines.chain(flags).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_whole_contact_becomes_a_person() {
        let verdict = mapping().map(1, &[jane("5", &json!({}))], &town().world());
        insta::assert_snapshot!(told(&verdict));
    }

    #[test]
    fn a_contact_held_by_two_agents_is_one_person_with_everything_of_both() {
        let other = json!({
            "email": "jane.smith@company.example", "phone_mobile": "3.03555E+9", "business_city": "Denver",
            "agent_id": "99", "unsubscribed": "1", "type": "Odd", "created_at": "2019-03-10 02:30:00",
        });
        let rows = [jane("5", &json!({"phone_mobile": null})), jane("6", &other)];
        let (mapping, town) = (mapping(), town());
        let key = |row| mapping.dedupe_key(1, row, &town.world());
        assert_eq!(key(&rows[0]), key(&rows[1]));
        insta::assert_snapshot!(told(&mapping.map(1, &rows, &town.world())));
    }

    #[test]
    fn a_record_is_matched_and_looked_up_in_normal_form() {
        let (mapping, town) = (mapping(), town());
        let Verdict::Write { fields, .. } = mapping.map(1, &[jane("5", &json!({}))], &town.world())
        else {
            panic!("jane is written");
        };
        assert_eq!(mapping.match_key(1, &fields), ["jane.smith@company.example"]);
        let row =
            fixture::row(&json!({"id": "88", "name": "Shady", "website": "www.shady.example"}));
        let Verdict::Write { fields, .. } = mapping.map(0, &[row], &town.world()) else {
            panic!("the company is written");
        };
        assert_eq!(
            mapping.search_keys(0, &fields),
            [("domain".into(), "shady.example".to_owned())]
        );
    }

    #[test]
    fn the_same_rows_make_the_same_fields() {
        let (mapping, town) = (mapping(), town());
        let rows = [jane("5", &json!({})), jane("6", &json!({}))];
        assert_eq!(mapping.map(1, &rows, &town.world()), mapping.map(1, &rows, &town.world()));
    }
}
