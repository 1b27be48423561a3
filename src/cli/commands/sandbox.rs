//! `sandbox`: serves the local Nutshell and Rezora until Ctrl-C.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::cli::args::SandboxArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::hosts::{Start, rehearse};

pub(super) async fn run(context: &Arc<Context>, args: &SandboxArgs) -> Exit {
    let state = context.settings.state(Path::new("."));
    let folder = state.join("sandbox");
    let start = if args.reset { Start::Empty } else { Start::Kept };
    let started = match rehearse(&state, context.settings.sandbox_scale(), args.port, start).await {
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
        "sandbox at {} (state in {})\n  Nutshell  {}   user `sandbox`, key `sandbox`\n  Rezora    {}   bearer `sandbox`\n  legacy    {}\n\
         Every run with the same --state uses it by itself. Ctrl-C ends it; its state stays.",
        addresses.root,
        folder.display(),
        addresses.nutshell,
        addresses.rezora,
        addresses.legacy
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
