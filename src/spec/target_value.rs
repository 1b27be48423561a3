//! Values that a spec writes itself, against what their field takes.

use serde_json::Value;

use super::nearest;
use super::object::Known;
use super::pipeline::{Destination, Kind, Target};
use super::spot::Spot;

/// Says when a field does not take a value: states, and stages that are declared nowhere.
pub(super) fn check(known: &Known<'_>, target: Option<&Target>, spot: &Spot, value: &Value) {
    let Some(target) = target.filter(|target| target.custom.is_none()) else { return };
    let Some(text) = value.as_str() else { return };
    if let Kind::Status(states) = &target.kind {
        if !states.iter().any(|state| state == text) {
            let hint = nearest::hint(text, states.iter().map(String::as_str));
            let message = format!("`{}` is never `{text}`", target.path);
            known.desk.fault_hint("unknown-value", spot, message, hint);
        }
    } else if target.kind == Kind::Stage {
        stage(known, spot, text);
    } else if target.kind == Kind::Choice && target.path == "type" {
        activity_type(known, spot, text);
    }
}

fn stage(known: &Known<'_>, spot: &Spot, text: &str) {
    let stages = stages(known.destination);
    if !stages.is_empty() && !stages.iter().any(|stage| stage == text) {
        let message = format!("`{text}` is no stage under `destination.pipelines`");
        let hint = nearest::hint(text, stages.iter().map(String::as_str));
        known.desk.fault_hint("unknown-stage", spot, message, hint);
    }
}

fn stages(destination: &Destination) -> Vec<String> {
    let pipelines = destination.pipelines.iter();
    pipelines
        .flat_map(|(name, stages)| stages.iter().map(move |stage| format!("{name} / {stage}")))
        .collect()
}

fn activity_type(known: &Known<'_>, spot: &Spot, text: &str) {
    let types = &known.destination.activity_types;
    if !types.is_empty() && !types.iter().any(|known| known == text) {
        let message = format!("`{text}` is not under `destination.activity_types`");
        let hint = nearest::hint(text, types.iter().map(String::as_str));
        known.desk.fault_hint("unknown-value", spot, message, hint);
    }
}
