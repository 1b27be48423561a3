//! Who owns what: owners of the source to users of the CRM, by e-mail, alias or fallback.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use crate::crm::Inventory;
use crate::ground::{CrmId, Owner, OwnerRule, Record, User};
use crate::spec::Owners as Rules;

/// The owners of a run, and what each would own.
#[derive(Debug)]
pub struct OwnerTable {
    /// By the key of their row.
    owners: HashMap<Box<str>, Owner>,
    people: People,
    fallback: Option<User>,
    /// The users of the CRM, as people know them.
    shown: HashMap<CrmId, String>,
    /// The e-mails of users who are disabled.
    disabled: HashSet<String>,
    /// Rule and owner to the objects whose records they own, and how many.
    owned: BTreeMap<(OwnerRule, Box<str>), BTreeMap<String, u64>>,
}

/// Who has which e-mail, always in small letters.
#[derive(Debug, Default)]
struct People {
    /// E-mail to the user of the CRM.
    users: HashMap<String, CrmId>,
    /// E-mail in the source to e-mail in the CRM.
    aliases: HashMap<String, String>,
    /// E-mail to the name that the source has for it.
    names: HashMap<String, String>,
}

impl People {
    /// The user behind an e-mail of the source, under the name that the source has for it.
    fn find(&self, email: &str) -> Option<Owner> {
        let (found, rule) = match self.aliases.get(email) {
            Some(to) => (self.users.get(to), OwnerRule::Aliased),
            None => (self.users.get(email), OwnerRule::Matched),
        };
        let user = User { id: found?.clone(), name: self.name(email).into() };
        Some(Owner { user, rule, asked: email.into() })
    }

    fn name<'a>(&'a self, email: &'a str) -> &'a str {
        self.names.get(email).map_or(email, String::as_str)
    }
}

/// How an owner of the source was resolved, for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerUse {
    /// The owner's e-mail in the source, else the name or key that its row has, else the cell as it
    /// stands when there is no such row, or empty.
    pub owner: String,
    /// `matched`, `aliased` or `fallback`.
    pub rule: &'static str,
    /// The user of the CRM who owns its records, by name and e-mail; empty when there is none.
    pub user: String,
    /// How many records that is: each has one field of the type at most.
    pub count: u64,
    /// Object to how many of its records that is.
    pub objects: BTreeMap<String, u64>,
    /// Why the fallback is needed; empty when it is not.
    pub why: &'static str,
}

impl OwnerUse {
    /// What is owned, in words: `people 543, notes 198`.
    pub fn what(&self) -> String {
        let parts: Vec<_> =
            self.objects.iter().map(|(object, count)| format!("{object} {count}")).collect();
        parts.join(", ")
    }
}

impl OwnerTable {
    /// Resolves the rows of the owners' table against the users of the CRM; disabled users own
    /// nothing, because the CRM would not let them.
    pub fn resolve(
        rules: &Rules,
        rows: impl Iterator<Item = std::sync::Arc<Record>>,
        inventory: &Inventory,
    ) -> Self {
        let mut people = People::default();
        for (from, to) in &rules.aliases {
            people.aliases.insert(normal(from), normal(to));
        }
        let mut shown = HashMap::new();
        for user in inventory.users.iter().filter(|user| user.enabled) {
            for email in &user.emails {
                people.users.entry(normal(email)).or_insert_with(|| user.id.clone());
                shown.entry(normal(email)).or_insert(user);
            }
        }
        let fallback = rules.fallback.as_ref().and_then(|email| {
            let user = shown.get(&normal(email))?;
            Some(User { id: user.id.clone(), name: user.name.as_str().into() })
        });
        let known = inventory.users.iter().map(|user| {
            let email = user.emails.first().map(|email| format!(" <{email}>")).unwrap_or_default();
            (user.id.clone(), format!("{}{email}", user.name))
        });
        let known = known.collect();
        let disabled = inventory.users.iter().filter(|user| !user.enabled);
        let disabled = disabled.flat_map(|user| user.emails.iter().map(|email| normal(email)));
        let disabled = disabled.filter(|email| !people.users.contains_key(email)).collect();
        let mut owners = HashMap::new();
        for row in rows {
            let email = normal(&text(row.get(&rules.match_column)));
            let name = person_name(&row).unwrap_or_else(|| email.clone());
            people.names.entry(email.clone()).or_insert_with(|| name.clone());
            let asked = [&*email, &*name, &*row.key].into_iter().find(|asked| !asked.is_empty());
            let owner = people
                .find(&email)
                .unwrap_or_else(|| fallen(fallback.as_ref(), &name, asked.unwrap_or_default()));
            owners.insert(row.key.clone(), owner);
        }
        Self { owners, people, fallback, shown: known, disabled, owned: BTreeMap::new() }
    }

