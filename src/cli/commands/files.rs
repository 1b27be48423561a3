//! The attached files of a plan, as people read them.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::ground::counted;
use crate::plan::{FilePlan, Plan, Way};

/// How many files are named, beside those that are simply uploaded.
const NAMED: usize = 10;

/// What happens to the files: their sums, and each that is copied, held or odd.
pub(super) fn shown(plan: &Plan) -> String {
    let mut text = String::new();
    let mut sums: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for file in plan.files.values() {
        let (count, bytes) = sums.entry(file.way.name()).or_default();
        *count += 1;
        *bytes += file.bytes.unwrap_or_default();
    }
    if sums.is_empty() {
        return text;
    }
    let sums: Vec<_> = sums
        .iter()
        .map(|(way, (count, bytes))| format!("{count} {way} ({})", size(*bytes)))
        .collect();
    writeln!(text, "files: {}", sums.join(", ")).unwrap_or_default();
    if plan.files.values().any(|file| matches!(file.way, Way::Copy(_))) {
        writeln!(text, "  copies stay where they are after a rollback").unwrap_or_default();
    }
    let odd: Vec<_> = plan.files.values().filter(|file| !file.flags.is_empty()).collect();
    for file in odd.iter().take(NAMED) {
        writeln!(text, "  {}", line(file)).unwrap_or_default();
    }
    if odd.len() > NAMED {
        let more = odd.len() - NAMED;
        let more = counted(more as u64, "more file", "more files");
        writeln!(text, "  … and {more} with remarks, all of them in the plan's JSON")
            .unwrap_or_default();
    }
    text
}

fn line(file: &FilePlan) -> String {
    let bytes = file.bytes.map_or_else(|| "size unknown".to_owned(), size);
    let why: Vec<_> =
        file.flags.iter().map(|flag| format!("{}: {}", flag.code, flag.detail)).collect();
    let FilePlan { record, name, place, way, .. } = file;
    format!("{record} \"{name}\" ({bytes}) {}: {} ({place})", way.name(), why.join("; "))
}

/// A size as people say it, in steps of a thousand like the limit of a plan.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000.. => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_size_is_said_in_steps_of_a_thousand() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(8_123_441), "8.1 MB");
        assert_eq!(size(18_001), "19 kB");
    }
}
