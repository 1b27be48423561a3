//! HTML as plain text and as Markdown.

use std::sync::LazyLock;

use html2text::config;
use html2text::render::TextDecorator;
use regex::Regex;

/// Far wider than any line, so that paragraphs stay on one.
const WIDTH: usize = 20_000;

/// What a page is made of; anything else between angles is a person's text.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)<(?:!--|!doctype|\?xml|/?(?:a|abbr|address|article|b|base|blockquote|body|br|caption",
        r"|center|cite|code|col|colgroup|dd|del|div|dl|dt|em|figure|font|footer|form|h[1-6]|head",
        r"|header|hr|html|i|iframe|img|input|ins|label|li|link|main|mark|meta|nav|o:p|ol|p|pre|q",
        r"|s|script|section|small|span|strike|strong|style|sub|sup|table|tbody|td|tfoot|th|thead",
        r"|title|tr|tt|u|ul|video|audio|wbr)(?:\s[^<>]*)?/?>)",
    ))
});
/// A character that is written by its name or number.
static ENTITY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});"));
/// An address between angles, as mail programs write them: a page would take it for a tag.
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"<((?:mailto:)?[^\s<>"'=/]+@[^\s<>"'=/]+|https?://[^\s<>"']+)>"#));
/// A comment, those for one mail program included.
static COMMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<!--.*?(?:-->|$)"));
/// An image, and whether it travels inside the page.
static IMAGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)<img\b[^>]*>"));
static INSIDE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?i)\bsrc\s*=\s*["']?\s*(?:data|cid):"#));

/// Tags that hold others and are always closed.
static NEST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)<(/?)(?:div|span|blockquote|table|ul|ol|font|center|section|b|i|u|em|strong)\b")
});
/// Any tag at all.
static ANY_TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"<[^<>]*>"));

/// Levels of nesting up to which a page is converted; the cost of a page grows with their square.
const DEPTH_MAX: usize = 500;

/// Constructs that no text can hold.
const FORMLESS: [(&str, &str); 5] = [
    ("<table", "table"),
    ("<video", "video"),
    ("<audio", "recording"),
    ("<iframe", "embedded page"),
    ("<form", "form"),
];

#[expect(clippy::expect_used, reason = "the patterns are constants, all of them used in tests")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

/// HTML as plain text: paragraphs apart, lists as lists, links with their address behind them.
pub(super) fn text(html: &str) -> String {
    convert(html, Style::Text)
}

/// HTML as Markdown.
pub(super) fn markdown(html: &str) -> String {
    convert(html, Style::Markdown)
}

/// What a conversion to plain text leaves behind: the constructs that have no words.
pub(super) fn lost_as_text(html: &str) -> Vec<String> {
    lost(html, Style::Text)
}

/// What a conversion to Markdown leaves behind; images with an address of their own stay.
pub(super) fn lost_as_markdown(html: &str) -> Vec<String> {
    lost(html, Style::Markdown)
}

fn lost(html: &str, style: Style) -> Vec<String> {
    if !TAG.is_match(html) && !ENTITY.is_match(html) {
        return Vec::new();
    }
    let shown = COMMENT.replace_all(html, "");
    let (mut inside, mut linked) = (0, 0);
    for image in IMAGE.find_iter(&shown) {
        *(if INSIDE.is_match(image.as_str()) { &mut inside } else { &mut linked }) += 1;
    }
    if style == Style::Markdown {
        linked = 0;
    }
    let lower = shown.to_ascii_lowercase();
    let formless = FORMLESS.map(|(tag, name)| (name, lower.matches(tag).count()));
    let unwanted = |letter: &char| letter.is_control() && !letter.is_whitespace();
    let controls = shown.chars().filter(unwanted).count();
    [("embedded image", inside), ("image", linked), ("control character", controls)]
        .into_iter()
        .chain(formless)
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
        .collect()
}

fn convert(source: &str, style: Style) -> String {
    if TAG.is_match(source) {
        let source = ADDRESS.replace_all(source, "&lt;$1&gt;");
        let converted = if is_deep(&source) { None } else { page(&source, style) };
        return converted.unwrap_or_else(|| lines(&ANY_TAG.replace_all(&source, "\n")));
    }
    if ENTITY.is_match(source) { lines(source) } else { source.to_owned() }
}

