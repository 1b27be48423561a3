//! `validate`: every fault of a spec, offline.

use serde_json::json;

use crate::cli::args::SpecArgs;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::load::load_with_files;
use crate::ground::counted;

pub(super) fn run(context: &Context, args: &SpecArgs) -> Exit {
    let pipeline = match load_with_files(context, &args.spec) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    let fields: usize = pipeline.objects.iter().map(|object| object.fields.len()).sum();
    context.terminal.result(&format!(
        "{} {} is sound: {}, {}, {}, {}",
        context.terminal.good("✓"),
        args.spec.display(),
        counted(pipeline.tables.len() as u64, "table", "tables"),
        counted(pipeline.objects.len() as u64, "object", "objects"),
        counted(fields as u64, "field", "fields"),
        counted(pipeline.archives.len() as u64, "archive", "archives")
    ));
    context.terminal.say(&format!("next: {}", Context::again("plan", &args.spec)));
    context.terminal.event(&json!({
        "event": "summary", "command": "validate", "ok": true, "faults": 0,
        "tables": pipeline.tables.len(), "objects": pipeline.objects.len(), "fields": fields,
        "fingerprint": pipeline.fingerprint,
    }));
    Exit::Done
}
