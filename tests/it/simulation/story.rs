//! One seed: a move and its rollback by the production engine, with faults, crashes and people.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flitpipe::crm::{Crm, CrmError};
use flitpipe::engine::{
    Again, EngineError, Event, RollbackReport, Scope, Session, Waits, Watch, apply, prepare,
    resolve_open, rollback,
};
use flitpipe::ledger::{Fresh, Identity, Ledger, LedgerError, RunKind, RunState};
use flitpipe::source::{Base, Options, Reader};
use flitpipe::spec::{DriftDecisions, KnownColumns, Pipeline, Reading, read};
use jiff::Timestamp;

use super::crm::{Counts, Deed, Defect, Mood, World};
use super::judges::{self, Records};

const SPEC: &str = "
version: 1
name: simulated
sources:
  export:
    files: export
    timezone: UTC
    tables:
      users: { path: users.csv, key: id }
      firms: { path: firms.csv, key: id, links: { parent_id: firms } }
      people: { path: people.csv, key: id, links: { firm_id: firms } }
      deals: { path: deals.csv, key: id, links: { firm_id: firms } }
      notes: { path: notes.csv, key: id, links: { person_id: people } }
destination:
  type: nutshell
  url: sandbox
  user: ${NUTSHELL_USER:sandbox}
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
owners: { from: users, match: email, fallback: migration@sandbox.example }
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
";

const EXPORT: [(&str, &str); 5] = [
    ("users.csv", "id,email\n7,nobody@yard.example\n"),
    (
        "firms.csv",
        "id,name,text,city,parent_id\n1,Clearline Title,first,Boulder,\n2,Yard Two,second,Denver,1\n\
         3,Yard Three,,Lyons,2\n",
    ),
    (
        "people.csv",
        "id,name,email,text,city,firm_id\n1,Nora Abbot,nora@yard.example,known,Golden,1\n\
         2,Ada Yard,ada@yard.example,new,Boulder,2\n3,Bob Yard,bob@yard.example,,Aspen,3\n",
    ),
    ("deals.csv", "id,title,state,firm_id\n1,Deal one,won,1\n2,Deal two,open,2\n"),
    ("notes.csv", "id,text,person_id\n1,Called,1\n2,Wrote,2\n"),
];

/// The source records that become new records.
const NEW: [&str; 8] =
    ["firms:2", "firms:3", "people:2", "people:3", "deals:1", "deals:2", "notes:1", "notes:2"];

/// Processes after which the world calms down, so that a story ends.
const PATIENCE: usize = 12;

/// Processes after which a story has no end.
const PROCESSES_MAX: usize = 20;

/// What all seeds share: the pipeline, and its tables as they were staged once.
pub(super) struct Stock {
    folder: tempfile::TempDir,
    pipeline: Arc<Pipeline>,
    /// The records after a move in which nothing happens.
    pub calm: Records,
}

struct Silence;

impl Watch for Silence {
    fn on(&self, _: &Event<'_>) {}

    fn stopping(&self) -> bool {
        false
    }
}

/// What is known of a story besides its judgement.
pub(super) struct Trace {
    pub counts: Counts,
    pub journal: Vec<Deed>,
}

/// In memory where the system has such a folder: nothing here survives the test anyway.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

fn on_virtual_time<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(story)
}

impl Stock {
    pub(super) fn lay_in() -> Self {
        let folder = folder();
        std::fs::create_dir_all(folder.path().join("pipelines")).unwrap();
        std::fs::create_dir_all(folder.path().join("export")).unwrap();
        let spec = folder.path().join("pipelines/simulated.yaml");
        std::fs::write(&spec, SPEC).unwrap();
        for (file, text) in EXPORT {
            std::fs::write(folder.path().join("export").join(file), text).unwrap();
        }
        let pipeline = read(&Reading {
            file: &spec,
            variables: &|_| None,
            files: &|path| std::fs::read_to_string(path),
            columns: &|_| KnownColumns::new(),
        });
        let (pipeline, calm) = (Arc::new(pipeline.unwrap()), Records::new());
        let mut stock = Self { folder, pipeline, calm };
        on_virtual_time(stock.stage());
        stock.calm = calm_of(&stock);
        stock
    }

