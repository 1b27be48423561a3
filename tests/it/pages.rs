//! The pages in a real browser: nothing is refused or run that should not be, tables are live.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use flitpipe::report::page::{
    Bar, Bars, Cell, Column, Fact, Heading, Page, Paint, Series, Stacked, StackedBar, TableHead,
    Tone,
};

use crate::rehearsal::Rehearsal;

/// What a page became in the browser.
struct Looked {
    dom: String,
    /// What the browser's console says.
    console: Vec<String>,
}

impl Looked {
    /// How many rows a table says it has, its head among them.
    fn row_count(&self, table: &str) -> &str {
        let (_, table) = self.dom.split_once(&format!(" id=\"{table}\"")).unwrap();
        let (_, rest) = table.split_once("aria-rowcount=\"").unwrap();
        rest.split('"').next().unwrap()
    }

    /// How many rows of tables stand in the document.
    fn standing(&self) -> usize {
        self.dom.matches("aria-rowindex=").count()
    }
}

fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "whether this is the build server is said in the environment"
)]
fn found() -> Option<PathBuf> {
    let found = browser();
    if found.is_none() {
        assert_ne!(std::env::var("FLITPIPE_CI").as_deref(), Ok("1"), "Chromium must be there");
        println!("skipped: there is no Chromium here");
    }
    found
}

/// Loads a page, with what stands behind `#` in the address.
fn look(browser: &Path, page: &Path, hash: &str) -> Looked {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("timeout");
    command.arg("120").arg(browser);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-logging=stderr",
        // Timers of the page pass at once; the document is read when nothing is left to do.
        "--virtual-time-budget=60000",
        "--dump-dom",
    ]);
    command.arg(format!("--user-data-dir={}", home.path().display()));
    command.arg(format!("file://{}#{hash}", page.display()));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stderr);
    let console = said.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned);
    Looked { dom: String::from_utf8(output.stdout).unwrap(), console: console.collect() }
}

const HOSTILE: &str =
    "</script><img src=x onerror=\"alert(1)\"><!-- \u{0}\u{2028}\u{202e}`${1}` &lt;b&gt;";

const COLUMNS: [Column<'_>; 6] = [
    Column::chip("Kind"),
    Column::text("Object"),
    Column::code("Record"),
    Column::number("Amount"),
    Column::change("In the source, in the CRM"),
    Column::text("Why"),
];

/// A page of many rows, of which the one before last is hostile.
fn many(file: &Path, count: u64) {
    let facts = [
        ("Records", Fact::Count(100_000)),
        ("Version", Fact::Words("12345678".to_owned())),
        ("Hostile", Fact::Words(HOSTILE.to_owned())),
    ];
    let heading =
        Heading { title: HOSTILE, subtitle: HOSTILE, facts: &facts, files: &[(HOSTILE, HOSTILE)] };
    let mut page = Page::begin(file, &heading).unwrap();
    page.verdict(Tone::Bad, HOSTILE, HOSTILE);
    page.section("look", HOSTILE, HOSTILE);
    page.subsection(HOSTILE);
    page.text(HOSTILE);
    page.list(&[HOSTILE]);
    page.definition(&[(HOSTILE, HOSTILE)]);
    let series = [
        Series { name: "created", paint: Paint::Blue },
        Series { name: HOSTILE, paint: Paint::Red },
    ];
    let bars = [StackedBar { label: HOSTILE, values: vec![99_999, 1] }];
    page.stacked(&Stacked { title: HOSTILE, series: &series, bars: &bars });
    let bars = [Bar { label: HOSTILE, value: 1, of: 3, paint: Paint::Green }];
    page.bars(&Bars { title: HOSTILE, bars: &bars });
    page.section("rows", "Rows", "");
    let head = TableHead {
        id: "differences",
        caption: HOSTILE,
        columns: &COLUMNS,
        filters: &[0, 1, 2],
        whole: Some(HOSTILE),
        empty: HOSTILE,
    };
    let mut rows = page.table(&head);
    for number in 1..=count {
        let (kind, tone) = match number % 10 {
            0 => ("mismatch", Tone::Bad),
            _ => ("explained", Tone::Plain),
        };
        let why = if number + 1 == count { HOSTILE } else { "kept_existing: the CRM had a value" };
        rows.row(&[
            Cell::text(kind).toned(tone),
            Cell::text(["people", "companies", "deals"][usize::try_from(number % 3).unwrap()]),
            Cell::text(format!("people:{number}")),
            match number {
                1 => Cell::text("≈15"),
                2 => Cell::text("·"),
                _ => Cell::number(number * 7),
            },
            Cell::change(format!("{number} Elm Street"), format!("{number} Oak Street")),
            Cell::text(why),
        ])
        .unwrap();
    }
    rows.end().unwrap();
    page.finish().unwrap();
}

