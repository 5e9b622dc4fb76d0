//! Columns of text.

use std::collections::BTreeMap;

use console::{measure_text_width, pad_str};
use shared::model::Tier;

use super::clip;

/// Rows with their columns aligned; the last one takes what is left of `width`.
pub fn table(rows: &[Vec<String>], width: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |at: usize| {
        rows.iter()
            .filter_map(|row| row.get(at))
            .map(|it| measure_text_width(it))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            pad_str(cell, *width, console::Alignment::Left, None).into_owned()
        });
        clip(cells.collect::<Vec<_>>().join("  ").trim_end(), width)
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `12 network, 8 keys …`, in tier order, on one line.
pub fn resources(by_tier: &BTreeMap<Tier, usize>) -> String {
    let parts = by_tier.iter().filter(|(_, count)| **count > 0);
    parts.map(|(tier, count)| format!("{tier} {count}")).collect::<Vec<_>>().join(", ")
}
