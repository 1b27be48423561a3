//! What a cell looks like, for whoever audits a source: its shape, and the forms in which e-mail
//! addresses, telephone numbers and names are compared.

use jiff::Timestamp;
use rlibphonenumber::enums::Region;
use serde_json::Value;

use super::cell;
use super::email;
use super::error::TransformError;
use super::locale::Locale;
use super::matching::normal_match;
use super::moment::{self, Moment};
use super::phone;
use super::remark::Reading;
use super::text;
use super::url;
use crate::spec::{Kind, Source};

/// Beyond this many bytes a text is neither a number nor a date nor a telephone number.
const SHORT_BYTES_MAX: usize = 48;

/// The longest text that is tried as JSON, in bytes.
const JSON_BYTES_MAX: usize = 1_048_576;

/// Digits of a telephone number.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// What a cell looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// Yes or no, in words.
    Boolean,
    /// Digits, perhaps with a sign.
    Integer,
    /// A number with a point.
    Decimal,
    /// A number with a currency, a share or grouped digits.
    Amount,
    /// A day.
    Date,
    /// A day with a time.
    Timestamp,
    /// One or more e-mail addresses.
    Email,
    /// A web address.
    Url,
    /// A telephone number.
    Phone,
    /// A JSON object.
    Object,
    /// A JSON list.
    List,
    /// Text with markup.
    Html,
    /// Any other text.
    Text,
}

impl Shape {
    /// Every shape, in the order of their positions.
    pub const ALL: [Self; 13] = [
        Self::Boolean,
        Self::Integer,
        Self::Decimal,
        Self::Amount,
        Self::Date,
        Self::Timestamp,
        Self::Email,
        Self::Url,
        Self::Phone,
        Self::Object,
        Self::List,
        Self::Html,
        Self::Text,
    ];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Amount => "amount",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Email => "email",
            Self::Url => "url",
            Self::Phone => "phone",
            Self::Object => "JSON object",
            Self::List => "JSON list",
            Self::Html => "HTML",
            Self::Text => "text",
        }
    }
}

/// How large a value is, where its shape has an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// It has none.
    None,
    /// A number.
    Number(f64),
    /// A point in time.
    Time(Timestamp),
}

/// What the cells of one source look like.
#[derive(Debug)]
pub struct Eye {
    locale: Locale,
    regions: Vec<Region>,
}

impl Eye {
    /// The eye for a source: its date formats, zone and country.
    ///
    /// # Errors
    /// The source names a time zone that does not exist.
    pub fn of(source: &Source) -> Result<Self, TransformError> {
        let locale = Locale::compile(source)?;
        let regions = locale.region.into_iter().collect();
        Ok(Self { locale, regions })
    }

    /// The shape of a cell that says something, and how large it is.
    pub fn look(&self, value: &Value) -> (Shape, Size) {
        match value {
            Value::Bool(_) => (Shape::Boolean, Size::None),
            Value::Number(number) => {
                let size = number.as_f64().map_or(Size::None, Size::Number);
                let whole = number.is_i64() || number.is_u64();
                (if whole { Shape::Integer } else { Shape::Decimal }, size)
            }
            Value::Array(_) => (Shape::List, Size::None),
            Value::Object(_) => (Shape::Object, Size::None),
            Value::Null => (Shape::Text, Size::None),
            Value::String(text) => self.text(text.trim()),
        }
    }

    fn text(&self, text: &str) -> (Shape, Size) {
        if text.len() <= SHORT_BYTES_MAX
            && let Some(found) = self.short(text)
        {
            return found;
        }
        (long(text), Size::None)
    }

    /// Numbers, dates, telephone numbers, yes and no.
    fn short(&self, text: &str) -> Option<(Shape, Size)> {
        if is_yes_or_no(text) {
            return Some((Shape::Boolean, Size::None));
        }
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        if let Some(shape) = plain_number(text) {
            return Some((shape, text.parse().map_or(Size::None, Size::Number)));
        }
        if text.starts_with(|letter: char| letter.is_alphanumeric())
            && let Some(found) = self.moment(text)
        {
            return Some(found);
        }
        if is_phone(text, digits) {
            return Some((Shape::Phone, Size::None));
        }
        is_amount(text).then_some((Shape::Amount, Size::None))
    }

    fn moment(&self, text: &str) -> Option<(Shape, Size)> {
        match moment::read(text, &self.locale) {
            Ok(found) => {
                let shape =
                    if matches!(found, Moment::Day(_)) { Shape::Date } else { Shape::Timestamp };
                Some((shape, found.instant(&self.locale.zone).map_or(Size::None, Size::Time)))
            }
            Err(remark) => (remark.code == "ambiguous_date").then_some((Shape::Date, Size::None)),
        }
    }

    /// The addresses of a cell in the form in which they are compared; shared mailboxes among them.
    pub fn emails(text: &str) -> Vec<String> {
        let parts = email::split(text).into_iter();
        let read = parts.filter_map(|part| match email::read(part) {
            Reading::Fine(value) | Reading::Noted(value, _) => {
                Some(normal_match(&Kind::Email, &cell::text(&value)))
            }
            Reading::Bad(_) => None,
        });
        read.collect()
    }

    /// A telephone number in the form in which it is compared; `None` when that is not certain.
    pub fn phone(&self, value: &Value) -> Option<String> {
        match phone::read(value, &self.regions) {
            Reading::Fine(value) => Some(normal_match(&Kind::Phone, &cell::text(&value))),
            Reading::Noted(_, _) | Reading::Bad(_) => None,
        }
    }

