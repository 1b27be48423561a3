//! Every fault of a spec, one line each: what stands in the spec, what is said about it.

use std::path::Path;

use crate::ground::Diagnostic;

use super::{Reading, read};

/// A small spec without a fault.
pub(super) const SPEC: &str = r#"version: 1
name: shop
sources:
  old:
    url: https://crm.example/api
    auth: { bearer: "${TOKEN}" }
    page: { param: page, size: 100 }
    pace: 5/s
    timezone: America/Denver
    tables:
      users: { path: /users, key: id }
      firms: { path: /firms, key: id, changed: updated_at, links: { parent_id: firms } }
      people: { path: /people, key: id, links: { firm_id: firms, user_id: users } }
      calls: { path: "/people/{people.id}/calls", key: id, links: { person_id: people } }
destination:
  type: nutshell
  url: sandbox
  user: ann@shop.example
  key: ${KEY}
  plan: { file_size: 20MB }
owners: { from: users, match: email, fallback: ann@shop.example }
objects:
  firms:
    from: firms
    to: company
    match: name
    dedupe: { by: [name], keep: latest }
    skip: { test data: name == "test" }
    fields:
      name: { from: name, required: true }
      parent: { ref: firms, from: parent_id, late: true }
  people:
    from: people
    to: person
    where: name
    fields:
      name: { template: "{{ name | trim }}", required: true }
      email: email
      phone.work: phone
      accounts: { ref: firms, from: firm_id, else: ignore }
      Calls__c: { each: calls, json: { at: at, who: person.user.email }, custom: long_text }
      Kind__c: { from: kind, map: { A: a }, custom: text }
archives:
  calls.csv: { from: calls, columns: { at: at } }
sample: { size: 10 }
delta: { window: 48h, deleted: flag }
reconcile: { fields: 0.5%, breach: stop }
"#;

const MAP: &str = "A: a\nB: [1]\n";

