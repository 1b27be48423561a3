//! Names of records: in the source, and in the CRM.

use std::fmt;
use std::str::FromStr;

use super::entity::Entity;

/// A source record as an object of the pipeline sees it, written `people:123`.
///
/// Ids repeat across tables and one table may feed several objects, so the object is part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceKey {
    /// The object of the pipeline, for example `people`.
    pub object: Box<str>,
    /// The record's key in its table, as text, exact.
    pub id: Box<str>,
}

impl SourceKey {
    /// The key of the record `id` of `object`.
    pub fn new(object: &str, id: &str) -> Self {
        Self { object: object.into(), id: id.into() }
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.object, self.id)
    }
}

impl FromStr for SourceKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((object, id)) if !object.is_empty() && !id.is_empty() => Ok(Self::new(object, id)),
            Some(_) | None => Err(format!("`{text}` is not of the form `object:id`")),
        }
    }
}

/// An id that the CRM gave.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrmId(pub Box<str>);

impl From<&str> for CrmId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl From<u64> for CrmId {
    fn from(id: u64) -> Self {
        Self(id.to_string().into())
    }
}

impl fmt::Display for CrmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A record of the CRM, written `Contacts:7`; this is the form in which sent fields name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrmRef {
    /// Its kind.
    pub entity: Entity,
    /// Its id.
    pub id: CrmId,
}

impl CrmRef {
    /// The record `id` of `entity`.
    pub const fn new(entity: Entity, id: CrmId) -> Self {
        Self { entity, id }
    }
}

impl fmt::Display for CrmRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.entity, self.id)
    }
}

impl FromStr for CrmRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once(':')
            .and_then(|(entity, id)| Some(Self::new(Entity::named(entity)?, id.into())))
            .ok_or_else(|| format!("`{text}` is not of the form `Entity:id`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_key_reads_back_what_it_writes_even_with_colons_in_the_id() {
        let key: SourceKey = "meetings:6100@2025-01-06T14:00".parse().unwrap();
        assert_eq!(key, SourceKey::new("meetings", "6100@2025-01-06T14:00"));
        assert_eq!(key.to_string(), "meetings:6100@2025-01-06T14:00");
    }

    #[test]
    fn a_crm_reference_names_a_known_entity() {
        assert_eq!("Contacts:7".parse(), Ok(CrmRef::new(Entity::Contacts, 7.into())));
        assert!("Deals:7".parse::<CrmRef>().is_err());
    }
}
