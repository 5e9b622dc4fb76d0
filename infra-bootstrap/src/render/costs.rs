//! A month's cost as people read it: the sum, what changes, and the dearest lines.

use super::{table, wrap};
use crate::cost::Estimate;

/// Lines shown; all are in `--json`.
const SHOWN: usize = 6;

/// `standing` is what the stack costs as it stands, if anything of it does.
pub fn cost(wished: &Estimate, standing: Option<&Estimate>, region: &str, width: usize) -> String {
    let mut text = format!("about ${:.2} a month by list prices of {region}", wished.monthly);
    if let Some(standing) = standing.filter(|it| !it.lines.is_empty()) {
        let change = wished.monthly - standing.monthly;
        let sign = if change < 0.0 { '-' } else { '+' };
        text += &if change.abs() < 0.005 {
            ", as now".to_owned()
        } else {
            format!(", {sign}${:.2} against now", change.abs())
        };
    }
    text += ":\n";
    let (shown, rest) = wished.lines.split_at(wished.lines.len().min(SHOWN));
    let mut rows: Vec<Vec<String>> = shown
        .iter()
        .map(|line| {
            let count = format!("{:.0}", line.quantity);
            let unit = if count == "1" { line.unit.trim_end_matches('s') } else { line.unit };
            let quantity = format!("{count} {unit}");
            vec![amount(line.monthly), line.what.clone(), quantity]
        })
        .collect();
    if !rest.is_empty() {
        let sum = rest.iter().map(|line| line.monthly).sum();
        rows.push(vec![amount(sum), format!("{} more, in `--json`", rest.len()), String::new()]);
    }
    text += &table(&rows, width);
    if !wished.without_price.is_empty() {
        let without = format!("without a price of ours: {}", wished.without_price.join(", "));
        text += &format!("\n{}", wrap(&without, width).join("\n"));
    }
    let dates = wished.sources.iter().map(|it| it.date.as_str());
    let (oldest, newest) = (dates.clone().min(), dates.max());
    let of = match (oldest, newest) {
        (Some(oldest), Some(newest)) if oldest != newest => format!("{oldest} to {newest}"),
        (Some(date), _) => date.to_owned(),
        (None, _) => String::new(),
    };
    let more = format!("prices of {of}; not included: {}", wished.not_included.join(", "));
    text + "\n" + &wrap(&more, width).join("\n")
}

/// What is said of a region that the table does not have.
pub fn no_prices(region: &str, known: &str, width: usize) -> String {
    let text = format!("what it costs is not known: no prices of {region} here, only of {known}");
    wrap(&text, width).join("\n")
}

/// Right-aligned, so that the points stand below each other.
fn amount(dollars: f64) -> String {
    format!("{:>9}", format!("${dollars:.2}"))
}
