//! The words for what can go wrong. The numbers are those of the fault matrix of the write path.

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum Class {
    /// Refused, and certainly not applied.
    Refusal(Refusal),
    /// An error of the server, which says nothing about the commit.
    Failure(Failure),
    /// No answer (F6, F7).
    Silence,
    /// No answer, and applied only after the delay (F7, F8).
    Late,
    /// The connection breaks (F9).
    Reset(Reset),
    /// The answer is no good JSON (F10).
    Garble(Garble),
    /// The answer is not the one to this call (F11, F12).
    Mixup(Mixup),
    /// The answer does not come to an end (F13).
    Slow(Slow),
    /// A listing is not what it says (F16).
    Page(Page),
    /// A read shows what was a while ago (F17).
    Lag(Lag),
    /// Somebody else works on the same record (F14, F15, F27).
    Person(Deed),
}

/// Refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 429 with the seconds to wait (F1).
    Throttle,
    /// 429 with the date to wait for (F1).
    ThrottleDate,
    /// 429 with a wait that cannot be read (F1).
    ThrottleGarbage,
    /// 429 that asks for a day (F1).
    ThrottleDay,
    /// 429 and nothing else (F2).
    ThrottleBare,
    /// 429 as a code in an answer that is fine by HTTP (F2).
    ThrottleRpc,
    /// 409, whatever revision was given (F14).
    Conflict,
    /// 401: the key is no longer accepted (F24).
    Denied,
    /// 400: the plan's limit is reached (F26).
    Limit,
    /// 422: a value is too long (F26).
    TooLong,
}

/// Errors of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// 500 in the RPC's form (F3, F4).
    Error,
    /// -32603 in an answer that is fine by HTTP (F3, F4).
    ErrorRpc,
    /// 502, 503, 504 in turn, as pages (F5).
    Gateway,
}

/// Where the connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    /// Before the first byte of the answer.
    Start,
    /// In the middle of the answer.
    Middle,
    /// After the answer.
    End,
}

/// How the text of an answer is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Garble {
    Truncated,
    Trailing,
    Mark,
    Charset,
    Huge,
    Deep,
    NotANumber,
    Duplicate,
    HugeNumber,
}

/// How an answer belongs elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mixup {
    /// The id of another call.
    Foreign,
    /// No id.
    Nameless,
    /// A list of answers.
    Batch,
    /// Two calls get each other's answers.
    Swapped,
    /// Another record of the same type.
    Record,
    /// The right id with another type.
    Type,
    /// An id below zero.
    Negative,
    /// An id that is a word.
    Word,
}

/// How an answer does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slow {
    /// A byte for each delay.
    Drip,
    /// Blanks for ever.
    Endless,
    /// Thousands of header lines.
    Headers,
    /// "100 Continue" again and again.
    Continues,
}

/// How a listing lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// Half of the page.
    Half,
    /// The page before.
    Repeated,
    /// Nothing.
    Empty,
}

/// What a read shows too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lag {
    /// Listings without what was made within the delay.
    Listing,
    /// 404 for what was made within the delay.
    Read,
    /// What stood there before an edit within the delay.
    Stale,
}

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Writes a value of their own.
    Edit,
    /// Puts a note on it.
    Note,
    /// Deletes it.
    Delete,
    /// Empties the field with the marker.
    Unmark,
}

/// Every word.
const WORDS: [(&str, Class); 45] = [
    ("throttle", Class::Refusal(Refusal::Throttle)),
    ("throttle_date", Class::Refusal(Refusal::ThrottleDate)),
    ("throttle_garbage", Class::Refusal(Refusal::ThrottleGarbage)),
    ("throttle_day", Class::Refusal(Refusal::ThrottleDay)),
    ("throttle_bare", Class::Refusal(Refusal::ThrottleBare)),
    ("throttle_rpc", Class::Refusal(Refusal::ThrottleRpc)),
    ("conflict", Class::Refusal(Refusal::Conflict)),
    ("denied", Class::Refusal(Refusal::Denied)),
    ("limit", Class::Refusal(Refusal::Limit)),
    ("too_long", Class::Refusal(Refusal::TooLong)),
    ("error", Class::Failure(Failure::Error)),
    ("error_rpc", Class::Failure(Failure::ErrorRpc)),
    ("gateway", Class::Failure(Failure::Gateway)),
    ("silence", Class::Silence),
    ("late", Class::Late),
    ("reset", Class::Reset(Reset::Start)),
    ("reset_middle", Class::Reset(Reset::Middle)),
    ("reset_end", Class::Reset(Reset::End)),
    ("truncated", Class::Garble(Garble::Truncated)),
    ("trailing", Class::Garble(Garble::Trailing)),
    ("bom", Class::Garble(Garble::Mark)),
    ("charset", Class::Garble(Garble::Charset)),
    ("huge", Class::Garble(Garble::Huge)),
    ("deep", Class::Garble(Garble::Deep)),
    ("nan", Class::Garble(Garble::NotANumber)),
    ("duplicate_key", Class::Garble(Garble::Duplicate)),
    ("huge_number", Class::Garble(Garble::HugeNumber)),
    ("foreign_answer", Class::Mixup(Mixup::Foreign)),
    ("nameless_answer", Class::Mixup(Mixup::Nameless)),
    ("batch", Class::Mixup(Mixup::Batch)),
    ("swapped", Class::Mixup(Mixup::Swapped)),
    ("wrong_record", Class::Mixup(Mixup::Record)),
    ("wrong_type", Class::Mixup(Mixup::Type)),
    ("negative_id", Class::Mixup(Mixup::Negative)),
    ("word_id", Class::Mixup(Mixup::Word)),
    ("drip", Class::Slow(Slow::Drip)),
    ("endless", Class::Slow(Slow::Endless)),
    ("headers", Class::Slow(Slow::Headers)),
    ("continues", Class::Slow(Slow::Continues)),
    ("half_page", Class::Page(Page::Half)),
    ("repeated_page", Class::Page(Page::Repeated)),
    ("empty_page", Class::Page(Page::Empty)),
    ("listing_lag", Class::Lag(Lag::Listing)),
    ("read_lag", Class::Lag(Lag::Read)),
    ("stale_read", Class::Lag(Lag::Stale)),
];

/// The words for what people do.
const DEEDS: [(&str, Class); 4] = [
    ("person_edit", Class::Person(Deed::Edit)),
    ("person_note", Class::Person(Deed::Note)),
    ("person_delete", Class::Person(Deed::Delete)),
    ("person_unmark", Class::Person(Deed::Unmark)),
];

impl Class {
    /// Every word with what it means.
    fn all() -> impl Iterator<Item = (&'static str, Self)> {
        WORDS.into_iter().chain(DEEDS)
    }
}

impl TryFrom<String> for Class {
    type Error = String;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        let found = Self::all().find(|(known, _)| *known == word);
        found.map(|(_, class)| class).ok_or_else(|| {
            let known: Vec<_> = Self::all().map(|(known, _)| known).collect();
            format!("`{word}` is no class of fault: it is one of {}", known.join(", "))
        })
    }
}

impl From<Class> for String {
    fn from(class: Class) -> Self {
        Class::all().find(|(_, known)| *known == class).map_or("", |(word, _)| word).to_owned()
    }
}
