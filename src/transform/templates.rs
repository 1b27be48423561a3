//! The templates and expressions of a mapping, compiled once.

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::filters;
use super::habit::Habit;
use super::remark::Remark;
use super::stock::{After, Stock};
use super::verdict::World;

/// How often a template is rendered anew because it lacked rows: the depth of its links.
const ROUNDS_MAX: usize = 8;

/// What a rendering may cost and make: fuel is steps, and one more for every 64 bytes made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Fuel.
    pub(super) fuel: u64,
    /// Bytes of the result.
    pub(super) bytes_max: usize,
}

impl Budget {
    /// For a field of a record.
    pub(super) const FIELD: Self = Self { fuel: 200_000, bytes_max: 1 << 20 };
    /// For a document over all rows of a table.
    pub(super) const DOCUMENT: Self = Self { fuel: 100_000_000, bytes_max: 64 << 20 };
}

/// A compiled template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TemplateId(usize);

/// All templates with one budget.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
    budget: Budget,
    known: HashMap<String, TemplateId>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    habit: Arc<Habit>,
}

impl Templates {
    pub(super) fn new(budget: Budget) -> Self {
        let mut environment = Environment::empty();
        // Empty cells are undefined and may be chained (`campaign.name`); names that do not exist
        // are caught by the page, because here they would be empty as well.
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_fuel(Some(budget.fuel));
        environment.set_debug(false);
        environment.set_formatter(|out, state, value| {
            if value.is_none() {
                return Ok(());
            }
            minijinja::escape_formatter(out, state, value)
        });
        filters::add(&mut environment);
        Self { environment, budget, known: HashMap::new(), entries: Vec::new() }
    }

    /// Compiles a template.
    pub(super) fn add(&mut self, text: &str) -> Result<TemplateId, Error> {
        self.insert(text.to_owned(), Habit::of_template(text))
    }

    /// Compiles an expression that is asked for its truth.
    pub(super) fn add_condition(&mut self, text: &str) -> Result<TemplateId, Error> {
        self.environment.compile_expression_owned(text.to_owned()).map(drop)?;
        self.insert(format!("{{% if ({text}) %}}1{{% endif %}}"), Habit::of_condition(text))
    }

    /// The compiled form of a template that was added.
    pub(super) fn find(&self, text: &str) -> Option<TemplateId> {
        self.known.get(text).copied()
    }

    fn insert(&mut self, text: String, habit: Habit) -> Result<TemplateId, Error> {
        if let Some(&id) = self.known.get(&text) {
            return Ok(id);
        }
        if habit.is_mixed {
            let detail = "`now` is compared with columns and with a text; use one of both";
            return Err(Error::new(ErrorKind::InvalidOperation, detail));
        }
        let id = TemplateId(self.entries.len());
        let name = id.0.to_string();
        self.environment.add_template_owned(name.clone(), text.clone())?;
        self.entries.push(Entry { name, habit: Arc::new(habit) });
        self.known.insert(text, id);
        Ok(id)
    }

    /// How a template uses its columns.
    pub(super) fn habit(&self, id: TemplateId) -> &Arc<Habit> {
        &self.entries[id.0].habit
    }

    /// Renders a template, again and again until it lacks no row.
    pub(super) fn render(
        &self,
        id: TemplateId,
        root: &Value,
        stock: &Stock,
        world: &World<'_>,
    ) -> Result<String, Remark> {
        for _ in 0..ROUNDS_MAX {
            let rendered = self
                .environment
                .get_template(&self.entries[id.0].name)
                .and_then(|template| template.render(root.clone()));
            match stock.settle(world) {
                After::Again => {
                    drop(stock.take_lost());
                    drop(stock.take_timeless());
                }
                After::Complete => {
                    return rendered
                        .map_err(|error| remark(&error))
                        .and_then(|text| self.cap(text));
                }
                After::Unknown(name) => {
                    let detail = format!("`{name}` is no column, link or child table here");
                    return Err(Remark::new("template_error", detail));
                }
            }
        }
        Err(Remark::new("template_error", "follows links deeper than a template may"))
    }

    fn cap(&self, text: String) -> Result<String, Remark> {
        if text.len() <= self.budget.bytes_max {
            return Ok(text);
        }
        let detail = format!("makes {} bytes of text, more than a template may", text.len());
        Err(Remark::new("template_error", detail))
    }
}

