//! `sources`: where records come from.

use encoding_rs::Encoding;
use secrecy::SecretString;

use super::desk::{Desk, Keys};
use super::endpoint::endpoint;
use super::measure::pace;
use super::nearest;
use super::pipeline::{Access, Auth, Endpoint, FilesRoot, Paging, Source};
use super::secret::{secret, user};
use super::yaml::{Entry, Node};

const KEYS: [&str; 15] = [
    "url",
    "files",
    "auth",
    "accounts",
    "page",
    "pace",
    "union",
    "timezone",
    "dates",
    "country",
    "currency",
    "nulls",
    "encoding",
    "delimiter",
    "tables",
];

/// A source with its tables as they stand in the text.
pub(super) struct SourceDraft<'n> {
    pub(super) source: Source,
    pub(super) tables: &'n [Entry],
}

/// Reads all sources.
pub(super) fn sources<'n>(desk: &Desk<'_>, node: &'n Node) -> Vec<SourceDraft<'n>> {
    let entries = desk.entries(node);
    let names: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    let mut drafts: Vec<_> = entries.iter().map(|entry| source(desk, entry, &names)).collect();
    let unions: Vec<_> = drafts.iter().map(|draft| draft.source.union).collect();
    for (position, (draft, entry)) in drafts.iter_mut().zip(entries).enumerate() {
        let Some(home) = draft.source.union else { continue };
        if home == position || unions[home].is_some() {
            let message = "a source completes one that stands for itself";
            desk.fault("bad-union", &entry.spot, message);
            draft.source.union = None;
        }
    }
    share_nulls(&mut drafts);
    drafts
}

