//! From the text of a file to a spec, or to everything that is wrong with it.

use std::io;

use serde_json::Value;

use super::check::check;
use super::problem::{Finding, Place, Problem};
use super::schema::schema;
use super::shape::Walk;
use super::tree::{Data, Node, parse};
use super::words::{found, quoted};
use super::{FORMAT_VERSION, Spec, USER_DATA_MAX_BYTES};

/// The largest spec file: far beyond any real one, small enough for a function's memory.
pub const SPEC_MAX_BYTES: usize = 256 * 1024;

/// RDS ends at 64 TiB.
const STORAGE_MAX_GIB: u32 = 65536;

/// Reads a spec that is complete in itself. `file` is how the problems name it.
pub fn read(text: &str, file: &str) -> Result<Spec, Vec<Problem>> {
    read_with(text, file, |_| {
        Err(io::Error::other("an uploaded spec stands alone: write the script into it"))
    })
}

/// Reads a spec whose user data may stand in a file of its own. `load` is given the path as it
/// is written in the spec, and resolves it beside the spec.
pub fn read_with(
    text: &str,
    file: &str,
    load: impl FnOnce(&str) -> io::Result<String>,
) -> Result<Spec, Vec<Problem>> {
    let (spec, mut findings) = examine(text, load);
    findings.sort_by_key(|(place, _)| *place);
    match spec {
        Some(spec) if findings.is_empty() => Ok(spec),
        Some(_) | None => {
            Err(findings.into_iter().map(|(place, finding)| finding.placed(file, place)).collect())
        }
    }
}

type Findings = Vec<(Place, Finding)>;

fn examine(text: &str, load: impl FnOnce(&str) -> io::Result<String>) -> (Option<Spec>, Findings) {
    if text.len() > SPEC_MAX_BYTES {
        let finding =
            Finding::new("", format!("{} bytes", text.len()), format!("at most {SPEC_MAX_BYTES}"));
        return (None, vec![(Place::START, finding)]);
    }
    let tree = match parse(text) {
        Ok(tree) => tree,
        Err(broken) => return (None, vec![*broken]),
    };
    if let Some(other) = other_version(&tree) {
        return (None, vec![other]);
    }
    let (mut walk, mut value) = Walk::over(&tree, &schema());
    inline_user_data(&mut walk, &mut value, load);
    match serde_json::from_value::<Spec>(value) {
        Ok(mut spec) => {
            complete(&mut spec, |pointer| walk.places.contains_key(pointer));
            let findings = walk.and(check(&spec));
            (Some(spec), findings)
        }
        Err(_) if !walk.findings.is_empty() => (None, walk.findings),
        Err(error) => (None, vec![(Place::START, Finding::new("", format!("{error}"), "a spec"))]),
    }
}

/// A file of another version may mean anything else by its fields, so nothing more is said of it.
fn other_version(tree: &Node) -> Option<(Place, Finding)> {
    let Data::Map(fields) = &tree.data else { return None };
    let (_, version) = fields.iter().find(|(key, _)| key.text == "terrace")?;
    let Data::Number(text) = &version.data else { return None };
    let other = text.parse::<u32>().ok().filter(|number| *number != FORMAT_VERSION)?;
    let finding = Finding::new("/terrace", found(version), format!("`{FORMAT_VERSION}`"));
    let hint = if other > FORMAT_VERSION {
        format!("this Terrace reads version {FORMAT_VERSION}; a newer one may read version {other}")
    } else {
        format!("there is no version {other}; write `terrace: {FORMAT_VERSION}`")
    };
    Some((version.place, finding.hint(hint)))
}

/// Defaults that follow what is written beside them, so that one number is enough.
fn complete(spec: &mut Spec, is_written: impl Fn(&str) -> bool) {
    let app = &mut spec.app;
    if !is_written("/app/max") {
        let desired = if is_written("/app/desired") { app.desired } else { 0 };
        app.max = app.max.max(app.min).max(desired);
    }
    if !is_written("/app/min") {
        let desired = if is_written("/app/desired") { app.desired } else { app.max };
        app.min = app.min.min(app.max).min(desired);
    }
    if !is_written("/app/desired") {
        app.desired = app.desired.max(app.min).min(app.max);
    }
    let database = &mut spec.database;
    if !is_written("/database/max_storage_gib") {
        let twice = database.storage_gib.saturating_mul(2).min(STORAGE_MAX_GIB);
        database.max_storage_gib = database.max_storage_gib.max(twice);
    }
}

/// Puts the content of `user_data: {file: …}` in its place.
fn inline_user_data(
    walk: &mut Walk,
    value: &mut Value,
    load: impl FnOnce(&str) -> io::Result<String>,
) {
    const FILE: &str = "/app/user_data/file";
    let Some(path) = value.pointer(FILE).and_then(Value::as_str) else { return };
    let refusal = match load(path) {
        Ok(script) if script.len() <= USER_DATA_MAX_BYTES => {
            value["app"]["user_data"] = Value::String(script);
            return;
        }
        Ok(script) => Finding::new(
            FILE,
            format!("{} bytes in {}", script.len(), quoted(path)),
            format!("at most {USER_DATA_MAX_BYTES}"),
        )
        .hint("keep the script short and let it fetch the rest"),
        Err(error) => Finding::new(FILE, quoted(path), "a file beside the spec that can be read")
            .hint(error.to_string()),
    };
    let place = walk.places.get(FILE).copied().unwrap_or(Place::START);
    walk.findings.push((place, refusal));
    value["app"]["user_data"] = Value::Null;
}

impl Walk {
    /// What the walk and the checks found together. Nothing is said of a value that was left
    /// out; a finding about what is not written stands at the section it belongs to.
    fn and(mut self, findings: Vec<Finding>) -> Findings {
        for mut finding in findings {
            finding.at = self.as_written(&finding.at);
            if !self.spoiled.contains(&finding.at) && !self.stands_in(&finding.at) {
                let place = self.place(&finding.at);
                self.findings.push((place, finding));
            }
        }
        self.findings
    }

    /// A pointer into the spec as a pointer into the file, whose lists may be longer.
    fn as_written(&self, pointer: &str) -> String {
        pointer.split('/').skip(1).fold(String::new(), |at, part| {
            let index = part.parse::<usize>().ok();
            match self.indices.get(&at).and_then(|indices| indices.get(index?)) {
                Some(written) => format!("{at}/{written}"),
                None => format!("{at}/{part}"),
            }
        })
    }

    fn stands_in(&self, pointer: &str) -> bool {
        let below = |above: &String| {
            pointer
                .strip_prefix(above.as_str())
                .is_some_and(|it| it.is_empty() || it.starts_with('/'))
        };
        self.stand_ins.iter().any(below)
    }

    fn place(&self, pointer: &str) -> Place {
        let mut at = pointer;
        loop {
            if let Some(place) = self.places.get(at) {
                return *place;
            }
            match at.rsplit_once('/') {
                Some((above, _)) => at = above,
                None => return Place::START,
            }
        }
    }
}
