//! Bad specs, and what is said of them.

mod bastion;
mod form;
mod network;
mod parts;

use proptest::prelude::*;

use super::{KEY, lines};
use crate::spec::{SPEC_MAX_BYTES, read};

/// Checks what is said, problem by problem, without the file's name.
fn check(text: &str, expected: &[&str]) {
    let said = match read(text, "f") {
        Ok(_) => String::new(),
        Err(problems) => lines(&problems).replace("\nf:", "\n").trim_start_matches("f:").to_owned(),
    };
    assert_eq!(said, expected.join("\n"), "\n{text}");
}

/// Checks a bastion's SSH sources.
fn check_ssh(sources: &str, expected: &[&str]) {
    let bastion = format!("bastion:\n  ssh_from: [{sources}]\n  public_key: {KEY}\n");
    check(&format!("terrace: 1\nname: shop\nregion: eu-central-1\n{bastion}"), expected);
}

/// Checks a bastion's public key, which stands in line 5 from column 15.
fn check_key(key: &str, expected: &[&str]) {
    let bastion = format!("bastion:\n  public_key: {key}\n  ssh_from: [203.0.113.0/24]\n");
    check(&format!("terrace: 1\nname: shop\nregion: eu-central-1\n{bastion}"), expected);
}

#[test]
fn a_file_beyond_all_measure_is_refused_unread() {
    let text = "#".repeat(SPEC_MAX_BYTES + 1);
    check(&text, &["1:1: found 262145 bytes, expected at most 262144"]);
    let deep = format!("app: {}1{}", "[".repeat(40), "]".repeat(40));
    check(&deep, &["1:38: found values nested this deep, expected a spec"]);
}

#[test]
fn a_private_key_is_never_repeated() {
    let key = "|\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    b3BlbnNzaC1rZXk\n    -----END OPENSSH PRIVATE KEY-----";
    for field in ["public_key", "instance_type", "enabled", "secret"] {
        let text =
            format!("terrace: 1\nname: shop\nregion: eu-central-1\nbastion:\n  {field}: {key}\n");
        let said = lines(&read(&text, "f").expect_err("no public key"));
        assert!(!said.contains("b3Blbn") && !said.contains("BEGIN"), "{said}");
    }
}

const EXAMPLE: &str = include_str!("../../../../../infra-bootstrap/examples/large.yaml");

proptest! {
    /// Whatever is typed over an example, reading answers, and every refusal has its place.
    #[test]
    fn any_slip_of_the_hand_gets_an_answer(at in 0..EXAMPLE.len(), cut in 0_usize..12, typed in "[-a-z0-9:/{}\\[\\],'\"|&*! \n\t.ü]{0,6}") {
        let from = EXAMPLE.floor_char_boundary(at);
        let to = EXAMPLE.floor_char_boundary((at + cut).min(EXAMPLE.len()));
        let text = format!("{}{typed}{}", &EXAMPLE[..from], &EXAMPLE[to..]);
        if let Err(problems) = read(&text, "f") {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(problem.place.line <= text.lines().count() + 1, "{problem}");
                let end = problem.place.offset + problem.place.length;
                prop_assert!(text.get(problem.place.offset..end).is_some(), "{problem}");
            }
        }
    }
}