/// What means nothing in the completed source does so in its completion: else two spellings of
/// nothing would differ.
fn share_nulls(drafts: &mut [SourceDraft<'_>]) {
    let nulls: Vec<_> = drafts.iter().map(|draft| draft.source.nulls.clone()).collect();
    for source in drafts.iter_mut().map(|draft| &mut draft.source) {
        let Some(home) = source.union else { continue };
        for null in &nulls[home] {
            if !source.nulls.contains(null) {
                source.nulls.push(null.clone());
            }
        }
    }
}

fn source<'n>(desk: &Desk<'_>, entry: &'n Entry, names: &[&str]) -> SourceDraft<'n> {
    let keys = desk.keys(&entry.value, "a source", &KEYS);
    let union = keys.get("union").and_then(|node| union(desk, node, names));
    let texts = |key: &str| keys.get(key).map(|node| desk.texts_of(node)).unwrap_or_default();
    if let Some(node) = keys.get("dates") {
        dates(desk, node);
    }
    let source = Source {
        name: entry.key.clone(),
        access: access(desk, entry, &keys),
        union,
        timezone: keys
            .get("timezone")
            .and_then(|node| zone(desk, node))
            .unwrap_or_else(|| "UTC".into()),
        dates: texts("dates"),
        country: keys.get("country").and_then(|node| country(desk, node)),
        currency: keys.get("currency").and_then(|node| currency(desk, node)),
        nulls: texts("nulls"),
        pace: keys.get("pace").and_then(|node| pace(desk, node)),
        encoding: keys
            .get("encoding")
            .and_then(|node| encoding(desk, node))
            .unwrap_or_else(|| "utf-8".into()),
        delimiter: keys.get("delimiter").and_then(|node| delimiter(desk, node)),
    };
    let tables = desk.need(&keys, "tables").map_or(&[][..], |node| desk.entries(node));
    SourceDraft { source, tables }
}

fn union(desk: &Desk<'_>, node: &Node, names: &[&str]) -> Option<usize> {
    let name = desk.text(node)?;
    let found = names.iter().position(|known| *known == name);
    if found.is_none() {
        let hint = nearest::hint(name, names.iter().copied());
        desk.fault_hint("unknown-source", &node.spot, format!("no source is named `{name}`"), hint);
    }
    found
}

fn access(desk: &Desk<'_>, entry: &Entry, keys: &Keys<'_>) -> Access {
    match (keys.get("url"), keys.get("files")) {
        (Some(url), None) => Access::Rest {
            // A fault was told when there is none; the pipeline will not be used.
            url: endpoint(desk, url).unwrap_or(Endpoint::Sandbox),
            auth: auth(desk, keys),
            page: keys.get("page").map(|node| paging(desk, node)),
        },
        (None, Some(files)) => {
            refuse_beside_files(desk, keys);
            Access::Files(folder(desk, files))
        }
        (None, None) => {
            let message = "a source needs `url` or `files`";
            desk.fault("missing-key", &entry.spot, message);
            Access::Files(FilesRoot::Sandbox)
        }
        (Some(_), Some(files)) => {
            let message = "a source has `url` or `files`, not both";
            desk.fault("conflicting-keys", &files.spot, message);
            Access::Files(FilesRoot::Sandbox)
        }
    }
}

fn refuse_beside_files(desk: &Desk<'_>, keys: &Keys<'_>) {
    for key in ["auth", "accounts", "page", "pace"] {
        if let Some(entry) = keys.entry(key) {
            let message = format!("`{key}` has no meaning for a folder of files");
            desk.fault("conflicting-keys", &entry.spot, message);
        }
    }
}

fn folder(desk: &Desk<'_>, node: &Node) -> FilesRoot {
    match desk.word(node) {
        Some("sandbox") | None => FilesRoot::Sandbox,
        Some(path) => FilesRoot::Folder(desk.root.join(path)),
    }
}

fn auth(desk: &Desk<'_>, keys: &Keys<'_>) -> Auth {
    if let Some(node) = keys.get("accounts") {
        if let Some(entry) = keys.entry("auth") {
            let message = "a source has `auth` or `accounts`, not both";
            desk.fault("conflicting-keys", &entry.spot, message);
        }
        return secret(desk, node).map_or(Auth::None, Auth::Accounts);
    }
    let Some(node) = keys.get("auth") else { return Auth::None };
    let keys = desk.keys(node, "`auth`", &["bearer", "basic"]);
    match (keys.get("bearer"), keys.get("basic")) {
        (Some(token), None) => secret(desk, token).map_or(Auth::None, Auth::Bearer),
        (None, Some(basic)) => basic_auth(desk, basic).unwrap_or(Auth::None),
        (None, None) | (Some(_), Some(_)) => {
            desk.fault("missing-key", &node.spot, "`auth` holds one of `bearer` and `basic`");
            Auth::None
        }
    }
}

fn basic_auth(desk: &Desk<'_>, node: &Node) -> Option<Auth> {
    let keys = desk.keys(node, "`basic`", &["user", "password"]);
    let name: Option<SecretString> = desk.need(&keys, "user").and_then(|node| user(desk, node));
    let password = desk.need(&keys, "password").and_then(|node| secret(desk, node));
    Some(Auth::Basic(name?, password?))
}

fn paging(desk: &Desk<'_>, node: &Node) -> Paging {
    let keys = desk.keys(node, "`page`", &["param", "size_param", "size", "items"]);
    let text = |key: &str| keys.get(key).and_then(|node| desk.word(node)).map(str::to_owned);
    Paging {
        param: text("param").unwrap_or_else(|| "page".into()),
        size_param: text("size_param").unwrap_or_else(|| "size".into()),
        size: desk.need(&keys, "size").and_then(|node| desk.positive(node)).unwrap_or(100),
        items: text("items"),
    }
}

fn zone(desk: &Desk<'_>, node: &Node) -> Option<String> {
    let name = desk.word(node)?;
    if jiff::tz::TimeZone::get(name).is_err() {
        let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
        let hint = nearest::hint(name, known.iter().map(String::as_str));
        let hint = hint.unwrap_or_else(|| "write a name such as `America/Denver`".into());
        desk.fault_hint("bad-timezone", &node.spot, format!("`{name}` is no time zone"), hint);
        return None;
    }
    Some(name.to_owned())
}

fn dates(desk: &Desk<'_>, node: &Node) {
    for item in node.items() {
        let Some(format) = desk.word(item) else { continue };
        let now = jiff::Zoned::new(jiff::Timestamp::UNIX_EPOCH, jiff::tz::TimeZone::UTC);
        if let Err(cause) = jiff::fmt::strtime::format(format, &now) {
            let message = format!("`{format}` is no format of dates: {cause}");
            let hint = "write it as strptime does: `%m/%d/%Y %I:%M %p`".to_owned();
            desk.fault_hint("bad-date-format", &item.spot, message, hint);
        }
    }
}

fn country(desk: &Desk<'_>, node: &Node) -> Option<String> {
    let code = desk.word(node)?;
    if rust_iso3166::from_alpha2(code).is_none() {
        let hint = "write two capital letters of ISO 3166: `US`".to_owned();
        desk.fault_hint("bad-country", &node.spot, format!("`{code}` is no country code"), hint);
        return None;
    }
    Some(code.to_owned())
}

fn currency(desk: &Desk<'_>, node: &Node) -> Option<String> {
    let code = desk.word(node)?;
    if code.len() != 3 || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        let hint = "write three capital letters of ISO 4217: `USD`".to_owned();
        desk.fault_hint("bad-currency", &node.spot, format!("`{code}` is no currency code"), hint);
        return None;
    }
    Some(code.to_owned())
}

fn encoding(desk: &Desk<'_>, node: &Node) -> Option<String> {
    let label = desk.word(node)?;
    if Encoding::for_label(label.as_bytes()).is_none() {
        let known = ["utf-8", "windows-1252", "utf-16le", "utf-16be", "iso-8859-15", "macintosh"];
        let hint = nearest::hint(label, known);
        desk.fault_hint("bad-encoding", &node.spot, format!("`{label}` is no encoding"), hint);
        return None;
    }
    Some(label.to_owned())
}

fn delimiter(desk: &Desk<'_>, node: &Node) -> Option<char> {
    let text = desk.text(node)?;
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii() && !"\"\r\n".contains(letter) => Some(letter),
        _ => {
            let message = "a delimiter is one ASCII character that is no quote and no line end";
            desk.fault("bad-delimiter", &node.spot, message);
            None
        }
    }
}
