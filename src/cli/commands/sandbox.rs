//! `sandbox`: serves the local Nutshell and Rezora until Ctrl-C, or writes an Allegory export.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::cli::args::{ExportArgs, SandboxArgs, SandboxPart};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::hosts::{Start, World, export_folder, rehearse};
use crate::sandbox::SandboxError;
use crate::sandbox::allegory::{self, Export, ExportOptions, Week};

pub(super) async fn run(context: &Arc<Context>, args: &SandboxArgs) -> Exit {
    match &args.part {
        Some(SandboxPart::Allegory(args)) => export(context, args),
        None => serve(context, args).await,
    }
}

async fn serve(context: &Context, args: &SandboxArgs) -> Exit {
    let state = context.settings.state(Path::new("."));
    let folder = state.join("sandbox");
    let start = if args.reset { Start::Empty } else { Start::Kept };
    let started = World::of(&context.settings, args.faults.as_deref());
    let started = match started {
        Ok(world) => rehearse(&state, world, args.port, start).await,
        Err(error) => Err(error),
    };
    let started = match started {
        Ok(started) => started,
        Err(error) => {
            context.terminal.error(&error);
            return Exit::Unwilling;
        }
    };
    if started.elsewhere {
        context
            .terminal
            .fault(&format!("a sandbox runs already at {}; stop it first", started.addresses.root));
        return Exit::Unwilling;
    }
    let addresses = &started.addresses;
    context.terminal.result(&format!(
        "sandbox at {} (state in {})\n  Nutshell  {}   user `sandbox`, key `sandbox`\n  Rezora    {}   bearer `sandbox`\n  legacy    {}\n  \
         Allegory  {}   written when a run first reads it\n\
         Every run with the same --state uses it by itself. Ctrl-C ends it; its state stays.",
        addresses.root,
        folder.display(),
        addresses.nutshell,
        addresses.rezora,
        addresses.legacy,
        started.export_folder().display()
    ));
    context.terminal.event(&json!({ "event": "serving", "addresses": addresses }));
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    match terminate {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
    Exit::Done
}

fn export(context: &Context, args: &ExportArgs) -> Exit {
    let own = export_folder(&context.settings.state(Path::new(".")).join("sandbox"));
    let folder = args.to.clone().unwrap_or_else(|| own.clone());
    let scale = args.scale.unwrap_or_else(|| context.settings.sandbox_scale());
    let mut options = ExportOptions::new(scale);
    if args.later {
        options.week = Week::Later;
    }
    match allegory::write(&folder, &options) {
        Ok(export) => {
            tell(context, &export, &options);
            let variable = (folder != own).then_some(&folder);
            context.terminal.say(&format!("next: {}", next(variable)));
            Exit::Done
        }
        Err(error) => {
            context.terminal.error(&error);
            if let SandboxError::Foreign { .. } = error { Exit::Spec } else { Exit::Unwilling }
        }
    }
}

/// Says what was written: tables with rows, and the files beside them.
fn tell(context: &Context, export: &Export, options: &ExportOptions) {
    let later = if options.week == Week::Later { ", a week later" } else { "" };
    let (folder, scale) = (export.folder.display(), options.scale);
    let mut lines = vec![format!("an Allegory export in {folder} (scale {scale}{later})")];
    let line = |name: &str, count: usize, noun: &str| format!("  {name:<24} {count:>7} {noun}");
    lines.extend(export.tables.iter().map(|table| line(table.file, table.rows, "rows")));
    lines.push(line("files/", export.files, "files"));
    context.terminal.result(&lines.join("\n"));
    let tables: Map<String, Value> =
        export.tables.iter().map(|table| (table.table.to_owned(), table.rows.into())).collect();
    context.terminal.event(&json!({
        "event": "summary", "command": "sandbox", "ok": true,
        "folder": folder.to_string(), "tables": tables, "files": export.files,
    }));
}

/// The command that reads the export.
fn next(folder: Option<&PathBuf>) -> String {
    let spec = "flitpipe apply pipelines/allegory.yaml";
    match folder {
        Some(folder) => format!("ALLEGORY_EXPORT=\"{}\" {spec}", folder.display()),
        None => spec.to_owned(),
    }
}