    /// Whether several people read a mailbox.
    pub fn is_shared(address: &str) -> bool {
        email::is_shared(address)
    }
}

/// `2.12556E+11` and its like: a spreadsheet showed a long number so, and kept nothing else.
pub fn is_rounded_by_a_spreadsheet(text: &str) -> bool {
    text::went_through_a_spreadsheet(text)
}

fn is_yes_or_no(text: &str) -> bool {
    ["true", "false", "yes", "no", "y", "n", "on", "off"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

fn plain_number(text: &str) -> Option<Shape> {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if digits(bare) {
        return Some(Shape::Integer).filter(|_| !is_long_phone(text, bare));
    }
    let (whole, rest) = bare.split_once('.')?;
    (digits(whole) && digits(rest)).then_some(Shape::Decimal)
}

/// A `+` before so many digits is a telephone number.
fn is_long_phone(text: &str, bare: &str) -> bool {
    text.starts_with('+') && PHONE_DIGITS.contains(&bare.len())
}

/// Digits in groups, as people write telephone numbers.
fn is_phone(text: &str, digits: usize) -> bool {
    let (number, _) = text.split_once(['x', 'X', 'e']).unwrap_or((text, ""));
    PHONE_DIGITS.contains(&digits)
        && number.bytes().all(|byte| byte.is_ascii_digit() || b"+-() ./".contains(&byte))
        && number.bytes().any(|byte| b"+-() .".contains(&byte))
        && number.starts_with(['+', '(', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
}

fn is_amount(text: &str) -> bool {
    let sign = |letter: char| matches!(letter, '$' | '€' | '£' | '¥' | '%' | ',' | '(' | ')');
    text.contains(sign)
        && text.chars().all(|letter| {
            letter.is_ascii_digit() || sign(letter) || matches!(letter, '.' | ' ' | '-' | '\u{a0}')
        })
}

/// Addresses, JSON, markup.
fn long(text: &str) -> Shape {
    if text.contains('@') && !text.contains('<') && text.len() < 1_000 {
        let parts = email::split(text);
        if !email::has_words(text) && !Eye::emails(text).is_empty() && parts.len() < 20 {
            return Shape::Email;
        }
    }
    if is_address(text) {
        return Shape::Url;
    }
    if text.len() <= JSON_BYTES_MAX && text.starts_with(['{', '[']) {
        match serde_json::from_str(text) {
            Ok(Value::Object(_)) => return Shape::Object,
            Ok(Value::Array(_)) => return Shape::List,
            Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | Err(_) => {}
        }
    }
    if has_markup(text) { Shape::Html } else { Shape::Text }
}

fn is_address(text: &str) -> bool {
    if text.contains(char::is_whitespace) || text.contains('@') || !text.contains('.') {
        return false;
    }
    let is_web = ["http://", "https://", "www."].iter().any(|start| {
        text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    });
    is_web && url::host(text).is_some()
}

/// Whether a text has an element of HTML: `a < b` has none.
pub fn has_markup(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let name = after.strip_prefix('/').unwrap_or(after);
        let length = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let ends = name[length..].starts_with(['>', '/', ' ', '\n', '\t', '\r']);
        let is_element = name.starts_with(|letter: char| letter.is_ascii_alphabetic()) && ends;
        if (is_element || after.starts_with("!--")) && after.contains('>') {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn eye() -> Eye {
        let locale = Locale::of("America/New_York", &["%m/%d/%Y %I:%M %p", "%m/%d/%Y"]);
        Eye { locale, regions: vec![Region::US] }
    }

    fn check(input: &Value, expected: Shape) {
        assert_eq!(eye().look(input).0, expected, "{input}");
    }

    #[test]
    fn a_cell_is_known_by_its_looks() {
        for (input, expected) in [
            ("yes", Shape::Boolean),
            ("-12", Shape::Integer),
            ("02134", Shape::Integer),
            ("12.50", Shape::Decimal),
            ("$12,500.00", Shape::Amount),
            ("60%", Shape::Amount),
            ("03/31/2025", Shape::Date),
            ("2025-03-31", Shape::Date),
            ("03/31/2025 9:00 AM", Shape::Timestamp),
            ("Ann@x.example; bo@y.example", Shape::Email),
            ("https://x.example/a", Shape::Url),
            ("(303) 555-0142", Shape::Phone),
            ("+13035550142", Shape::Phone),
            ("{\"a\": 1}", Shape::Object),
            ("[1]", Shape::List),
            ("<p>Hello</p>", Shape::Html),
            ("1 < 2 & 3 > 2", Shape::Text),
            ("\"Lee, Ann\" <ann@acme.example>", Shape::Text),
            ("write to ann@x.example", Shape::Text),
            ("51-200", Shape::Text),
            ("0000-00-00", Shape::Phone),
        ] {
            check(&json!(input), expected);
        }
        check(&json!(3), Shape::Integer);
        check(&json!([1]), Shape::List);
    }

    #[test]
    fn values_that_mean_the_same_meet_in_one_form() {
        assert_eq!(Eye::emails("Ann@X.example, bo@y.example."), ["ann@x.example", "bo@y.example"]);
        let phone = |text: &str| eye().phone(&json!(text));
        assert_eq!(phone("(303) 555-1234"), phone("+1 303 555 1234"));
        assert_eq!(phone("555-1234"), None);
    }
}