fn remark(error: &Error) -> Remark {
    let detail = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "takes more steps or text than a template may".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    Remark::new("template_error", detail)
}

#[cfg(test)]
mod tests {
    use crate::spec::{CustomType, Kind};
    use crate::transform::fixture::{self, Town};
    use serde_json::{Value, json};

    fn town() -> Town {
        Town::default()
            .with("campaigns", &[json!({"id": "9", "name": "Spring 🌷", "agent_id": "7"})])
            .with("agents", &[json!({"id": "7", "email": "john@shady.example"})])
            .with("groups", &[json!({"id": "3", "name": "Buyers", "agent_id": "7"})])
            .with("memberships", &[json!({"id": "1", "group_id": "3", "contact_id": "5"})])
    }

    fn check(template: &str, row: &Value, expected: &str) {
        let field = fixture::field("note", Kind::Text, fixture::template(template));
        assert_eq!(
            fixture::taste(field, std::slice::from_ref(row), &town()),
            expected,
            "{template}"
        );
    }

    #[test]
    fn the_name_of_a_person_is_put_together_from_what_there_is() {
        let name = "{{ name or [first_name, last_name] | select | join(' ') or email }}";
        check(
            name,
            &json!({"id": "5", "name": "Jane Smith", "first_name": "J", "last_name": null, "email": ""}),
            "Jane Smith",
        );
        check(
            name,
            &json!({"id": "5", "name": null, "first_name": "Jane", "last_name": null, "email": ""}),
            "Jane",
        );
        check(
            name,
            &json!({"id": "5", "name": " ", "first_name": null, "last_name": null, "email": "j@x.example"}),
            "j@x.example",
        );
        let both = "{{ name or first_name ~ ' ' ~ last_name }}";
        check(
            both,
            &json!({"id": "5", "name": null, "first_name": "Jane", "last_name": null}),
            "Jane",
        );
    }

    #[test]
    fn links_and_children_are_followed_as_deep_as_they_go() {
        let row = json!({"id": "5", "source_campaign_id": "9"});
        check("({{ source_campaign.name or 'web' }})", &row, "(Spring 🌷)");
        check("{{ source_campaign.agent.email }}", &row, "john@shady.example");
        check(
            "{% for m in memberships %}{{ m.group.name }}: {{ m.group.agent.email }}{% endfor %}",
            &row,
            "Buyers: john@shady.example",
        );
        let alone = json!({"id": "6", "source_campaign_id": null});
        check("({{ source_campaign.name or 'web' }})", &alone, "(web)");
        check("{% if memberships %}some{% else %}none{% endif %}", &alone, "none");
    }

    #[test]
    fn a_name_that_is_nothing_is_a_fault_also_behind_a_link() {
        let row = json!({"id": "5", "source_campaign_id": "9"});
        check("{{ nmae }}", &row, "[template_error]");
        check("{{ source_campaign.nmae }}", &row, "[template_error]");
        check("{{ id | shout }}", &row, "[template_error]");
    }

    #[test]
    fn values_are_never_read_as_templates() {
        check("{{ body }}", &json!({"id": "5", "body": "{{ id }} {% if %}"}), "{{ id }} {% if %}");
    }

    #[test]
    fn html_becomes_text_and_what_it_loses_is_said() {
        let row = json!({"id": "5", "body": "<p>3 bd &lt; 700k</p>"});
        check(
            "{% if id %}Campaign Note\n{% endif %}{{ body | text }}",
            &row,
            "Campaign Note\n3 bd < 700k",
        );
        let picture = json!({"id": "5", "body": "<p>see <img src='a.png'></p>"});
        check("{{ body | text }}", &picture, "see [image] [html_stripped]");
        check("{{ body | markdown }}", &picture, "see ![](a.png)");
        let inside = json!({"id": "5", "body": "<p>see <img src='data:image/png;base64,AA'></p>"});
        check("{{ body | markdown }}", &inside, "see ![]() [html_stripped]");
    }

    #[test]
    fn found_words_are_joined() {
        let row = json!({"id": "5", "body": "<p>@Dana and @Jo, please</p>"});
        check("{{ body | text | find('@[A-Za-z]+') | join(', ') }}", &row, "@Dana, @Jo");
    }

