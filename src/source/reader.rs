//! The reader of one source: what it was told, and which way a table is reached.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::account::{self, Account};
use super::backoff::Backoff;
use super::client;
use super::cursor::Cursor;
use super::error::SourceError;
use super::files;
use super::folder::Folder;
use super::page::TableState;
use super::request::Requests;
use super::rest;
use crate::spec::{Access, Auth, Paging, Source, Table};

/// Where the source really is; the sandbox's address is known only when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// A host.
    Url(Url),
    /// A folder, or a zip of one.
    Folder(PathBuf),
}

/// Whether the pace of the spec is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// It is.
    Declared,
    /// The host is the sandbox: as fast as it goes.
    None,
}

/// What the caller decides.
#[derive(Debug)]
pub struct Options {
    /// Accounts in place of those of the spec: lines of `user,password`.
    pub logins: Option<SecretString>,
    /// Whether the pace is kept.
    pub pacing: Pacing,
    /// How failures are repeated.
    pub backoff: Backoff,
    /// The longest that one request may take.
    pub timeout: Duration,
    /// The seed of the jitter.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            logins: None,
            pacing: Pacing::Declared,
            backoff: Backoff::default(),
            timeout: Duration::from_mins(1),
            seed: 0,
        }
    }
}

/// The reader of one source; it may be asked for several tables at once.
#[derive(Debug)]
pub struct Reader {
    pub(super) name: String,
    pub(super) nulls: Vec<String>,
    pub(super) encoding: String,
    pub(super) delimiter: Option<char>,
    pub(super) way: Way,
    pub(super) requests: Requests,
}

/// How tables are reached.
#[derive(Debug)]
pub(super) enum Way {
    /// Over HTTP.
    Rest(Rest),
    /// In a folder or zip.
    Files(Folder),
}

/// A host and how it is asked.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) base: Url,
    pub(super) accounts: Vec<Account>,
    pub(super) paging: Option<Paging>,
}

impl Reader {
    /// A reader of `source` at `base`. A zip is unpacked here, for as long as the reader lives.
    pub fn new(source: &Source, base: &Base, options: &Options) -> Result<Self, SourceError> {
        let (auth, paging) = match &source.access {
            Access::Rest { auth, page, .. } => (auth, page.clone()),
            Access::Files(_) => (&Auth::None, None),
        };
        let way = match base {
            Base::Folder(folder) => Way::Files(Folder::open(&source.name, folder)?),
            Base::Url(base) => Way::Rest(Rest {
                base: base.clone(),
                accounts: account::accounts(&source.name, auth, options.logins.as_ref())?,
                paging,
            }),
        };
        Ok(Self {
            name: source.name.clone(),
            nulls: source.nulls.clone(),
            encoding: source.encoding.clone(),
            delimiter: source.delimiter,
            way,
            requests: Requests::new(&source.name, client::build(options)?, source.pace, options),
        })
    }

