//! The seam to the CRM in memory, as the engine knows it.

use std::collections::BTreeMap;

use flitpipe::crm::{
    Crm, CrmError, CrmUser, CustomField, Inventory, NewField, NewRecord, Outcome, Patch,
    SalesPipeline, Snapshot, Stage, Upload, Values, Written, expected, normal,
};
use flitpipe::ground::{CrmId, CrmRef, Entity};
use flitpipe::spec::{Kind, ObjectKind};
use serde_json::Value;

use super::crm::{Stored, World};
use super::records::{Request, parent};

/// Values as the CRM keeps them.
fn kept(mut fields: Values) -> Values {
    if let Some(email) = fields.get_mut("email") {
        *email = normal(&Kind::Email, email);
    }
    fields
}

impl Crm for World {
    async fn inventory(&self) -> Result<Inventory, CrmError> {
        let fields = self.read(|inner, _| inner.fields.clone()).await?;
        let mut custom = BTreeMap::<Entity, Vec<CustomField>>::new();
        for (entity, name) in fields {
            let field = CustomField { name, kind: "Text".into(), options: vec![], multiple: false };
            custom.entry(entity).or_default().push(field);
        }
        let id = |id: &str| CrmId::from(id);
        Ok(Inventory {
            instance: "7".into(),
            name: "Simulated".into(),
            users: vec![CrmUser {
                id: id("3"),
                name: "Mover".into(),
                emails: vec!["migration@sandbox.example".into()],
                enabled: true,
            }],
            pipelines: vec![SalesPipeline {
                id: id("1"),
                name: "New Business".into(),
                stages: vec![Stage { id: id("2"), name: "Qualify".into() }],
            }],
            outcomes: vec![Outcome { id: id("1"), name: "Won".into(), status: "won".into() }],
            custom_fields: custom,
            ..Inventory::default()
        })
    }

    async fn get(&self, at: &CrmRef) -> Result<Option<Snapshot>, CrmError> {
        self.read(|inner, now| inner.snapshot(at, now)).await
    }

    async fn list(&self, entity: Entity, page: usize) -> Result<Vec<Snapshot>, CrmError> {
        self.read(|inner, now| inner.page(entity, (page, false), now)).await
    }

    async fn newest(&self, entity: Entity, page: usize) -> Result<Vec<Snapshot>, CrmError> {
        self.read(|inner, now| inner.page(entity, (page, true), now)).await
    }

    async fn on_record(&self, on: &CrmRef, entity: Entity) -> Result<Vec<Snapshot>, CrmError> {
        self.read(|inner, now| {
            let of = |(at, record): (&CrmRef, &Stored)| {
                (at.entity == entity && parent(&record.fields).as_ref() == Some(on))
                    .then(|| at.clone())
            };
            let found: Vec<CrmRef> = inner.records.iter().filter_map(of).collect();
            found.iter().filter_map(|at| inner.snapshot(at, now)).collect()
        })
        .await
    }

    async fn create(&self, new: NewRecord<'_>) -> Result<Written, CrmError> {
        let mut fields = kept(expected(new.kind, new.fields));
        for path in self.deferred(new.kind, new.fields).keys() {
            fields.remove(path);
        }
        if new.kind.entity() == Entity::Leads {
            fields.entry("status".into()).or_insert_with(|| "open".into());
        }
        let (entity, marker) = (new.kind.entity(), new.marker.to_owned());
        self.write(Request::Create { entity, marker, fields }).await
    }

    async fn edit(&self, now: &Snapshot, patch: &Patch) -> Result<Written, CrmError> {
        let (at, rev, read) = (now.at.clone(), now.rev.clone(), now.fields.clone());
        let patch = patch.iter().map(|(path, value)| {
            let one = value.clone().map(|value| Values::from([(path.clone(), value)]));
            (path.clone(), one.map(kept).and_then(|mut one| one.remove(path)))
        });
        self.write(Request::Edit { at, rev, read, patch: patch.collect() }).await
    }

    async fn delete(&self, at: &CrmRef, rev: &str) -> Result<(), CrmError> {
        let request = Request::Delete { at: at.clone(), rev: rev.to_owned() };
        self.write(request).await.map(drop)
    }

    async fn provision_field(&self, field: &NewField) -> Result<bool, CrmError> {
        self.read(|inner, _| {
            let field = (field.entity, field.name.clone());
            let is_new = !inner.fields.contains(&field);
            if is_new {
                inner.fields.push(field);
            }
            is_new
        })
        .await
    }

    async fn provision_tag(&self, _: Entity, _: &str) -> Result<bool, CrmError> {
        Err(CrmError::Unsupported { what: "keep tags".into() })
    }

    async fn provision_source(&self, _: &str) -> Result<CrmId, CrmError> {
        Err(CrmError::Unsupported { what: "keep sources".into() })
    }

    async fn upload(&self, _: &Upload<'_>) -> Result<Value, CrmError> {
        Err(CrmError::Unsupported { what: "keep files".into() })
    }

    fn supports(&self, _: ObjectKind, _: &str) -> bool {
        true
    }

    fn deferred(&self, kind: ObjectKind, fields: &Values) -> Patch {
        let closes = |(path, value): &(&String, &Value)| {
            path.as_str() == "status" && value.as_str() != Some("open")
        };
        let is_lead = kind.entity() == Entity::Leads;
        let closing = fields.iter().filter(|_| is_lead).filter(closes);
        closing.map(|(path, value)| (path.clone(), Some(value.clone()))).collect()
    }
}
