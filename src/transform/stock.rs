//! What a template has asked for so far, and what is still to be fetched.
//!
//! Templates see rows as objects that outlive the look-ups they need. So a row that is not here yet
//! reads as nothing and is noted; the rows are fetched, and the template is rendered again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ground::Record;

use super::atlas::Atlas;
use super::instant::Timeless;
use super::locale::Locale;
use super::verdict::World;

/// Rows for templates, shared by all templates of one record.
#[derive(Debug)]
pub(super) struct Stock {
    /// The tables.
    pub(super) atlas: Arc<Atlas>,
    /// The habits of the sources.
    pub(super) locales: Arc<[Locale]>,
    /// The time of the run, in whole seconds.
    pub(super) now: jiff::Timestamp,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rows: HashMap<(usize, String), Option<Arc<Record>>>,
    children: HashMap<(usize, String, String), Vec<Arc<Record>>>,
    wanted: Vec<Want>,
    unknown: Option<String>,
    lost: Vec<String>,
    timeless: Vec<Timeless>,
}

#[derive(Debug)]
enum Want {
    Row(usize, String),
    Children(usize, String, String),
}

/// What a rendering left behind.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It had everything.
    Complete,
    /// It lacked rows; they are here now.
    Again,
    /// It named something that is no column, link or child.
    Unknown(String),
}

impl Stock {
    pub(super) fn new(atlas: &Arc<Atlas>, locales: &Arc<[Locale]>, now: jiff::Timestamp) -> Self {
        Self {
            atlas: Arc::clone(atlas),
            locales: Arc::clone(locales),
            now: jiff::Timestamp::from_second(now.as_second()).unwrap_or(now),
            state: Mutex::default(),
        }
    }

    /// The row of that key, if it is there and here.
    pub(super) fn row(&self, table: usize, key: &str) -> Option<Arc<Record>> {
        let mut state = self.state();
        let address = (table, key.to_owned());
        if let Some(row) = state.rows.get(&address) {
            return row.clone();
        }
        state.wanted.push(Want::Row(address.0, address.1));
        None
    }

    /// The rows whose column holds that key, as far as they are here.
    pub(super) fn children(&self, table: usize, column: &str, key: &str) -> Vec<Arc<Record>> {
        let mut state = self.state();
        let address = (table, column.to_owned(), key.to_owned());
        if let Some(rows) = state.children.get(&address) {
            return rows.clone();
        }
        state.wanted.push(Want::Children(address.0, address.1, address.2));
        Vec::new()
    }

    /// Notes a name that is nothing.
    pub(super) fn note_unknown(&self, name: &str) {
        self.state().unknown.get_or_insert_with(|| name.to_owned());
    }

    /// Notes what a conversion to text left behind.
    pub(super) fn note_lost(&self, constructs: Vec<String>) {
        let mut state = self.state();
        for construct in constructs {
            if !state.lost.contains(&construct) {
                state.lost.push(construct);
            }
        }
    }

    /// What conversions to text left behind since the last call.
    pub(super) fn take_lost(&self) -> Vec<String> {
        std::mem::take(&mut self.state().lost)
    }

    /// Notes a cell that was compared as a time and is none.
    pub(super) fn note_timeless(&self, cell: Timeless) {
        self.state().timeless.push(cell);
    }

    /// What was compared as a time and is none since the last call.
    pub(super) fn take_timeless(&self) -> Vec<Timeless> {
        std::mem::take(&mut self.state().timeless)
    }

    /// Fetches what the last rendering lacked.
    pub(super) fn settle(&self, world: &World<'_>) -> After {
        let (wanted, unknown) = {
            let mut state = self.state();
            (std::mem::take(&mut state.wanted), state.unknown.take())
        };
        if let Some(name) = unknown {
            return After::Unknown(name);
        }
        if wanted.is_empty() {
            return After::Complete;
        }
        for want in wanted {
            match want {
                Want::Row(table, key) => {
                    let row = world.rows.get(&self.atlas.chart(table).name, &key);
                    self.state().rows.insert((table, key), row);
                }
                Want::Children(table, column, key) => {
                    let name = &self.atlas.chart(table).name;
                    let rows = world.rows.children(name, &column, &key);
                    self.state().children.insert((table, column, key), rows);
                }
            }
        }
        After::Again
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves plain look-up results behind, which stay right.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
