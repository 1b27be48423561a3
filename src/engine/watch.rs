//! What the engine says while it works; somebody else decides how that looks.

use crate::crm::Pressure;

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A table is being read.
    Table {
        /// Its name.
        table: &'a str,
    },
    /// Rows of a table were staged.
    Rows {
        /// The table.
        table: &'a str,
        /// How many new ones.
        rows: u64,
    },
    /// A stage begins.
    Stage {
        /// Its name.
        name: &'a str,
        /// How many records it will look at.
        records: u64,
    },
    /// Records of the stage are settled.
    Settled {
        /// How many.
        records: u64,
    },
    /// How the CRM is written: records in flight at once, and the pace.
    Pressure {
        /// How many records are in flight at most.
        lanes: usize,
        /// The pace of the calls.
        pressure: Pressure,
    },
    /// The stage is over.
    StageDone,
    /// Something that is worth a line.
    Note {
        /// The line.
        text: &'a str,
    },
}

/// Whoever wants to know.
pub trait Watch: Send + Sync {
    /// Is told what happened.
    fn on(&self, event: &Event<'_>);
    /// Is told a line.
    fn note(&self, text: &str) {
        self.on(&Event::Note { text });
    }
    /// Whether the run should finish what is in flight and stop.
    fn stopping(&self) -> bool;
}
