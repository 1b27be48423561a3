//! `apply --plan`: only while everything that the plan was made of still holds.

use std::path::Path;

use crate::cli::args::ApplyArgs;
use crate::engine::{EngineError, Prepared};
use crate::plan::{Gate, Progress, Seal, read_seal};

/// The seal of the approved plan, if one is named. Read before anything else: a wrong name must not
/// be told only when the sources have been read.
pub(super) fn read(args: &ApplyArgs) -> Result<Option<Seal>, Gate> {
    let Some(file) = &args.plan else { return Ok(None) };
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"));
    text.and_then(|text| read_seal(&text))
        .map(Some)
        .map_err(|cause| gate(file, format!("{} {cause}", file.display())))
}

/// A refusal when the approved plan is not that of today.
pub(super) fn outdated(
    args: &ApplyArgs,
    prepared: &Prepared,
    approved: Option<(&Seal, Progress)>,
) -> Result<Option<Gate>, EngineError> {
    let (Some(file), Some((then, progress))) = (&args.plan, approved) else { return Ok(None) };
    let now = Seal::of(&prepared.desk, &prepared.inventory, &prepared.plan)?;
    let changed = then.stale(&now, progress);
    let shown = file.display();
    let message = format!("since {shown} was made, this changed: {}", changed.join("; "));
    Ok((!changed.is_empty()).then(|| gate(file, message)))
}

fn gate(file: &Path, message: String) -> Gate {
    let hint = format!(
        "look at the changes, write it anew with `plan --out {}`, and have it approved",
        file.display()
    );
    Gate { code: "stale_plan", message, hint }
}
