//! What cannot move and why, as far as it concerns this spec, and what people do by hand.

use super::basis::{Basis, Status, files};
use super::model::{Block, Section, code, listed, of_many};
use super::owners;
use super::words::has_custom_fields;
use crate::ground::counted;
use crate::plan::{Disposed, Way};
use crate::spec::{ArchiveFormat, CustomType, Kind, ObjectKind, Provision};

/// The section.
pub(super) fn section(basis: &Basis<'_>) -> Section {
    Section {
        id: "limits",
        title: "By hand, and not at all",
        introduction: "Limits of the CRM's API and of the plan that concern this migration, and what people have to do before and after it.".into(),
        blocks: vec![
            Block::List("What cannot move as it is, and why", limits(basis)),
            Block::List("Before the migration", before(basis)),
            Block::List("After the migration", after(basis)),
        ],
        sheet: "By hand",
    }
}

fn has(basis: &Basis<'_>, kinds: &[ObjectKind]) -> bool {
    basis.pipeline.objects.iter().any(|object| kinds.contains(&object.kind))
}

/// The fields that fit, as people name them.
fn fields(
    basis: &Basis<'_>,
    fits: impl Fn(ObjectKind, &crate::spec::Target) -> bool,
) -> Vec<String> {
    let objects = basis.pipeline.objects.iter();
    let fields =
        objects.flat_map(|object| object.fields.iter().map(move |field| (object, &field.target)));
    fields
        .filter(|(object, target)| fits(object.kind, target))
        .map(|(object, target)| format!("{}.{}", object.name, target.path))
        .collect()
}

fn limits(basis: &Basis<'_>) -> Vec<String> {
    let mut told = Vec::new();
    if has(basis, &[ObjectKind::Deal]) {
        told.push("There is no deal beside the lead: both become leads, told apart by their pipeline and by their key of the source.".to_owned());
    }
    let lines = fields(basis, |kind, target| target.custom.is_some() && !has_custom_fields(kind));
    if !lines.is_empty() {
        let become_ = of_many(&lines, "becomes a line", "become lines");
        told.push(format!("Notes, activities and tasks have no custom fields: {} {become_} at the end of the text.", listed(&lines, " and ")));
    }
    if has(basis, &[ObjectKind::Note, ObjectKind::File]) {
        told.push("A note has no title and no date of its own: the original time, and where needed the author, stand in its first line.".to_owned());
    }
    let times = fields(basis, |_, target| target.custom == Some(CustomType::Datetime));
    if has(basis, &[ObjectKind::Company, ObjectKind::Person, ObjectKind::Deal, ObjectKind::Lead]) {
        let kept = if times.is_empty() {
            "the spec keeps none of the original ones".to_owned()
        } else {
            format!("what the spec keeps of times goes into {}", listed(&times, " and "))
        };
        told.push(format!("Created and modified times cannot be set: {kept}."));
    }
    let parents =
        fields(basis, |kind, target| kind == ObjectKind::Company && target.path == "parent");
    if !parents.is_empty() {
        told.push(format!("The hierarchy of companies can be read and not written: {} {} told by a remark, and the parent stands in a custom field.", listed(&parents, " and "), of_many(&parents, "is", "are")));
    }
    if has(basis, &[ObjectKind::File]) && !basis.inventory.uploads {
        told.push("The API takes no files: each is copied to the customer's place, and a note on the record links it.".to_owned());
    }
    told.extend(copies(basis));
    told.extend(by_hand(basis));
    told.extend(left_behind(basis));
    told.push("Custom fields and tags cannot be deleted: they stay after a rollback. Deletes are soft, and what automations did meanwhile is not undone.".to_owned());
    told
}

/// Files that are too large for the plan.
fn copies(basis: &Basis<'_>) -> Option<String> {
    let copied = basis.plan.files.values().filter(|file| matches!(file.way, Way::Copy(_)));
    let count = copied.count() as u64;
    (basis.inventory.uploads && count > 0).then(|| {
        let files = counted(
            count,
            "file is larger than the plan allows: it is copied to the customer's place, and a note links it",
            "files are larger than the plan allows: they are copied to the customer's place, and notes link them",
        );
        format!("{files}.")
    })
}

