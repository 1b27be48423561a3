//! The commands: one file each.

mod apply;
mod approved;
mod closing;
mod completions;
mod files;
mod graph;
mod import;
mod mapping;
mod plan;
mod profile;
mod rebuild;
mod reconcile;
mod resumed;
mod rollback;
mod sample;
mod sandbox;
mod schema;
mod status;
mod sweep;
mod trace;
mod validate;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use super::args::{Arguments, Command, LedgerCommand};
use super::context::Context;
use super::exit::Exit;
use super::failpoint;
use super::settings::Settings;
use super::terminal::Terminal;

/// Runs the program with these arguments.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap prints help on stdout and faults on stderr; a closed pipe is no fault.
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { Exit::Spec.code() } else { 0 });
        }
    };
    let global = &arguments.global;
    let terminal = Terminal::new(global);
    let settings = match Settings::read(global) {
        Ok(settings) => settings,
        Err(error) => {
            terminal.error(&error);
            return ExitCode::from(Exit::Spec.code());
        }
    };
    if let Some(text) = settings.failpoint()
        && let Err(fault) = failpoint::watch(&text)
    {
        terminal.fault(&fault);
        return ExitCode::from(Exit::Spec.code());
    }
    let context = Arc::new(Context { terminal, settings });
    ExitCode::from(dispatch(&context, &arguments.command).code())
}

fn dispatch(context: &Arc<Context>, command: &Command) -> Exit {
    match command {
        Command::Validate(args) => validate::run(context, args),
        Command::Graph(args) => graph::run(context, args),
        Command::Schema => schema::run(),
        Command::Status(args) => status::run(context, args),
        Command::Trace(args) => trace::run(context, args),
        Command::Completions { shell } => completions::run(*shell),
        Command::Profile(args) => in_runtime(context, profile::run(context, args)),
        Command::Plan(args) => in_runtime(context, plan::run(context, args)),
        Command::Apply(args) => in_runtime(context, apply::run(context, args)),
        Command::Reconcile(args) => in_runtime(context, reconcile::run(context, args)),
        Command::Rollback(args) => in_runtime(context, rollback::run(context, args)),
        Command::Sweep(args) => in_runtime(context, sweep::run(context, args)),
        Command::Verify(args) => in_runtime(context, verify::run(context, args)),
        Command::Ledger(LedgerCommand::Rebuild(args)) => {
            in_runtime(context, rebuild::run(context, args))
        }
        Command::Sandbox(args) => in_runtime(context, sandbox::run(context, args)),
    }
}

fn in_runtime(context: &Context, command: impl Future<Output = Exit>) -> Exit {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(command),
        Err(error) => {
            context.terminal.error(&error);
            Exit::Fault
        }
    }
}
