//! What the words of remarks mean, for those who sign: what is wrong, and what becomes of it.

/// A remark in plain words; nothing when the word is none of them.
pub(super) fn meaning(code: &str) -> &'static str {
    values(code).or_else(|| readings(code)).or_else(|| records(code)).unwrap_or_default()
}

/// About values that are left out or shortened.
fn values(code: &str) -> Option<&'static str> {
    Some(match code {
        "unmapped_value" => {
            "the value map, or the list of the CRM, lacks the value: the field is left empty"
        }
        "defaulted" => "there is no value, or the map lacks it: the default is written",
        "truncated" => "longer than its field: cut",
        "json_trimmed" => {
            "too long for its field: whole elements were left out, the last ones first"
        }
        "json_too_long" => "not one element fits into its field: left out",
        "merged_conflict" => "rows that became one say different things: the first value stays",
        "more_than_one" => "several values for a field that takes one: the first is written",
        "spelling" => "written as the CRM spells it",
        "control_characters" => "control characters were taken out",
        "html_stripped" => "markup was turned into plain text",
        "mention_escaped" => "a mention is written as plain text, so that nobody is notified",
        "excel_damage" => {
            "a spreadsheet rounded the value before we saw it: a phone number is left out, others are kept as they stand"
        }
        "lost_zero" => "it seems to have lost a leading zero: kept as it stands",
        "unsupported_field" => "the API of the CRM does not write this field: set it by hand",
        "kept_existing" => "the CRM has another value already, which stays",
        "kept_beside" => "others put values into the list, which stay beside ours",
        "template_error" => "the template could not be filled in: the field is left empty",
        _ => return None,
    })
}

/// About values that could not be read as what they should be.
fn readings(code: &str) -> Option<&'static str> {
    Some(match code {
        "bad_email" => "no e-mail address: left out",
        "email_trimmed" => "something around the e-mail address was taken away",
        "email_words" => "words beside the e-mail address were left out",
        "bad_phone" => "no phone number that can be read: kept as it stands",
        "bad_postal_code" => "no postal code of its country: kept as it stands",
        "bad_country" => "no country that is known: kept as it stands",
        "bad_url" => "no web address: left out",
        "bad_number" | "ambiguous_number" => {
            "no number, or one that can be read in two ways: left out"
        }
        "bad_date" | "ambiguous_date" => "no day, or one that can be read in two ways: left out",
        "bad_bool" => "neither yes nor no: left out",
        "bad_duration" => "no length of time: left out",
        "date_only" => "a day without a time of day: its midnight is written",
        "day_moved" => "the day is another one in the zone of the CRM: that one is written",
        "dst_gap" => "the clocks skipped that time: the one after the gap is written",
        "dst_fold" => "the clocks showed that time twice: the first one is written",
        "end_before_start" => "the end lies before the start: left out",
        "no_currency" | "unknown_currency" => {
            "an amount without a currency that is known: left out"
        }
        "currency_conflict" => {
            "the text names another currency than its column: the column's is written"
        }
        "bad_exception" => {
            "a day on which a series is left out cannot be read: that one is written"
        }
        "bad_rule" => "the rule of a series cannot be read: it stays one record",
        "occurrence_cap" => "the series goes on beyond its limit: those up to it are written",
        _ => return None,
    })
}

/// About whole records and what they refer to.
fn records(code: &str) -> Option<&'static str> {
    Some(match code {
        "duplicate_key" => {
            "a row with a key that another row has already, and other content: held back"
        }
        "no_key" => "a row without a key: held back",
        "ragged_row" | "open_quote" | "not_a_row" => "a row that cannot be read as one: held back",
        "expression_error" => {
            "a condition of the spec cannot be answered for the record: held back"
        }
        "not_closed" => "only a closed lead has a closing time: left out",
        "required" => "what the record cannot do without is missing: held back",
        "owner_fallback" => "no user of the CRM stands for the owner: the fallback owns it",
        "ref_missing" => {
            "the record that it names is not in the source: no link, and no record where it needs one"
        }
        "ref_ambiguous" => {
            "several records are meant equally well: no link, and no record where it needs one"
        }
        "ref_left" => {
            "the record that it names is not written: no link, and no record where it needs one"
        }
        "ref_type_unknown" => "the sort of record that it names is none of this migration: no link",
        "self_parent" => "it names itself as its parent: left out",
        "match_ambiguous" => {
            "several records of the CRM match: held back until a person has chosen"
        }
        "match_taken" => {
            "another record of the source is the same one of the CRM already: held back"
        }
        "same_value_other_record" => {
            "another record of the source has the same value: not merged, both are written"
        }
        "file_missing" => "the file is not there: held back",
        "file_empty" => "the file is empty: carried as it is",
        "file_refused" => "the file is not fetched from where it is said to be: held back",
        "file_renamed" => "the name of the file was made safe",
        "oversize" => "larger than the plan allows: copied, and linked in a note",
        "no_place" => {
            "a file that the CRM does not take, and the spec names no other place: held back"
        }
        "no_upload" => "the API takes no files: copied, and linked in a note",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_sort_are_explained_and_others_are_not() {
        for word in ["truncated", "bad_phone", "ref_missing"] {
            assert!(!meaning(word).is_empty(), "{word}");
        }
        assert_eq!(meaning("whatever"), "");
    }
}
