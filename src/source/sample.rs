//! A host on a loopback port and small specs, for the tests of this room.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use url::Url;

use super::backoff::Backoff;
use super::cursor::Cursor;
use super::error::SourceError;
use super::page::{RowFault, TableState};
use super::reader::{Base, Options, Reader};
use crate::ground::{Place, Record};
use crate::spec::{Access, Auth, Endpoint, FilesRoot, Paging, Source, Table};

fn place() -> Place {
    Place { file: Arc::new(PathBuf::new()), line: 1, column: 1, bytes: 0..0 }
}

/// A table.
pub(super) fn table(name: &str, path: &str, key: &str) -> Table {
    Table {
        name: name.into(),
        source: 0,
        path: path.into(),
        path_place: place(),
        parent: None,
        key: key.split(' ').map(str::to_owned).collect(),
        changed: None,
        deleted: None,
        optional: false,
        links: Vec::new(),
        rename: indexmap::IndexMap::new(),
        completes: None,
        pairs: None,
        sheet: None,
        items: None,
        place: place(),
    }
}

fn source(access: Access) -> Source {
    Source {
        name: "rezora".into(),
        access,
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

/// Pages of `size` rows under `data`.
pub(super) fn paging(size: usize) -> Paging {
    let (param, size_param, items) = ("page".into(), "size".into(), Some("data".into()));
    Paging { param, size_param, size, items }
}

/// Serves `router` and reads from it, with waits of milliseconds.
pub(super) async fn serve(router: Router, auth: Auth, page: impl Into<Option<Paging>>) -> Reader {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(tokio::spawn(async { axum::serve(listener, router).await.unwrap() }));
    rest(&url, auth, page)
}

/// A reader of a host.
pub(super) fn rest(url: &Url, auth: Auth, page: impl Into<Option<Paging>>) -> Reader {
    let page = page.into();
    let source = source(Access::Rest { url: Endpoint::Url(url.clone()), auth, page });
    let base = Duration::from_millis(2);
    let backoff = Backoff { base, cap: base, attempts: 4 };
    let options = Options { backoff, timeout: Duration::from_millis(500), ..Options::default() };
    Reader::new(&source, &Base::Url(url.clone()), &options).unwrap()
}

/// The files of a folder as a source.
pub(super) fn files(path: &std::path::Path) -> Source {
    source(Access::Files(FilesRoot::Folder(path.into())))
}

/// A reader of a folder.
pub(super) fn folder(path: &std::path::Path, encoding: &str) -> Reader {
    let source = Source { encoding: encoding.into(), ..files(path) };
    Reader::new(&source, &Base::Folder(path.into()), &Options::default()).unwrap()
}

/// Everything that a table gives.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) rows: Vec<Record>,
    pub(super) faults: Vec<RowFault>,
    pub(super) pages: usize,
}

impl Read {
    pub(super) fn keys(&self) -> Vec<&str> {
        self.rows.iter().map(|row| &*row.key).collect()
    }

    pub(super) fn codes(&self) -> Vec<String> {
        self.faults.iter().map(|fault| format!("{}: {}", fault.place, fault.flag.code)).collect()
    }
}

/// Reads a table to its end, or says why not.
pub(super) async fn read(
    reader: &Reader,
    table: &Table,
    parents: &[&str],
) -> Result<Read, SourceError> {
    let parents: Vec<String> = parents.iter().map(|&parent| parent.to_owned()).collect();
    let mut read = Read::default();
    let mut cursor: Option<Cursor> = None;
    loop {
        let TableState::Page(page) = reader.page(table, &parents, cursor.as_ref()).await? else {
            panic!("no page");
        };
        read.pages += 1;
        read.rows.extend(page.rows);
        read.faults.extend(page.faults);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(read),
        }
    }
}
