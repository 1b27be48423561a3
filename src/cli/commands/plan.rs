//! `plan`: what would be written, in which order, and why; writes nothing to the CRM.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{import, mapping};
use crate::cli::args::PlanArgs;
use crate::cli::connect::Connected;
use crate::cli::context::Context;
use crate::cli::coverage;
use crate::cli::exit::Exit;
use crate::cli::summary;
use crate::cli::work::{self, Call};
use crate::crm::Crm;
use crate::engine::{Again, EngineError, Prepared, prepare};
use crate::ground::counted;
use crate::ledger::{Lock, Reader};
use crate::plan::{Disposition, Gate, Plan, Seal, undecided, unmapped, why};
use crate::report::{self, Planned};
use crate::spec::Pipeline;

pub(super) async fn run(context: &Arc<Context>, args: &PlanArgs) -> Exit {
    if let Some(file) = &args.import {
        return import::run(context, args, file).await;
    }
    let call = Call::new("plan", &args.spec);
    work::connected(context, call, async |pipeline, connected| {
        Box::pin(predict(context, (pipeline, args), connected)).await
    })
    .await
}

async fn predict(
    context: &Context,
    (pipeline, args): (&Arc<Pipeline>, &PlanArgs),
    mut connected: Connected,
) -> Result<Exit, EngineError> {
    let state = context.state_of(pipeline);
    let _lock = Lock::take(&state, Context::now())?;
    let reader = Reader::open(&state)?;
    let clock = Context::now;
    let harmless = connected.harmless;
    let session = connected.session(context, pipeline, (state, &clock));
    let inventory = session.crm.inventory().await?;
    let mut prepared = prepare(&session, inventory, reader.as_ref(), Again::Fresh).await?;
    let undecided = undecided(&prepared.plan.columns).filter(|_| args.strict || !harmless);
    prepared.plan.gates.extend(undecided);
    let seal = Seal::of(&prepared.desk, &prepared.inventory, &prepared.plan)?;
    let mut document = document(pipeline, &prepared, &seal);
    context.terminal.result(&shown(context, pipeline, &prepared.plan));
    let files = written((&session.out, args), (pipeline, &prepared), &document)?;
    context.terminal.say(&format!("to look through: {}", files.join(", ")));
    if let Some(extraction) = &prepared.extraction {
        notes(context, extraction);
    }
    let documents = mapping::write(&session, &prepared)?;
    document["documents"] = json!(documents);
    context.terminal.say(&mapping::told(&documents));
    context.terminal.event(&document);
    if !prepared.plan.gates.is_empty() {
        gates(context, &prepared.plan.gates);
        return Ok(Exit::Gate);
    }
    context.terminal.say(&format!("next: {}", Context::again("apply", &args.spec)));
    Ok(Exit::Done)
}

/// Writes the plan as a page and as JSON; the names of the files.
fn written(
    (out, args): (&Path, &PlanArgs),
    (pipeline, prepared): (&Pipeline, &Prepared),
    document: &Value,
) -> Result<Vec<String>, EngineError> {
    let fail = |file: &Path| {
        let file = file.to_owned();
        move |source| EngineError::Output { file, source }
    };
    let page = out.join("plan.html");
    let Prepared { inventory, existing, plan, .. } = prepared;
    let about = Planned { pipeline, inventory, existing, plan };
    report::write_plan_page(&about, &page).map_err(fail(&page))?;
    let text = serde_json::to_string_pretty(document).unwrap_or_default() + "\n";
    let mut files = vec![page];
    for file in [Some(out.join("plan.json")), args.out.clone()].into_iter().flatten() {
        report::write_text(&text, &file).map_err(fail(&file))?;
        files.push(file);
    }
    Ok(files.iter().map(|file| file.display().to_string()).collect())
}

/// The plan as people read it.
pub(super) fn shown(context: &Context, pipeline: &Pipeline, plan: &Plan) -> String {
    let tallies = summary::predicted(plan);
    let mut text = String::new();
    let order: Vec<_> = plan.order.stages().iter().map(|stage| stage.name(pipeline)).collect();
    writeln!(text, "order: {}", order.join(" → ")).unwrap_or_default();
    writeln!(text, "{}", summary::table(&tallies)).unwrap_or_default();
    write!(text, "{}", summary::remarks(&context.terminal, &tallies)).unwrap_or_default();
    for object in &plan.objects {
        text.push_str(&coverage::unmatched(object));
        for held in object.held.iter().take(5) {
            let why = why(&held.flags);
            writeln!(text, "  {} would be held: {why} ({})", held.record, held.place)
                .unwrap_or_default();
        }
        if object.held.len() > 5 {
            writeln!(text, "  … and {} more of {}", object.held.len() - 5, object.name)
                .unwrap_or_default();
        }
    }
    text.push_str(&coverage::unmapped(&fullest(plan)));
    text.push_str(&summary::vanished(plan));
    text.push_str(&summary::reading(plan));
    text.push_str(&super::files::shown(plan));
    let provisioning = &plan.provisioning;
    let tags: usize = provisioning.tags.values().map(std::collections::BTreeSet::len).sum();
    writeln!(
        text,
        "to be created first: {} ({}), {}, {}",
        counted(provisioning.fields.len() as u64, "custom field", "custom fields"),
        counted(provisioning.existing as u64, "exists", "exist"),
        counted(tags as u64, "tag", "tags"),
        counted(provisioning.sources.len() as u64, "source", "sources")
    )
    .unwrap_or_default();
    text.push_str(&irreversible(plan));
    text.push_str(&coverage::owners(&plan.owners));
    let calls: Vec<_> =
        plan.calls.iter().map(|(family, count)| format!("{count} {family}")).collect();
    write!(text, "calls: {}", calls.join(", ")).unwrap_or_default();
    if plan.eta_s > 0.0 {
        write!(text, "; at least {:.0} min at the pace of the spec", (plan.eta_s / 60.0).ceil())
            .unwrap_or_default();
    }
    text
}

