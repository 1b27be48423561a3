//! `schema`: the JSON Schema of specs, for editors.

use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;
use crate::spec::json_schema;

pub(super) fn run() -> Exit {
    let text = serde_json::to_string_pretty(&json_schema()).unwrap_or_default();
    Terminal::data(&format!("{text}\n"));
    Exit::Done
}
