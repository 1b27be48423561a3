//! The names that an expression or a template looks up.

use std::collections::BTreeSet;

use minijinja::Environment;

/// Which of the two grammars a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// `not contact_id`
    Expression,
    /// `Campaign Note: {{ campaign.name }}`
    Template,
}

/// The top-level names that a text uses and does not set itself; none when it does not parse.
pub fn variables_of(text: &str, syntax: Syntax) -> BTreeSet<String> {
    looked_up(text, syntax, Depth::First)
}

/// The same with the attributes that follow: `campaign.name`.
pub(super) fn paths_of(text: &str, syntax: Syntax) -> BTreeSet<String> {
    looked_up(text, syntax, Depth::All)
}

#[derive(Clone, Copy, PartialEq)]
enum Depth {
    First,
    All,
}

fn looked_up(text: &str, syntax: Syntax, depth: Depth) -> BTreeSet<String> {
    let environment = Environment::new();
    let nested = depth == Depth::All;
    let names = match syntax {
        Syntax::Expression => environment
            .compile_expression(text)
            .map(|expression| expression.undeclared_variables(nested)),
        Syntax::Template => environment
            .template_from_str(text)
            .map(|template| template.undeclared_variables(nested)),
    };
    let is_global = |name: &str| {
        let first = name.split('.').next().unwrap_or(name);
        environment.globals().any(|(global, _)| global == first)
    };
    names.into_iter().flatten().filter(|name| !is_global(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_names_its_columns_and_not_its_words() {
        let text = r#"source_type in ["form_fill"] and not agent_id or groups | length > 2"#;
        let names: Vec<_> = variables_of(text, Syntax::Expression).into_iter().collect();
        assert_eq!(names, ["agent_id", "groups", "source_type"]);
    }

    #[test]
    fn a_template_names_what_it_does_not_set_itself() {
        let text = "{% for a in attendees %}{{ a.name }}{{ loop.index }}{% endfor %}\
                    {% set x = campaign.name %}{{ x }}{% for i in range(3) %}{{ i }}{% endfor %}";
        let names: Vec<_> = variables_of(text, Syntax::Template).into_iter().collect();
        assert_eq!(names, ["attendees", "campaign"]);
        assert!(paths_of(text, Syntax::Template).contains("campaign.name"));
    }

    #[test]
    fn a_text_that_does_not_parse_names_nothing() {
        assert!(variables_of("{{ name", Syntax::Template).is_empty());
        assert!(variables_of("name ==", Syntax::Expression).is_empty());
    }
}
