//! Archives: the cells of a row, and documents over all rows.

use std::sync::Arc;

use minijinja::Value;

use crate::ground::Record;
use crate::spec::{Archive, ArchiveFormat, Pipeline};

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
        Ok(Self { condition, document })
    }

    /// The document over these rows.
    pub(super) fn document(
        &self,
        archive: &Archive,
        rows: &[Arc<Record>],
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
            rows: rows.to_vec(),
            stock: Arc::clone(&stock),
        };
        let rendered = templates.render(id, &Value::from_object(cover), &stock, world);
        rendered.map_err(|remark| fault(remark.detail))
    }
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
        Mapping,
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
        mapping.document(0, &rows, &town.world()).unwrap()
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
        let cells = |archive| mapping.archive_cells(archive, &row, &town.world()).unwrap();
        assert_eq!(cells(0), Some(vec![json!("Buyers"), json!("jane@x.example")]));
        assert_eq!(cells(1), Some(vec![json!("1"), json!("3"), json!("5")]));
        let other = fixture::row(&json!({"id": "9", "group_id": "4"}));
        assert_eq!(mapping.archive_cells(0, &other, &town.world()).unwrap(), None);
    }
}