    /// Whether there is a user for what nobody owns.
    pub const fn has_fallback(&self) -> bool {
        self.fallback.is_some()
    }

    /// The owner of that key or, as exports often have it, of that e-mail.
    fn of(&self, id: &str) -> Owner {
        if let Some(owner) = self.owners.get(id) {
            return owner.clone();
        }
        let email = normal(id);
        // An e-mail is one owner in whatever letters; what is none is told as it stands.
        let asked = if id.contains('@') { &email } else { id };
        self.people
            .find(&email)
            .unwrap_or_else(|| fallen(self.fallback.as_ref(), self.people.name(&email), asked))
    }

    /// Counts from nothing again.
    pub fn forget_uses(&mut self) {
        self.owned.clear();
    }

    /// Counts a record that is going to stand, for whoever owns it.
    pub(super) fn owns(&mut self, object: &str, (rule, asked): (OwnerRule, Box<str>)) {
        let objects = self.owned.entry((rule, asked)).or_default();
        *objects.entry(object.to_owned()).or_default() += 1;
    }

    /// A user of the CRM by name and e-mail.
    pub fn shown(&self, id: &CrmId) -> Option<&str> {
        self.shown.get(id).map(String::as_str)
    }

    /// Why an owner has no user.
    fn why(&self, rule: OwnerRule, asked: &str) -> &'static str {
        if rule != OwnerRule::Fallback {
            return "";
        }
        let email = normal(asked);
        let of = |email: &String| self.disabled.contains(email);
        if asked.is_empty() {
            "the source names nobody"
        } else if of(&email) || self.people.aliases.get(&email).is_some_and(of) {
            "is a user of the CRM who is disabled: enable the user, or name another one"
        } else if asked.contains('@') {
            "no user of the CRM has this e-mail"
        } else {
            "the source does not say which e-mail this is"
        }
    }

    /// The user of the CRM behind what was asked for.
    fn user(&self, rule: OwnerRule, asked: &str) -> String {
        let user = match rule {
            OwnerRule::Fallback => self.fallback.as_ref().map(|user| user.id.clone()),
            OwnerRule::Matched | OwnerRule::Aliased => {
                self.people.find(&normal(asked)).map(|owner| owner.user.id)
            }
        };
        user.and_then(|id| self.shown.get(&id).cloned()).unwrap_or_default()
    }

    /// Who owns how much, by which rule; the greatest owner first.
    pub fn uses(&self) -> Vec<OwnerUse> {
        let mut uses: Vec<_> = self
            .owned
            .iter()
            .map(|((rule, owner), objects)| OwnerUse {
                owner: owner.to_string(),
                rule: rule_name(*rule),
                user: self.user(*rule, owner),
                count: objects.values().sum(),
                objects: objects.clone(),
                why: self.why(*rule, owner),
            })
            .collect();
        uses.sort_by_key(|used| std::cmp::Reverse(used.count));
        uses
    }
}