/// Tables for which the CRM has no place.
fn by_hand(basis: &Basis<'_>) -> Vec<String> {
    let kept = [
        (
            Status::Archived,
            "The CRM has no place for",
            ("it is kept as a file", "they are kept as files"),
        ),
        (
            Status::Reference,
            "No API takes",
            (
                "a document says how to rebuild it by hand",
                "documents say how to rebuild them by hand",
            ),
        ),
        (
            Status::Manual,
            "Nothing carries",
            ("somebody has to see to it, see Objects", "somebody has to see to them, see Objects"),
        ),
    ];
    let of_status = kept.into_iter().filter_map(|(status, what, (one, more))| {
        let of_it = basis.tables().filter(|table| basis.status(*table) == status);
        let names: Vec<_> = of_it.map(|table| basis.pipeline.tables[table].name.as_str()).collect();
        let way = of_many(&names, one, more);
        (!names.is_empty()).then(|| format!("{what} {}: {way}.", listed(&names, " and ")))
    });
    of_status.collect()
}

/// Columns of tables without records of their own that nothing takes and no file keeps.
fn left_behind(basis: &Basis<'_>) -> Option<String> {
    let columns = basis.plan.columns.iter();
    let lost = columns.filter(|one| one.way == Disposed::NotLookedUp && one.rows > 0);
    let lost: Vec<_> = lost
        .map(|one| {
            let rows = counted(one.rows, "row", "rows");
            format!("{} ({rows})", code(&format!("{}.{}", one.table, one.shown)))
        })
        .collect();
    let takes = of_many(&lost, "this column: it does", "these columns: they do");
    (!lost.is_empty()).then(|| format!("Nothing takes {takes} not arrive: {}.", lost.join(", ")))
}

fn before(basis: &Basis<'_>) -> Vec<String> {
    let destination = &basis.pipeline.destination;
    let mut told = Vec::new();
    for (pipeline, stages) in &destination.pipelines {
        let with = match stages.len() {
            0 => String::new(),
            1 => format!(" with the stage {}", code(&stages[0])),
            _ => format!(" with the stages {}", listed(stages, ", ")),
        };
        told.push(format!(
            "Sales pipeline {}{with} must be there: no API creates it.",
            code(pipeline)
        ));
    }
    if !destination.activity_types.is_empty() {
        told.push(format!(
            "The activity {} {} must be there: no API creates {}.",
            of_many(&destination.activity_types, "type", "types"),
            listed(&destination.activity_types, ", "),
            of_many(&destination.activity_types, "it", "them")
        ));
    }
    let fallen = owners::fallen(basis);
    if fallen > 0 {
        let who = counted(
            fallen,
            "owner has no user: create the user or name another one",
            "owners have no user: create the users or name others",
        );
        told.push(format!("{who}, see Owners."));
    }
    let missing = basis.plan.provisioning.fields.len();
    if destination.provision == Provision::Check && missing > 0 {
        let fields = counted(missing as u64, "custom field", "custom fields");
        told.push(format!("An administrator creates {fields}, see To be created."));
    }
    if fields(basis, |_, target| target.kind == Kind::User).is_empty() {
        told.push("The API key belongs to a user who may write every record.".to_owned());
    } else {
        told.push("The API key has impersonation switched on, so that authors and owners stay who they are.".to_owned());
    }
    told.push("Automations, sequences and notifications of the CRM are switched off while records are written.".to_owned());
    told
}

fn after(basis: &Basis<'_>) -> Vec<String> {
    let mut told = Vec::new();
    let documents = basis.pipeline.archives.iter();
    let documents: Vec<_> = documents
        .filter(|archive| matches!(archive.format, ArchiveFormat::Document { .. }))
        .map(|archive| archive.file.as_str())
        .collect();
    if !documents.is_empty() {
        let describe = of_many(&documents, "this document describes", "these documents describe");
        told.push(format!("Rebuild by hand what {describe}: {}.", files(&documents)));
    }
    told.push("Look through the records that were held, and the remarks: `status` and the audit list name each of them.".to_owned());
    told.push("Switch automations and notifications on again.".to_owned());
    told.push("Leave the markers (`Flitpipe_Key__c`, and the last line of notes and activities) where they are until the migration is accepted: a rollback and a delta need them.".to_owned());
    told
}
