//! `destination` and `owners`: where records go, and who owns them there.

use indexmap::IndexMap;

use super::desk::{Desk, Keys};
use super::endpoint::{address, endpoint};
use super::measure::{pace, size};
use super::pipeline::{Destination, Endpoint, Owners, Pace, PlanLimits, Provision};
use super::project_file;
use super::secret::{secret, user};
use super::spot::Spot;
use super::table::{self, TableIndex};
use super::yaml::{Data, Node};

const KEYS: [&str; 10] = [
    "type",
    "url",
    "user",
    "key",
    "pace",
    "provision",
    "pipelines",
    "activity_types",
    "upload",
    "plan",
];

/// Reads `destination`.
pub(super) fn destination(desk: &Desk<'_>, node: &Node) -> Destination {
    let keys = desk.keys(node, "`destination`", &KEYS);
    if let Some(node) = desk.need(&keys, "type") {
        desk.choice(node, "destination that can be written", &[("nutshell", ())]);
    }
    let need = |key: &str| desk.need(&keys, key);
    let (pace_find, pace_write) = keys.get("pace").map_or((None, None), |node| paces(desk, node));
    let words = [("create", Provision::Create), ("check", Provision::Check)];
    Destination {
        url: need("url").and_then(|node| endpoint(desk, node)).unwrap_or(Endpoint::Sandbox),
        user: need("user").and_then(|node| user(desk, node)).unwrap_or_default(),
        key: need("key").and_then(|node| secret(desk, node)).unwrap_or_default(),
        pace_find,
        pace_write,
        provision: keys
            .get("provision")
            .and_then(|node| desk.choice(node, "way to provision", &words))
            .unwrap_or(Provision::Check),
        pipelines: keys.get("pipelines").map(|node| pipelines(desk, node)).unwrap_or_default(),
        activity_types: keys
            .get("activity_types")
            .map(|node| desk.texts_of(node))
            .unwrap_or_default(),
        upload: keys.get("upload").and_then(|node| address(desk, node)),
        plan: keys.get("plan").map(|node| plan(desk, node)).unwrap_or_default(),
    }
}

fn paces(desk: &Desk<'_>, node: &Node) -> (Option<Pace>, Option<Pace>) {
    if let Data::Text(_) = node.data {
        let both = pace(desk, node);
        return (both, both);
    }
    let keys = desk.keys(node, "`pace`", &["find", "write"]);
    let of = |key: &str| keys.get(key).and_then(|node| pace(desk, node));
    (of("find"), of("write"))
}

fn pipelines(desk: &Desk<'_>, node: &Node) -> IndexMap<String, Vec<String>> {
    let mut pipelines = IndexMap::new();
    for entry in desk.entries(node) {
        let stages = desk.texts_of(&entry.value);
        if stages.is_empty() {
            let message = format!("the pipeline `{}` has no stages", entry.key);
            desk.fault("empty", &entry.spot, message);
        }
        pipelines.insert(entry.key.clone(), stages);
    }
    pipelines
}

fn plan(desk: &Desk<'_>, node: &Node) -> PlanLimits {
    let known = ["name", "people", "custom_fields", "open_leads", "file_size"];
    let keys: Keys<'_> = desk.keys(node, "`plan`", &known);
    let count = |key: &str| keys.get(key).and_then(|node| desk.count(node));
    PlanLimits {
        name: keys.get("name").and_then(|node| desk.word(node)).map(str::to_owned),
        people: count("people"),
        custom_fields: count("custom_fields"),
        open_leads: count("open_leads"),
        file_size_bytes: keys.get("file_size").and_then(|node| size(desk, node)),
    }
}

/// Reads `owners`; without it nobody owns anything.
pub(super) fn owners(desk: &Desk<'_>, index: &TableIndex, node: Option<&Node>) -> Owners {
    let mut owners = Owners {
        table: None,
        match_column: "email".into(),
        match_place: None,
        aliases: IndexMap::new(),
        aliases_file: None,
        fallback: None,
    };
    let Some(node) = node else { return owners };
    let keys = desk.keys(node, "`owners`", &["from", "match", "aliases", "fallback"]);
    owners.table = keys.get("from").and_then(|node| index.named(desk, node));
    if let Some(node) = keys.get("match")
        && let Some(text) = desk.word(node)
        && table::column(desk, &node.spot, text, table::COLUMN)
    {
        text.clone_into(&mut owners.match_column);
        owners.match_place = Some(node.spot.place.clone());
    }
    match keys.get("aliases") {
        Some(node) if matches!(node.data, Data::Text(_)) => aliases_file(desk, node, &mut owners),
        Some(node) => aliases(desk, node, &mut owners),
        None => {}
    }
    if let Some(node) = keys.get("fallback")
        && let Some(address) = desk.word(node)
    {
        email(desk, &node.spot, address);
        owners.fallback = Some(address.to_owned());
    }
    owners
}

fn aliases(desk: &Desk<'_>, node: &Node, owners: &mut Owners) {
    for entry in desk.entries(node) {
        email(desk, &entry.spot, &entry.key);
        if let Some(address) = desk.word(&entry.value) {
            email(desk, &entry.value.spot, address);
            owners.aliases.insert(entry.key.clone(), address.to_owned());
        }
    }
}

/// Aliases in a TOML file of the project.
fn aliases_file(desk: &Desk<'_>, node: &Node, owners: &mut Owners) {
    let Some(file) = project_file::read(desk, node) else { return };
    if file.file.extension().is_none_or(|ending| ending != "toml") {
        desk.fault("unknown-format", &node.spot, "a file of aliases ends with `.toml`");
        return;
    }
    match toml::from_str::<IndexMap<String, String>>(&file.text) {
        Ok(named) => {
            for address in named.iter().flat_map(|(from, to)| [from, to]) {
                if !email_address::EmailAddress::is_valid(address) {
                    let message =
                        format!("`{address}` in {} is no e-mail address", file.file.display());
                    desk.fault("bad-email", &node.spot, message);
                }
            }
            owners.aliases = named;
            owners.aliases_file = Some(file.file.to_path_buf());
        }
        Err(cause) => {
            let message = format!("{} cannot be read: {}", file.file.display(), cause.message());
            desk.fault("toml", &node.spot, message);
        }
    }
}

fn email(desk: &Desk<'_>, spot: &Spot, address: &str) {
    if !email_address::EmailAddress::is_valid(address) {
        desk.fault("bad-email", spot, "this is no e-mail address");
    }
}
