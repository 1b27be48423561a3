//! The users: three that the local Nutshell knows, and those whose rows need another owner.

use super::row::Row;

/// Id, name, e-mail, status, role.
const USERS: [[&str; 5]; 9] = [
    ["7", "Dana Ruiz", "dana.ruiz@oldcorp.example", "Inactive", "Sales Rep"],
    ["8", "Theo Lindqvist", "theo@newcorp.example", "Active", "Sales Rep"],
    ["9", "Priya Raman", "priya@newcorp.example", "Active", "Sales Manager"],
    ["10", "Marcus Bell", "marcus.bell@oldcorp.example", "Inactive", "Sales Rep"],
    ["11", "Nina Holt", "nina.holt@oldcorp.example", "Active", "Sales Rep"],
    ["12", "Theo Lindqvist (old login)", "t.lindqvist@oldcorp.example", "Inactive", "Sales Rep"],
    ["13", "Inside Sales", "inside.sales@oldcorp.example", "Active", "Queue"],
    ["14", "Carla Vance", "carla.vance@shadyacres.example", "Active", "Support"],
    ["15", "Ada Moreno", "ada.moreno@shadyacres.example", "Active", "Administrator"],
];

/// All users; their number does not grow with the scale.
pub(crate) fn all() -> Vec<Row> {
    let row = |user: &[&str; 5]| {
        let columns = ["user_id", "full_name", "email", "status", "role"];
        columns
            .iter()
            .zip(user)
            .fold(Row::of("users"), |row, (column, value)| row.with(column, *value))
    };
    USERS.iter().map(row).collect()
}
