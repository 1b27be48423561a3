//! A small move for the tests of faults and kills: companies, people, deals and notes, of which a
//! company and two people are there already.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::rehearsal::{Rehearsal, copies, finished};

const SPEC: &str = "
version: 1
name: yard
sources:
  export:
    files: export
    timezone: UTC
    country: US
    currency: USD
    tables:
      users: { path: users.csv, key: id }
      firms: { path: firms.csv, key: id, links: { parent_id: firms } }
      people: { path: people.csv, key: id, links: { firm_id: firms } }
      deals: { path: deals.csv, key: id, links: { firm_id: firms } }
      notes: { path: notes.csv, key: id, links: { person_id: people } }
      files: { path: files.csv, key: id, links: { person_id: people } }
destination:
  type: nutshell
  url: sandbox
  user: ${NUTSHELL_USER:sandbox}
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
owners: { from: users, match: email, fallback: '${YARD_OWNER:migration@sandbox.example}' }
objects:
  firms:
    from: firms
    to: company
    match: name
    fields:
      name: { from: name, required: true }
      description: text
      City__c: { from: city, custom: text }
      Parent__c: { ref: firms, from: parent_id, late: true, custom: text }
  people:
    from: people
    to: person
    match: email
    fields:
      name: { from: name, required: true }
      email: email
      description: text
      City__c: { from: city, custom: text }
      accounts: { ref: firms, from: firm_id }
  deals:
    from: deals
    to: deal
    fields:
      description: { from: title, required: true }
      stage: { value: New Business / Qualify }
      status: { from: state, map: { won: won, open: open } }
      accounts: { ref: firms, from: firm_id }
  notes:
    from: notes
    to: note
    fields:
      entity: { ref: people, from: person_id, required: true }
      note: { from: text, required: true }
  files:
    from: files
    to: file
    fields:
      entity: { ref: people, from: person_id, required: true }
      name: name
      content: { from: path, required: true }
archives:
  notes.csv: { from: notes }
";

/// The export: file and text.
const EXPORT: [(&str, &str); 7] = [
    ("users.csv", "id,email\n7,nobody@yard.example\n"),
    (
        "firms.csv",
        "id,name,text,city,parent_id\n\
         1,Clearline Title,first of all,Boulder,\n2,Yard Two,second,Denver,1\n\
         3,Yard Three,third,Lyons,2\n4,Yard Four,fourth,Aspen,1\n5,Yard Five,fifth,,\n",
    ),
    (
        "people.csv",
        "id,name,email,text,city,firm_id\n\
         1,Contact Thirteen,contact13@mail.example,known before,Golden,1\n\
         2,Nora Abbot,resident35@elsewhere.example,known too,Aspen,2\n\
         3,Ada Yard,ada@yard.example,new,Boulder,3\n4,Bob Yard,bob@yard.example,new,Denver,4\n\
         5,Cy Yard,cy@yard.example,,Lyons,4\n6,Di Yard,di@yard.example,new,,\n",
    ),
    (
        "deals.csv",
        "id,title,state,firm_id\n1,Deal one,won,1\n2,Deal two,open,2\n3,Deal three,won,3\n",
    ),
    (
        "notes.csv",
        "id,text,person_id\n1,Called,1\n2,Wrote,2\n3,Met,3\n4,Called again,3\n5,Lunch,4\n6,Sent,6\n",
    ),
    ("files.csv", "id,name,path,person_id\n1,offer.txt,offer.txt,3\n"),
    ("offer.txt", "An offer."),
];

/// The export a week later: the files that changed.
const LATER: [(&str, &str); 3] = [
    (
        "people.csv",
        "id,name,email,text,city,firm_id\n\
         1,Contact Thirteen,contact13@mail.example,known before,Boulder,1\n\
         2,Nora Abbot,resident35@elsewhere.example,known too,Aspen,2\n\
         3,Ada Yard,ada@yard.example,moved,Boulder,4\n4,Bob Yard,bob@yard.example,new,Denver,4\n\
         5,Cy Yard,cy@yard.example,,Lyons,4\n6,Di Yard,di@yard.example,new,,\n\
         7,Ed Yard,ed@yard.example,newer,Lyons,3\n",
    ),
    (
        "deals.csv",
        "id,title,state,firm_id\n1,Deal one,won,1\n2,Deal two,won,2\n3,Deal three,won,3\n",
    ),
    (
        "notes.csv",
        "id,text,person_id\n1,Called,1\n2,Wrote,2\n3,Met,3\n4,Called again,3\n5,Lunch,4\n6,Sent,6\n\
         7,Hello,7\n",
    ),
];

