//! What surrounds every command that works on open connections: load, connect, say how it ended.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::connect::{Connected, blame, connect};
use super::context::Context;
use super::exit::Exit;
use super::fresh;
use super::load::load;
use super::signals::Signals;
use crate::crm::Inventory;
use crate::engine::EngineError;
use crate::ledger::{Identity, Ledger};
use crate::spec::Pipeline;

/// The command, for its messages.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// Its word.
    pub(super) word: &'static str,
    /// The spec that it was given.
    pub(super) spec: &'a Path,
    /// What follows the spec when it is typed again; empty when nothing has to.
    pub(super) options: &'a str,
}

impl<'a> Call<'a> {
    /// A command of which only the spec has to be typed again.
    pub(super) const fn new(word: &'static str, spec: &'a Path) -> Self {
        Self { word, spec, options: "" }
    }
}

/// Loads the spec, connects and does the work; whatever ends it early is told with the way on.
pub(super) async fn connected(
    context: &Arc<Context>,
    call: Call<'_>,
    work: impl AsyncFnOnce(&Arc<Pipeline>, Connected) -> Result<Exit, EngineError>,
) -> Exit {
    let pipeline = match load(context, call.spec) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    let signals = Signals::listen(context);
    let connected = match connect(context, &pipeline).await {
        Ok(connected) => connected,
        Err(error) => {
            context.terminal.error(&error);
            return ended(context, call, Exit::Unwilling);
        }
    };
    context.terminal.say(&connected.greeting(&pipeline));
    match work(&pipeline, connected).await {
        Ok(exit) => exit,
        Err(EngineError::Interrupted) => {
            let said = "stopped at a checkpoint: everything that was begun is settled";
            context.terminal.say(said);
            ended(context, call, signals.exit())
        }
        Err(error) => {
            blame(context, &pipeline, &error);
            if let EngineError::Ledger(error) = &error
                && error.is_doubt()
            {
                doubted(context, call.spec);
            }
            ended(context, call, Exit::of(&error))
        }
    }
}

/// The way on from a ledger that is refused.
pub(super) fn doubted(context: &Context, spec: &Path) {
    context.terminal.hint(&format!(
        "put back the latest ledger if you have it; else {} makes it good from its copies and the CRM",
        Context::again("ledger rebuild", spec)
    ));
}

fn ended(context: &Context, call: Call<'_>, exit: Exit) -> Exit {
    let again = format!("{} {}", Context::again(call.word, call.spec), call.options);
    context.terminal.say(&format!("to go on: {}", again.trim_end()));
    context.terminal.event(&json!({
        "event": "summary", "command": call.word, "ok": false, "exit": exit.code(),
    }));
    exit
}

/// Opens the ledger of a pipeline for the account that the inventory is of.
pub(super) fn ledger(
    state: &Path,
    pipeline: &Pipeline,
    inventory: &Inventory,
) -> Result<Ledger, EngineError> {
    let ledger = Ledger::open(state, &identity(pipeline, inventory), &fresh::fresh()?)?;
    ledger.safeguard()?;
    Ok(ledger)
}

/// Whose ledger it is.
pub(super) fn identity(pipeline: &Pipeline, inventory: &Inventory) -> Identity {
    Identity { pipeline: pipeline.name.clone(), account: inventory.instance.clone() }
}
