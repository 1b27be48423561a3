//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Move a company's CRM into another one, described by a YAML file
#[derive(Debug, Parser)]
#[command(name = "flitpipe", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  a fault of flitpipe's own; please report it
  2  the spec or the arguments are wrong; nothing was touched
  3  the world is unwilling (credentials, network, another run); nothing is lost, run again
  4  finished, but some records failed or are held
  5  a gate refused (owners, limits, a stale plan, reconciliation, a doubtful ledger)
  6  the rollback left records that people changed
  130, 143  stopped at a checkpoint; run again to go on";

/// What every command takes.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// Print JSON Lines on stdout; the last line is the summary
    #[arg(long, global = true)]
    pub json: bool,
    /// Say only what is wrong
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Say more; can be repeated
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print without colours (as does the variable `NO_COLOR`)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Keep ledgers, staged tables and the sandbox in this folder
    ///
    /// By default `.flitpipe` beside the folder `pipelines`.
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Write reports and archives into this folder
    ///
    /// By default `out/<pipeline>` beside the folder `pipelines`.
    #[arg(long, global = true, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
    /// Read variables from this file; those of the environment win
    #[arg(long, global = true, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a spec and name every fault, offline
    Validate(SpecArgs),
    /// Look through the source: what its tables hold, and what is wrong in them; write nothing
    Profile(ProfileArgs),
    /// Show what would be written, in which order, and why; write nothing
    Plan(PlanArgs),
    /// Make the destination agree with the source: first run, resumed run and delta alike
    Apply(ApplyArgs),
    /// Read the CRM back and compare it with the source: records, values, links, sums
    Reconcile(SpecArgs),
    /// Show what can be taken back, then take it back
    Rollback(RollbackArgs),
    /// Show the runs, what is open and what is held, with reasons
    Status(SpecArgs),
    /// Tell one record's story, from its source row to its undo
    Trace(TraceArgs),
    /// Delete second copies, which requests made that were applied after every wait
    Sweep(SweepArgs),
    /// Look whether the ledger is whole, the latest, and keeps its promises; write nothing
    Verify(VerifyArgs),
    /// Look after the ledger
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Print the graph of the stages
    Graph(GraphArgs),
    /// Print the JSON Schema of specs, for editors
    Schema,
    /// Serve the sandbox until Ctrl-C
    Sandbox(SandboxArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct SpecArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct ProfileArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
    /// Write the profile as JSON to this file, with examples of values
    ///
    /// By default `profile.json` in the folder of reports, beside `profile.md`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
    /// Write the plan as JSON to this file as well as into the output folder
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Refuse columns that hold something and that nothing in the spec names; goes without saying
    /// for a real destination
    #[arg(long)]
    pub strict: bool,
    /// Take the decisions of a mapping document over into the files of `transforms/`: a
    /// mapping.xlsx, value-maps.csv or owners.csv in which somebody wrote
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "strict"])]
    pub import: Option<PathBuf>,
    /// Do not ask before files of the project are changed
    #[arg(long, requires = "import")]
    pub yes: bool,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option that is there or not")]
pub(super) struct ApplyArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
    /// Do not ask before a real destination is written
    #[arg(long)]
    pub yes: bool,
    /// Accept what a rollback will not take back, as the plan counts it; needed for a real destination
    #[arg(long)]
    pub accept_irreversible: bool,
    /// Go on although the spec changed since the unfinished run
    #[arg(long)]
    pub accept_spec: bool,
    /// Refuse columns that hold something and that nothing in the spec names; goes without saying
    /// for a real destination
    #[arg(long)]
    pub strict: bool,
    /// Write only a sample that covers every rule, with the parents it needs, and show it field by
    /// field; so many records, by default as many as the spec says
    #[arg(long, value_name = "N", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "absent, alone, or with a number")]
    pub sample: Option<Option<usize>>,
    /// Apply exactly this approved plan, the `plan.json` that `plan` wrote; refused when the spec, a
    /// variable that it names, the source, the account, or what becomes of a record or file is another
    /// one since. Answers the question before a real destination
    #[arg(long, value_name = "FILE", conflicts_with = "sample")]
    pub plan: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
    /// Only say what would be deleted
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct RollbackArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
    /// Take back this run and what later runs did to the same records; without it everything
    #[arg(long, value_name = "N")]
    pub run: Option<i64>,
    /// Only show what would be taken back
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before a real destination is written
    #[arg(long)]
    pub yes: bool,
    /// What is to become of records that people changed; `--dry-run` writes such a file to begin with
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
    /// The record, for example people:123456
    pub record: String,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
    /// Read the CRM as well: whether every record of ours is there, and there once
    #[arg(long)]
    pub online: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    /// Make good a ledger that was lost or is refused, from its copies and the markers in the CRM
    Rebuild(RebuildArgs),
}

#[derive(Debug, Args)]
pub(super) struct RebuildArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
    /// Believe markers that no secret proves, because the secret is lost with all copies
    #[arg(long)]
    pub trust_markers: bool,
}

#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    /// The spec, for example pipelines/rezora.yaml
    pub spec: PathBuf,
    /// The language of the graph
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub format: GraphFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum GraphFormat {
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct SandboxArgs {
    #[command(subcommand)]
    pub part: Option<SandboxPart>,
    /// Empty the local Nutshell and remove the local export first
    #[arg(long)]
    pub reset: bool,
    /// The port; a free one by default
    #[arg(long)]
    pub port: Option<u16>,
    /// Let things go wrong in the local Nutshell, by the rules of this JSON file
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SandboxPart {
    /// Write an Allegory export into a folder, and say what is in it
    Allegory(ExportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The folder: a new one, an empty one, or one with an older export of the sandbox
    ///
    /// By default the sandbox's own, which every run reads whose spec says `files: sandbox`.
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// How many times the export is as large as usual; `FLITPIPE_SANDBOX_SCALE` by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub scale: Option<u32>,
    /// Write the export of a week later: some rows changed, some new, some gone
    #[arg(long)]
    pub later: bool,
}
