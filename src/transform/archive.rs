//! Archives: the cells of a row, and documents over all rows.

use std::sync::Arc;

use minijinja::Value;

use crate::ground::{Flag, Record};
use crate::spec::{Archive, ArchiveFormat, Pipeline, Syntax, variables_of};

use super::compile;
use super::error::TransformError;
use super::page::Cover;
use super::path;
use super::scene::{Scene, Workshop};
use super::stock::Stock;
use super::templates::{TemplateId, Templates};
use super::verdict::World;

/// An archive, compiled.
#[derive(Debug)]
pub(super) struct ArchiveRules {
    /// Which rows.
    pub(super) condition: Option<TemplateId>,
    /// The template, among those of documents.
    document: Option<TemplateId>,
    /// The tables that the template names, beside the archive's own.
    pub(super) tables: Vec<usize>,
}

/// A row that an archive keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Its cells.
    pub cells: Vec<serde_json::Value>,
    /// Why `where` could not judge it; then it is kept all the same.
    pub flag: Option<Flag>,
}

/// The rows that a document is about.
#[derive(Debug, Default)]
pub struct DocumentRows {
    /// Those of the archive.
    pub rows: Vec<Arc<Record>>,
    /// All rows of the other tables that its template names, by their positions.
    pub others: Vec<(usize, Vec<Arc<Record>>)>,
}

impl ArchiveRules {
    pub(super) fn compile(
        pipeline: &Pipeline,
        archive: &Archive,
        fields: &mut Templates,
        documents: &mut Templates,
    ) -> Result<Self, TransformError> {
        let condition = match &archive.condition {
            Some(condition) => Some(compile::condition(pipeline, condition, fields)?),
            None => None,
        };
        let document =
            match &archive.format {
                ArchiveFormat::Document { template, path } => {
                    let added = documents.add(template);
                    Some(added.map_err(|source| TransformError::Document {
                        path: path.clone(),
                        source,
                    })?)
                }
                ArchiveFormat::Csv | ArchiveFormat::Json | ArchiveFormat::JsonLines => None,
            };
        let tables = match &archive.format {
            ArchiveFormat::Document { template, .. } => tables(pipeline, template),
            ArchiveFormat::Csv | ArchiveFormat::Json | ArchiveFormat::JsonLines => Vec::new(),
        };
        Ok(Self { condition, document, tables })
    }

    /// The document over these rows.
    pub(super) fn document(
        &self,
        archive: &Archive,
        rows: DocumentRows,
        workshop: &Workshop,
        documents: (&Templates, &World<'_>),
    ) -> Result<String, TransformError> {
        let fault = |detail: String| TransformError::Render { name: archive.file.clone(), detail };
        let (templates, world) = documents;
        let Some(id) = self.document else {
            return Err(fault("it has no template".to_owned()));
        };
        let stock = Arc::new(Stock::new(&workshop.atlas, &workshop.locales, world.now));
        let cover = Cover {
            name: workshop.pipeline.name.clone(),
            table: archive.table,
            rows: rows.rows,
            others: rows.others,
            stock: Arc::clone(&stock),
            habit: Arc::clone(templates.habit(id)),
        };
        let rendered = templates.render(id, &Value::from_object(cover), &stock, world);
        let text = rendered.map_err(|remark| fault(remark.detail))?;
        match stock.take_timeless().first() {
            Some(timeless) => Err(fault(timeless.remark().detail)),
            None => Ok(text),
        }
    }
}

/// The tables whose names a template speaks of; `rows`, `name` and `now` are its own words.
fn tables(pipeline: &Pipeline, template: &str) -> Vec<usize> {
    let words = variables_of(template, Syntax::Template);
    let named = pipeline.tables.iter().enumerate().filter(|(_, table)| {
        let own = ["rows", "name", "now"].contains(&table.name.as_str());
        table.completes.is_none() && !own && words.contains(&table.name)
    });
    named.map(|(position, _)| position).collect()
}

/// The cells of a row: the columns that the spec names, or all as they stand.
pub(super) fn cells(archive: &Archive, scene: &Scene<'_>) -> Vec<serde_json::Value> {
    if !archive.columns.is_empty() {
        return archive.columns.iter().map(|cell| path::value(&cell.path, scene)).collect();
    }
    let columns = scene.record.header.columns();
    columns.iter().map(|column| scene.record.get(&column.name).clone()).collect()
}

#[cfg(test)]
mod tests {
    use crate::ground::Rows;
    use crate::spec::{Archive, ArchiveFormat, Cell};
    use crate::transform::{
        DocumentRows, Mapping,
        fixture::{self, Town},
    };
    use serde_json::json;

