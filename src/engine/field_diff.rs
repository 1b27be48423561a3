//! The field-level diff of a sample: every record of it read back, field by field.

use super::error::EngineError;
use super::reconcile::wanted;
use super::session::Session;
use super::setup::Prepared;
use super::three_way::Values;
use crate::crm::{self, Crm, Snapshot};
use crate::ground::{Fields, Flag, Made, SourceKey, shown};
use crate::ledger::Ledger;
use crate::plan::{Course, Prepared as Record, SourceText};
use crate::report::{FieldDiff, FieldState};
use crate::spec::{CustomType, Field, ObjectKind};

/// Reads a sample back: every field that the source says something for, or that was written.
///
/// `rule` says the rule of a field in plain words.
pub async fn field_diff<C: Crm>(
    session: &Session<'_, C>,
    prepared: &Prepared,
    ledger: &Ledger,
    rule: &dyn Fn(usize, usize) -> String,
) -> Result<Vec<FieldDiff>, EngineError> {
    let desk = &prepared.desk;
    let mut found = Vec::new();
    session.watch.note("reading the sample back, field by field");
    for object in 0..desk.pipeline.objects.len() {
        let texts = SourceText::of_object(&desk.pipeline, object);
        let rules =
            (0..desk.pipeline.objects[object].fields.len()).map(|field| rule(object, field));
        let words: Vec<_> = rules.collect();
        let table = desk.table(object).to_owned();
        for row in desk.rows.rows(&table)? {
            for record in desk.prepare(object, &row?) {
                let one = One { object, record: &record, texts: &texts, words: &words };
                found.extend(one.diff(session, prepared, ledger).await?);
            }
            if session.watch.stopping() {
                return Err(EngineError::Interrupted);
            }
        }
        desk.rows.check()?;
    }
    Ok(found)
}

/// A record of the sample.
struct One<'a> {
    object: usize,
    record: &'a Record,
    texts: &'a SourceText,
    words: &'a [String],
}

/// What became of it.
struct Stands<'a> {
    now: Option<&'a Snapshot>,
    /// What the CRM should show.
    wanted: &'a Values,
    differing: &'a [String],
    flags: &'a [Flag],
}

impl One<'_> {
    async fn diff<C: Crm>(
        &self,
        session: &Session<'_, C>,
        prepared: &Prepared,
        ledger: &Ledger,
    ) -> Result<Vec<FieldDiff>, EngineError> {
        let rules = &prepared.desk.pipeline.objects[self.object];
        let key = SourceKey::new(&rules.name, &self.record.id);
        let Course::Write { fields, late } = &self.record.course else { return Ok(Vec::new()) };
        let mut made = fields.clone();
        made.0.extend(late.0.iter().map(|(path, made)| (path.clone(), made.clone())));
        let states = ledger.reader().states(std::slice::from_ref(&key))?;
        let state = states.into_iter().next().flatten();
        let now = match &state {
            Some(state) => session.crm.get(&state.at).await?,
            None => None,
        };
        let wants = match &state {
            // Where the content of a file went is only known from the run.
            Some(state) if rules.kind == ObjectKind::File => state.after.clone(),
            Some(_) | None => wanted(prepared, ledger, (self.object, made.clone()))?,
        };
        let differing = now.as_ref().map(|now| crm::differences(rules.kind, &wants, now));
        let mut flags = ledger.reader().remarks_on(&key)?;
        if flags.is_empty() {
            flags.clone_from(&self.record.flags);
        }
        let stands = Stands {
            now: now.as_ref(),
            wanted: &wants,
            differing: &differing.unwrap_or_default(),
            flags: &flags,
        };
        let positions = rules.fields.iter().enumerate();
        Ok(positions
            .filter_map(|(position, field)| {
                self.field((position, field), (&key, rules.kind), &made, &stands)
            })
            .collect())
    }

    fn field(
        &self,
        (position, field): (usize, &Field),
        (key, kind): (&SourceKey, ObjectKind),
        fields: &Fields,
        stands: &Stands<'_>,
    ) -> Option<FieldDiff> {
        let path = field.target.path.as_str();
        let taken = self.record.taken.get(position)?;
        let source = self.texts.of(position, &self.record.record, taken);
        let made = fields.get(path);
        let own = stands.flags.iter().filter(|flag| *flag.field == *path);
        let mut flags: Vec<Flag> = own.cloned().collect();
        if source.is_empty() && made.is_none() && flags.is_empty() {
            return None;
        }
        let at = crm::shown_at(kind, path);
        let stored = stands.now.and_then(|now| now.fields.get(at)).map(shown).unwrap_or_default();
        let sent = sent(made, stands.wanted.get(at));
        let differs = stands.differing.iter().any(|differing| *differing == *at);
        let state = match (stands.now, made) {
            (None, _) => FieldState::NotWritten,
            (Some(_), Some(_)) if differs && flags.is_empty() => FieldState::Differs,
            (Some(_), None) if !source.is_empty() => FieldState::LeftOut,
            (Some(_), _) if !flags.is_empty() => FieldState::Flagged,
            (Some(_), Some(Made::Plain(_))) if sent != stored => FieldState::Normalised,
            (Some(_), _) => FieldState::Same,
        };
        // True of every record alike: said, and no reason to look at this one first.
        flags.extend(made.and_then(|_| downgraded(field, &source)));
        Some(FieldDiff {
            state,
            record: key.to_string(),
            place: self.record.record.place.to_string(),
            crm: stands.now.map(|now| now.at.to_string()).unwrap_or_default(),
            field: path.to_owned(),
            source,
            rule: self.words.get(position).cloned().unwrap_or_default(),
            sent,
            stored,
            flags,
        })
    }
}

/// What was sent, as people read it: links and users by what they became in the CRM.
fn sent(made: Option<&Made>, wanted: Option<&serde_json::Value>) -> String {
    match (made, wanted) {
        (Some(Made::Plain(_)), Some(wanted)) => shown(wanted),
        (Some(made), Some(wanted)) => format!("{} → {}", made.shown(), shown(wanted)),
        (Some(made), None) => made.shown(),
        (None, _) => String::new(),
    }
}

/// A remark on a field that the CRM can only keep as text.
fn downgraded(field: &Field, value: &str) -> Option<Flag> {
    let path = field.target.path.as_str();
    let detail = "the CRM has no custom field for a time of day: kept as text";
    (field.target.custom == Some(CustomType::Datetime))
        .then(|| Flag::new("type_downgraded", path, path, value, detail))
}
