//! `apply --plan`: only while everything that the plan was made of still holds.

use crate::cli::args::ApplyArgs;
use crate::engine::{EngineError, Prepared};
use crate::ledger::Run;
use crate::plan::{Gate, Progress, Seal, read_seal};

/// A refusal when the approved plan is not that of today.
pub(super) fn gate(
    args: &ApplyArgs,
    prepared: &Prepared,
    unfinished: Option<&Run>,
) -> Result<Option<Gate>, EngineError> {
    let Some(file) = &args.plan else { return Ok(None) };
    let shown = file.display();
    let hint = format!(
        "look at the changes, write it anew with `plan --out {shown}`, and have it approved"
    );
    let gate = |message| Gate { code: "stale_plan", message, hint };
    let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
    let then = match read.and_then(|text| read_seal(&text)) {
        Ok(then) => then,
        Err(cause) => return Ok(Some(gate(format!("{shown} is no plan: {cause}")))),
    };
    let now = Seal::of(&prepared.desk, &prepared.inventory, &prepared.plan)?;
    let progress = if unfinished.is_some() { Progress::UnderWay } else { Progress::Fresh };
    let changed = then.stale(&now, progress);
    let message = format!("since {shown} was made, this changed: {}", changed.join("; "));
    Ok((!changed.is_empty()).then(|| gate(message)))
}
