//! What stands in the account before a record is written: users, lists, fields, newest ids.

use std::collections::BTreeMap;

use crate::ground::{CrmId, Entity};
use crate::spec::CustomType;

/// The account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The account's id; a ledger is bound to it.
    pub instance: String,
    /// The account's name.
    pub name: String,
    /// The users.
    pub users: Vec<CrmUser>,
    /// The industries of companies.
    pub industries: Vec<Listed>,
    /// The types of companies.
    pub account_types: Vec<Listed>,
    /// The pipelines with their stages.
    pub pipelines: Vec<SalesPipeline>,
    /// The outcomes with which leads are closed.
    pub outcomes: Vec<Outcome>,
    /// The types of activities.
    pub activity_types: Vec<Listed>,
    /// The tags of each entity.
    pub tags: BTreeMap<Entity, Vec<String>>,
    /// The sources of leads.
    pub sources: Vec<Listed>,
    /// The custom fields of each entity.
    pub custom_fields: BTreeMap<Entity, Vec<CustomField>>,
    /// Whether files can be uploaded.
    pub uploads: bool,
    /// The newest id of each entity that can be listed.
    pub newest: BTreeMap<Entity, CrmId>,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: CrmId,
    /// Its name.
    pub name: String,
}

/// A user of the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrmUser {
    /// The id.
    pub id: CrmId,
    /// The name.
    pub name: String,
    /// The e-mail addresses, in lower case.
    pub emails: Vec<String>,
    /// Whether the user can log in, and records can be written in the user's name.
    pub enabled: bool,
}

/// A pipeline of leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesPipeline {
    /// Its id.
    pub id: CrmId,
    /// Its name.
    pub name: String,
    /// Its stages, in order.
    pub stages: Vec<Stage>,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its id.
    pub id: CrmId,
    /// Its name.
    pub name: String,
}

/// An outcome with which a lead is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its id.
    pub id: CrmId,
    /// Its name.
    pub name: String,
    /// The state it puts the lead in: `won`, `lost`, `cancelled`.
    pub status: String,
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomField {
    /// Its name.
    pub name: String,
    /// Its type in the CRM's words: `Text`, `LongText`, `Enum`, `Currency`, `Date`, `Number`.
    pub kind: String,
    /// The options of a choice.
    pub options: Vec<String>,
    /// Whether it takes several of them.
    pub multiple: bool,
}

/// A custom field that is to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewField {
    /// On which records.
    pub entity: Entity,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: CustomType,
    /// The options of a choice.
    pub options: Vec<String>,
}

impl Inventory {
    /// The user with that e-mail, whatever the letters' case.
    pub fn user_by_email(&self, email: &str) -> Option<&CrmUser> {
        let email = email.trim().to_lowercase();
        self.users.iter().find(|user| user.emails.contains(&email))
    }

    /// The user with that id.
    pub fn user(&self, id: &str) -> Option<&CrmUser> {
        self.users.iter().find(|user| &*user.id.0 == id)
    }

    /// The custom field of that name.
    pub fn custom_field(&self, entity: Entity, name: &str) -> Option<&CustomField> {
        self.custom_fields.get(&entity)?.iter().find(|field| field.name == name)
    }

    /// The stage written `pipeline / stage`, whatever the letters' case.
    pub fn stage(&self, written: &str) -> Option<&Stage> {
        let (pipeline, stage) = written.split_once('/')?;
        let same =
            |left: &str, right: &str| left.trim().to_lowercase() == right.trim().to_lowercase();
        let pipeline = self.pipelines.iter().find(|one| same(&one.name, pipeline))?;
        pipeline.stages.iter().find(|one| same(&one.name, stage))
    }

    /// The values that a field's list offers (`accounts` / `industry`); `None` when any will do.
    pub fn options(&self, entity: Entity, path: &str) -> Option<Vec<String>> {
        let names = |list: &[Listed]| list.iter().map(|one| one.name.clone()).collect();
        match (entity, path) {
            (Entity::Accounts, "industry") => Some(names(&self.industries)),
            (Entity::Accounts, "accountType") => Some(names(&self.account_types)),
            (Entity::Activities, "type") => Some(names(&self.activity_types)),
            (Entity::Leads, "stage") => Some(
                self.pipelines
                    .iter()
                    .flat_map(|one| {
                        one.stages.iter().map(|stage| format!("{} / {}", one.name, stage.name))
                    })
                    .collect(),
            ),
            (_, name) => {
                let field = self.custom_field(entity, name)?;
                (field.kind == "Enum").then(|| field.options.clone())
            }
        }
    }
}
