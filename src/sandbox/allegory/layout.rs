//! The tables of an export: their files, keys and columns.

use std::collections::BTreeMap;

/// In which form a table's file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// Delimited text in Windows-1252.
    Csv,
    /// A JSON array in UTF-8.
    Json,
}

/// A table.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Layout {
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) form: Form,
    pub(crate) key: &'static [&'static str],
    pub(crate) columns: &'static [&'static str],
}

/// All tables.
pub(crate) static LAYOUTS: [Layout; 21] = [
    Layout {
        name: "users",
        file: "users.csv",
        form: Form::Csv,
        key: &["user_id"],
        columns: &["user_id", "full_name", "email", "status", "role"],
    },
    Layout {
        name: "companies",
        file: "companies.csv",
        form: Form::Csv,
        key: &["company_id"],
        columns: &[
            "company_id",
            "company_name",
            "website",
            "industry",
            "employees",
            "annual_revenue",
            "currency",
            "phone",
            "street",
            "city",
            "state",
            "postal_code",
            "country",
            "parent_company_id",
            "primary_contact_id",
            "owner_id",
            "client_tier",
            "description",
            "tags",
            "created_date",
            "modified_date",
            "is_deleted",
        ],
    },
    Layout {
        name: "contacts",
        file: "contacts.csv",
        form: Form::Csv,
        key: &["contact_id"],
        columns: &[
            "contact_id",
            "first_name",
            "last_name",
            "email",
            "secondary_email",
            "work_phone",
            "mobile_phone",
            "job_title",
            "company_id",
            "street",
            "city",
            "state",
            "postal_code",
            "country",
            "linkedin",
            "lead_source",
            "practice_area",
            "email_opt_out",
            "do_not_call",
            "owner_id",
            "description",
            "tags",
            "created_date",
            "modified_date",
            "is_deleted",
        ],
    },
    Layout {
        name: "contact_companies",
        file: "contact_companies.csv",
        form: Form::Csv,
        key: &["contact_id", "company_id"],
        columns: &["contact_id", "company_id", "is_primary", "title"],
    },
    Layout {
        name: "deals",
        file: "deals.csv",
        form: Form::Csv,
        key: &["deal_id"],
        columns: &[
            "deal_id",
            "deal_name",
            "pipeline",
            "stage",
            "status",
            "amount",
            "currency",
            "probability",
            "close_date",
            "closed_on",
            "lost_reason",
            "matter_number",
            "company_id",
            "primary_contact_id",
            "owner_id",
            "description",
            "created_date",
            "modified_date",
            "is_deleted",
        ],
    },
    Layout {
        name: "deal_contacts",
        file: "deal_contacts.csv",
        form: Form::Csv,
        key: &["deal_id", "contact_id"],
        columns: &["deal_id", "contact_id", "role"],
    },
    Layout {
        name: "leads",
        file: "leads.csv",
        form: Form::Csv,
        key: &["lead_id"],
        columns: &[
            "lead_id",
            "lead_name",
            "first_name",
            "last_name",
            "company_name",
            "email",
            "phone",
            "status",
            "lead_source",
            "is_converted",
            "converted_date",
            "converted_contact_id",
            "converted_company_id",
            "converted_deal_id",
            "owner_id",
            "notes",
            "created_date",
            "modified_date",
            "is_deleted",
        ],
    },
    Layout {
        name: "tasks",
        file: "tasks.csv",
        form: Form::Csv,
        key: &["task_id"],
        columns: &[
            "task_id",
            "subject",
            "description",
            "status",
            "priority",
            "due_date",
            "completed_date",
            "related_type",
            "related_id",
            "owner_id",
            "created_date",
            "modified_date",
        ],
    },
    Layout {
        name: "calls",
        file: "calls.csv",
        form: Form::Csv,
        key: &["call_id"],
        columns: &[
            "call_id",
            "subject",
            "notes",
            "direction",
            "outcome",
            "disposition",
            "duration",
            "called_at",
            "related_type",
            "related_id",
            "owner_id",
            "modified_date",
        ],
    },
    Layout {
        name: "emails",
        file: "emails.csv",
        form: Form::Csv,
        key: &["email_id"],
        columns: &[
            "email_id",
            "thread_id",
            "subject",
            "body",
            "direction",
            "from_address",
            "to_addresses",
            "sent_at",
            "related_type",
            "related_id",
            "owner_id",
            "modified_date",
        ],
    },
    Layout {
        name: "meetings",
        file: "meetings.csv",
        form: Form::Csv,
        key: &["meeting_id"],
        columns: &[
            "meeting_id",
            "title",
            "description",
            "location",
            "start_time",
            "end_time",
            "all_day",
            "recurrence",
            "exceptions",
            "organizer_id",
            "owner_id",
            "related_type",
            "related_id",
            "modified_date",
        ],
    },
    Layout {
        name: "meeting_attendees",
        file: "meeting_attendees.csv",
        form: Form::Csv,
        key: &["meeting_id", "email"],
        columns: &["meeting_id", "name", "email", "response", "contact_id"],
    },
    Layout {
        name: "notes",
        file: "notes.csv",
        form: Form::Csv,
        key: &["note_id"],
        columns: &[
            "note_id",
            "body",
            "related_type",
            "related_id",
            "author_id",
            "created_date",
            "modified_date",
        ],
    },
    Layout {
        name: "files",
        file: "files.csv",
        form: Form::Csv,
        key: &["file_id"],
        columns: &[
            "file_id",
            "file_name",
            "path",
            "size",
            "related_type",
            "related_id",
            "uploaded_by_id",
            "created_date",
        ],
    },
    Layout {
        name: "pipelines",
        file: "pipelines.csv",
        form: Form::Csv,
        key: &["pipeline", "stage"],
        columns: &["pipeline", "stage", "position", "probability"],
    },
    Layout {
        name: "custom_fields",
        file: "custom_fields.csv",
        form: Form::Csv,
        key: &["object", "field"],
        columns: &["object", "field", "type", "options", "required"],
    },
    Layout {
        name: "custom_objects",
        file: "custom_objects.csv",
        form: Form::Csv,
        key: &["object", "record_id"],
        columns: &["object", "record_id", "name", "data"],
    },
    Layout {
        name: "custom_object_links",
        file: "custom_object_links.csv",
        form: Form::Csv,
        key: &["from_object", "from_id", "to_object", "to_id"],
        columns: &["from_object", "from_id", "to_object", "to_id", "label"],
    },
    Layout {
        name: "workflows",
        file: "workflows.json",
        form: Form::Json,
        key: &["workflow_id"],
        columns: &["workflow_id", "name", "definition"],
    },
    Layout {
        name: "email_templates",
        file: "email_templates.json",
        form: Form::Json,
        key: &["template_id"],
        columns: &["template_id", "name", "html"],
    },
    Layout {
        name: "reports",
        file: "reports.json",
        form: Form::Json,
        key: &["report_id"],
        columns: &["report_id", "name", "definition"],
    },
];

/// The table of that name.
pub(crate) fn layout(name: &str) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| layout.name == name)
}

/// File name to columns as a spec addresses them: lets a spec be checked before there is an export.
pub fn columns() -> BTreeMap<&'static str, Vec<&'static str>> {
    LAYOUTS.iter().map(|layout| (layout.file, layout.columns.to_vec())).collect()
}

/// A column as the export's header writes it: `deal_name` is `Deal Name`.
pub(crate) fn title_case(column: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect::<String>()
        })
    };
    column.split('_').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::snake_case;

    #[test]
    fn a_header_is_addressed_by_the_name_of_its_column() {
        assert_eq!(title_case("annual_revenue"), "Annual Revenue");
        for layout in &LAYOUTS {
            for column in layout.columns {
                assert_eq!(&*snake_case(&title_case(column)), *column);
            }
        }
    }
}
