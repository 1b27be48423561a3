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
    /// A folder.
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
    /// In a folder.
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
    /// A reader of `source` at `base`.
    pub fn new(source: &Source, base: &Base, options: &Options) -> Result<Self, SourceError> {
        let (auth, paging) = match &source.access {
            Access::Rest { auth, page, .. } => (auth, page.clone()),
            Access::Files(_) => (&Auth::None, None),
        };
        let way = match base {
            Base::Folder(folder) => Way::Files(Folder::new(&source.name, folder)),
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
            Way::Files(folder) => files::page(self, folder, table, cursor),
        }
    }
}
