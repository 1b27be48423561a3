//! Named places at which a death or an error would matter. Nothing happens there, unless somebody
//! watches: the tests that let a run die at each of them (`tests/it/failpoints.rs`).

use std::io;
use std::sync::OnceLock;

/// Every place, in the order of a record's journey.
pub const POINTS: [&str; 48] = [
    "ledger.locked",
    "ledger.anchor_opened",
    "ledger.generation_taken",
    "ledger.ballast_drafted",
    "ledger.copy_drafted",
    "ledger.copied",
    "ledger.set_aside",
    "ledger.return_drafted",
    "ledger.put_back",
    "ledger.loss_noted",
    "ledger.run_begun",
    "ledger.run_ended",
    "ledger.group_begun",
    "ledger.group_done",
    "ledger.committed",
    "ledger.anchored",
    "ledger.anchor_flushed",
    "staging.page_put",
    "staging.page_committed",
    "engine.extracted",
    "engine.prepared",
    "engine.field_provisioned",
    "engine.field_noted",
    "engine.batch_done",
    "engine.stage_done",
    "engine.file_fetched",
    "engine.file_carried",
    "engine.create_announced",
    "engine.create_answered",
    "engine.create_settled",
    "engine.edit_announced",
    "engine.edit_answered",
    "engine.edit_settled",
    "engine.open_looked_up",
    "engine.open_waited",
    "engine.open_settled",
    "engine.sweep_announced",
    "engine.sweep_answered",
    "engine.adopted",
    "engine.read_back",
    "engine.delete_announced",
    "engine.delete_answered",
    "engine.restore_announced",
    "engine.restore_answered",
    "engine.undo_settled",
    "engine.undone",
    "report.file_drafted",
    "report.file_placed",
];

/// What happens at a place: nothing, an error, or the end of the process.
pub type Hook = Box<dyn Fn(&'static str) -> io::Result<()> + Send + Sync>;

static HOOK: OnceLock<Hook> = OnceLock::new();

/// Has every place watched from now on; the first hook stays.
pub fn watch(hook: Hook) {
    drop(HOOK.set(hook));
}

/// A place where a process may die.
pub fn reach(point: &'static str) {
    if let Some(hook) = HOOK.get() {
        // An error has no meaning here: nothing is asked of the system at this place.
        drop(hook(point));
    }
}

/// A place where the system may refuse what is asked of it.
pub fn attempt(point: &'static str) -> io::Result<()> {
    HOOK.get().map_or(Ok(()), |hook| hook(point))
}
