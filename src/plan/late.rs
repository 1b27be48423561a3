//! References that must wait: which of them can be written, and which edge of a loop is left out.

use std::collections::{HashMap, HashSet};

use super::error::PlanError;
use super::prepare::{Course, Desk, Late, Prepared};
use super::tally::Tally;
use crate::ground::{Fate, Fields, Flag, Links, Made, SourceKey};

/// Looks at an object's late references, now that the fate of every record is known.
pub(super) fn weed(desk: &mut Desk, object: usize, tally: &mut Tally) -> Result<(), PlanError> {
    let pipeline = std::sync::Arc::clone(&desk.pipeline);
    if !pipeline.objects[object].fields.iter().any(|field| field.rule.late) {
        return Ok(());
    }
    let table = desk.table(object).to_owned();
    let mut parents = Parents::default();
    let mut found = Vec::new();
    for row in desk.rows.rows(&table)? {
        let row = row?;
        for Prepared { id, course, .. } in desk.prepare(object, &row) {
            let Course::Write { mut late, .. } = course else { continue };
            let flags = parents.weed(desk, object, &id, &mut late);
            if let Some(only) = &desk.only {
                without_strangers(&mut late, only);
            }
            for flag in &flags {
                *tally.flags.entry(flag.code.to_string()).or_default() += 1;
            }
            found.push(((object, id), Late { fields: late, flags }));
        }
    }
    desk.late.extend(found);
    Ok(())
}

/// Takes links to records outside a sample out: the full run writes them.
fn without_strangers(late: &mut Fields, only: &HashSet<SourceKey>) {
    for made in late.0.values_mut() {
        if let Made::Links(links) = made {
            links.retain(|link| only.contains(link));
        }
    }
    late.0.retain(|_, made| !matches!(made, Made::Links(links) if links.is_empty()));
}

/// The late references of one object while they are looked at.
#[derive(Debug, Default)]
pub(super) struct Parents {
    /// Field and child to its parent, for references within the object.
    edges: HashMap<(Box<str>, Box<str>), Box<str>>,
}

impl Parents {
    /// Takes out of `late` what cannot be written, each with its remark.
    ///
    /// Rows come in the order of the source, so that always the same edge closes a loop.
    pub(super) fn weed(
        &mut self,
        desk: &Desk,
        object: usize,
        key: &str,
        late: &mut Fields,
    ) -> Vec<Flag> {
        let mut flags = Vec::new();
        let kind = desk.pipeline.objects[object].kind;
        let own = desk.pipeline.objects[object].name.as_str();
        for (path, made) in &mut late.0 {
            let Made::Links(links) = made else { continue };
            if desk.unsupported.contains(&(kind, path.clone())) {
                let list: Vec<_> = links.iter().map(ToString::to_string).collect();
                let detail =
                    "the CRM's API cannot write it; set it by hand, or keep it in a custom field";
                flags.push(Flag::new("unsupported_field", path, path, &list.join(", "), detail));
                links.clear();
                continue;
            }
            links.retain_mut(|link| match self.judge(desk, own, (path, key), link) {
                None => true,
                Some(flag) => {
                    flags.push(flag);
                    false
                }
            });
        }
        late.0.retain(|_, made| !matches!(made, Made::Links(links) if links.is_empty()));
        flags
    }

    /// Why a link cannot be written, if it cannot; a link to a merged record is led to its heir.
    fn judge(
        &mut self,
        desk: &Desk,
        own: &str,
        (path, key): (&str, &str),
        link: &mut SourceKey,
    ) -> Option<Flag> {
        let flag =
            |code: &str, id: &str, detail: &str| Some(Flag::new(code, path, path, id, detail));
        match desk.links.by_id(&link.object, &link.id) {
            Fate::Written(id) => link.id = id,
            Fate::Left(why) => {
                return flag(
                    "ref_left",
                    &link.id,
                    &format!("{link} is not written ({why}): left without it"),
                );
            }
            Fate::Missing => {
                return flag(
                    "ref_missing",
                    &link.id,
                    &format!("{link} is not in the source: left without it"),
                );
            }
        }
        if *link.object != *own {
            return None;
        }
        if *link.id == *key {
            return flag("self_parent", &link.id, "the record names itself: left without it");
        }
        if self.leads_back(path, &link.id, key) {
            return flag(
                "circle",
                &link.id,
                &format!(
                    "{link} leads back to this record: the edge that closes the loop is left out"
                ),
            );
        }
        self.edges.insert((path.into(), key.into()), link.id.clone());
        None
    }

    fn leads_back(&self, path: &str, from: &str, to: &str) -> bool {
        let mut at: Box<str> = from.into();
        let mut seen = HashSet::new();
        while seen.insert(at.clone()) {
            if *at == *to {
                return true;
            }
            match self.edges.get(&(path.into(), at)) {
                Some(parent) => at = parent.clone(),
                None => return false,
            }
        }
        false
    }
}