#[test]
fn a_hundred_thousand_rows_are_counted_searched_and_never_all_in_the_document() {
    let Some(browser) = found() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.html");
    many(&file, 100_000);
    let whole = look(&browser, &file, "");
    assert_eq!(whole.console, Vec::<String>::new());
    assert_eq!(whole.row_count("differences"), "100001");
    assert!((10..100).contains(&whole.standing()), "{}", whole.standing());
    assert!(whole.dom.contains("… 99,700 more: search for them"), "a list says where it ends");
    for (hash, rows) in [
        ("q=people:77777", "2"),
        ("q=elm+77777", "3"),
        ("differences.q=PEOPLE:7777", "12"),
        ("q=no+such+word", "1"),
        ("kind=mismatch", "10001"),
        ("kind=mismatch&object=deals&q=elm+999", "14"),
        ("q=77,777", "2"),
        ("q=onerror", "2"),
        ("record=people:77777", "2"),
    ] {
        let looked = look(&browser, &file, hash);
        assert_eq!(
            (looked.console.as_slice(), looked.row_count("differences")),
            (&[][..], rows),
            "{hash}"
        );
    }
}

/// A copy of a page that runs more than its own script.
fn scripted(page: &Path, before: &str, after: &str) -> PathBuf {
    let text = fs::read_to_string(page).unwrap();
    let (start, policy) = text.split_once("<meta http-equiv=").unwrap();
    let (_, end) = policy.split_once('>').unwrap();
    let text = format!("{start}<script>{before}</script>{end}");
    let text = text.replace("</body>", &format!("<script>{after}</script></body>"));
    let file = page.with_extension("scripted.html");
    fs::write(&file, text).unwrap();
    file
}

/// The page as it is when somebody presses the head of a column while rows are still being read:
/// by its clock only the reading takes time.
fn pressed(page: &Path, column: usize) -> PathBuf {
    let clock =
        "let time = 0; performance.now = () => /load/.test(new Error().stack) ? time += 9 : time;";
    scripted(page, clock, &format!("document.querySelectorAll('th button')[{column}].click()"))
}

/// What does not fit: pages that are wider than the screen, and tables that are wider than their
/// box, each page on a screen of 1280 pixels and on one of 390.
fn too_wide(browser: &Path, pages: &[PathBuf]) -> Vec<String> {
    const SAYS: &str = "setTimeout(() => {
        const name = `${location.pathname.split('/').pop()} at ${innerWidth}`, said = [name];
        if (document.documentElement.scrollWidth > innerWidth) said.push('page');
        for (const rows of document.querySelectorAll('.rows')) {
            if (rows.scrollWidth > rows.clientWidth + 1 && innerWidth > 390) said.push(rows.parentNode.id);
        }
        parent.postMessage(said.join(' '), '*');
    }, 500)";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("screens.html");
    let mut screens = "<body><script>addEventListener('message', (event) => document.body.append(`[seen ${event.data}]`))</script>".to_owned();
    for (page, width) in pages.iter().flat_map(|page| [(page, 1280), (page, 390)]) {
        let copy = scripted(page, "", SAYS);
        write!(
            screens,
            "<iframe width={width} height=800 src='file://{}'></iframe>",
            copy.display()
        )
        .unwrap();
    }
    fs::write(&file, screens).unwrap();
    let dom = look(browser, &file, "").dom;
    let seen = dom.split("[seen ").skip(2).filter_map(|rest| rest.split_once(']'));
    let seen: Vec<_> = seen.map(|(seen, _)| seen.to_owned()).collect();
    assert_eq!(seen.len(), 2 * pages.len(), "{dom}");
    // `page.html at 1280`, and what is too wide.
    seen.into_iter().filter(|seen| seen.split(' ').count() > 3).collect()
}

