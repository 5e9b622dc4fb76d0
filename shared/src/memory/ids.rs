//! Ids of the cloud in memory, and where texts mention them.

use std::collections::BTreeSet;

use serde_json::Value;

/// How every id begins; six digits follow, so that none is the beginning of another.
const ID: &str = "id-";

/// How the number in a fact is announced that tells of a resource without naming it: whoever
/// holds an endpoint does not hold what answers there.
const OF: &str = "of-";

const DIGITS: usize = 6;

pub fn id(number: u64) -> String {
    format!("{ID}{number:0DIGITS$}")
}

/// What a fact of the resource `id` says; a `name` names it, as an id does.
pub fn fact(fact: &str, id: &str) -> String {
    match fact {
        "name" => format!("name-of-{id}"),
        other => format!("{other}.{}.memory", id.replacen(ID, OF, 1)),
    }
}

/// The ids that a spec names, wherever.
pub fn held(spec: &Value) -> BTreeSet<String> {
    let text = spec.to_string();
    numbers(&text, ID).map(|(_, number)| format!("{ID}{number}")).collect()
}

/// The text with every id, and every fact that tells of one, replaced by what `address` says of it.
pub fn without(text: &str, address: impl Fn(&str) -> Option<String>) -> String {
    let (mut told, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((at, number)) =
        [ID, OF].iter().filter_map(|prefix| numbers(rest, prefix).next()).min()
    {
        told += &rest[..at];
        let after = at + ID.len() + DIGITS;
        match address(&format!("{ID}{number}")) {
            Some(address) => told += &address,
            None => told += &rest[at..after],
        }
        rest = &rest[after..];
    }
    told + rest
}

fn numbers<'t>(text: &'t str, prefix: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
    text.match_indices(prefix).filter_map(|(at, _)| {
        let number = text.get(at + prefix.len()..at + prefix.len() + DIGITS)?;
        number.bytes().all(|it| it.is_ascii_digit()).then_some((at, number))
    })
}
