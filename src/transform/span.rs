//! `startTime` and `endTime`: what ends before it starts has no end.

use jiff::Zoned;
use serde_json::Value;

use crate::ground::Made;
use crate::spec::Field;

use super::recipe::Recipe;
use super::remark::Remark;
use super::required::{self, Served};

/// Leaves out an end that lies before the start; `else` of the end decides what follows.
pub(super) fn mend(recipes: &[Recipe], fields: &[Field], served: &mut [Served]) {
    let position = |path: &str| recipes.iter().position(|recipe| *recipe.path == *path);
    let (Some(start), Some(end)) = (position("startTime"), position("endTime")) else { return };
    let (Some(starts), Some(ends)) = (time(&served[start]), time(&served[end])) else { return };
    if ends.timestamp() >= starts.timestamp() {
        return;
    }
    let detail = format!("it would end before it starts, at {starts}; the end is left out");
    let remark = Remark::new("end_before_start", detail);
    let rule = (&recipes[end], &fields[end].rule);
    required::withdraw(rule, (ends.to_string(), remark), &mut served[end]);
}

fn time(served: &Served) -> Option<Zoned> {
    match &served.made {
        Some(Made::Plain(Value::String(text))) => text.parse().ok(),
        Some(Made::Plain(_) | Made::Links(_) | Made::User(_)) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::{Else, Kind, ObjectKind, Rule};
    use crate::transform::Mapping;
    use crate::transform::fixture::{self, Town};
    use serde_json::json;

    fn check(otherwise: Else, start: &str, end: &str, expected: &str) {
        let column = |name: &str| fixture::from("contacts", &[name]);
        let rule = Rule { otherwise, ..column("end") };
        let fields = vec![
            fixture::field("endTime", Kind::Time, rule),
            fixture::field("startTime", Kind::Time, column("start")),
        ];
        let meetings = fixture::object("meetings", "contacts", ObjectKind::Activity, fields);
        let mapping = Mapping::compile(fixture::pipeline(vec![meetings], Vec::new())).unwrap();
        let row = fixture::row(&json!({"id": "1", "start": start, "end": end}));
        let verdict = mapping.map(0, &[row], &Town::default().world());
        assert_eq!(fixture::line(&verdict, "endTime"), expected, "{start} - {end}");
    }

    #[test]
    fn an_end_before_the_start_is_left_out_and_flagged() {
        check(Else::Flag, "2025-01-06 14:30", "2025-01-06 14:00", "[end_before_start]");
        check(Else::Hold, "2025-01-06 14:30", "2025-01-06 14:00", "hold [end_before_start]");
    }

    #[test]
    fn an_end_that_comes_no_earlier_than_the_start_stays() {
        let end = "2025-01-06T14:00:00-07:00[America/Denver]";
        check(Else::Flag, "2025-01-06 14:00", "2025-01-06 14:00", end);
        check(Else::Flag, "2025-01-06T15:30:00-05:00", "2025-01-06 14:00", end);
        check(Else::Flag, "", "2025-01-06 14:00", end);
    }
}