#[test]
fn on_paper_stand_the_rows_that_are_looked_for_and_how_many_of_how_many() {
    let Some(browser) = found() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.html");
    many(&file, 2_100);
    let print = "setTimeout(() => dispatchEvent(new Event('beforeprint')), 500)";
    let file = scripted(&file, "", print);
    for (hash, rows, said) in [
        ("", 2_000, "The first 2,000 of 2,100 rows. All of them are in the file"),
        ("kind=mismatch", 210, "The 210 rows that match (Kind: mismatch), of 2,100. All of them"),
    ] {
        let looked = look(&browser, &file, hash);
        assert_eq!(looked.console, Vec::<String>::new());
        assert_eq!(looked.dom.matches("<tr><td").count(), rows, "{hash}");
        assert!(looked.dom.contains(said), "{hash}");
    }

    // More rows than a page holds: it says so, and promises nothing that it does not have.
    let text = fs::read_to_string(&file).unwrap().replace("\"all\":2100", "\"all\":250000");
    let text = text.replace("class=\"note whole\"", "class=\"note\"");
    fs::write(&file, text).unwrap();
    for (hash, said) in [
        ("", "The first 2,000 of 250,000 rows.<"),
        (
            "kind=mismatch",
            "The 210 rows that match (Kind: mismatch), of the first 2,100 of 250,000.<",
        ),
    ] {
        let looked = look(&browser, &file, hash);
        assert_eq!(looked.console, Vec::<String>::new());
        assert!(looked.dom.contains(said), "{hash}");
    }
}

#[test]
fn rows_that_come_after_an_order_was_asked_for_take_their_place_in_it() {
    let Some(browser) = found() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.html");
    many(&file, 20_000);
    let looked = look(&browser, &pressed(&file, 3), "");
    assert_eq!((looked.console.as_slice(), looked.row_count("differences")), (&[][..], "20001"));
    let (_, body) = looked.dom.split_once("<tbody>").unwrap();
    // What is no number comes first, and what is about so much where it belongs.
    let places = [2, 1, 3, 4].map(|number| body.find(&format!("people:{number}<")));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
}

#[test]
fn a_hostile_value_is_shown_and_does_nothing() {
    let Some(browser) = found() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hostile.html");
    many(&file, 20);
    let looked = look(&browser, &file, "q=onerror");
    assert_eq!(looked.console, Vec::<String>::new());
    assert_eq!(looked.row_count("differences"), "2");
    assert!(!looked.dom.contains("<img"), "{}", looked.dom);
    assert!(!looked.dom.contains(['\u{0}', '\u{2028}', '\u{202e}']));
    let shown = "&lt;/script&gt;&lt;img src=x onerror=\"alert(1)\"&gt;&lt;!-- \\u{0}\\u{2028}\\u{202e}`${1}` &amp;lt;b&amp;gt;</bdi>";
    assert!(looked.dom.contains(shown), "{}", looked.dom);
}

#[test]
fn a_page_is_one_private_file_that_can_be_read_without_its_script() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    many(&file, 500);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let beside = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(beside, 1, "nothing is left beside it");
    let text = fs::read_to_string(&file).unwrap();
    for word in [" style=\"", "href=\"http", "url(", "@import", "<link", "<iframe", "<img"] {
        assert!(!text.contains(word), "{word}");
    }
    assert!(text.contains("content=\"default-src 'none'; style-src 'sha256-"));
    assert_eq!(text.matches("<tr><td").count(), 100, "the first rows stand there as they are");
    assert!(text.contains("The first 100 of 500 rows."));
    assert!(text.contains("<dd>100,000</dd>") && text.contains("<dd>12345678</dd>"));
}

#[test]
fn the_same_rows_make_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["one", "two"].map(|name| folder.path().join(name));
    for file in &files {
        many(file, 500);
    }
    let [one, two] = files.map(|file| fs::read(file).unwrap());
    assert!(one == two, "the bytes differ");
}

const SPEC: &str = "
version: 1
name: pages
sources:
  export:
    files: export
    timezone: UTC
    country: US
    currency: USD
    tables:
      users: { path: users.csv, key: id }
      people: { path: people.csv, key: id, links: { user_id: users } }
destination:
  type: nutshell
  url: sandbox
  user: ${NUTSHELL_USER:sandbox}
  key: ${NUTSHELL_API_KEY:sandbox}
  provision: create
owners: { from: users, match: email, fallback: migration@sandbox.example }
objects:
  people:
    from: people
    to: person
    fields:
      name: { from: name, required: true }
      description: text
      owner: user_id
      Tier__c: { from: tier, map: { A: Gold }, custom: text }
reconcile: { fields: 0 }
";

