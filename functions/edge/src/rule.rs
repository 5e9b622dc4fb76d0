//! One rule of the web ACL, in our words.

use aws_sdk_wafv2::types::{
    BlockAction, CountAction, ManagedRuleGroupStatement, NoneAction, OverrideAction,
    RateBasedStatement, RateBasedStatementAggregateKeyType, Rule as AwsRule, RuleAction, Statement,
};
use serde::{Deserialize, Serialize};
use shared::world::CloudError;

use crate::web_acl::visibility;

const VENDOR: &str = "AWS";
/// Shield Advanced adds a rule group of this name when it fends off an attack; the account and
/// ids follow.
const SHIELD: &str = "ShieldMitigationRuleGroup_";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub name: String,
    pub check: Check,
    pub effect: Effect,
}

/// What a request is looked at for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// What this rule group of AWS's finds, whole and in its default version.
    Managed(String),
    /// One address made more requests than this in five minutes.
    RateLimit(u32),
    /// Something that is not of our making.
    Other,
}

/// What becomes of a request that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Block,
    /// It passes and is counted.
    Count,
    /// Something that is not of our making.
    Other,
}

impl Rule {
    /// Whether Shield keeps this rule; it is neither drift nor ours to remove.
    pub fn is_shields(rule: &AwsRule) -> bool {
        rule.name().starts_with(SHIELD)
    }

    pub fn read(rule: &AwsRule) -> Self {
        let check = rule.statement().map_or(Check::Other, Check::read);
        let effect = match check {
            Check::Managed(_) => overridden(rule.override_action()),
            Check::RateLimit(_) | Check::Other => acted(rule.action()),
        };
        Self { name: rule.name().to_owned(), check, effect }
    }

    pub fn to_aws(&self, priority: i32) -> Result<AwsRule, CloudError> {
        let rule = AwsRule::builder().name(&self.name).priority(priority);
        let rule = rule.statement(self.check.to_aws()?).visibility_config(visibility(&self.name)?);
        let rule = match (&self.check, self.effect) {
            // A group's own rules block; here it is said whether they may.
            (Check::Managed(_), Effect::Block) => {
                let none = OverrideAction::builder().none(NoneAction::builder().build());
                rule.override_action(none.build())
            }
            (Check::Managed(_), Effect::Count) => {
                let count = OverrideAction::builder().count(CountAction::builder().build());
                rule.override_action(count.build())
            }
            (Check::RateLimit(_), Effect::Block) => {
                rule.action(RuleAction::builder().block(BlockAction::builder().build()).build())
            }
            (Check::RateLimit(_), Effect::Count) => {
                rule.action(RuleAction::builder().count(CountAction::builder().build()).build())
            }
            (Check::Other, _) | (_, Effect::Other) => return Err(unknown(&self.name)),
        };
        rule.build().map_err(|_| CloudError::Incomplete("a rule's name"))
    }
}

impl Check {
    fn read(statement: &Statement) -> Self {
        if let Some(group) = statement.managed_rule_group_statement() {
            return if is_whole(group) {
                Self::Managed(group.name().to_owned())
            } else {
                Self::Other
            };
        }
        match statement.rate_based_statement() {
            Some(rate) if is_plain(rate) => {
                u32::try_from(rate.limit()).map_or(Self::Other, Self::RateLimit)
            }
            Some(_) | None => Self::Other,
        }
    }

    fn to_aws(&self) -> Result<Statement, CloudError> {
        let statement = Statement::builder();
        let statement = match self {
            Self::Managed(name) => {
                let group = ManagedRuleGroupStatement::builder().vendor_name(VENDOR).name(name);
                let group = group.build().map_err(|_| CloudError::Incomplete("a group's name"))?;
                statement.managed_rule_group_statement(group)
            }
            Self::RateLimit(limit) => {
                let rate = RateBasedStatement::builder()
                    .limit((*limit).into())
                    .aggregate_key_type(RateBasedStatementAggregateKeyType::Ip);
                let rate = rate.build().map_err(|_| CloudError::Incomplete("a rate limit"))?;
                statement.rate_based_statement(rate)
            }
            Self::Other => return Err(unknown("of another kind")),
        };
        Ok(statement.build())
    }
}

/// Nothing in the group is excluded, overridden, narrowed or held at an old version.
fn is_whole(group: &ManagedRuleGroupStatement) -> bool {
    group.vendor_name() == VENDOR
        && group.version().is_none()
        && group.excluded_rules().is_empty()
        && group.rule_action_overrides().is_empty()
        && group.scope_down_statement().is_none()
}

/// Counts by address, over AWS's default of five minutes.
fn is_plain(rate: &RateBasedStatement) -> bool {
    rate.aggregate_key_type() == &RateBasedStatementAggregateKeyType::Ip
        && rate.scope_down_statement().is_none()
        && matches!(rate.evaluation_window_sec(), 0 | 300)
}

fn overridden(action: Option<&OverrideAction>) -> Effect {
    match action {
        Some(it) if it.none().is_some() => Effect::Block,
        Some(it) if it.count().is_some() => Effect::Count,
        Some(_) | None => Effect::Other,
    }
}

fn acted(action: Option<&RuleAction>) -> Effect {
    match action {
        Some(it) if it.block().is_some_and(|it| it.custom_response().is_none()) => Effect::Block,
        Some(it) if it.count().is_some() => Effect::Count,
        Some(_) | None => Effect::Other,
    }
}

fn unknown(what: &str) -> CloudError {
    CloudError::refused("UnknownRule", format!("a rule `{what}` cannot be made"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_back_as_it_was_written() {
        for check in
            [Check::Managed("AWSManagedRulesCommonRuleSet".to_owned()), Check::RateLimit(2000)]
        {
            for effect in [Effect::Block, Effect::Count] {
                let rule = Rule { name: "common".to_owned(), check: check.clone(), effect };
                assert_eq!(rule.to_aws(3).map(|it| Rule::read(&it)), Ok(rule));
            }
        }
    }

    #[test]
    fn a_narrowed_group_is_not_the_group() {
        let whole = ManagedRuleGroupStatement::builder().vendor_name(VENDOR).name("x");
        let narrowed = whole.clone().version("Version_1.0");
        let read = |it: aws_sdk_wafv2::types::builders::ManagedRuleGroupStatementBuilder| {
            let group = it.build().expect("a group");
            Check::read(&Statement::builder().managed_rule_group_statement(group).build())
        };
        assert_eq!(read(whole), Check::Managed("x".to_owned()));
        assert_eq!(read(narrowed), Check::Other);
    }
}