/// The faults of a spec.
pub(super) fn faults_of(spec: &str) -> Vec<Diagnostic> {
    let variables = |name: &str| ["TOKEN", "KEY"].contains(&name).then(|| "hush".to_owned());
    let files = |path: &Path| match path.to_str() {
        Some("shop/pipelines/shop.yaml") => Ok(spec.to_owned()),
        Some("shop/transforms/kinds.yaml") => Ok(MAP.to_owned()),
        Some("shop/transforms/kinds.toml") => Ok("A = 'a'\n".to_owned()),
        Some("shop/transforms/users.toml") => {
            Ok("'bo@old.example' = 'bo@shop.example'\n".to_owned())
        }
        Some("shop/transforms/bad.md.j2") => Ok("{% for %}".to_owned()),
        Some("shop/transforms/odd.md.j2") => Ok("{{ rows }}{{ firms }}{{ rosw }}".to_owned()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    let file = Path::new("shop/pipelines/shop.yaml");
    read(&Reading {
        file,
        variables: &variables,
        files: &files,
        columns: &|_| crate::spec::KnownColumns::new(),
    })
    .err()
    .unwrap_or_default()
}

/// The faults of a spec, one line each.
pub(super) fn lines(spec: &str) -> Vec<String> {
    let say = |fault: &Diagnostic| {
        let place = fault.place.as_ref().map(|place| format!("{}:{} ", place.line, place.column));
        let hint = fault.hint.as_ref().map(|hint| format!(" [{hint}]")).unwrap_or_default();
        format!("{}{}: {}{hint}", place.unwrap_or_default(), fault.code, fault.message)
    };
    faults_of(spec).iter().map(say).collect()
}

/// Changes one thing in the spec; every line said must hold one of the expected texts, in order.
pub(super) fn check(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(SPEC.matches(old).count(), 1, "`{old}` stands once in the spec");
    let said = lines(&SPEC.replace(old, new));
    let fits = said.len() == expected.len()
        && said.iter().zip(expected).all(|(said, expected)| said.contains(expected));
    assert!(fits, "{new}\n{}", said.join("\n"));
}

#[test]
fn the_spec_itself_has_no_fault() {
    assert_eq!(lines(SPEC), [""; 0]);
}

#[test]
fn unknown_keys_are_told_with_the_nearest_known_one() {
    check(
        "version: 1\n",
        "version: 1\nobject: {}\n",
        &["2:1 unknown-key: `object` is no key of a spec [did you mean `objects`?]"],
    );
    check(
        "changed: updated_at",
        "chnaged: updated_at",
        &[
            "unknown-key: `chnaged` is no key of a table [did you mean `changed`?]",
            "latest-unknown",
        ],
    );
    check(
        "    pace: 5/s",
        "    pacee: 5/s",
        &["8:5 unknown-key: `pacee` is no key of a source [did you mean `pace`?]"],
    );
    check(
        "match: name",
        "matches: name",
        &["unknown-key: `matches` is no key of an object [did you mean `match`?]"],
    );
    check(
        "from: kind, map",
        "form: kind, map",
        &[
            "missing-key: the field has no source",
            "unknown-key: `form` is no key of a field [did you mean `from`?]",
        ],
    );
    check("{ size: 10 }", "{ sise: 10 }", &["unknown-key: `sise` is no key of `sample`"]);
}

#[test]
fn wrong_types_and_missing_keys_are_told_at_their_place() {
    check(
        "name: shop",
        "name: 7",
        &["2:7 wrong-type: expected text, found a number [put it in quotes]"],
    );
    check("name: shop", "name: My Shop", &["bad-name"]);
    check("version: 1", "version: 2", &["1:10 bad-version"]);
    check("size: 100", "size: many", &["wrong-type: expected a whole number"]);
    check("late: true", "late: yes", &["wrong-type: expected `true` or `false`, found text"]);
    check("  type: nutshell\n", "", &["missing-key: `destination` needs `type`"]);
    check("path: /users, ", "", &["missing-key: a table needs `path`"]);
    check(
        "type: nutshell",
        "type: hubspot",
        &["unknown-word: `hubspot` is no destination that can be written"],
    );
}

#[test]
fn names_that_lead_nowhere_are_told() {
    check(
        "parent_id: firms }",
        "parent_id: firm }",
        &["12:80 unknown-table: no table is named `firm` [did you mean `firms`?]"],
    );
    check(
        "ref: firms, from: firm_id",
        "ref: frims, from: firm_id",
        &["unknown-object: no object is named `frims` [did you mean `firms`?]"],
    );
    check(
        "{people.id}",
        "{peple.id}",
        &["14:32 unknown-table: the source has no table `peple` [did you mean `people`?]"],
    );
    check(
        "each: calls",
        "each: users",
        &["no-child: no column of `users` leads to `people` [known: `calls`]"],
    );
    check(
        "    url: https",
        "    union: new\n    url: https",
        &["unknown-source: no source is named `new`"],
    );
    check(
        "match: name",
        "match: email",
        &["unknown-field: the object makes no field `email` [known: `name`, `parent`]"],
    );
}

#[test]
fn destination_fields_are_checked_against_the_destination() {
    check(
        "phone.work: phone",
        "phones.work: phone",
        &[
            "unknown-field: a person has no field `phones.work` [did you mean `phone.work`? If not, declare it with `custom:` as `phones_work__c`]",
        ],
    );
    check(
        "custom: long_text",
        "custom: longtext",
        &["unknown-word: `longtext` is no type of a custom field [did you mean `long_text`?]"],
    );
    check(
        "map: { A: a }, custom: text",
        "map: { A: a }",
        &[
            "custom-undeclared: the custom field `Kind__c` has no type [declare it with `custom: text`",
        ],
    );
    check(
        "Kind__c:",
        "Kind:",
        &[
            "custom-name: the name of a custom field ends with `__c`, `Kind` does not [write `Kind__c`]",
        ],
    );
    check("email: email", "email: { from: email, custom: text }", &["custom-known-field"]);
    check(
        "name: { from: name, required: true }",
        "url: site",
        &["23:3 missing-field: a company needs the field `name`", "unknown-field", "unknown-field"],
    );
    check(
        "to: person",
        "to: custom_object",
        &["unknown-kind: nothing becomes a `custom_object` [Nutshell has no custom objects"],
    );
    check(
        "else: ignore",
        "else: ignored",
        &["unknown-word: `ignored` is no way out [did you mean `ignore`?]"],
    );
}

#[test]
fn secrets_and_addresses_are_guarded() {
    check("key: ${KEY}", "key: 3a9f", &["19:8 inline-secret: a secret must not stand in a spec"]);
    check("key: ${KEY}", "key: ${KEY:3a9f}", &["inline-secret"]);
    check(
        "key: ${KEY}",
        "key: ${KEZ}",
        &["19:8 undefined-variable: the variable `KEZ` is not set"],
    );
    check(
        "https://crm.example/api",
        "http://crm.example/api",
        &["bad-url: HTTP sends everything in clear text"],
    );
    check("https://crm.example/api", "http://127.0.0.1:8080/api", &[]);
    check(
        "https://crm.example/api",
        "https://ann:pw@crm.example/",
        &["bad-url: an address must not hold a user or a password"],
    );
    check("https://crm.example/api", "crm.example", &["bad-url: this is no web address"]);
}

#[test]
fn measures_zones_and_formats_are_checked() {
    check("5/s", "fast", &["bad-pace"]);
    check("20MB", "20 bananas", &["bad-size"]);
    check("48h", "soon", &["bad-duration"]);
    check("0.5%", "few", &["bad-limit"]);
    check(
        "America/Denver",
        "America/Denwer",
        &["bad-timezone: `America/Denwer` is no time zone [did you mean `America/Denver`?]"],
    );
    check("timezone:", "dates: ['%!']\n    timezone:", &["bad-date-format"]);
    check("timezone:", "country: USA\n    timezone:", &["bad-country"]);
    check("timezone:", "encoding: utf8000\n    timezone:", &["bad-encoding"]);
}

#[test]
fn templates_and_expressions_are_read_before_they_are_needed() {
    check(
        "{{ name | trim }}",
        "{{ name | trimm }}",
        &["37:36 unknown-filter: there is no filter `trimm` [did you mean `trim`?]"],
    );
    check("{{ name | trim }}", "{{ name | trim", &["bad-template"]);
    check(
        "{{ name | trim }}",
        "{{ range(9) }}",
        &["unknown-function: there is no function `range`"],
    );
    check("where: name", "where: name ==", &["bad-expression"]);
    check("where: name", "where: name is odd", &["unknown-test: there is no test `is odd`"]);
    check(
        "skip: { test data: name == \"test\" }",
        "skip: name == \"test\"",
        &["skip-without-reason"],
    );
}

#[test]
fn references_have_a_way_and_make_no_circle() {
    check("ref: firms, from: firm_id, else", "ref: firms, else", &["ref-without-way"]);
    let several = |keys: &str| format!("{{ ref: {{ firm_id: firms }}{keys} }}");
    let one = "{ ref: firms, from: firm_id, else: ignore }";
    check(one, &several(""), &[]);
    check(one, &several(", split: ';'"), &["`split` has no meaning where each column has"]);
    check(one, &several(", from: kind"), &["name the column that tells with `type`; or leave"]);
    check(
        one,
        "{ ref: { firm_id: frims } }",
        &["unknown-object: no object is named `frims` [did you mean `firms`?]"],
    );
    check(
        ", late: true",
        "",
        &[
            "circle: these objects wait for one another: firms -> firms [give one of the references `late: true`",
        ],
    );
    check(
        "from: parent_id, late: true }",
        "from: parent_id, late: true }\n    after: [people]",
        &["circle: these objects wait for one another: firms -> people -> firms"],
    );
    check(
        "from: parent_id, late: true",
        "try: [parent_id, { nmae: firm }], late: true",
        &["unknown-field: a company has no field `nmae` [did you mean `name`?]"],
    );
}

#[test]
fn a_value_stands_in_a_map_once() {
    check(
        "map: { A: a }",
        "map: { A: a, ' a': b }",
        &["duplicate-key: ` a` and `A` are one value to a map"],
    );
    check(
        "map: { A: a }",
        "map: { A b: a, 'a  B': b }",
        &["duplicate-key: `a  B` and `A b` are one value to a map"],
    );
}

#[test]
fn files_stay_in_the_project() {
    check("map: { A: a }", "map: ../secret.yaml", &["path-leaves-project"]);
    check("map: { A: a }", "map: /etc/passwd", &["path-leaves-project"]);
    check("map: { A: a }", "map: transforms/none.yaml", &["missing-file"]);
    check("map: { A: a }", "map: transforms/kinds.toml", &[]);
    let aliases = |file: &str| format!("fallback: ann@shop.example, aliases: transforms/{file}");
    check("fallback: ann@shop.example", &aliases("users.toml"), &[]);
    check("fallback: ann@shop.example", &aliases("none.toml"), &["missing-file"]);
    check(
        "fallback: ann@shop.example",
        &aliases("kinds.yaml"),
        &["a file of aliases ends with `.toml`"],
    );
    let lines = ["`A` in shop/transforms/kinds.toml is no e-mail", "`a` in"];
    check("fallback: ann@shop.example", &aliases("kinds.toml"), &lines);
    check(
        "map: { A: a }",
        "map: transforms/kinds.yaml",
        &["2:4 wrong-type: expected text, a number or true or false, found a list"],
    );
    check(
        "calls.csv: { from: calls, columns: { at: at } }",
        "calls.md: { from: calls, template: transforms/bad.md.j2 }",
        &["bad-template"],
    );
    check(
        "calls.csv: { from: calls, columns: { at: at } }",
        "calls.md: { from: calls, template: transforms/odd.md.j2 }",
        &[
            "unknown-name: the template of a document begins with `rows`, not with `rosw` [did you mean `rows`?]",
        ],
    );
    check(
        "columns: { at: at } }",
        "columns: { at: at } }\n  CALLS.csv: { from: calls }",
        &["duplicate-file"],
    );
    check("calls.csv:", "calls.xls:", &["unknown-format"]);
    let files = |copy: &str| {
        format!(
            "  files:\n    from: calls\n    to: file\n    fields: {{ entity: {{ ref: people, from: person_id }}, name: name, content: path }}\n    oversize: {{ copy: \"{copy}\", link: x }}\narchives:"
        )
    };
    check("archives:", &files("s3://shop/{{ id }}"), &[]);
    check(
        "archives:",
        &files("s3://{{ id }}/x"),
        &[
            "bad-copy: `s3://` names no bucket [write `s3://bucket/folder/{{ id }}/{{ file_name }}`]",
        ],
    );
    check("archives:", &files("/etc/{{ id }}"), &["bad-copy: nothing is copied to `/etc/`"]);
    check("calls.csv:", "../calls.csv:", &["bad-file-name"]);
}

#[test]
fn what_has_vanished_is_never_deleted_by_a_word_of_the_spec() {
    check(
        "deleted: flag",
        "deleted: skip",
        &["unknown-word: `skip` is no answer to a vanished record"],
    );
}

#[test]
fn a_series_does_not_stand_for_another_one() {
    check(
        "    dedupe: { by: [name], keep: latest }",
        "    dedupe: { by: [name], keep: latest }\n    expand: { rule: r, start: s, until: 2027-12-31, max: 9 }",
        &["conflicting-keys: an object has either `expand` or `dedupe`"],
    );
}

#[test]
fn only_an_xlsx_file_has_sheets() {
    check(
        "users: { path: /users, key: id }",
        "users: { path: /users, sheet: People, key: id }",
        &["conflicting-keys: `sheet` has a meaning only for XLSX files"],
    );
    check(
        "users: { path: /users, key: id }",
        "users: { path: users.XLSX, sheet: People, key: id }",
        &[],
    );
}
