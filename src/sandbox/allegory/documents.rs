//! What is delivered as documents: workflows, e-mail templates and reports, as JSON in UTF-8.

use serde_json::{Value, json};

/// The automations.
pub(crate) fn workflows() -> Vec<Value> {
    vec![
        json!({ "workflow_id": 3, "name": "Assign inbound", "definition": {
            "trigger": { "object": "Lead", "event": "created" },
            "conditions": [{ "field": "Lead Source", "is": "Web form" }],
            "actions": [{ "do": "assign", "to": "Inside Sales" }, { "do": "task", "subject": "Call back", "in": "1 day" }] } }),
        json!({ "workflow_id": 4, "name": "Renewal reminder", "definition": {
            "trigger": { "object": "Deal", "event": "schedule", "cron": "0 7 * * 1" },
            "conditions": [{ "field": "Pipeline", "is": "Renewals" }, { "field": "Status", "is": "Open" }],
            "actions": [{ "do": "email", "template": 12 }] } }),
        json!({ "workflow_id": 5, "name": "Old – do not use", "definition": {} }),
        json!({ "workflow_id": 6, "name": "Sync to billing", "definition": {
            "trigger": { "object": "Deal", "event": "stage", "to": "Contract" },
            "actions": [{ "do": "webhook", "url": "https://billing.example/hook" }] } }),
    ]
}

/// The templates, with their merge fields.
pub(crate) fn email_templates() -> Vec<Value> {
    vec![
        json!({ "template_id": 12, "name": "Follow-up 1",
            "html": "<p>Hi {!Contact.FirstName},</p><p>Your licence ends on {!Deal.CloseDate}.</p>" }),
        json!({ "template_id": 13, "name": "Welcome 🎉",
            "html": "<p>Dear {!Contact.FirstName} {!Contact.LastName} of {!Company.Name}</p><img src=\"https://files.example/logo.png\">" }),
        json!({ "template_id": 14, "name": "أهلا وسهلا", "html": "<p dir=\"rtl\">مرحبا {!Contact.FirstName}</p>" }),
        json!({ "template_id": 15, "name": "Braces", "html": "<p>{{ 7 * 7 }} {% raw %} {!User.Signature}</p>" }),
        json!({ "template_id": 16, "name": "Empty", "html": "" }),
    ]
}

/// The reports.
pub(crate) fn reports() -> Vec<Value> {
    vec![
        json!({ "report_id": 21, "name": "Pipeline by stage", "definition": {
            "object": "Deal", "group": ["Pipeline", "Stage"], "sum": "Amount", "filter": "Status = Open" } }),
        json!({ "report_id": 22, "name": "Calls per rep", "definition": {
            "object": "Call", "group": ["Owner"], "count": true, "filter": "Called At in last 30 days" } }),
        json!({ "report_id": 23, "name": "Lost reasons", "definition": {
            "object": "Deal", "group": ["Lost Reason"], "chart": "pie" } }),
    ]
}