    async fn stage(&self) {
        let world = World::new(0, Defect::None);
        let clock = || world.now();
        let base = Base::Folder(self.folder.path().join("export"));
        let reader = Reader::new(&self.pipeline.sources[0], &base, &Options::default()).unwrap();
        let mut session = session(self, &world, (self.folder.path(), &clock));
        session.readers = vec![reader];
        let inventory = world.inventory().await.unwrap();
        drop(prepare(&session, inventory, None, Again::Fresh).await.unwrap());
    }

    /// The folder of state of a new story.
    fn state(&self) -> tempfile::TempDir {
        let state = folder();
        // A ledger that others can read is refused.
        std::fs::set_permissions(state.path(), Permissions::from_mode(0o700)).unwrap();
        for file in ["staging.db", "staging.db-wal"] {
            let staged = self.folder.path().join(file);
            if staged.exists() {
                std::fs::copy(staged, state.path().join(file)).unwrap();
            }
        }
        state
    }
}

fn session<'a>(
    stock: &Stock,
    world: &'a World,
    (state, clock): (&Path, &'a (dyn Fn() -> Timestamp + Send + Sync)),
) -> Session<'a, World> {
    Session {
        pipeline: Arc::clone(&stock.pipeline),
        readers: Vec::new(),
        crm: world,
        bucket: None,
        state: state.to_owned(),
        out: state.join("out"),
        clock,
        waits: Waits::HOST,
        lanes: 4,
        watch: &Silence,
    }
}

/// Why a process did not come to its end.
enum End {
    /// The world is unwilling: another process goes on.
    World(String),
    Gate(String),
    Fault(String),
}

impl From<EngineError> for End {
    fn from(error: EngineError) -> Self {
        let is_world = matches!(error, EngineError::Crm(_) | EngineError::Unanswered { .. });
        let why = error.to_string();
        if is_world { Self::World(why) } else { Self::Fault(why) }
    }
}