/// Twenty people; a tier that no map knows, and texts that would like to be more than that.
fn twenty(folder: &Path) -> PathBuf {
    let export = folder.join("export");
    fs::create_dir_all(&export).unwrap();
    fs::create_dir_all(folder.join("pipelines")).unwrap();
    fs::write(export.join("users.csv"), "id,email\n7,theo@newcorp.example\n").unwrap();
    let mut people = "id,name,text,user_id,tier\n".to_owned();
    for number in 1..=20 {
        writeln!(people, "{number},Person {number},\"<b>{number}</b></script><img src=x onerror=alert(1)>\",7,</script><img src=x>{number}").unwrap();
    }
    fs::write(export.join("people.csv"), people).unwrap();
    let spec = folder.join("pipelines/pages.yaml");
    fs::write(&spec, SPEC).unwrap();
    spec
}

#[test]
fn the_pages_of_a_real_run_are_whole_searchable_and_harmless() {
    let Some(browser) = found() else { return };
    let rehearsal = Rehearsal::open();
    let folder = tempfile::tempdir().unwrap();
    let spec = twenty(folder.path());
    assert_eq!(rehearsal.run("profile", &spec).0, 0);
    assert_eq!(rehearsal.run("apply", &spec).0, 0);
    // Somebody edits all but five of them.
    let there = rehearsal.dump();
    let edited = |person: &&Value| {
        let text = person.to_string();
        (1..=15).any(|number| text.contains(&format!("\"Person {number}\"")))
    };
    for person in there["Contacts"].as_array().unwrap().iter().filter(edited) {
        let patch = json!({ "description": "<i>somebody</i> wrote this" });
        let edit = json!({ "contactId": person["id"], "rev": person["rev"], "contact": patch });
        rehearsal.person("editContact", &edit);
    }
    let (code, verdict) = rehearsal.run("reconcile", &spec);
    assert_eq!((code, &verdict["verdict"]), (5, &json!("fail")), "{verdict}");
    assert_eq!(verdict["objects"]["people"]["field_mismatches"], Value::from(15));

    for (page, table, hash, rows) in [
        ("reconciliation.html", "differences", "", "16"),
        ("reconciliation.html", "differences", "differences.q=somebody", "16"),
        ("reconciliation.html", "differences", "rule=changed_later&q=%3Cb%3E1", "8"),
        ("audit.html", "remarks", "", "21"),
        ("audit.html", "remarks", "remark=unmapped_value&q=x%3E20", "2"),
        ("profile.html", "findings", "", "3"),
    ] {
        let looked = look(&browser, &rehearsal.out().join(page), hash);
        let seen = (looked.console.as_slice(), looked.row_count(table));
        assert_eq!(seen, (&[][..], rows), "{page} {hash}");
        assert!(looked.dom.contains("class=\"statement\""), "{page}");
        assert!(!looked.dom.contains("<img") && !looked.dom.contains("<i>somebody"), "{page}");
    }
    let pages = ["reconciliation.html", "audit.html"].map(|page| rehearsal.out().join(page));
    assert_eq!(too_wide(&browser, &pages), Vec::<String>::new());
}

#[test]
fn the_pages_before_a_run_are_whole_searchable_and_harmless() {
    let Some(browser) = found() else { return };
    let rehearsal = Rehearsal::open();
    let folder = tempfile::tempdir().unwrap();
    let spec = twenty(folder.path());
    assert_eq!(rehearsal.run("plan", &spec).0, 0);
    let sample = rehearsal.command("apply", &spec).args(["--sample", "20"]).output().unwrap();
    assert!(sample.status.success(), "{sample:?}");
    for (page, table, hash, rows) in [
        ("plan.html", "values", "", "22"),
        ("plan.html", "values", "values.state=no%20match&values.q=x%3E20", "2"),
        ("plan.html", "account", "account.what=source", "4"),
        ("plan.html", "account", "account.q=theo", "2"),
        ("sample.html", "fields", "", "81"),
        ("sample.html", "fields", "fields.state=left%20out", "21"),
    ] {
        let looked = look(&browser, &rehearsal.out().join(page), hash);
        let seen = (looked.console.as_slice(), looked.row_count(table));
        assert_eq!(seen, (&[][..], rows), "{page} {hash}");
        assert!(looked.dom.contains("class=\"statement\""), "{page}");
        assert!(!looked.dom.contains("<img"), "{page}");
    }
    let looked = look(&browser, &rehearsal.out().join("mapping.html"), "");
    assert!(looked.console.is_empty() && !looked.dom.contains("<img"), "{:?}", looked.console);
    assert!(looked.dom.contains("To be looked at before signing"));
    let pages = ["plan.html", "sample.html", "mapping.html"].map(|page| rehearsal.out().join(page));
    assert_eq!(too_wide(&browser, &pages), Vec::<String>::new());
}
