//! The `people` section: who may look, operate and administer, as IAM users in groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{Checked, Refusal, made_of, text};

/// IAM users by what they may do; their rights end at the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct People {
    /// Users who may look at everything and change nothing.
    #[schemars(extend("uniqueItems" = true))]
    pub read_only: Vec<UserName>,
    /// Users who may restart, scale and deploy.
    #[schemars(extend("uniqueItems" = true))]
    pub operate: Vec<UserName>,
    /// Users who may change everything that belongs to the stack.
    #[schemars(extend("uniqueItems" = true))]
    pub administer: Vec<UserName>,
    /// Whether the rights need a session with a second factor.
    pub require_mfa: bool,
}

impl Default for People {
    fn default() -> Self {
        Self { read_only: vec![], operate: vec![], administer: vec![], require_mfa: true }
    }
}

text! {
    /// The name of a person, who becomes the IAM user `<name>@<stack>`.
    UserName, "iam-user-name", "ada", check_user
}

text! {
    /// The ARN of an IAM user or role.
    PrincipalArn, "iam-principal-arn", "arn:aws:iam::123456789012:role/admin", check_principal
}

/// The user in IAM is called `<name>@<stack>`, of at most 64 characters (`CreateUser`); and its
/// name is part of an address.
fn check_user(name: &str) -> Checked {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    made_of(name, 1..=45, plain, "a name of 1 to 45 letters, digits and `-._`")
}

fn check_principal(arn: &str) -> Checked {
    let refusal =
        Refusal::expected("the ARN of an IAM user or role, `arn:aws:iam::<account>:role/<name>`");
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, "iam", "", account, resource]
            if partition.starts_with("aws") && is_account(account) =>
        {
            let name = resource.strip_prefix("role/").or_else(|| resource.strip_prefix("user/"));
            match name {
                Some(name) if !name.is_empty() && !name.contains('*') => Ok(()),
                _ => Err(refusal),
            }
        }
        _ => Err(refusal),
    }
}

/// Whether this is an account's id: twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_digit())
}
