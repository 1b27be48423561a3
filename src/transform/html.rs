//! HTML as plain text and as Markdown.

use html2text::config;
use html2text::render::TextDecorator;

/// Far wider than any line, so that paragraphs stay on one.
const WIDTH: usize = 20_000;

/// HTML as plain text: paragraphs apart, lists as lists, links with their address behind them.
pub(super) fn text(html: &str) -> String {
    convert(html, Style::Text)
}

/// HTML as Markdown.
pub(super) fn markdown(html: &str) -> String {
    convert(html, Style::Markdown)
}

/// What a conversion to text leaves behind: the constructs that have no words.
pub(super) fn lost(html: &str) -> Vec<String> {
    let lower = html.to_ascii_lowercase();
    let count = |tag: &str| lower.matches(tag).count();
    [("image", count("<img")), ("table", count("<table"))]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
        .collect()
}

fn convert(html: &str, style: Style) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    let marks = Marks { style, address: String::new() };
    let converted = config::with_decorator(marks)
        .allow_width_overflow()
        .no_link_wrapping()
        .no_table_borders()
        .empty_img_mode(config::ImageRenderMode::ShowAlways)
        .string_from_read(html.as_bytes(), WIDTH);
    // The converter gives up only on pages that nest absurdly deep; then the source says more
    // than nothing.
    let Ok(converted) = converted else { return html.to_owned() };
    let lines = converted.lines().map(|line| match line.trim_end() {
        rule if rule.len() > 3 && rule.chars().all(|letter| letter == '─') => "---",
        line => line,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
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
        let address = if src.starts_with("data:") { "" } else { src };
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
        assert_eq!(lost(page), ["1 image"]);
    }
}
