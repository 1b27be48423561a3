//! Source and staging together: two endpoints on real sockets, killed after every page.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path as Segment, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use flitpipe::ground::{Place, Rows};
use flitpipe::source::{Backoff, Base, Cursor, Options, Page, Reader, TableState, compare};
use flitpipe::spec::{Access, Auth, Endpoint, Paging, Source, Table, TableLink};
use flitpipe::staging::{Begun, Differing, Fault, StagedPage, StagedRows, Staging, State};
use indexmap::IndexMap;
use serde_json::{Value, json};
use url::Url;

const GROUPS: usize = 7;
const CONTACTS: usize = 53;
const PAGE_SIZE: usize = 10;

/// A host on which every third request fails in one way or another.
#[derive(Clone, Default)]
struct Host {
    requests: Arc<AtomicUsize>,
}

impl Host {
    fn stumble(&self) -> Option<Response> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let busy = [("retry-after", "0")];
        match number % 12 {
            2 => Some(StatusCode::BAD_GATEWAY.into_response()),
            5 => Some((StatusCode::TOO_MANY_REQUESTS, busy).into_response()),
            8 => Some("<html>maintenance</html>".into_response()),
            11 => Some(r#"{"data": [{"id": 1"#.into_response()),
            _ => None,
        }
    }
}

type Asked = Query<HashMap<String, String>>;

fn slice(asked: &Asked, rows: &[Value]) -> Response {
    let page: usize = asked["page"].parse().unwrap();
    let data: Vec<_> = rows.iter().skip((page - 1) * PAGE_SIZE).take(PAGE_SIZE).collect();
    Json(json!({"data": data})).into_response()
}

async fn contacts(Shared(host): Shared<Host>, asked: Asked) -> Response {
    let row = |id: usize| json!({"id": id, "name": format!("Contact {id}"), "phone": "N/A"});
    let rows: Vec<_> = (1..=CONTACTS).map(row).collect();
    host.stumble().unwrap_or_else(|| slice(&asked, &rows))
}

async fn groups(Shared(host): Shared<Host>, asked: Asked) -> Response {
    let rows: Vec<_> = (1..=GROUPS).map(|id| json!({"id": id})).collect();
    host.stumble().unwrap_or_else(|| slice(&asked, &rows))
}

/// Contact `c` is in the groups that divide it.
async fn members(
    Shared(host): Shared<Host>,
    Segment(group): Segment<usize>,
    asked: Asked,
) -> Response {
    let in_group = (1..=CONTACTS).filter(|contact| contact % group == 0);
    let row = |contact| json!({"id": format!("{group}-{contact}"), "contact_id": contact});
    let rows: Vec<_> = in_group.map(row).collect();
    host.stumble().unwrap_or_else(|| slice(&asked, &rows))
}

/// The older endpoint: all values are text, each agent sees two of his own and one shared contact.
async fn legacy(Shared(host): Shared<Host>, headers: HeaderMap) -> Response {
    let ann = headers["authorization"] == "Basic YW5uOngx";
    let own = if ann { ["1", "900"] } else { ["2", "901"] };
    let row = |id: &str| json!({"contact_id": id, "contact_name": format!("Contact {id}")});
    let mut rows: Vec<_> = own.into_iter().chain(["3"]).map(row).collect();
    rows[0]["contact_name"] = "Renamed".into();
    host.stumble().unwrap_or_else(|| Json(rows).into_response())
}