    /// The page of `table` at `cursor`, the first without one. `parents` are the values that a path
    /// such as `/groups/{groups.id}/contacts` is read for, in the same order at every call.
    pub async fn page(
        &self,
        table: &Table,
        parents: &[String],
        cursor: Option<&Cursor>,
    ) -> Result<TableState, SourceError> {
        match &self.way {
            Way::Rest(rest) => rest::page(self, rest, (table, parents), cursor).await,
            Way::Files(folder) => {
                files::page(self, folder, table, cursor).map_err(|error| folder.as_given(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::source::probe_headers;
    use crate::source::sample::{files, folder, read, table};
    use crate::source::zip_sample::zip;

    use super::*;

    fn export(place: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
        let file = place.join("export.ZIP");
        fs::write(&file, zip(entries)).unwrap();
        file
    }

    #[tokio::test]
    async fn tables_and_attached_files_are_read_from_a_zip_as_from_a_folder() {
        let place = tempfile::tempdir().unwrap();
        let rows: String = (1..=1_500).map(|id| id.to_string() + ",Ann\n").collect();
        let contacts = format!("id,name\n{rows}1501\n");
        let notes = br#"[{"id": 7}, {"id": 8}]"#;
        let file = export(
            place.path(),
            &[
                ("crm/contacts.csv", contacts.as_bytes()),
                ("crm/notes.json", notes),
                ("crm/files/a.pdf", b"pdf"),
            ],
        );
        let reader = folder(&file, "utf-8");
        let contacts = read(&reader, &table("contacts", "contacts.csv", "id"), &[]).await.unwrap();
        assert_eq!((contacts.pages, contacts.rows.len()), (2, 1_500));
        assert_eq!(contacts.codes(), ["contacts.csv line 1502: ragged_row"]);
        let notes = read(&reader, &table("notes", "notes.json", "id"), &[]).await.unwrap();
        assert_eq!(notes.keys(), ["7", "8"]);
        let mut bytes = Vec::new();
        reader.download("files/a.pdf", &mut bytes, 100).await.unwrap();
        assert_eq!(
            (bytes.as_slice(), reader.size_of("files/a.pdf").await.unwrap()),
            (&b"pdf"[..], Some(3))
        );
        let missing = read(&reader, &table("deals", "deals.csv", "id"), &[]).await.unwrap_err();
        assert!(missing.to_string().contains("export.ZIP/deals.csv` is not there"), "{missing}");
    }

    #[tokio::test]
    async fn an_extraction_goes_on_in_a_zip_that_another_process_unpacked() {
        let place = tempfile::tempdir().unwrap();
        let row = |id: u32, name: &str| [&id.to_string(), ",", name, "\n"].concat();
        let rows = |name| (1..=1_001).map(|id| row(id, name)).collect::<String>();
        let text = |name| "id,name\n".to_owned() + &rows(name);
        let file = export(place.path(), &[("contacts.csv", text("Ann").as_bytes())]);
        let contacts = table("contacts", "contacts.csv", "id");
        let first = folder(&file, "utf-8").page(&contacts, &[], None).await.unwrap();
        let TableState::Page(first) = first else { panic!("no page") };
        let next = first.next.unwrap();
        let second = folder(&file, "utf-8").page(&contacts, &[], Some(&next)).await.unwrap();
        let TableState::Page(second) = second else { panic!("no page") };
        assert_eq!(second.rows.iter().map(|row| &*row.key).collect::<Vec<_>>(), ["1001"]);
        export(place.path(), &[("contacts.csv", text("Bob").as_bytes())]);
        let error = folder(&file, "utf-8").page(&contacts, &[], Some(&next)).await.unwrap_err();
        assert!(matches!(&error, SourceError::Changed { .. }), "{error:?}");
        assert!(error.to_string().contains("export.ZIP/contacts.csv"), "{error}");
    }

    #[test]
    fn the_columns_of_files_in_a_zip_are_known_without_a_run() {
        let place = tempfile::tempdir().unwrap();
        let objects = br#"[{"id": 1, "dealName": "x"}]"#;
        let file =
            export(place.path(), &[("crm/a.csv", b"Id;Deal Name\n1;x\n"), ("crm/a.json", objects)]);
        for path in ["a.csv", "crm/a.csv", "a.json"] {
            let table = table("deals", path, "id");
            let columns = probe_headers(&file, &files(&file), &table).unwrap().unwrap();
            let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
            assert_eq!(names, ["id", "deal_name"], "{path}");
        }
        let absent = table("deals", "b.csv", "id");
        assert!(probe_headers(&file, &files(&file), &absent).unwrap().is_none());
    }

    #[test]
    fn no_reader_is_made_of_a_zip_that_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let file = export(place.path(), &[("a.csv", b"id\n"), ("A.csv", b"id\n")]);
        let made = Reader::new(&files(&file), &Base::Folder(file.clone()), &Options::default());
        assert!(matches!(made.unwrap_err(), SourceError::Archive { .. }));
    }
}
