//! Reading a spec: from the text of its file to a pipeline, or to every fault at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ground::Diagnostic;

use super::archive::archives;
use super::closing::{delta, reconcile, sample};
use super::columns::{KnownColumns, check_columns};
use super::desk::{Desk, Keys};
use super::destination::{destination, owners};
use super::fingerprint;
use super::object::{Known, heads, objects};
use super::pipeline::Pipeline;
use super::source::sources;
use super::table::tables;
use super::variables;
use super::yaml::{self, Data, Node};

const KEYS: [&str; 10] = [
    "version",
    "name",
    "sources",
    "destination",
    "owners",
    "objects",
    "archives",
    "sample",
    "delta",
    "reconcile",
];

/// What reading a spec needs of the world.
pub struct Reading<'a> {
    /// The spec's file.
    pub file: &'a Path,
    /// The value of a variable.
    pub variables: &'a dyn Fn(&str) -> Option<String>,
    /// The text of a file: of the spec, and of the maps and templates that it names.
    pub files: &'a dyn Fn(&Path) -> std::io::Result<String>,
    /// The columns that are known of a pipeline's tables, so that a wrong one is told with the
    /// rest; asked even when the spec has faults.
    pub columns: &'a dyn Fn(&Pipeline) -> KnownColumns,
}

/// Reads a spec; all its faults come at once, in the order of their places.
pub fn read(reading: &Reading<'_>) -> Result<Pipeline, Vec<Diagnostic>> {
    let file = Arc::new(reading.file.to_owned());
    let text = (reading.files)(reading.file).map_err(|cause| {
        vec![Diagnostic {
            code: "unreadable-file",
            message: format!("{} cannot be read: {cause}", reading.file.display()),
            place: None,
            others: Vec::new(),
            hint: None,
        }]
    })?;
    let desk = Desk::new(reading, project_root(reading.file));
    desk.keep_text(&file, &text);
    let (tree, faults) = yaml::parse(&file, &text);
    for fault in faults {
        desk.push(fault);
    }
    let Some(mut tree) = tree else { return Err(desk.into_faults()) };
    variables::put_in(&desk, &mut tree);
    let pipeline = pipeline(&desk, &tree);
    let mut texts = desk.texts();
    texts.remove(reading.file);
    let fingerprint = fingerprint::of(&tree, &desk.root, &texts);
    let (root, variables) = (desk.root.clone(), variables::deciding(&tree));
    if let Some(pipeline) = &pipeline {
        for fault in check_columns(pipeline, &(reading.columns)(pipeline)) {
            desk.push(fault);
        }
    }
    let faults = desk.into_faults();
    match pipeline {
        Some(pipeline) if faults.is_empty() => {
            Ok(Pipeline { root, fingerprint, variables, ..pipeline })
        }
        Some(_) | None => Err(faults),
    }
}

/// The parent of a folder named `pipelines`, or the spec's own folder.
fn project_root(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    // A spec named without its folder stands in one nevertheless.
    let folder = if folder.as_os_str().is_empty() {
        std::path::absolute(".").unwrap_or_else(|_| folder.to_owned())
    } else {
        folder.to_owned()
    };
    let is_pipelines = folder.file_name().is_some_and(|name| name == "pipelines");
    let root = if is_pipelines { folder.parent().unwrap_or(Path::new("")) } else { &folder };
    if root.as_os_str().is_empty() { PathBuf::from(".") } else { root.to_owned() }
}

fn pipeline(desk: &Desk<'_>, tree: &Node) -> Option<Pipeline> {
    let keys = desk.keys(tree, "a spec", &KEYS);
    if !matches!(tree.data, Data::Map(_)) {
        return None;
    }
    version(desk, &keys);
    let name = desk.need(&keys, "name").and_then(|node| name(desk, node));
    let drafts = desk.need(&keys, "sources").map(|node| sources(desk, node)).unwrap_or_default();
    let (tables, index) = tables(desk, &drafts);
    let destination = desk.need(&keys, "destination").map(|node| destination(desk, node))?;
    let owners = owners(desk, &index, keys.get("owners"));
    let heads = desk.need(&keys, "objects").map(|node| heads(desk, &index, node));
    let known = Known {
        desk,
        tables: &tables,
        index: &index,
        destination: &destination,
        heads: heads.unwrap_or_default(),
    };
    let objects = objects(&known);
    let place = (tables.as_slice(), &index);
    let archives = keys.get("archives").map(|node| archives(desk, place, node));
    let sample = sample(desk, place, keys.get("sample"));
    Some(Pipeline {
        name: name.unwrap_or_default(),
        file: desk.reading.file.to_owned(),
        root: PathBuf::new(),
        sources: drafts.into_iter().map(|draft| draft.source).collect(),
        owners,
        archives: archives.unwrap_or_default(),
        sample,
        delta: delta(desk, keys.get("delta")),
        reconcile: reconcile(desk, &objects, keys.get("reconcile")),
        fingerprint: String::new(),
        variables: BTreeMap::new(),
        objects,
        destination,
        tables,
    })
}

