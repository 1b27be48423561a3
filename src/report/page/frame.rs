//! The frame of a page: head, verdict, facts, sections. Rows wait on disk until it is finished.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use super::cell::Tone;
use super::escape;
use super::seal::{SCRIPT, STYLE, policy};
use super::table::{Rows, TableHead, slug};
use crate::report::file::Draft;

/// A figure that people look for first.
#[derive(Debug, Clone)]
pub enum Fact {
    /// So many; its digits are grouped.
    Count(u64),
    /// Names and versions, as they are, digits or not.
    Words(String),
}

impl fmt::Display for Fact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(out, "{count}"),
            Self::Words(words) => out.write_str(words),
        }
    }
}

/// What stands above everything.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    /// What the document is: `Reconciliation`.
    pub title: &'a str,
    /// What it is about, in a line.
    pub subtitle: &'a str,
    /// The figures that people look for first: label and value.
    pub facts: &'a [(&'a str, Fact)],
    /// The files beside it: name, and what is in it.
    pub files: &'a [(&'a str, &'a str)],
}

/// A page being written; [`Page::finish`] puts it in its place.
#[derive(Debug)]
pub struct Page {
    draft: Draft,
    /// Rows of tables: the page's end, while its beginning is not known yet.
    rows: BufWriter<File>,
    heading: String,
    title: String,
    verdict: String,
    facts: String,
    body: String,
    files: String,
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    id: String,
    title: String,
    /// The rows of its largest table.
    count: u64,
}

impl Page {
    /// Begins a page; the file appears when it is finished.
    ///
    /// # Errors
    /// Its folder cannot be written.
    pub fn begin(file: &Path, heading: &Heading<'_>) -> io::Result<Self> {
        let draft = Draft::begin(file)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let rows = tempfile::tempfile_in(folder.unwrap_or(Path::new(".")))?;
        let mut title = String::new();
        escape::html(&mut title, heading.title);
        let mut top = format!("<h1>{title}</h1>\n<p class=\"subtitle\">");
        escape::prose(&mut top, heading.subtitle);
        top.push_str("</p>\n");
        Ok(Self {
            draft,
            rows: BufWriter::new(rows),
            heading: top,
            title,
            verdict: String::new(),
            facts: facts(heading.facts),
            body: String::new(),
            files: files(heading.files),
            sections: Vec::new(),
        })
    }

    /// The statement that everything else explains.
    pub fn verdict(&mut self, tone: Tone, statement: &str, explanation: &str) {
        let mark = match tone {
            Tone::Good => "M6 12.5l4 4 8-9",
            Tone::Warn => "M12 6v7M12 16.5v.5",
            Tone::Bad => "M7.5 7.5l9 9M16.5 7.5l-9 9",
            Tone::Plain => "M12 11v6M12 7v.5",
        };
        let mut out = format!(
            "<div class=\"verdict {}\">\n<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"11\"/><path d=\"{mark}\"/></svg>\n<div><p class=\"statement\">",
            tone.word()
        );
        escape::prose(&mut out, statement);
        out.push_str("</p>\n<p>");
        escape::prose(&mut out, explanation);
        out.push_str("</p></div>\n</div>\n");
        self.verdict = out;
    }

    /// Begins a section; `id` is its name in links.
    pub fn section(&mut self, id: &str, title: &str, introduction: &str) {
        let id = slug(id);
        if !self.sections.is_empty() {
            self.body.push_str("</section>\n");
        }
        write!(self.body, "<section id=\"s-{id}\" aria-labelledby=\"h-{id}\">\n<h2 id=\"h-{id}\">")
            .unwrap_or_default();
        escape::html(&mut self.body, title);
        self.body.push_str("</h2>\n");
        if !introduction.is_empty() {
            self.paragraph("introduction", introduction);
        }
        self.sections.push(Section { id, title: title.to_owned(), count: 0 });
    }

    /// A heading within a section.
    pub fn subsection(&mut self, title: &str) {
        self.body.push_str("<h3>");
        escape::prose(&mut self.body, title);
        self.body.push_str("</h3>\n");
    }

    /// A paragraph.
    pub fn text(&mut self, text: &str) {
        self.paragraph("text", text);
    }

    fn paragraph(&mut self, class: &str, text: &str) {
        write!(self.body, "<p class=\"{class}\">").unwrap_or_default();
        escape::prose(&mut self.body, text);
        self.body.push_str("</p>\n");
    }

