//! What decides an export: seed, scale, today and which of two weeks; and how large tables are.

use jiff::civil::DateTime;

/// Which export of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Week {
    /// The first one.
    First,
    /// The one a week later, with what people did meanwhile.
    Later,
}

/// What decides the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) scale: u64,
    /// The wall clock of the office when the first export is made.
    pub(crate) now: DateTime,
}

impl Plan {
    /// How many companies there are.
    pub(crate) const fn companies(self) -> u64 {
        600 * self.scale
    }

    /// How many contacts there are.
    pub(crate) const fn contacts(self) -> u64 {
        2_000 * self.scale
    }

    /// How many deals there are.
    pub(crate) const fn deals(self) -> u64 {
        500 * self.scale
    }

    /// How many leads there are.
    pub(crate) const fn leads(self) -> u64 {
        400 * self.scale
    }

    /// How many tasks there are.
    pub(crate) const fn tasks(self) -> u64 {
        600 * self.scale
    }

    /// How many calls there are.
    pub(crate) const fn calls(self) -> u64 {
        800 * self.scale
    }

    /// How many e-mails there are.
    pub(crate) const fn emails(self) -> u64 {
        600 * self.scale
    }

    /// How many meetings there are, a series counted once.
    pub(crate) const fn meetings(self) -> u64 {
        150 * self.scale
    }

    /// How many notes there are.
    pub(crate) const fn notes(self) -> u64 {
        500 * self.scale
    }

    /// How many files are listed.
    pub(crate) const fn files(self) -> u64 {
        60 * self.scale
    }

    /// How many records of the account's own kind there are.
    pub(crate) const fn matters(self) -> u64 {
        40 * self.scale
    }
}