async fn serve() -> Url {
    let router = Router::new()
        .route("/contacts", get(contacts))
        .route("/groups", get(groups))
        .route("/groups/{group}/contacts", get(members))
        .route("/contacts.json", get(legacy))
        .with_state(Host::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(tokio::spawn(async { axum::serve(listener, router).await.unwrap() }));
    Url::parse(&url).unwrap()
}

fn source(name: &str, url: &Url, auth: Auth, page: Option<Paging>) -> Source {
    Source {
        name: name.into(),
        access: Access::Rest { url: Endpoint::Url(url.clone()), auth, page },
        union: None,
        timezone: "UTC".into(),
        dates: Vec::new(),
        country: None,
        currency: None,
        nulls: vec![String::new(), "N/A".into()],
        pace: None,
        encoding: "utf-8".into(),
        delimiter: None,
    }
}

fn reader(source: &Source, url: &Url) -> Reader {
    let base = Duration::from_millis(1);
    let backoff = Backoff { base, cap: base, attempts: 6 };
    let options = Options { backoff, ..Options::default() };
    Reader::new(source, &Base::Url(url.clone()), &options).unwrap()
}

fn place() -> Place {
    Place { file: Arc::new(PathBuf::new()), line: 1, column: 1, bytes: 0..0 }
}

fn table(name: &str, path: &str) -> Table {
    Table {
        name: name.into(),
        source: 0,
        path: path.into(),
        path_place: place(),
        parent: None,
        key: vec!["id".into()],
        changed: None,
        deleted: None,
        optional: false,
        links: Vec::new(),
        rename: IndexMap::new(),
        completes: None,
        pairs: None,
        sheet: None,
        items: None,
        place: place(),
    }
}

/// The tables with the source that each is read from.
fn tables() -> [(usize, Table); 5] {
    let mut members = table("members", "/groups/{groups.id}/contacts");
    members.parent = Some((1, "id".into()));
    members.links = vec![TableLink { column: "group_id".into(), table: 1, word: "group".into() }];
    let mut legacy = table("legacy", "/contacts.json");
    legacy.source = 1;
    legacy.rename.insert("contact_id".into(), "id".into());
    legacy.rename.insert("contact_name".into(), "name".into());
    [
        (0, table("contacts", "/contacts")),
        (0, table("groups", "/groups")),
        (0, members),
        (0, table("drips", "/drips")),
        (1, legacy),
    ]
}

fn staged(page: Page) -> StagedPage {
    let fault = |fault: flitpipe::source::RowFault| Fault { place: fault.place, flag: fault.flag };
    StagedPage {
        began: page.cursor.map(|cursor| cursor.0),
        next: page.next.map(|cursor| cursor.0),
        body_hash: page.body_hash,
        records: page.rows,
        faults: page.faults.into_iter().map(fault).collect(),
    }
}

/// One life of a process: opens everything, moves one page, is gone. Whether all is read.
async fn live_and_die(file: &Path, url: &Url) -> bool {
    let page = Paging {
        param: "page".into(),
        size_param: "size".into(),
        size: PAGE_SIZE,
        items: Some("data".into()),
    };
    let current = source("current", url, Auth::Bearer("token".into()), Some(page));
    let legacy = source("legacy", url, Auth::Accounts("ann,x1\nbob,x2".into()), None);
    let readers = [reader(&current, url), reader(&legacy, url)];
    let links = ["group_id".to_owned(), "contact_id".to_owned()];
    let tables = tables();
    let names: Vec<(&str, &[String])> =
        tables.iter().map(|(_, table)| (table.name.as_str(), &links[..])).collect();
    let mut staging = Staging::open(file, "spec", &names).unwrap();
    let begun = staging.begin().unwrap();
    let progress = |staging: &Staging, table: &Table| staging.resume_point(&table.name).unwrap();
    let Some((source, table)) = tables
        .iter()
        .find(|(_, table)| progress(&staging, table).is_none_or(|point| !point.is_done()))
    else {
        assert_eq!(begun, Begun::Resumed);
        finish(&mut staging);
        return true;
    };
    let cursor = progress(&staging, table).and_then(|point| point.next).map(Cursor);
    let parents = staging.values("groups", "id").unwrap();
    match readers[*source].page(table, &parents, cursor.as_ref()).await.unwrap() {
        TableState::Page(page) => drop(staging.put(&table.name, &staged(page)).unwrap()),
        TableState::NotLicensed { status } => {
            staging.close_table(&table.name, &State::NotLicensed { status }).unwrap();
        }
        TableState::Missing { file } => panic!("{}", file.display()),
    }
    false
}

fn finish(staging: &mut Staging) {
    let differing = |found: flitpipe::source::Difference| Differing {
        column: found.column,
        kept: found.current,
        other: found.other,
    };
    let report = staging
        .complete("contacts", "legacy", |current, other| {
            compare(current, other).into_iter().map(differing).collect()
        })
        .unwrap();
    assert_eq!((report.added, report.common, report.differing), (2, 3, 2));
    staging.finish().unwrap();
}

#[tokio::test]
async fn an_extraction_killed_after_every_page_on_a_stumbling_host_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("staging.db");
    let url = serve().await;
    let mut lives = 0;
    while !live_and_die(&file, &url).await {
        lives += 1;
        assert!(lives < 200, "it never ends");
    }
    let rows = StagedRows::open(&file).unwrap();
    let count = |table: &str| rows.rows(table).unwrap().map(Result::unwrap).count();
    let memberships: usize = (1..=GROUPS).map(|group| CONTACTS / group).sum();
    assert_eq!(count("contacts"), CONTACTS + 2);
    assert_eq!(count("groups"), GROUPS);
    assert_eq!(count("members"), memberships);
    assert_eq!(count("drips"), 0);
    assert_eq!(count("legacy"), 5, "the contact that both agents see is one row");

    assert_eq!(rows.children("members", "group_id", "7").len(), CONTACTS / 7);
    assert_eq!(rows.children("members", "contact_id", "6").len(), 4, "groups 1, 2, 3, 6");
    assert!(rows.get("contacts", "5").unwrap().get("phone").is_null());
    let added = rows.get("contacts", "900").unwrap();
    assert_eq!((added.source, added.get("name")), (1, &json!("Contact 900")));
    rows.check().unwrap();

    let staging = Staging::open(&file, "spec", &[]).unwrap();
    assert_eq!(staging.state("drips").unwrap(), State::NotLicensed { status: 404 });
    let differences = staging.differences("contacts").unwrap();
    let shown: Vec<_> = differences
        .iter()
        .map(|found| format!("{} {}", found.key, found.differing.other))
        .collect();
    assert_eq!(shown, ["1 Renamed", "2 Renamed"]);
}