    /// A list; nothing when it is empty.
    pub fn list<T: AsRef<str>>(&mut self, items: &[T]) {
        if items.is_empty() {
            return;
        }
        self.body.push_str("<ul class=\"list\">\n");
        for item in items {
            self.body.push_str("<li>");
            escape::prose(&mut self.body, item.as_ref());
            self.body.push_str("</li>\n");
        }
        self.body.push_str("</ul>\n");
    }

    /// Words and what they mean; nothing when there are none.
    pub fn definition<T: AsRef<str>>(&mut self, terms: &[(T, T)]) {
        if terms.is_empty() {
            return;
        }
        self.body.push_str("<dl class=\"terms\">\n");
        for (term, meaning) in terms {
            self.body.push_str("<dt>");
            escape::prose(&mut self.body, term.as_ref());
            self.body.push_str("</dt><dd>");
            escape::prose(&mut self.body, meaning.as_ref());
            self.body.push_str("</dd>\n");
        }
        self.body.push_str("</dl>\n");
    }

    /// Begins a table.
    pub fn table<'h>(&mut self, head: &TableHead<'h>) -> Rows<'_, 'h> {
        Rows::begin(self, head)
    }

    /// Puts the page in its place.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        if !self.sections.is_empty() {
            self.body.push_str("</section>\n");
        }
        let out = &mut self.draft;
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"robots\" content=\"noindex\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#main\">Skip to the content</a>\n",
            policy(),
            self.title
        )?;
        write!(out, "<header class=\"top\">\n{}</header>\n<div class=\"frame\">\n", self.heading)?;
        navigation(out, &self.sections)?;
        write!(
            out,
            "<main id=\"main\" tabindex=\"-1\">\n{}{}{}</main>\n</div>\n{}",
            self.verdict, self.facts, self.body, self.files
        )?;
        let mut rows = self.rows.into_inner().map_err(io::IntoInnerError::into_error)?;
        rows.rewind()?;
        io::copy(&mut rows, out)?;
        write!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n")?;
        self.draft.finish()
    }

    pub(super) fn push(&mut self, html: &str) {
        self.body.push_str(html);
    }

    /// Keeps a block of rows.
    pub(super) fn spill(&mut self, parts: &[&str]) -> io::Result<()> {
        parts.iter().try_for_each(|part| self.rows.write_all(part.as_bytes()))
    }

    /// Notes how many rows a table of the section has.
    pub(super) fn set_count(&mut self, count: u64) {
        if let Some(section) = self.sections.last_mut() {
            section.count = section.count.max(count);
        }
    }
}

fn navigation(out: &mut Draft, sections: &[Section]) -> io::Result<()> {
    let mut list = "<nav aria-label=\"Sections\"><ol>\n".to_owned();
    for section in sections {
        write!(list, "<li><a href=\"#s-{}\">", section.id).unwrap_or_default();
        escape::html(&mut list, &section.title);
        if section.count > 0 {
            let count = escape::grouped(&section.count.to_string());
            write!(list, " <span class=\"count\">{count}</span>").unwrap_or_default();
        }
        list.push_str("</a></li>\n");
    }
    list.push_str("</ol></nav>\n");
    out.write_all(list.as_bytes())
}

fn facts(facts: &[(&str, Fact)]) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let mut out = "<dl class=\"facts\">\n".to_owned();
    for (label, value) in facts {
        out.push_str("<div><dt>");
        escape::html(&mut out, label);
        out.push_str("</dt><dd>");
        match value {
            Fact::Count(count) => out.push_str(&escape::grouped(&count.to_string())),
            Fact::Words(words) => escape::html(&mut out, words),
        }
        out.push_str("</dd></div>\n");
    }
    out.push_str("</dl>\n");
    out
}

fn files(files: &[(&str, &str)]) -> String {
    let mut out = "<footer>\n".to_owned();
    if !files.is_empty() {
        out.push_str("<p>Beside this page:</p>\n<ul>\n");
        for (name, what) in files {
            out.push_str("<li><a href=\"");
            escape::address(&mut out, name);
            out.push_str("\">");
            escape::html(&mut out, name);
            out.push_str("</a> ");
            escape::prose(&mut out, what);
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n");
    }
    out.push_str("<p class=\"made\">Made by flitpipe. It holds data of the source; keep it as you keep those.</p>\n</footer>\n");
    out
}
