//! Tables: their columns, their rows, and the rows under one parent.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

/// A row.
pub(crate) type Row = Map<String, Value>;

/// The tables and their columns.
pub(crate) const TABLES: &[(&str, &[&str])] = &[
    (
        "agents",
        &[
            "id",
            "email",
            "first_name",
            "last_name",
            "status",
            "role",
            "office_id",
            "license_number",
            "distribution_permissions",
            "created_at",
        ],
    ),
    (
        "companies",
        &[
            "id",
            "name",
            "type",
            "parent_id",
            "website",
            "domain",
            "industry",
            "phone",
            "street",
            "street2",
            "city",
            "state",
            "zip",
            "created_at",
            "updated_at",
        ],
    ),
    (
        "contacts",
        &[
            "id",
            "agent_id",
            "company_id",
            "name",
            "first_name",
            "last_name",
            "email",
            "type",
            "kind",
            "title",
            "company_name",
            "phone_home",
            "phone_work",
            "phone_mobile",
            "phone_fax",
            "business_street",
            "business_street2",
            "business_city",
            "business_state",
            "business_zip",
            "home_street",
            "home_street2",
            "home_city",
            "home_state",
            "home_zip",
            "unsubscribed",
            "bounced_at",
            "source_type",
            "source_campaign_id",
            "lead_status",
            "engagement_score",
            "properties",
            "created_at",
            "updated_at",
        ],
    ),
    ("groups", &["id", "name", "type", "agent_id", "created_at"]),
    ("memberships", &["id", "group_id", "contact_id", "added_at"]),
    (
        "campaigns",
        &[
            "id",
            "name",
            "subject",
            "agent_id",
            "listing_id",
            "template_id",
            "template_html",
            "schedule",
            "sent_at",
            "status",
            "recipients",
            "open_rate",
            "click_rate",
            "updated_at",
        ],
    ),
    ("sends", &["id", "campaign_id", "contact_id", "sent_at", "opens", "clicks", "bounced"]),
    (
        "events",
        &["id", "event_type", "contact_id", "campaign_id", "listing_id", "url", "occurred_at"],
    ),
    ("drips", &["id", "name", "trigger", "active", "agent_id"]),
    ("drip_steps", &["id", "drip_id", "position", "delay", "condition", "subject", "body_html"]),
    ("notes", &["id", "contact_id", "campaign_id", "agent_id", "body", "created_at", "updated_at"]),
    (
        "social_posts",
        &["id", "agent_id", "network", "body", "scheduled_at", "posted_at", "status", "url"],
    ),
    (
        "files",
        &["id", "contact_id", "campaign_id", "file_name", "size", "mime", "url", "created_at"],
    ),
];

/// Table name to columns, of the current API of the local Rezora: lets a spec be checked offline.
pub fn columns() -> BTreeMap<&'static str, Vec<&'static str>> {
    TABLES.iter().map(|(name, columns)| (*name, columns.to_vec())).collect()
}

/// An empty row of a table: every column there, every column empty.
pub(crate) fn blank(table: &str) -> Row {
    let columns =
        TABLES.iter().find(|(name, _)| *name == table).map_or(&[][..], |(_, columns)| *columns);
    columns.iter().map(|column| ((*column).to_owned(), Value::String(String::new()))).collect()
}

/// Sets columns of a row.
pub(crate) fn fill<const N: usize>(row: &mut Row, values: [(&str, Value); N]) {
    for (column, value) in values {
        row.insert(column.to_owned(), value);
    }
}

/// The text of a column.
pub(crate) fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// A table with its rows.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    under: HashMap<String, Vec<usize>>,
}

impl Table {
    /// A table whose rows are asked for all together.
    pub(crate) fn whole(rows: Vec<Row>) -> Self {
        Self { rows, under: HashMap::new() }
    }

    /// A table whose rows are asked for by the parent in a column.
    pub(crate) fn below(rows: Vec<Row>, column: &str) -> Self {
        let mut under: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            under.entry(text(row, column).to_owned()).or_default().push(at);
        }
        Self { rows, under }
    }

    /// A page of all rows, and how many there are.
    pub(crate) fn page(&self, page: usize, size: usize) -> (Vec<&Row>, usize) {
        let from = page.saturating_sub(1).saturating_mul(size);
        (self.rows.iter().skip(from).take(size).collect(), self.rows.len())
    }

    /// A page of the rows under a parent, and how many there are.
    pub(crate) fn page_under(&self, parent: &str, page: usize, size: usize) -> (Vec<&Row>, usize) {
        let all = self.under.get(parent).map_or(&[][..], Vec::as_slice);
        let from = page.saturating_sub(1).saturating_mul(size);
        let rows = all.iter().skip(from).take(size).filter_map(|at| self.rows.get(*at)).collect();
        (rows, all.len())
    }
}
