//! The kinds of record that the CRM knows.

use std::fmt;

/// A kind of record in the CRM, under the name that its API gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entity {
    /// Companies.
    Accounts,
    /// People.
    Contacts,
    /// Leads; deals are leads as well.
    Leads,
    /// Meetings, calls and other things that happen at a time.
    Activities,
    /// Things to do.
    Tasks,
    /// Notes on a record.
    Notes,
    /// The people who work in the CRM.
    Users,
}

impl Entity {
    /// Every entity, in the order of dependence.
    pub const ALL: [Self; 7] = [
        Self::Users,
        Self::Accounts,
        Self::Contacts,
        Self::Leads,
        Self::Activities,
        Self::Tasks,
        Self::Notes,
    ];

    /// The name in the API's `entityType`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "Accounts",
            Self::Contacts => "Contacts",
            Self::Leads => "Leads",
            Self::Activities => "Activities",
            Self::Tasks => "Tasks",
            Self::Notes => "Notes",
            Self::Users => "Users",
        }
    }

    /// One record of it, as the API's methods call it: `newAccount`, `editLead`.
    pub const fn one(self) -> &'static str {
        match self {
            Self::Accounts => "Account",
            Self::Contacts => "Contact",
            Self::Leads => "Lead",
            Self::Activities => "Activity",
            Self::Tasks => "Task",
            Self::Notes => "Note",
            Self::Users => "User",
        }
    }

    /// The entity of that API name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.name() == name)
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