/// The columns that nothing maps, table by table, the fullest first.
fn fullest(plan: &Plan) -> Vec<&Disposition> {
    let mut columns: Vec<_> = unmapped(&plan.columns).collect();
    columns.sort_by(|left, right| {
        left.table.cmp(&right.table).then_with(|| right.rows.cmp(&left.rows))
    });
    columns
}

/// What a rollback will not take back.
pub(super) fn irreversible(plan: &Plan) -> String {
    let stays = plan.irreversible();
    if stays.is_empty() {
        return String::new();
    }
    let sorts = stays.iter().map(|one| format!("{} {} ({})", one.count, one.what, one.why));
    let sorts: Vec<_> = sorts.collect();
    format!(
        "not taken back by a rollback: {}; nor what automations and notifications of the CRM do with new records\n",
        sorts.join(", ")
    )
}

/// What the extraction has to say.
pub(super) fn notes(context: &Context, extraction: &crate::engine::Extraction) {
    let terminal = &context.terminal;
    if extraction.resumed {
        terminal.say("the extraction went on at the page where it had stopped");
    }
    for (table, status) in &extraction.not_licensed {
        terminal.say(&format!("table {table} is not licensed in this account (HTTP {status}): its records are not there"));
    }
    for table in &extraction.missing {
        terminal.say(&format!("table {table} is optional and missing"));
    }
    for (table, union) in &extraction.unions {
        terminal.say(&format!(
            "union of {table}: {} added, {} of {} differ",
            counted(
                union.added,
                "row only in the older endpoint was",
                "rows only in the older endpoint were"
            ),
            union.differing,
            counted(union.common, "common one", "common ones")
        ));
    }
}

/// What refuses the run, with the ways out.
pub(super) fn gates(context: &Context, gates: &[Gate]) {
    for gate in gates {
        context.terminal.fault(&format!("[{}] {}", gate.code, gate.message));
        context.terminal.hint(&gate.hint);
    }
}

/// What the account has, by name where names matter.
fn inventory(prepared: &Prepared) -> Value {
    let has = &prepared.inventory;
    let fields = has.custom_fields.iter().map(|(entity, fields)| {
        let named: serde_json::Map<String, Value> =
            fields.iter().map(|field| (field.name.clone(), json!(field.kind))).collect();
        (entity.name().to_owned(), Value::Object(named))
    });
    let pipelines = has.pipelines.iter().map(|one| {
        let stages = one.stages.iter().map(|stage| stage.name.clone());
        (one.name.clone(), stages.collect::<Value>())
    });
    let objects = &prepared.desk.pipeline.objects;
    let existing = prepared
        .existing
        .seen
        .iter()
        .map(|(object, count)| (objects[*object].name.clone(), json!(count)));
    json!({
        "account": has.name,
        "users": has.users.iter().map(|user| {
            json!({ "name": user.name, "emails": user.emails, "enabled": user.enabled })
        }).collect::<Vec<_>>(),
        "custom_fields": fields.collect::<serde_json::Map<_, _>>(),
        "pipelines": pipelines.collect::<serde_json::Map<_, _>>(),
        "activity_types": has.activity_types.iter().map(|one| &one.name).collect::<Vec<_>>(),
        "tags": has.tags.iter().map(|(entity, tags)| (entity.name(), tags)).collect::<std::collections::BTreeMap<_, _>>(),
        "sources": has.sources.iter().map(|one| &one.name).collect::<Vec<_>>(),
        "existing": existing.collect::<serde_json::Map<_, _>>(),
    })
}

fn document(pipeline: &Pipeline, prepared: &Prepared, seal: &Seal) -> Value {
    let plan = &prepared.plan;
    let coverage: serde_json::Map<String, Value> =
        plan.objects.iter().map(|object| (object.name.clone(), json!(object.fields))).collect();
    let unmapped: Vec<_> = unmapped(&plan.columns)
        .map(|one| json!({ "table": one.table, "column": one.column, "rows": one.rows }))
        .collect();
    let sums: serde_json::Map<String, Value> = plan
        .objects
        .iter()
        .filter(|object| !object.sums.is_empty())
        .map(|object| (object.name.clone(), json!(object.sums)))
        .collect();
    json!({
        "event": "summary",
        "command": "plan",
        "ok": plan.gates.is_empty(),
        "fingerprint": pipeline.fingerprint,
        "seal": seal,
        "inventory": inventory(prepared),
        "order": plan.order.stages().iter().map(|stage| stage.name(pipeline)).collect::<Vec<_>>(),
        "objects": summary::objects(&summary::predicted(plan)),
        "held": plan.objects.iter().flat_map(|object| &object.held).collect::<Vec<_>>(),
        "matched": plan.objects.iter().flat_map(|object| &object.matched).collect::<Vec<_>>(),
        "reading": plan.reading,
        "vanished": plan.objects.iter().flat_map(|object| &object.vanished).collect::<Vec<_>>(),
        "files": plan.files.values().collect::<Vec<_>>(),
        "provision": plan.provisioning,
        "irreversible": plan.irreversible(),
        "owners": plan.owners,
        "coverage": coverage,
        "sums": sums,
        "columns": plan.columns,
        "unmapped": unmapped,
        "gates": plan.gates,
        "calls": plan.calls,
        "eta_s": plan.eta_s,
    })
}
