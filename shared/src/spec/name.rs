//! What a stack is called and where it stands.

use super::text::{Checked, Refusal, text};

/// The longest stack name. Names of load balancers and target groups end at 32 characters, which
/// leaves 14 for what the stack's resources add to it.
pub const STACK_NAME_MAX: usize = 18;

text! {
    /// The name of a stack: 1–18 lower-case letters, digits and single hyphens, starting with a letter.
    StackName, "stack-name", "shop", check_stack_name
}

text! {
    /// An AWS region, such as `eu-central-1`.
    Region, "aws-region", "eu-central-1", check_region
}

impl Region {
    /// The partition that ARNs of this region start with: `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &'static str {
        match self.as_str().split('-').collect::<Vec<_>>()[..] {
            ["cn", ..] => "aws-cn",
            ["us", "gov", ..] => "aws-us-gov",
            _ => "aws",
        }
    }
}

fn check_stack_name(name: &str) -> Checked {
    let refusal = Refusal::expected(format!(
        "1 to {STACK_NAME_MAX} lower-case letters, digits and single hyphens, starting with a letter and not ending with a hyphen"
    ));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= STACK_NAME_MAX
        && name.chars().all(plain)
        && !name.ends_with('-')
        && !name.contains("--");
    if good {
        return Ok(());
    }
    let near = near_name(name);
    Err(if near.is_empty() { refusal } else { refusal.hint(format!("`{near}` would do")) })
}

/// The name that comes closest to what was written and would be taken; empty if nothing is left.
fn near_name(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-");
    let from_letter = joined.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    from_letter.chars().take(STACK_NAME_MAX).collect::<String>().trim_end_matches('-').to_owned()
}

/// Regions come and go, so the form is checked and not a list; a zone is the usual slip.
fn check_region(region: &str) -> Checked {
    let refusal = Refusal::expected("an AWS region such as `eu-central-1`");
    if is_region(region) {
        return Ok(());
    }
    let without_zone = region.trim_end_matches(|c: char| c.is_ascii_lowercase());
    if is_region(without_zone) {
        return Err(refusal
            .hint(format!("`{region}` is an availability zone; its region is `{without_zone}`")));
    }
    Err(refusal)
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    let word = |w: &&str| w.len() >= 2 && w.chars().all(|c| c.is_ascii_lowercase());
    words.len() >= 2
        && words[0].len() == 2
        && words.iter().all(word)
        && number.len() == 1
        && number.chars().all(|c| c.is_ascii_digit())
}
