//! Measures as people write them: `5/s`, `20MB`, `48h`, `0.5%`.

use super::desk::Desk;
use super::pipeline::{Limit, Pace};
use super::yaml::{Data, Node};

/// A pace: `5/s`, `300/min`, `1000/h`.
pub(super) fn pace(desk: &Desk<'_>, node: &Node) -> Option<Pace> {
    let text = desk.text(node)?;
    let read = pace_of(text);
    if read.is_none() {
        let message = format!("`{text}` is no pace");
        let hint = "write requests per time: `5/s`, `300/min` or `1000/h`".to_owned();
        desk.fault_hint("bad-pace", &node.spot, message, hint);
    }
    read
}

fn pace_of(text: &str) -> Option<Pace> {
    let (number, unit) = text.split_once('/')?;
    let number: f64 = number.trim().parse().ok()?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    (number.is_finite() && number > 0.0).then(|| Pace { per_second: number / seconds })
}

/// A size in bytes: `20MB`, `512KiB` or a plain number.
pub(super) fn size(desk: &Desk<'_>, node: &Node) -> Option<u64> {
    if let Data::Int(_) = node.data {
        return desk.count(node);
    }
    let text = desk.text(node)?;
    let read = size_of(text);
    if read.is_none() {
        let message = format!("`{text}` is no size");
        let hint = "write a number with `KB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`".to_owned();
        desk.fault_hint("bad-size", &node.spot, message, hint);
    }
    read
}

fn size_of(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let unit: u64 = match unit {
        "" | "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// A length of time in seconds: `48h`, `90min`, `2d`.
pub(super) fn span(desk: &Desk<'_>, node: &Node) -> Option<u64> {
    let text = desk.text(node)?;
    let read = span_of(text);
    if read.is_none() {
        let message = format!("`{text}` is no length of time");
        let hint = "write `48h`, `90min`, `30s` or `2d`".to_owned();
        desk.fault_hint("bad-duration", &node.spot, message, hint);
    }
    read
}

fn span_of(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let unit: u64 = match unit {
        "s" => 1,
        "min" | "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.checked_mul(unit)
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim()))
}

/// A limit: a number, or a share such as `0.5%`.
pub(super) fn limit(desk: &Desk<'_>, node: &Node) -> Option<Limit> {
    if let Data::Int(_) = node.data {
        return desk.count(node).map(Limit::Count);
    }
    let text = desk.text(node)?;
    let share = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    let read = share.filter(|share| (0.0..=100.0).contains(share));
    if read.is_none() {
        let message = format!("`{text}` is no limit");
        let hint = "write a number, or a share such as `0.5%`".to_owned();
        desk.fault_hint("bad-limit", &node.spot, message, hint);
    }
    read.map(|share| Limit::Share(share / 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_read_as_people_write_them() {
        assert_eq!(pace_of("5/s"), Some(Pace { per_second: 5.0 }));
        assert_eq!(pace_of("300/min"), Some(Pace { per_second: 5.0 }));
        assert_eq!(pace_of("fast"), None);
        assert_eq!(pace_of("0/s"), None);
        assert_eq!(size_of("20MB"), Some(20_000_000));
        assert_eq!(size_of("20 MiB"), Some(20 << 20));
        assert_eq!(size_of("20 bananas"), None);
        assert_eq!(span_of("48h"), Some(172_800));
        assert_eq!(span_of("two days"), None);
    }
}
