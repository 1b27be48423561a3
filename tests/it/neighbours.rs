//! Two pipelines into one account: what both write into stands once, with the values of both, and
//! each can be read back and taken back for itself.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::judge;
use crate::rehearsal::Rehearsal;

const SPEC: &str = "
version: 1
name: NAME
sources:
  export:
    files: NAME
    tables:
      firms: { path: firms.csv, key: id }
      people: { path: people.csv, key: id, links: { firm_id: firms } }
destination:
  type: nutshell
  url: sandbox
  user: ${NUTSHELL_USER:sandbox}
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
objects:
  firms:
    from: firms
    to: company
    match: name
    fields:
      name: { from: name, required: true }
      description: text
      tags: { from: tags, split: \";\" }
  people:
    from: people
    to: person
    match: email
    fields:
      name: { from: name, required: true }
      email: { from: email, split: \";\" }
      jobTitle: title
      tags: { from: tags, split: \";\" }
      accounts: { ref: firms, from: firm_id }
reconcile: { fields: 0, orphans: 0 }
";

/// The exports of both: each has a company and two people whom the other one has too.
const EXPORTS: [(&str, &str, &str); 4] = [
    (
        "north",
        "firms.csv",
        "id,name,text,tags\n1,Shared Office,from the north,Key\n2,North Works,,\n",
    ),
    (
        "north",
        "people.csv",
        "id,name,email,title,tags,firm_id\n\
         1,Ann Lee,ann@mail.example,,Hot;Active,2\n2,Bob Ray,bob@mail.example,Clerk,Hot,1\n\
         3,Nan North,nan@mail.example,,New,2\n",
    ),
    (
        "south",
        "firms.csv",
        "id,name,text,tags\n7,Shared Office,from the south,Partner\n8,South Works,,\n",
    ),
    (
        "south",
        "people.csv",
        "id,name,email,title,tags,firm_id\n\
         7,Ann Lee,ann@mail.example;ann@work.example,,VIP;Hot,8\n8,Bob Ray,bob@mail.example,,,7\n\
         9,Sue South,sue@mail.example,,,8\n",
    ),
];

struct Neighbours {
    rehearsal: Rehearsal,
    folder: tempfile::TempDir,
}

impl Neighbours {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("pipelines")).unwrap();
        let write = |path: PathBuf, text: &str| fs::write(path, text).unwrap();
        for name in ["north", "south"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
            let spec = folder.path().join(format!("pipelines/{name}.yaml"));
            write(spec, &SPEC.replace("NAME", name));
        }
        for (name, file, text) in EXPORTS {
            write(folder.path().join(name).join(file), text);
        }
        Self { rehearsal: Rehearsal::open(), folder }
    }

    fn run(&self, word: &str, name: &str) -> (i32, Value) {
        self.rehearsal.run(word, &self.folder.path().join(format!("pipelines/{name}.yaml")))
    }

    /// Puts a text of a table of people in the place of another one.
    fn change(&self, name: &str, old: &str, new: &str) {
        let file = self.folder.path().join(name).join("people.csv");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(old), "{text}");
        fs::write(&file, text.replace(old, new)).unwrap();
    }

    fn contact(&self, name: &str) -> Value {
        let dump = self.rehearsal.dump();
        let mut found = dump["Contacts"].as_array().unwrap().iter();
        found.find(|one| one["name"]["displayName"] == name || one["name"] == name).unwrap().clone()
    }

    /// A person changes a contact.
    fn edit(&self, name: &str, fields: &Value) {
        let contact = self.contact(name);
        let edit = json!({"contactId": contact["id"], "rev": contact["rev"], "contact": fields});
        self.rehearsal.person("editContact", &edit);
    }

    /// The read back of a pipeline adds up, and these are its lists in which others' values stand.
    fn adds_up(&self, name: &str, beside: &[&str]) {
        let (code, verdict) = self.run("reconcile", name);
        assert_eq!((code, &verdict["verdict"]), (0, &json!("pass")), "{name}: {verdict}");
        let file = fs::read_to_string(self.rehearsal.out().join("differences.jsonl")).unwrap();
        let found = file.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found = found.filter(|one| one["rule"] == "kept_beside");
        let named = |one: Value| format!("{} {}", text(&one["record"]), text(&one["field"]));
        let mut found: Vec<_> = found.map(named).collect();
        found.sort();
        assert_eq!(found, beside, "{name}: {file}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The names in a list of a record, in order.
fn names(record: &Value, list: &str) -> Vec<String> {
    let name = |one: &Value| text(one.get("name").unwrap_or(one)).to_owned();
    let mut names: Vec<_> = record[list].as_array().into_iter().flatten().map(name).collect();
    names.sort();
    names
}

const ANN: [&str; 2] = ["North Works", "South Works"];

#[test]
fn a_second_pipeline_adds_to_the_lists_of_the_first_and_takes_only_its_own_back() {
    let both = Neighbours::open();
    let before = both.rehearsal.dump();
    assert_eq!(both.run("apply", "north").0, 0);
    let alone = both.rehearsal.dump();
    let (code, applied) = both.run("apply", "south");
    assert_eq!((code, &applied["reconcile"]["verdict"]), (0, &json!("pass")), "{applied}");
    assert_eq!(applied["objects"]["people"]["flags"]["kept_beside"], 2, "{applied}");
    let ann = both.contact("Ann Lee");
    assert_eq!(names(&ann, "tags"), ["Active", "Hot", "VIP"], "{ann}");
    assert_eq!(names(&ann, "accounts"), ANN, "{ann}");
    assert!(ann.to_string().contains("ann@work.example"), "{ann}");

    // Neither has anything to do now, and each knows what the other one put beside its values.
    let written = both.rehearsal.journal().len();
    for name in ["north", "south"] {
        assert_eq!(both.run("apply", name).0, 0);
    }
    judge::nothing_written(&both.rehearsal.journal(), written).unwrap();
    let lists = ["firms:1 tags", "people:1 accounts", "people:1 email", "people:1 tags"];
    both.adds_up("north", &lists);
    both.adds_up("south", &["firms:7 tags", "people:7 accounts", "people:7 tags"]);

    // What one of them changes leaves what the other one wrote.
    both.change("south", "ann@work.example,,VIP;Hot", "ann@work.example,Partner,Hot");
    both.change("north", "ann@mail.example,,Hot;Active", "ann@mail.example,,Hot;Buyer");
    for name in ["south", "north"] {
        assert_eq!(both.run("apply", name).0, 0);
    }
    let ann = both.contact("Ann Lee");
    assert_eq!(names(&ann, "tags"), ["Buyer", "Hot"], "{ann}");
    assert_eq!(names(&ann, "accounts"), ANN, "{ann}");

    // What is lost is found, whatever else stands in the list.
    both.edit("Ann Lee", &json!({"accounts": [ann["accounts"][0]], "tags": ["Hot"]}));
    let (code, verdict) = both.run("reconcile", "south");
    assert_eq!((code, &verdict["objects"]["people"]["orphans"]), (5, &json!(1)), "{verdict}");
    let (code, verdict) = both.run("reconcile", "north");
    let lost = &verdict["objects"]["people"]["field_mismatches"];
    assert_eq!((code, lost), (5, &json!(1)), "{verdict}");
    both.edit("Ann Lee", &json!({"accounts": ann["accounts"], "tags": ["Hot", "Buyer"]}));

    // Each goes back for itself.
    let (code, back) = both.run("rollback", "south");
    assert_eq!(code, 0, "{back}");
    both.adds_up("north", &[]);
    let (code, back) = both.run("rollback --run 3", "north");
    assert_eq!(code, 0, "{back}");
    judge::same_state(&both.rehearsal.dump(), &alone).unwrap();
    let (code, back) = both.run("rollback", "north");
    assert_eq!(code, 0, "{back}");
    judge::same_state(&both.rehearsal.dump(), &before).unwrap();
}

#[test]
fn the_first_of_two_pipelines_leaves_and_names_what_the_second_wrote_into() {
    let both = Neighbours::open();
    let before = both.rehearsal.dump();
    assert_eq!(both.run("apply", "south").0, 0);
    let (code, applied) = both.run("apply", "north");
    assert_eq!((code, &applied["reconcile"]["verdict"]), (0, &json!("pass")), "{applied}");
    let ann = both.contact("Ann Lee");
    assert_eq!(names(&ann, "tags"), ["Active", "Hot", "VIP"], "{ann}");
    // A person writes into a list of ours, and then the source changes it.
    both.edit("Nan North", &json!({"tags": ["New", "VIP"]}));
    both.change("north", "nan@mail.example,,New", "nan@mail.example,,New;Hot");
    let (code, applied) = both.run("apply", "north");
    assert_eq!((code, &applied["reconcile"]["verdict"]), (0, &json!("pass")), "{applied}");
    assert_eq!(names(&both.contact("Nan North"), "tags"), ["Hot", "New", "VIP"]);
    both.adds_up("south", &["firms:7 tags", "people:7 accounts", "people:7 tags"]);

    let (code, back) = both.run("rollback", "south");
    assert_eq!(code, 6, "{back}");
    let left = back["left"].as_array().unwrap().iter().map(|left| text(&left["record"]));
    let mut left: Vec<_> = left.collect();
    left.sort_unstable();
    assert_eq!(left, ["firms:7", "firms:8", "people:7", "people:8"], "{back}");
    assert_eq!(names(&both.contact("Ann Lee"), "accounts"), ANN);
    let lists = ["firms:1 tags", "people:1 accounts", "people:1 email", "people:1 tags"];
    both.adds_up("north", &[&lists[..], &["people:3 tags"]].concat());

    // The person who was written into stays, though the tag came before our last edit.
    let (code, back) = both.run("rollback", "north");
    assert_eq!(code, 6, "{back}");
    let left: Vec<_> = back["left"].as_array().unwrap().iter().collect();
    assert!(left.iter().any(|left| left["record"] == "people:3"), "{back}");
    assert_eq!(names(&both.contact("Nan North"), "tags"), ["Hot", "New", "VIP"]);

    // With the second one's values gone, the first one goes too.
    let (code, back) = both.run("rollback", "south");
    assert_eq!(code, 0, "{back}");
    let nan = both.contact("Nan North");
    both.rehearsal.person("deleteContact", &json!({"contactId": nan["id"], "rev": nan["rev"]}));
    assert_eq!(both.run("rollback", "north").0, 0);
    judge::same_state(&both.rehearsal.dump(), &before).unwrap();
}

/// The differences of the last read back in a field: sort and rule.
fn told(both: &Neighbours, record: &str, field: &str) -> Vec<String> {
    let file = fs::read_to_string(both.rehearsal.out().join("differences.jsonl")).unwrap();
    let found = file.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found = found.filter(|one| one["record"] == record && one["field"] == field);
    found.map(|one| format!("{} {}", text(&one["sort"]), text(&one["rule"]))).collect()
}

#[test]
fn what_a_person_takes_out_of_a_list_stays_out_however_often_the_source_changes() {
    let both = Neighbours::open();
    for name in ["north", "south"] {
        assert_eq!(both.run("apply", name).0, 0);
    }
    // Of a record that we made, and of one that was there before.
    both.edit("Nan North", &json!({"tags": []}));
    both.edit("Ann Lee", &json!({"tags": ["Hot", "Active"]}));
    let people = [("north", "Nan North", "people:3"), ("south", "Ann Lee", "people:7")];
    let stand = |expected: [&[&str]; 2]| {
        for ((name, person, record), expected) in people.into_iter().zip(expected) {
            let (code, applied) = both.run("apply", name);
            let verdict = &applied["reconcile"]["verdict"];
            assert_eq!((code, verdict), (0, &json!("pass")), "{name}: {applied}");
            assert_eq!(names(&both.contact(person), "tags"), expected, "{name}");
            let flags = &applied["objects"]["people"]["flags"];
            assert_eq!(flags["target_changed"], 1, "{name}: {applied}");
            assert_eq!(told(&both, record, "tags"), ["explained target_changed"], "{name}");
        }
    };
    // The list changes in the source, and something else does.
    both.change("north", "nan@mail.example,,New,", "nan@mail.example,,New;Hot,");
    both.change("south", "ann@work.example,,VIP;Hot,", "ann@work.example,,VIP;Hot;Partner,");
    stand([&["Hot"], &["Active", "Hot", "Partner"]]);
    for (old, title) in [("", "Boss"), ("Boss", "Owner")] {
        both.change(
            "north",
            &format!("nan@mail.example,{old},"),
            &format!("nan@mail.example,{title},"),
        );
        both.change(
            "south",
            &format!("ann@work.example,{old},"),
            &format!("ann@work.example,{title},"),
        );
        stand([&["Hot"], &["Active", "Hot", "Partner"]]);
    }

    // What was there before is as it was, but for what the person took out, which was ours.
    let (code, back) = both.run("rollback", "south");
    assert_eq!(code, 0, "{back}");
    assert_eq!(names(&both.contact("Ann Lee"), "tags"), ["Active", "Hot"]);
    // The person's work keeps the record that we made.
    let (code, back) = both.run("rollback", "north");
    assert_eq!((code, &back["left"][0]["record"]), (6, &json!("people:3")), "{back}");
    assert_eq!(names(&both.contact("Nan North"), "tags"), ["Hot"]);
}

/// The fill of a list was applied, the run died before its answer, and a person put a tag into the
/// same list: what we added is still ours.
#[test]
fn a_fill_without_an_answer_is_known_by_what_it_added_to_a_list() {
    let both = Neighbours::open();
    let firms = "id,name,text,tags\n7,Shared Office,,Partner\n8,South Works,,\n";
    fs::write(both.folder.path().join("south/firms.csv"), firms).unwrap();
    assert_eq!(both.run("apply", "north").0, 0);
    let office = || {
        let dump = both.rehearsal.dump();
        let mut found = dump["Accounts"].as_array().unwrap().iter();
        found.find(|one| one["name"] == "Shared Office").unwrap().clone()
    };
    let spec = both.folder.path().join("pipelines/south.yaml");
    let mut dying = both.rehearsal.command("apply", &spec);
    dying.env("FLITPIPE_FAILPOINT", "kill:engine.edit_answered:1");
    assert_eq!(dying.output().unwrap().status.code(), None);
    let filled = office();
    assert_eq!(names(&filled, "tags"), ["Key", "Partner"], "{filled}");
    let tag = json!({"tag": {"name": "VIP", "entityType": "Accounts"}});
    both.rehearsal.person("newTag", &tag);
    let account = json!({"tags": ["Key", "Partner", "VIP"]});
    let edit = json!({"accountId": filled["id"], "rev": filled["rev"], "account": account});
    both.rehearsal.person("editAccount", &edit);
    let (code, applied) = both.run("apply", "south");
    assert_eq!((code, &applied["reconcile"]["verdict"]), (0, &json!("pass")), "{applied}");
    assert_eq!(names(&office(), "tags"), ["Key", "Partner", "VIP"]);
    let (code, back) = both.run("rollback", "south");
    assert_eq!(code, 0, "{back}");
    assert_eq!(names(&office(), "tags"), ["Key", "VIP"], "what we added goes, and only that");
}
