//! Rules: which calls something happens to. The same seed and the same calls give the same faults.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, Family};
use super::class::Class;

/// One rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    class: Class,
    /// Before or after the call is applied.
    #[serde(default)]
    when: When,
    /// The families it is about; all when empty.
    #[serde(default)]
    on: Vec<Family>,
    /// The method it is about.
    #[serde(default)]
    method: Option<String>,
    /// The share of calls, from 0 to 1.
    #[serde(default)]
    rate: Option<f64>,
    /// The first call, counted from 1.
    #[serde(default)]
    nth: Option<u64>,
    /// How often at most; once after `nth`, without limit otherwise.
    #[serde(default)]
    times: Option<u64>,
    /// Decides which calls make up the share.
    #[serde(default)]
    seed: u64,
    /// Milliseconds, for what takes its time.
    #[serde(default)]
    delay_ms: u64,
}

/// Before or after the call is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    /// It is never applied.
    #[default]
    Before,
    /// It is applied, and only its answer suffers.
    After,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) class: Class,
    pub(crate) when: When,
    pub(crate) delay: Duration,
    /// How many times the rule has struck, with this one.
    pub(crate) count: u64,
}

/// A rule and what it has seen.
#[derive(Debug)]
struct Armed {
    rule: Rule,
    seen: u64,
    struck: u64,
}

impl Armed {
    fn concerns(&self, family: Family, call: &Call) -> bool {
        (self.rule.on.is_empty() || self.rule.on.contains(&family))
            && self.rule.method.as_ref().is_none_or(|method| *method == call.method)
    }

    /// Whether the call that was just counted is one of those.
    fn is_due(&self) -> bool {
        let limit = self.rule.times.unwrap_or(if self.rule.nth.is_some() { 1 } else { u64::MAX });
        let reached = self.rule.nth.is_none_or(|nth| self.seen >= nth);
        let drawn = self.rule.rate.is_none_or(|rate| {
            // A generator for each call, so that a call's fate does not depend on other rules.
            let seed = self.rule.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.seen;
            let mut dice = fastrand::Rng::with_seed(seed);
            dice.f64();
            dice.f64() < rate
        });
        self.struck < limit && reached && drawn
    }
}

/// All rules.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: AtomicBool,
    rules: Mutex<Vec<Armed>>,
}

impl Faults {
    /// Rules from the start.
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let faults = Self::default();
        faults.replace(rules);
        faults
    }

    /// Whether there is any rule.
    pub(crate) fn armed(&self) -> bool {
        self.armed.load(Ordering::Relaxed)
    }

    /// Puts rules in the place of those that are there.
    pub(crate) fn replace(&self, rules: Vec<Rule>) {
        self.armed.store(!rules.is_empty(), Ordering::Relaxed);
        let armed = rules.into_iter().map(|rule| Armed { rule, seen: 0, struck: 0 }).collect();
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner) = armed;
    }

    /// What happens to this call: the first rule that is due strikes, and every rule has seen it.
    pub(crate) fn strike(&self, family: Family, call: &Call) -> Option<Stroke> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stroke = None;
        for armed in rules.iter_mut().filter(|armed| armed.concerns(family, call)) {
            armed.seen += 1;
            if stroke.is_none() && armed.is_due() {
                armed.struck += 1;
                stroke = Some(Stroke {
                    class: armed.rule.class,
                    when: armed.rule.when,
                    delay: Duration::from_millis(armed.rule.delay_ms),
                    count: armed.struck,
                });
            }
        }
        stroke
    }

    /// The rules with what they have seen and done.
    pub(crate) fn shown(&self) -> Value {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let one =
            |armed: &Armed| json!({"rule": armed.rule, "seen": armed.seen, "struck": armed.struck});
        rules.iter().map(one).collect()
    }
}

/// Reads rules: a list, or one.
pub(crate) fn read(text: &[u8]) -> Result<Vec<Rule>, String> {
    let parsed: Value =
        serde_json::from_slice(text).map_err(|error| format!("no JSON: {error}"))?;
    let list = if let Value::Array(list) = parsed { list } else { vec![parsed] };
    let mut rules = Vec::new();
    for (number, one) in (1..).zip(list) {
        let rule: Rule =
            serde_json::from_value(one).map_err(|error| format!("rule {number}: {error}"))?;
        check(&rule).map_err(|error| format!("rule {number}: {error}"))?;
        rules.push(rule);
    }
    Ok(rules)
}

fn check(rule: &Rule) -> Result<(), String> {
    if rule.rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
        return Err("`rate` is a share from 0 to 1".to_owned());
    }
    if rule.nth == Some(0) {
        return Err("`nth` counts from 1".to_owned());
    }
    if rule.when == When::After && matches!(rule.class, Class::Refusal(_)) {
        return Err("what was applied is not refused: `when` must be `before`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(rules: &str, calls: u64) -> Vec<u64> {
        let faults = Faults::new(read(rules.as_bytes()).unwrap());
        let call = Call { method: "newNote".to_owned(), ..Call::default() };
        (1..=calls).filter(|_| faults.strike(call.family(), &call).is_some()).collect()
    }

    #[test]
    fn a_rule_strikes_at_its_call_and_as_often_as_it_says() {
        assert_eq!(struck(r#"{"class": "silence", "nth": 3}"#, 9).len(), 1);
        let from_third = struck(r#"[{"class": "error", "nth": 3, "times": 4}]"#, 9);
        assert_eq!(from_third, [3, 4, 5, 6]);
        assert!(struck(r#"{"class": "reset", "on": ["edit"]}"#, 9).is_empty());
    }

    #[test]
    fn the_same_seed_strikes_the_same_calls_and_about_its_share() {
        let rule = |seed| format!(r#"{{"class": "error", "rate": 0.2, "seed": {seed}}}"#);
        let first = struck(&rule(7), 1_000);
        assert_eq!(first, struck(&rule(7), 1_000));
        assert_ne!(first, struck(&rule(8), 1_000));
        assert!((150..250).contains(&first.len()), "{}", first.len());
    }

    #[test]
    fn a_wrong_rule_is_told_with_its_number() {
        for (text, told) in [
            ("[", "no JSON"),
            (r#"[{"class": "silence"}, {"class": "sulk"}]"#, "rule 2: `sulk` is no class"),
            (r#"{"class": "error", "rate": 2}"#, "`rate` is a share"),
            (r#"{"class": "denied", "when": "after"}"#, "must be `before`"),
            (r#"{"class": "error", "often": 2}"#, "unknown field `often`"),
        ] {
            let fault = read(text.as_bytes()).unwrap_err();
            assert!(fault.contains(told), "{fault}");
        }
    }
}
