//! The faults of tables and their columns, one line each.

use super::faults::check;

#[test]
fn items_leads_into_a_json_object_and_nowhere_else() {
    check("path: /users, ", "path: /users, items: active.users, ", &[]);
    check(
        "path: /users, ",
        "path: users.csv, items: active.users, ",
        &["conflicting-keys: `items` has no meaning here"],
    );
}

#[test]
fn what_lies_within_a_column_gets_a_name_before_it_is_a_key() {
    check(
        "path: /users, key: id",
        "path: /users, key: details.email",
        &[
            "not-snake-case: `details.email` is not in snake case, as a column must be [what lies within a column gets a name first: `rename: { details.email: details_email }`]",
        ],
    );
    check(
        "path: /users, key: id",
        "path: /users, key: email, rename: { details.e-Mail: email }",
        &[],
    );
    check(
        "path: /users, key: id",
        "path: /users, key: email, rename: { details.: email }",
        &["bad-path: `details.` has an empty part"],
    );
}

#[test]
fn columns_are_addressed_in_snake_case() {
    check(
        "phone.work: phone",
        "phone.work: Work Phone",
        &[
            "not-snake-case: `Work Phone` is not in snake case, as a column must be [write `work_phone`]",
        ],
    );
}