impl From<LedgerError> for End {
    fn from(error: LedgerError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<CrmError> for End {
    fn from(error: CrmError) -> Self {
        Self::World(error.to_string())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Apply,
    Rollback,
}

struct Story<'a> {
    stock: &'a Stock,
    world: World,
    state: PathBuf,
}

const CALM: Mood = Mood { faults: 0, lags: false, people: 0 };

/// Tells the story of a seed; the error is what was violated.
pub(super) fn tell(stock: &Stock, seed: u64, defect: Defect) -> (Result<(), String>, Trace) {
    on_virtual_time(async {
        let state = stock.state();
        let world = World::new(seed, defect);
        let story = Story { stock, world, state: state.path().to_owned() };
        let judged = story.told().await;
        let trace = Trace { counts: story.world.counts(), journal: story.world.journal() };
        (judged, trace)
    })
}

fn calm_of(stock: &Stock) -> Records {
    on_virtual_time(async {
        let folder = stock.state();
        let world = World::new(0, Defect::None);
        let story = Story { stock, world, state: folder.path().to_owned() };
        story.through(Word::Apply, CALM).await.unwrap();
        story.world.records()
    })
}

impl Story<'_> {
    async fn told(&self) -> Result<(), String> {
        let before = self.world.records();
        let people = if self.world.chance(2) == 0 { 0 } else { 15 };
        let faults = [0, 10, 30, 50][usize::try_from(self.world.chance(4)).unwrap()];
        let wild = Mood { faults, lags: self.world.chance(2) == 0, people };
        self.through(Word::Apply, wild).await?;
        self.world.rest();
        judges::lawful(&self.world.journal())?;
        // What was refused on a bad day is written on a good one; people rest.
        self.through(Word::Apply, CALM).await?;
        let written = self.world.records();
        judges::lawful(&self.world.journal())?;
        judges::one_copy_each(&written)?;
        judges::nothing_lost(&written, &self.world.journal(), &NEW)?;
        let since = self.world.journal().len();
        self.through(Word::Apply, CALM).await?;
        judges::nothing_written(&self.world.journal(), since, "I14")?;
        // What people wrote stays, so that such a move ends otherwise than a calm one.
        if people == 0 {
            judges::same_state(&written, &self.stock.calm, "I15")?;
        }
        self.through(Word::Rollback, wild).await?;
        self.world.rest();
        let report = self.through(Word::Rollback, CALM).await?;
        let after = self.world.records();
        let journal = self.world.journal();
        judges::lawful(&journal)?;
        let left: BTreeSet<String> = report.left.iter().map(|left| left.crm.clone()).collect();
        judges::taken_back(&after, &before, (&journal, &left))?;
        self.through(Word::Rollback, CALM).await?;
        judges::nothing_written(&self.world.journal(), journal.len(), "I13")?;
        if people == 0 {
            judges::same_state(&after, &before, "I12")?;
        }
        Ok(())
    }

    /// Runs processes until one comes to its end; some die on the way.
    async fn through(&self, word: Word, mood: Mood) -> Result<RollbackReport, String> {
        let is_wild = mood != CALM;
        let mut last = String::new();
        for process in 0..PROCESSES_MAX {
            let mood = if process < PATIENCE { mood } else { CALM };
            self.world.behave(mood);
            let dies = is_wild && process < 4 && self.world.chance(3) > 0;
            self.world.die_in(dies.then(|| 1 + self.world.chance(90)));
            let end = tokio::select! {
                biased;
                () = self.world.death() => continue,
                end = self.process(word) => end,
            };
            match end {
                Ok(report) => return Ok(report),
                Err(End::World(why)) => last = why,
                Err(End::Gate(why)) => return Err(format!("a gate was shut: {why}")),
                Err(End::Fault(why)) => return Err(format!("a run ended with: {why}")),
            }
        }
        Err(format!("no end after {PROCESSES_MAX} processes: {last}"))
    }

    /// What a process does, as the commands do it.
    async fn process(&self, word: Word) -> Result<RollbackReport, End> {
        let crm = &self.world;
        let time = || crm.now();
        let run_of = session(self.stock, crm, (&self.state, &time));
        let inventory = crm.inventory().await?;
        let identity = Identity {
            pipeline: self.stock.pipeline.name.clone(),
            account: inventory.instance.clone(),
        };
        let fresh = Fresh { uuid: "01930000-0000-7000-8000-000000000001".into(), secret: [7; 32] };
        let ledger = Ledger::open_in_place(&self.state, &identity, &fresh)?;
        let unfinished = ledger.reader().unfinished()?;
        let begin = |kind| match &unfinished {
            Some(run) => ledger.resume_run(run.id).map(|()| run.id),
            None if kind == RunKind::Rollback => {
                ledger.begin_rollback(None, &self.stock.pipeline.fingerprint, crm.now())
            }
            None => ledger.begin_run(kind, &self.stock.pipeline.fingerprint, crm.now()),
        };
        let (run, end) = match word {
            Word::Apply => {
                let known = unfinished.as_ref().map(|run| run.id);
                resolve_open(&run_of, &ledger, known).await?;
                let prepared =
                    prepare(&run_of, inventory, Some(ledger.reader()), Again::Staged).await?;
                if let Some(gate) = prepared.plan.gates.first() {
                    return Err(End::Gate(gate.message.clone()));
                }
                let run = begin(RunKind::Apply)?;
                let applied = apply(&run_of, &prepared, &ledger, run).await;
                (run, applied.map(|_| RollbackReport::default()))
            }
            Word::Rollback => {
                let run = begin(RunKind::Rollback)?;
                (
                    run,
                    rollback(&run_of, &ledger, (Scope::Act(None, run), &DriftDecisions::new()))
                        .await,
                )
            }
        };
        let state = if end.is_ok() { RunState::Done } else { RunState::Stopped };
        ledger.end_run(run, state, 0, crm.now())?;
        Ok(end?)
    }
}