    #[test]
    fn a_column_is_compared_with_now_as_the_instant_that_it_is() {
        let status = "{{ 'logged' if end_time < now else 'scheduled' }}";
        check(status, &json!({"id": "5", "end_time": "2026-11-26 04:59:00"}), "logged");
        check(status, &json!({"id": "5", "end_time": "2026-11-26 05:01:00"}), "scheduled");
        check(status, &json!({"id": "5", "end_time": "2026-11-26T13:01:00+01:00"}), "scheduled");
        let shown = "{{ end_time }} {{ 'past' if now >= end_time }}";
        check(shown, &json!({"id": "5", "end_time": "2026-11-25"}), "2026-11-25 past");
    }

    #[test]
    fn a_time_that_cannot_be_read_is_flagged_when_it_is_compared() {
        let status = "{{ 'logged' if end_time < now else 'scheduled' }}";
        check(status, &json!({"id": "5", "end_time": "soon"}), "[bad_date]");
        check(status, &json!({"id": "5", "end_time": ""}), "[bad_date]");
        check("{{ end_time or now }}", &json!({"id": "5", "end_time": "soon"}), "soon");
    }

    #[test]
    fn a_template_that_compares_now_with_texts_and_columns_is_refused() {
        let mut templates = super::Templates::new(super::Budget::FIELD);
        assert!(templates.add("{{ end < now }}{{ now < '2027-01-01' }}").is_err());
        assert!(templates.add("{{ now < '2027-01-01' }}").is_ok());
        check("{{ 'ours' if now < '2027-01-01' }}", &json!({"id": "5"}), "ours");
    }

    #[test]
    fn a_template_may_ask_whether_there_is_a_time_before_it_compares() {
        let row = json!({"id": "5", "end_time": "", "start_time": "2026-11-01 10:00"});
        for status in [
            "{{ 'logged' if end_time and end_time < now else 'scheduled' }}",
            "{{ 'logged' if end_time is defined and end_time < now else 'scheduled' }}",
        ] {
            check(status, &row, "scheduled");
        }
        for status in [
            "{{ 'logged' if (end_time or start_time) < now else 'scheduled' }}",
            "{{ 'logged' if end_time | default(start_time) < now else 'scheduled' }}",
        ] {
            check(status, &row, "logged");
        }
    }

    #[test]
    fn a_time_behind_a_link_or_among_children_is_compared_as_well() {
        let town = Town::default()
            .with("campaigns", &[json!({"id": "9", "sent_at": "2026-11-26 05:01:00"})])
            .with("sends", &[
                json!({"id": "1", "contact_id": "5", "campaign_id": "9", "at": "2026-11-26 04:59:00"}),
                json!({"id": "2", "contact_id": "5", "campaign_id": "9", "at": "2026-11-27 04:59:00"}),
            ]);
        let taste = |template: &str| {
            let field = fixture::field("note", Kind::Text, fixture::template(template));
            let row = json!({"id": "5", "source_campaign_id": "9"});
            fixture::taste(field, &[row], &town)
        };
        assert_eq!(
            taste("{{ 'sent' if source_campaign.sent_at < now else 'planned' }}"),
            "planned"
        );
        let past = "{% for s in sends %}{{ s.id if s.at < now }}{% endfor %}";
        assert_eq!(taste(past), "1");
    }

    #[test]
    fn a_template_that_grows_without_end_is_stopped() {
        let row = json!({"id": "5", "body": "x".repeat(1000)});
        let doubling =
            format!("{{% set a = body %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(40));
        check(&doubling, &row, "[template_error]");
        let nested = "{% for a in body %}{% for b in body %}{% for c in body %}x{% endfor %}{% endfor %}{% endfor %}";
        check(nested, &row, "[template_error]");
        let long = "{% for a in [1,2,3,4,5,6,7,8,9,10,11] %}{{ body | replace('x', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy') }}{% endfor %}";
        check(long, &row, "[template_error]");
    }

    #[test]
    fn a_custom_text_is_cut_where_the_field_ends() {
        let field = fixture::custom("A__c", CustomType::Text, fixture::template("{{ body }}"));
        let row = json!({"id": "5", "body": "ö".repeat(300)});
        let expected = format!("{} [truncated]", "ö".repeat(255));
        assert_eq!(fixture::taste(field, &[row], &town()), expected);
    }
}
