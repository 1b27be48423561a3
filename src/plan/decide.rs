//! What is to be written for a record, from what the ledger and the CRM know of it.

use crate::ground::{CrmRef, Fields, Flag, listed};
use crate::spec::ObjectKind;

/// What the ledger knows of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Where it is in the CRM.
    pub at: CrmRef,
    /// Hash of the fields that were last written in the first pass.
    pub hash: Option<String>,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// A new record.
    Create,
    /// The blanks of a record that was there before.
    Fill(CrmRef),
    /// What changed in the source since it was written.
    Edit(CrmRef),
    /// Nothing.
    Unchanged(CrmRef),
    /// Nothing, until a person has decided.
    Hold(Flag),
}

/// Decides; pure.
pub fn decide(hash: &str, known: Option<&Known>, matches: &Matches<'_>) -> Decision {
    if let Some(known) = known {
        return match &known.hash {
            Some(written) if written == hash => Decision::Unchanged(known.at.clone()),
            Some(_) | None => Decision::Edit(known.at.clone()),
        };
    }
    match matches.found {
        [] => Decision::Create,
        [one] => Decision::Fill(one.clone()),
        several => {
            let detail = format!(
                "the CRM has {} records with this {}: {}; nothing is written until it is clear which one is meant",
                several.len(),
                matches.by,
                listed(several.iter(), several.len())
            );
            Decision::Hold(Flag::new(
                "match_ambiguous",
                matches.by,
                matches.by,
                matches.value,
                &detail,
            ))
        }
    }
}

/// The records of the CRM that a record may already be.
#[derive(Debug, Clone, Copy)]
pub struct Matches<'a> {
    /// The fields that were compared, for messages.
    pub by: &'a str,
    /// The value that was looked for.
    pub value: &'a str,
    /// What was found.
    pub found: &'a [CrmRef],
}

/// The fields of a lead that close it or put it on hold: the CRM takes them only as an edit.
pub const CLOSING: [&str; 2] = ["status", "closedTime"];

/// The hash by which a later run sees that nothing changed; keyed by nothing, because it never
/// leaves the ledger.
pub fn fields_hash(fields: &Fields) -> String {
    blake3::hash(fields.canonical().to_string().as_bytes()).to_hex()[..32].to_owned()
}

/// The hash of a record of that kind. A file is carried once: another path or a new signature of its
/// address is no change of the record.
pub fn record_hash(kind: ObjectKind, fields: &Fields) -> String {
    if kind != ObjectKind::File {
        return fields_hash(fields);
    }
    let mut fields = fields.clone();
    fields.0.shift_remove("content");
    fields_hash(&fields)
}

/// Takes the closing fields of a lead out; what is left creates it.
pub fn split_closing(kind: ObjectKind, fields: Fields) -> (Fields, Fields) {
    if !matches!(kind, ObjectKind::Deal | ObjectKind::Lead) {
        return (fields, Fields::default());
    }
    let (mut whole, mut closing) = (Fields::default(), Fields::default());
    for (path, made) in fields.0 {
        let part = if CLOSING.contains(&&*path) { &mut closing } else { &mut whole };
        part.0.insert(path, made);
    }
    let open = crate::ground::Made::Plain("open".into());
    if closing.get("status").is_none_or(|status| *status == open) {
        closing = Fields::default();
    }
    (whole, closing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::Made;

    fn company(id: u64) -> CrmRef {
        CrmRef::new(crate::ground::Entity::Accounts, id.into())
    }

    fn check(known: Option<&Known>, found: &[CrmRef], expected: &Decision) {
        let matches = Matches { by: "name", value: "acme", found };
        assert_eq!(decide("h1", known, &matches), *expected);
    }

    #[test]
    fn what_was_written_before_is_only_written_again_when_it_changed() {
        let known = |hash: &str| Known { at: company(7), hash: Some(hash.into()) };
        check(Some(&known("h1")), &[], &Decision::Unchanged(company(7)));
        check(Some(&known("h0")), &[company(9)], &Decision::Edit(company(7)));
    }

    #[test]
    fn a_record_that_was_there_is_filled_and_not_doubled() {
        check(None, &[], &Decision::Create);
        check(None, &[company(9)], &Decision::Fill(company(9)));
    }

    #[test]
    fn two_candidates_are_a_question_for_a_person() {
        let matches = Matches { by: "name", value: "acme", found: &[company(9), company(13)] };
        let Decision::Hold(flag) = decide("h1", None, &matches) else { panic!("it was decided") };
        assert_eq!(&*flag.code, "match_ambiguous");
        assert!(flag.detail.contains("2 records with this name: Accounts:9, Accounts:13;"));
        let many: Vec<_> = (1..=5_000).map(company).collect();
        let matches = Matches { found: &many, ..matches };
        let Decision::Hold(flag) = decide("h1", None, &matches) else { panic!("it was decided") };
        assert!(flag.detail.contains("5000 records"), "{}", flag.detail);
        assert!(flag.detail.contains("Accounts:5 and 4995 more;"), "{}", flag.detail);
    }

    #[test]
    fn a_won_lead_is_created_open_and_closed_afterwards() {
        let mut fields = Fields::default();
        fields.set("description", Made::Plain("Seats".into()));
        fields.set("status", Made::Plain("won".into()));
        let (whole, closing) = split_closing(ObjectKind::Lead, fields.clone());
        assert!(whole.get("status").is_none() && closing.get("status").is_some());
        fields.set("status", Made::Plain("open".into()));
        assert!(split_closing(ObjectKind::Lead, fields).1.is_empty());
    }
}
