//! Laws of specs: what is read, what is refused and where, and where subnets lie.

mod carving;
mod reading;
mod refusals;

use super::{Problem, Spec, read};

/// A key whose private half was thrown away.
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDsl/Fgi9d3N+AAwL7PPGtnZkeipWtM/k1qQMIvY34Mh";

/// The required lines (1 to 5), after which a case writes its own.
fn with(rest: &str) -> String {
    format!(
        "terrace: 1\nname: shop\nregion: eu-central-1\nbastion: {{ssh_from: [203.0.113.0/24], public_key: {KEY}}}\n{rest}"
    )
}

fn good(text: &str) -> Spec {
    match read(text, "spec.yaml") {
        Ok(spec) => spec,
        Err(problems) => panic!("refused:\n{}", lines(&problems)),
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