impl crate::ground::Owners for OwnerTable {
    fn owner(&self, id: Option<&str>) -> Owner {
        match id.map(str::trim).filter(|id| !id.is_empty()) {
            Some(id) => self.of(id),
            None => fallen(self.fallback.as_ref(), "", ""),
        }
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

/// The fallback in place of somebody. Without a fallback a plan is refused in which anybody falls to
/// it, before the id, which no CRM knows, could reach anything.
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

/// The form in which e-mails are compared.
fn normal(email: &str) -> String {
    email.trim().to_lowercase()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indexmap::IndexMap;
    use serde_json::json;

    use super::*;
    use crate::crm::CrmUser;
    use crate::ground::{Column, Header, Owners as _};

    fn row(cells: [&str; 3]) -> Arc<Record> {
        let column = |name: &str| Column { name: name.into(), shown: name.into() };
        let header = Header::new(["id", "email", "name"].map(column).into());
        Arc::new(Record {
            key: cells[0].into(),
            occurrence: None,
            place: "users.csv line 2".into(),
            source: 0,
            header: Arc::new(header),
            cells: cells.map(|cell| json!(cell)).into(),
        })
    }

    fn table() -> OwnerTable {
        let user = |id: &str, email: &str, enabled: bool| CrmUser {
            id: id.into(),
            name: format!("User {id}"),
            emails: vec![email.to_owned()],
            enabled,
        };
        let users = vec![
            user("1", "Ada@crm.example", true),
            user("2", "bo@crm.example", true),
            user("3", "gone@crm.example", false),
            user("9", "rest@crm.example", true),
        ];
        let inventory = Inventory { users, ..Inventory::default() };
        let rules = Rules {
            table: Some(0),
            match_column: "email".into(),
            match_place: None,
            aliases_file: None,
            aliases: IndexMap::from([("Bo@old.example".to_owned(), "bo@crm.example".to_owned())]),
            fallback: Some("rest@crm.example".into()),
        };
        let rows = [row(["u1", "ada@crm.example", "Ada M."]), row(["u3", "gone@crm.example", ""])];
        OwnerTable::resolve(&rules, rows.into_iter(), &inventory)
    }

    fn check(asked: Option<&str>, id: &str, name: &str, rule: OwnerRule) {
        let owner = table().owner(asked);
        assert_eq!(
            (&*owner.user.id.0, &*owner.user.name, owner.rule),
            (id, name, rule),
            "{asked:?}"
        );
    }

    #[test]
    fn an_owner_is_named_by_the_key_of_its_row_or_by_its_e_mail() {
        check(Some("u1"), "1", "Ada M.", OwnerRule::Matched);
        check(Some(" ADA@CRM.example "), "1", "Ada M.", OwnerRule::Matched);
    }

    #[test]
    fn an_e_mail_that_the_sources_users_lack_is_looked_for_in_the_crm_and_among_the_aliases() {
        check(Some("bo@crm.example"), "2", "bo@crm.example", OwnerRule::Matched);
        check(Some("bo@OLD.example"), "2", "bo@old.example", OwnerRule::Aliased);
    }

    #[test]
    fn whoever_is_no_enabled_user_of_the_crm_gives_way_to_the_fallback() {
        check(Some("u3"), "9", "gone@crm.example", OwnerRule::Fallback);
        check(Some("gone@crm.example"), "9", "gone@crm.example", OwnerRule::Fallback);
        check(Some("u404"), "9", "u404", OwnerRule::Fallback);
        check(None, "9", "User 9", OwnerRule::Fallback);
    }

    #[test]
    fn it_is_said_why_the_fallback_owns_something() {
        let mut table = table();
        for (object, asked) in
            [("people", "u3"), ("notes", "u3"), ("people", "u404"), ("people", "x@crm.example")]
        {
            let owner = table.owner(Some(asked));
            table.owns(object, (owner.rule, owner.asked));
        }
        let owner = table.owner(None);
        table.owns("people", (owner.rule, owner.asked));
        let owner = table.owner(Some("X@CRM.example "));
        table.owns("people", (owner.rule, owner.asked));
        let why = |owner: &str| {
            let found = table.uses().into_iter().find(|used| used.owner == owner).unwrap();
            (found.why, found.count)
        };
        assert_eq!(
            why("gone@crm.example"),
            ("is a user of the CRM who is disabled: enable the user, or name another one", 2)
        );
        assert_eq!(why("u404"), ("the source does not say which e-mail this is", 1));
        assert_eq!(why("x@crm.example"), ("no user of the CRM has this e-mail", 2));
        assert_eq!(why(""), ("the source names nobody", 1));
    }
}