/// Longer than any wait of a run, in milliseconds.
const LATE_MS: u64 = 15_000;

/// How long that one is waited for.
const PATIENCE: Duration = Duration::from_millis(3 * LATE_MS);

/// How long a call may take in these tests, in milliseconds.
const TIMEOUT: &str = "300";

/// Moves at work at once: each is mostly waits.
const WORKERS: usize = 8;

/// Does something with every item, several at a time; what failed.
pub(crate) fn several_at_once<T: Sync>(
    items: &[T],
    work: impl Fn(&T) -> Result<(), String> + Sync,
) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut failures = Vec::new();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            failures.extend(work(item).err());
        }
        failures
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// The move, its sandbox and its folder.
pub(crate) struct Yard {
    pub(crate) rehearsal: Rehearsal,
    pub(crate) spec: PathBuf,
    folder: tempfile::TempDir,
    /// What the last command said to people.
    said: Mutex<String>,
}

impl Yard {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("pipelines")).unwrap();
        fs::create_dir_all(folder.path().join("export")).unwrap();
        let spec = folder.path().join("pipelines/yard.yaml");
        fs::write(&spec, SPEC).unwrap();
        let said = Mutex::default();
        let yard = Self { rehearsal: Rehearsal::open(), spec, folder, said };
        yard.write(&EXPORT);
        yard
    }

    /// The export of a week later takes the place of the first one.
    pub(crate) fn later(&self) {
        self.write(&LATER);
    }

    /// The export has a person and a note more, and all else is as it was.
    pub(crate) fn grow(&self) {
        for (file, row) in [
            ("people.csv", "7,Ed Yard,ed@yard.example,newer,Lyons,3\n"),
            ("notes.csv", "7,Hello,7\n"),
        ] {
            let path = self.export().join(file);
            fs::write(&path, fs::read_to_string(&path).unwrap() + row).unwrap();
        }
    }

    /// The folder of the export.
    pub(crate) fn export(&self) -> PathBuf {
        self.folder.path().join("export")
    }

    /// Puts a text of a file of the export in the place of another one.
    pub(crate) fn change(&self, file: &str, old: &str, new: &str) {
        let path = self.export().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{text}");
        fs::write(&path, text.replace(old, new)).unwrap();
    }

    /// The ledger is not readable any more, and the newest of its copies is gone.
    pub(crate) fn damage_ledger(&self) {
        let home = self.rehearsal.out().with_file_name("state").join("sandbox/pipelines/yard");
        for name in ["ledger.db", "ledger.db-wal"] {
            fs::write(home.join(name), "no ledger any more").unwrap();
        }
        let copies = fs::read_dir(home.join("backup")).unwrap();
        let mut copies: Vec<_> = copies.map(|copy| copy.unwrap().path()).collect();
        copies.sort();
        assert!(copies.len() > 1, "{copies:?}");
        fs::remove_file(copies.pop().unwrap()).unwrap();
    }

    fn write(&self, export: &[(&str, &str)]) {
        for (file, text) in export {
            fs::write(self.export().join(file), text).unwrap();
        }
    }

    /// Moves everything, with a request of the method that the CRM applies after every wait: its
    /// record is there twice then.
    pub(crate) fn doubled(&self, method: &str) {
        let late = json!({"class": "late", "method": method, "nth": 2, "delay_ms": LATE_MS});
        self.rehearsal.faults(&late);
        assert_eq!(self.run("apply").0, 0);
        // On a busy machine the copy may be there as soon as the run is over, or even before.
        let began = Instant::now();
        while copies(&self.rehearsal.dump()).values().all(|count| *count == 1) {
            assert!(began.elapsed() < PATIENCE, "the copy came before the run was over");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.rehearsal.calm();
    }

    /// A command on this move.
    pub(crate) fn command(&self, word: &str) -> Command {
        let mut command = self.rehearsal.command(word, &self.spec);
        command.env("FLITPIPE_SANDBOX_TIMEOUT_MS", TIMEOUT);
        command
    }

    /// Runs a command to its end: the exit code and the summary.
    pub(crate) fn run(&self, word: &str) -> (i32, Value) {
        let output = self.command(word).output().unwrap();
        *self.said.lock().unwrap() = String::from_utf8_lossy(&output.stderr).into_owned();
        finished(&output)
    }

    /// What the last command said to people.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Runs a command again while the world is unwilling, as the program itself advises.
    pub(crate) fn finish(&self, word: &str) -> (i32, Value) {
        let mut end = self.run(word);
        for _ in 0..4 {
            if end.0 != 3 {
                break;
            }
            end = self.run(word);
        }
        end
    }
}
