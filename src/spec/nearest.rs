//! "Did you mean": the known word nearest to one that is not known.

/// How many known words a hint lists when none is near.
const LISTED_MAX: usize = 14;

/// What to say about an unknown word: the nearest known one, else all if they are few.
pub(super) fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(nearest) = nearest(word, &known) {
        return Some(format!("did you mean `{nearest}`?"));
    }
    let listed = !known.is_empty() && known.len() <= LISTED_MAX;
    listed.then(|| {
        let words: Vec<_> = known.iter().map(|word| format!("`{word}`")).collect();
        format!("known: {}", words.join(", "))
    })
}

/// The known word nearest to one, if any is near: at most a third of its letters differ.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let allowed = (lower.chars().count() / 3).clamp(1, 4);
    known
        .iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), *candidate)
        })
        .filter(|(steps, _)| *steps <= allowed)
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word_and_a_strange_word_finds_the_list() {
        assert_eq!(hint("delimeter", ["path", "delimiter"]).unwrap(), "did you mean `delimiter`?");
        assert_eq!(hint("Jobtitle", ["jobTitle"]).unwrap(), "did you mean `jobTitle`?");
        assert_eq!(hint("colour", ["path", "key"]).unwrap(), "known: `path`, `key`");
        assert_eq!(hint("x", []), None);
    }
}
