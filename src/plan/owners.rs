//! Who owns what: owners of the source to users of the CRM, by e-mail, alias or fallback.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

use crate::crm::Inventory;
use crate::ground::{CrmId, Owner, OwnerRule, Record, User};
use crate::spec::Owners as Rules;

/// The owners of a run, and how often each was asked for.
#[derive(Debug)]
pub struct OwnerTable {
    owners: HashMap<Box<str>, Owner>,
    fallback: Option<User>,
    asked: Mutex<BTreeMap<(OwnerRule, Box<str>), u64>>,
}

/// How an owner of the source was resolved, for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerUse {
    /// The owner's e-mail in the source, or the id when there is no such row, or empty.
    pub owner: String,
    /// `matched`, `aliased` or `fallback`.
    pub rule: &'static str,
    /// How many fields it decided.
    pub count: u64,
}

impl OwnerTable {
    /// Resolves the rows of the owners' table against the users of the CRM; disabled users own
    /// nothing, because the CRM would not let them.
    pub fn resolve(
        rules: &Rules,
        rows: impl Iterator<Item = std::sync::Arc<Record>>,
        inventory: &Inventory,
    ) -> Self {
        let mut users = HashMap::new();
        for user in inventory.users.iter().filter(|user| user.enabled) {
            for email in &user.emails {
                users.entry(email.to_lowercase()).or_insert(user);
            }
        }
        let fallback = rules.fallback.as_ref().and_then(|email| {
            let user = users.get(&email.trim().to_lowercase())?;
            Some(User { id: user.id.clone(), name: user.name.as_str().into() })
        });
        let mut owners = HashMap::new();
        for row in rows {
            let email = text(row.get(&rules.match_column)).trim().to_lowercase();
            let alias = rules.aliases.iter().find(|(from, _)| from.to_lowercase() == email);
            let name = person_name(&row).unwrap_or_else(|| email.clone());
            let found = match alias {
                Some((_, to)) => {
                    users.get(&to.trim().to_lowercase()).map(|user| (user, OwnerRule::Aliased))
                }
                None => users.get(&email).map(|user| (user, OwnerRule::Matched)),
            };
            let owner = match (found, &fallback) {
                (Some((user, rule)), _) => Owner {
                    user: User { id: user.id.clone(), name: name.as_str().into() },
                    rule,
                    asked: email.as_str().into(),
                },
                (None, fallback) => fallen(fallback.as_ref(), &name, &email),
            };
            owners.insert(row.key.clone(), owner);
        }
        Self { owners, fallback, asked: Mutex::default() }
    }

    /// Whether there is a user for what nobody owns.
    pub const fn has_fallback(&self) -> bool {
        self.fallback.is_some()
    }

    /// Who was asked for, by which rule, how often; most often first.
    pub fn uses(&self) -> Vec<OwnerUse> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut uses: Vec<_> = asked
            .iter()
            .map(|((rule, owner), &count)| OwnerUse {
                owner: owner.to_string(),
                rule: rule_name(*rule),
                count,
            })
            .collect();
        uses.sort_by_key(|used| std::cmp::Reverse(used.count));
        uses
    }
}

impl crate::ground::Owners for OwnerTable {
    fn owner(&self, id: Option<&str>) -> Owner {
        let owner = match id.map(str::trim).filter(|id| !id.is_empty()) {
            Some(id) => self
                .owners
                .get(id)
                .cloned()
                .unwrap_or_else(|| fallen(self.fallback.as_ref(), id, id)),
            None => fallen(self.fallback.as_ref(), "", ""),
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked.entry((owner.rule, owner.asked.clone())).or_default() += 1;
        owner
    }
}

/// The word for a rule.
const fn rule_name(rule: OwnerRule) -> &'static str {
    match rule {
        OwnerRule::Matched => "matched",
        OwnerRule::Aliased => "aliased",
        OwnerRule::Fallback => "fallback",
    }
}

/// The fallback in place of somebody. Without a fallback the plan is refused before the id, which
/// no CRM knows, could reach anything.
fn fallen(fallback: Option<&User>, name: &str, asked: &str) -> Owner {
    let id = fallback.map_or_else(|| CrmId::from("none"), |user| user.id.clone());
    let name = if name.is_empty() { fallback.map_or("", |user| &user.name) } else { name };
    Owner { user: User { id, name: name.into() }, rule: OwnerRule::Fallback, asked: asked.into() }
}

/// The name of a person in the owners' table, whichever way the table has it.
fn person_name(row: &Record) -> Option<String> {
    let parts: Vec<_> = ["first_name", "last_name"]
        .iter()
        .map(|column| text(row.get(column)))
        .filter(|part| !part.is_empty())
        .collect();
    if !parts.is_empty() {
        return Some(parts.join(" "));
    }
    ["full_name", "name"].iter().map(|column| text(row.get(column))).find(|name| !name.is_empty())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