/// Text that only writes some characters by name: its lines and its angles are its own.
fn lines(text: &str) -> String {
    let line = |line: &str| {
        let named = line.contains('&').then(|| page(&line.replace('<', "&lt;"), Style::Text));
        named.flatten().unwrap_or_else(|| line.to_owned())
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Whether a page nests deeper than any that people write.
fn is_deep(source: &str) -> bool {
    let mut depth = 0_usize;
    NEST.captures_iter(source).any(|tag| {
        let closes = tag.get(1).is_some_and(|sign| !sign.is_empty());
        depth = if closes { depth.saturating_sub(1) } else { depth + 1 };
        depth > DEPTH_MAX
    })
}

/// A page by the converter, which gives up on some that nest too deep.
fn page(html: &str, style: Style) -> Option<String> {
    let marks = Marks { style, address: String::new() };
    let converted = config::with_decorator(marks)
        .allow_width_overflow()
        .no_link_wrapping()
        .no_table_borders()
        .empty_img_mode(config::ImageRenderMode::ShowAlways)
        .string_from_read(html.as_bytes(), WIDTH);
    let converted = converted.ok()?;
    let lines = converted.lines().map(|line| match line.trim_end() {
        rule if rule.len() > 3 && rule.chars().all(|letter| letter == '─') => "---",
        line => line,
    });
    Some(lines.collect::<Vec<_>>().join("\n").trim().to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Text,
    Markdown,
}

#[derive(Debug, Clone)]
struct Marks {
    style: Style,
    address: String,
}

impl Marks {
    fn mark(&self, mark: &str) -> String {
        match self.style {
            Style::Text => String::new(),
            Style::Markdown => mark.to_owned(),
        }
    }
}

impl TextDecorator for Marks {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        url.clone_into(&mut self.address);
        (self.mark("["), ())
    }

    fn decorate_link_end(&mut self) -> String {
        match self.style {
            Style::Text if self.address.is_empty() => String::new(),
            Style::Text => format!(" ({})", self.address),
            Style::Markdown => format!("]({})", self.address),
        }
    }

    fn decorate_em_start(&self) -> (String, ()) {
        (self.mark("*"), ())
    }

    fn decorate_em_end(&self) -> String {
        self.mark("*")
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        (self.mark("**"), ())
    }

    fn decorate_strong_end(&self) -> String {
        self.mark("**")
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        (self.mark("~~"), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        self.mark("~~")
    }

    fn decorate_code_start(&self) -> (String, ()) {
        (self.mark("`"), ())
    }

    fn decorate_code_end(&self) -> String {
        self.mark("`")
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, src: &str, title: &str) -> (String, ()) {
        // An image that travels inside the page has no address worth reading.
        let inside = ["data:", "cid:"].iter().any(|scheme| src.trim_start().starts_with(scheme));
        let address = if inside { "" } else { src };
        let shown = match self.style {
            Style::Text => format!("[{}]", if title.is_empty() { "image" } else { title }),
            Style::Markdown => format!("![{title}]({address})"),
        };
        (shown, ())
    }

    fn header_prefix(&self, level: usize) -> String {
        self.mark(&format!("{} ", "#".repeat(level)))
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "- ".to_owned()
    }

    fn ordered_item_prefix(&self, position: i64) -> String {
        format!("{position}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, plain: &str, marked: &str) {
        assert_eq!(text(input), plain, "{input}");
        assert_eq!(markdown(input), marked, "{input}");
    }

    #[test]
    fn paragraphs_and_entities_become_text() {
        check(
            "<p>Called, wants 3 bd &lt; 700k</p>",
            "Called, wants 3 bd < 700k",
            "Called, wants 3 bd < 700k",
        );
        check("<p>One</p><p>Two</p>", "One\n\nTwo", "One\n\nTwo");
        check("plain * text", "plain * text", "plain * text");
    }

    #[test]
    fn marks_and_links_are_kept_as_far_as_the_form_goes() {
        let page = r#"<h2>Hi</h2>see <b>this</b> <a href="https://x.example/a">page</a>"#;
        check(
            page,
            "Hi\n\nsee this page (https://x.example/a)",
            "## Hi\n\nsee **this** [page](https://x.example/a)",
        );
    }

    #[test]
    fn scripts_go_and_images_leave_a_word() {
        let page =
            r#"<script>x()</script><p>a<img src="data:image/png;base64,AAAA" alt="logo"></p>"#;
        check(page, "a[logo]", "a![logo]()");
    }

    fn check_lost(input: &str, as_text: &[&str], as_markdown: &[&str]) {
        assert_eq!(lost_as_text(input), as_text, "{input}");
        assert_eq!(lost_as_markdown(input), as_markdown, "{input}");
    }

    #[test]
    fn what_a_conversion_loses_is_named() {
        let page = r#"<p><img src="data:image/png;base64,AA"><IMG SRC='cid:7'><img src="https://x.example/a.png"></p><table><tr><td>a</table>"#;
        check_lost(
            page,
            &["2 embedded images", "1 image", "1 table"],
            &["2 embedded images", "1 table"],
        );
        check_lost("<p>plain\r\n\ttext</p>", &[], &[]);
        let controls = "<p>a\u{7}b\u{1}</p>";
        check_lost(controls, &["2 control characters"], &["2 control characters"]);
    }

    #[test]
    fn two_megabytes_of_data_images_leave_their_words() {
        let image =
            format!(r#"<img alt="chart" src="data:image/png;base64,{}">"#, "A".repeat(1_000_000));
        let page = format!("<p>before</p>{image}{image}<p>after</p>");
        check(
            &page,
            "before\n\n[chart][chart]\n\nafter",
            "before\n\n![chart]()![chart]()\n\nafter",
        );
        check_lost(&page, &["2 embedded images"], &["2 embedded images"]);
    }

    #[test]
    fn outlooks_conditional_comments_and_styles_are_not_text() {
        let page = concat!(
            "<html xmlns:o=\"urn:schemas\"><head><style>p { color: red }</style>",
            "<!--[if gte mso 9]><xml><o:p>Office</o:p></xml><![endif]--></head><body>",
            "<!--[if mso]><table><tr><td>Outlook<img src='a.png'></td></tr></table><![endif]-->",
            "<![if !mso]><p>Hello<o:p></o:p></p><![endif]><!-- unfinished",
        );
        check(page, "Hello", "Hello");
        check_lost(page, &[], &[]);
    }

    #[test]
    fn the_quoted_history_of_a_mail_is_kept() {
        let page = "<div>Agreed.</div><blockquote>On Monday Ann wrote:<br><blockquote>Price?</blockquote></blockquote>";
        let kept = "Agreed.\n\n> On Monday Ann wrote:\n>\n> > Price?";
        let plain = text(page);
        assert_eq!(plain.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"), kept);
        assert!(markdown(page).contains("> > Price?"));
    }

    #[test]
    fn an_address_between_angles_is_no_tag() {
        let mail =
            "From: Ann Lee <ann@acme.example>\nSee <https://x.example/a?b=1>\n\nif a<b then 3 < 5";
        check(mail, mail, mail);
        let page = "From: Ann <ann@acme.example><br>Hello";
        check(page, "From: Ann <ann@acme.example>\nHello", "From: Ann <ann@acme.example>\nHello");
    }

    #[test]
    fn plain_text_with_entities_keeps_its_lines() {
        let mail = "AT&amp;T <ops@att.example>\nline two &lt;x&gt;\n\nR&D";
        let kept = "AT&T <ops@att.example>\nline two <x>\n\nR&D";
        check(mail, kept, kept);
        check("R&D; A&B", "R&D; A&B", "R&D; A&B");
    }

    #[test]
    fn a_page_that_nests_absurdly_deep_does_not_end_the_run() {
        let deep = |tag: &str, levels: usize| {
            let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
            format!("{}R&amp;D <ann@acme.example>{}", open.repeat(levels), close.repeat(levels))
        };
        for (tag, levels) in [("div", 20_000), ("blockquote", 20_000), ("blockquote", 400)] {
            let kept = text(&deep(tag, levels));
            assert!(kept.ends_with("R&D <ann@acme.example>") && !kept.contains("<div"), "{kept}");
        }
    }
}