fn version(desk: &Desk<'_>, keys: &Keys<'_>) {
    let Some(node) = desk.need(keys, "version") else { return };
    if let Some(number) = desk.count(node)
        && number != 1
    {
        let message = format!("version {number} of the spec language is not known");
        desk.fault_hint("bad-version", &node.spot, message, "write `version: 1`".to_owned());
    }
}

fn name(desk: &Desk<'_>, node: &Node) -> Option<String> {
    let name = desk.word(node)?;
    // The ledger and the output folder are named by it.
    let plain = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-' || letter == '_'
    };
    if !name.chars().all(plain) {
        let message = format!("`{name}` is no name of a pipeline");
        let hint = "write small letters, digits, `-` and `_`".to_owned();
        desk.fault_hint("bad-name", &node.spot, message, hint);
        return None;
    }
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{
        Access, Auth, Child, CustomType, Else, Endpoint, FilesRoot, From, Kind, Limit, Object,
        Paint, Reference, Shape, Try, picture,
    };

    fn shipped(name: &str, variables: &dyn Fn(&str) -> Option<String>) -> Pipeline {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = root.join("pipelines").join(name);
        let files = |path: &Path| {
            // What a document says is of no interest here, only that it is asked for.
            let is_document = path.extension().is_some_and(|ending| ending == "j2");
            let missing = is_document && !path.exists();
            if missing { Ok("{{ rows }}".into()) } else { std::fs::read_to_string(path) }
        };
        let columns = |_: &Pipeline| KnownColumns::new();
        read(&Reading { file: &file, variables, files: &files, columns: &columns }).unwrap_or_else(
            |faults| {
                let text_of = |path: &Path| std::fs::read_to_string(path).ok();
                panic!("{}", picture(&faults, &text_of, Paint::Plain))
            },
        )
    }

    fn object<'p>(pipeline: &'p Pipeline, name: &str) -> &'p Object {
        pipeline.objects.iter().find(|object| object.name == name).unwrap()
    }

    #[test]
    fn rezora_is_read_as_it_is_shipped() {
        let pipeline = shipped("rezora.yaml", &|_| None);
        assert_eq!(pipeline.root, Path::new(env!("CARGO_MANIFEST_DIR")));
        assert_eq!((pipeline.sources.len(), pipeline.tables.len()), (2, 16));
        assert_eq!(pipeline.destination.url, Endpoint::Sandbox);
        let names: Vec<_> = pipeline.objects.iter().map(|object| &*object.name).collect();
        assert_eq!(names, ["companies", "people", "leads", "notes", "files"]);
        assert_eq!(pipeline.archives.len(), 10);
        assert_eq!(pipeline.destination.plan.file_size_bytes, Some(20_000_000));
        assert_eq!(pipeline.reconcile.fields, Limit::Share(0.005));
        assert_eq!(pipeline.owners.table, Some(0));
        let files = object(&pipeline, "files");
        assert_eq!(files.after, [3]);
        assert!(files.oversize.as_ref().unwrap().link.text.starts_with("https://files.example/{{"));
        let people = object(&pipeline, "people");
        assert_eq!(people.dedupe.as_ref().unwrap().latest.as_deref(), Some("updated_at"));
        assert_eq!(people.skip[0].reason, "the agent's own record");
    }

    #[test]
    fn what_a_kind_cannot_do_without_is_required_unless_the_spec_names_a_way_out() {
        let pipeline = shipped("rezora.yaml", &|_| None);
        let notes = object(&pipeline, "notes");
        let rule =
            |path: &str| &notes.fields.iter().find(|field| field.target.path == path).unwrap().rule;
        assert_eq!((rule("note").required, rule("note").otherwise), (true, Else::Hold));
        assert_eq!(rule("entity").otherwise, Else::Skip, "as the spec says");
        assert_eq!((rule("date").required, rule("date").otherwise), (false, Else::Flag));
    }

    #[test]
    fn the_tables_of_the_older_endpoint_complete_those_of_the_newer_one() {
        let pipeline = shipped("rezora.yaml", &|_| None);
        assert_eq!(pipeline.sources[1].nulls, ["", "-", "NULL", "N/A"], "those of the newer one");
        let legacy: Vec<_> = pipeline.tables.iter().filter(|table| table.source == 1).collect();
        let homes = legacy.iter().map(|table| &*pipeline.tables[table.completes.unwrap()].name);
        assert_eq!(homes.collect::<Vec<_>>(), ["contacts", "groups", "memberships"]);
        assert_eq!(legacy[0].key, ["id"], "the key has its new name");
        assert_eq!(legacy[2].parent, Some((14, "id".into())), "of its own groups");
        let Access::Rest { auth: Auth::Accounts(_), .. } = &pipeline.sources[1].access else {
            panic!("one login per account")
        };
    }

    #[test]
    fn rules_of_every_sort_are_read() {
        let pipeline = shipped("rezora.yaml", &|_| None);
        let people = object(&pipeline, "people");
        let field =
            |path: &str| people.fields.iter().find(|field| field.target.path == path).unwrap();
        let Some(Reference::To { object: 0, tries }) = &field("accounts").rule.reference else {
            panic!("a reference to companies")
        };
        assert!(matches!(tries.as_slice(), [Try::Id(_), Try::Value(_, _), Try::Domain(_)]));
        assert_eq!(field("accounts").rule.otherwise, Else::Ignore);
        assert_eq!(field("name").rule.otherwise, Else::Hold, "what is required is held");
        assert_eq!(field("owner").target.kind, Kind::User);
        let From::Each(each) = &field("Distribution_Groups__c").rule.from else {
            panic!("rows of a child table")
        };
        assert!(matches!(&each.child, Child { table: 4, column } if column == "contact_id"));
        let Some(Shape::Object(members)) = &field("Distribution_Groups__c").rule.json else {
            panic!("an object")
        };
        let agent = &members[2].1;
        assert_eq!((agent.text.as_str(), agent.links.len()), ("group.agent.email", 2));
        assert_eq!(field("Birthday__c").target.custom, Some(CustomType::Date));
        let From::Columns(paths) = &field("Buyer_Stage__c").rule.from else { panic!("a column") };
        assert_eq!(
            (paths[0].column.as_str(), paths[0].keys[0].as_str()),
            ("properties", "Buyer Stage")
        );
    }

    #[test]
    fn allegory_is_read_as_it_is_shipped() {
        let pipeline = shipped("allegory.yaml", &|_| None);
        assert_eq!((pipeline.tables.len(), pipeline.objects.len()), (21, 10));
        assert!(matches!(pipeline.sources[0].access, Access::Files(FilesRoot::Sandbox)));
        assert_eq!(pipeline.archives.len(), 9);
        assert_eq!(pipeline.reconcile.sums, [(2, "value".to_owned())]);
        let tasks = object(&pipeline, "tasks");
        let Some(Reference::Switch { column, objects }) = &tasks.fields[2].rule.reference else {
            panic!("one of several objects")
        };
        assert_eq!(column.text, "related_type");
        assert_eq!(objects.get("contact"), Some(&1));
        assert_eq!(object(&pipeline, "meetings").expand.as_ref().unwrap().max, 260);
    }

    #[test]
    fn the_fingerprint_counts_variables_by_name_and_templates_by_text() {
        let plain = shipped("rezora.yaml", &|_| None);
        let host = |name: &str| (name == "REZORA_URL").then(|| "https://data.example".to_owned());
        let elsewhere = shipped("rezora.yaml", &host);
        assert!(matches!(&elsewhere.sources[0].access, Access::Rest { url: Endpoint::Url(_), .. }));
        assert_eq!(plain.fingerprint, elsewhere.fingerprint);
        assert_ne!(plain.fingerprint, shipped("allegory.yaml", &|_| None).fingerprint);
        assert_eq!(plain.variables, elsewhere.variables, "an address decides nothing");
        let owner = |name: &str| (name == "NUTSHELL_FALLBACK_OWNER").then(|| "b@x.example".into());
        let other = shipped("rezora.yaml", &owner).variables;
        let differing = other.iter().filter(|(name, made)| plain.variables[*name] != **made);
        assert_eq!(
            differing.map(|(name, _)| name).collect::<Vec<_>>(),
            ["NUTSHELL_FALLBACK_OWNER"]
        );
    }
}