    fn town() -> Town {
        Town::default()
            .with("agents", &[json!({"id": "7", "email": "john@shady.example", "first_name": "John", "last_name": "Smith"})])
            .with("drips", &[
                json!({"id": "41", "name": "New buyer | nurture", "trigger": "contact_viewed_property", "active": "1", "agent_id": "7"}),
                json!({"id": "42", "name": "Idle", "trigger": null, "active": "0", "agent_id": null}),
            ])
            .with("drip_steps", &[
                json!({"id": "2", "drip_id": "41", "position": "10", "delay": "3 days", "condition": "clicked link", "subject": "Still there?", "body_html": "<p>Bye</p>"}),
                json!({"id": "1", "drip_id": "41", "position": "9", "delay": null, "condition": null, "subject": "Ready, {{FirstName}}?", "body_html": "<p>Hi {{FirstName}}, see <a href=\"https://x.example\">this</a></p><p>%%agent%%</p>"}),
            ])
            .with("groups", &[
                json!({"id": "3", "name": "Buyers", "type": 1, "agent_id": "7"}),
                json!({"id": "4", "name": "Old", "type": "0", "agent_id": null}),
            ])
            .with("memberships", &[
                json!({"id": "1", "group_id": "3", "contact_id": "5"}),
                json!({"id": "2", "group_id": "3", "contact_id": "6"}),
            ])
            .with("contacts", &[json!({"id": "5", "email": "jane@x.example"})])
    }

    fn document(file: &str, table: &'static str, template: &str) -> String {
        let archives = vec![fixture::document(file, table, template)];
        let mapping = Mapping::compile(fixture::pipeline(Vec::new(), archives)).unwrap();
        let town = town();
        let ids: &[&str] = if table == "drips" { &["41", "42"] } else { &["3", "4"] };
        let rows: Vec<_> = ids.iter().map(|id| town.get(table, id).unwrap()).collect();
        let rows = DocumentRows { rows, others: Vec::new() };
        mapping.document(0, rows, &town.world()).unwrap()
    }

    #[test]
    fn a_customer_can_rebuild_drips_from_the_document() {
        let template = include_str!("../../transforms/rezora/drip_rebuild.md.j2");
        insta::assert_snapshot!(document("drip_rebuild.md", "drips", template));
    }

    #[test]
    fn a_customer_can_build_filters_from_the_document() {
        let template = include_str!("../../transforms/rezora/saved_filters.md.j2");
        insta::assert_snapshot!(document("saved_filters.md", "groups", template));
    }

    #[test]
    fn the_cells_of_an_archive_follow_links_or_stand_as_they_are() {
        let cell = |name: &str, path: &str| Cell {
            name: name.into(),
            path: fixture::path("memberships", path),
        };
        let archive = |columns| Archive {
            format: ArchiveFormat::Csv,
            condition: Some(fixture::expr("group_id == '3'")),
            columns,
            ..fixture::document("members.csv", "memberships", "")
        };
        let columns = vec![cell("group", "group.name"), cell("email", "contact.email")];
        let archives = vec![archive(columns), archive(Vec::new())];
        let mapping = Mapping::compile(fixture::pipeline(Vec::new(), archives)).unwrap();
        let town = town();
        let row = town.get("memberships", "1").unwrap();
        let cells =
            |archive| mapping.archive_row(archive, &row, &town.world()).map(|kept| kept.cells);
        assert_eq!(cells(0), Some(vec![json!("Buyers"), json!("jane@x.example")]));
        assert_eq!(cells(1), Some(vec![json!("1"), json!("3"), json!("5")]));
        let other = fixture::row(&json!({"id": "9", "group_id": "4"}));
        assert_eq!(mapping.archive_row(0, &other, &town.world()), None);
    }

    #[test]
    fn a_row_that_its_condition_cannot_judge_is_kept_with_a_remark() {
        let archive = Archive {
            format: ArchiveFormat::Csv,
            condition: Some(fixture::expr("group_id | int > 3")),
            ..fixture::document("members.csv", "memberships", "")
        };
        let mapping = Mapping::compile(fixture::pipeline(Vec::new(), vec![archive])).unwrap();
        let kept = |group: &str| {
            let row = fixture::row(&json!({"id": "9", "group_id": group}));
            mapping.archive_row(0, &row, &town().world())
        };
        assert!(kept("4").unwrap().flag.is_none() && kept("3").is_none());
        let odd = kept("many").unwrap();
        assert_eq!(odd.cells, [json!("9"), json!("many")]);
        assert_eq!(&*odd.flag.unwrap().value, "test", "the place of the row");
    }
}
