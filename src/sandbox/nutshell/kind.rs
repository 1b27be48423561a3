//! The kinds of entity and the words the API has for them.

/// A kind of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Account,
    Contact,
    Lead,
    Activity,
    Task,
    Note,
    Email,
    User,
    Team,
    Product,
    Source,
    Tag,
    Industry,
    AccountType,
    ActivityType,
    Market,
    Territory,
    Stageset,
    Milestone,
    Outcome,
    Competitor,
    Origin,
    Audience,
    Delay,
}

/// Every kind with its `entityType`.
const WORDS: &[(Kind, &str)] = &[
    (Kind::Account, "Accounts"),
    (Kind::Contact, "Contacts"),
    (Kind::Lead, "Leads"),
    (Kind::Activity, "Activities"),
    (Kind::Task, "Tasks"),
    (Kind::Note, "Notes"),
    (Kind::Email, "Emails"),
    (Kind::User, "Users"),
    (Kind::Team, "Teams"),
    (Kind::Product, "Products"),
    (Kind::Source, "Sources"),
    (Kind::Tag, "Tags"),
    (Kind::Industry, "Industries"),
    (Kind::AccountType, "Account_Types"),
    (Kind::ActivityType, "Activity_Types"),
    (Kind::Market, "Markets"),
    (Kind::Territory, "Territories"),
    (Kind::Stageset, "Stagesets"),
    (Kind::Milestone, "Milestones"),
    (Kind::Outcome, "Lead_Outcomes"),
    (Kind::Competitor, "Competitors"),
    (Kind::Origin, "Origins"),
    (Kind::Audience, "Audiences"),
    (Kind::Delay, "Delays"),
];

/// What a kind looks like from outside: six have a form of their own, the rest are entries of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Account,
    Contact,
    Lead,
    Activity,
    Task,
    Note,
    Entry,
}

/// The kinds with a form of their own.
const SHAPES: [(Kind, Shape); 6] = [
    (Kind::Account, Shape::Account),
    (Kind::Contact, Shape::Contact),
    (Kind::Lead, Shape::Lead),
    (Kind::Activity, Shape::Activity),
    (Kind::Task, Shape::Task),
    (Kind::Note, Shape::Note),
];

impl Kind {
    /// What it looks like.
    pub(crate) fn shape(self) -> Shape {
        let own = SHAPES.iter().find(|(kind, _)| *kind == self);
        own.map_or(Shape::Entry, |(_, shape)| *shape)
    }

    /// Its `entityType`.
    pub(crate) fn entity(self) -> &'static str {
        WORDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    /// The kind of an `entityType`, or of the same word in a REST path.
    pub(crate) fn of(entity: &str) -> Option<Self> {
        WORDS.iter().find(|(_, word)| word.eq_ignore_ascii_case(entity)).map(|(kind, _)| *kind)
    }

    /// People, companies and leads: what carries custom fields, tags and notes.
    pub(crate) fn is_main(self) -> bool {
        self == Self::Account || self == Self::Contact || self == Self::Lead
    }
}
