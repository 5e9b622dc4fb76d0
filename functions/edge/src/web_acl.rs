//! `AWS::WAFv2::WebACL`: what the firewall looks at.

use aws_sdk_wafv2::Client;
use aws_sdk_wafv2::types::{
    AllowAction, DefaultAction, Scope, Tag, VisibilityConfig, WebAcl as AwsWebAcl,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, Tags};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::rule::Rule;
use crate::tagged::{self, Tagged, not_ours, tagged};

const ABSENT: &[&str] = &["WAFNonexistentItemException"];
const TAKEN: &[&str] = &["WAFDuplicateItemException"];

/// An ACL that lets pass what no rule stops.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebAcl {
    /// In the order in which they look at a request.
    pub rules: Vec<Rule>,
    /// Whether a request that no rule stops passes.
    pub passes_by_default: bool,
    /// Whether CloudWatch counts what the ACL and each rule do.
    pub metrics: bool,
}

impl Resource for WebAcl {
    const KIND: &'static str = "AWS::WAFv2::WebACL";
    /// The first rule that stops a request decides.
    const ORDERED: &'static [&'static str] = &["rules"];
    const GRANTS: &'static [Grant] = &[
        tagged::GRANT,
        Grant::on(
            &[
                "wafv2:CreateWebACL",
                "wafv2:DeleteWebACL",
                "wafv2:GetWebACL",
                "wafv2:ListTagsForResource",
                "wafv2:TagResource",
                "wafv2:UpdateWebACL",
            ],
            "arn:aws:wafv2:{region}:{account}:regional/webacl/terrace-*/*",
            "the stack's web ACL",
        ),
        Grant::on(
            &["wafv2:CreateWebACL", "wafv2:UpdateWebACL"],
            "arn:aws:wafv2:{region}:{account}:regional/managedruleset/*/*",
            "an ACL that names AWS's managed rule groups needs a permission on them too",
        ),
        Grant::on(
            &["wafv2:ListWebACLs"],
            "*",
            "finding the ACL that has our name already has no resource-level permissions",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let mut found = Vec::new();
        for ours in web_acls(cx).await? {
            if let Some((acl, _)) = get(cx, &ours.arn).await? {
                let (spec, facts) = (Self::read(&acl), facts(&ours.arn));
                found.push(LiveOf { address: ours.address, spec, facts, status: Status::Ready });
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = cx.scope.name("waf");
        let request = client(cx)
            .create_web_acl()
            .name(&name)
            .scope(Scope::Regional)
            .default_action(Self::default_action())
            .set_rules(Some(self.aws_rules()?))
            .visibility_config(visibility(&name)?)
            .set_tags(Some(tags(cx, at)?));
        if let Some(made) = request.send().await.or_absent(TAKEN)? {
            let arn = made.summary().and_then(|it| it.arn());
            return arn.map(facts).ok_or(CloudError::Incomplete("a web ACL's ARN"));
        }
        match find(cx, &name).await? {
            Some(arn) if is_ours(cx, &arn, at).await? => Ok(facts(&arn)),
            Some(_) | None => Err(not_ours("the web ACL", &name)),
        }
    }

    /// The lock token makes AWS refuse when somebody else changes the ACL at the same time.
    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let gone = || CloudError::not_yet("WAFNonexistentItemException", "the web ACL is gone");
        let (acl, lock) = get(cx, &live.facts["arn"]).await?.ok_or_else(gone)?;
        let mut rules = self.aws_rules()?;
        rules.extend(acl.rules().iter().filter(|it| Rule::is_shields(it)).cloned());
        let request = client(cx)
            .update_web_acl()
            .name(acl.name())
            .id(acl.id())
            .scope(Scope::Regional)
            .default_action(Self::default_action())
            .set_rules(Some(rules))
            .visibility_config(visibility(acl.name())?)
            .lock_token(lock);
        request.send().await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let Some((acl, lock)) = get(cx, &live.facts["arn"]).await? else { return Ok(()) };
        let request = client(cx).delete_web_acl().name(acl.name()).id(acl.id());
        let request = request.scope(Scope::Regional).lock_token(lock);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

pub fn client(cx: &Cx) -> Client {
    shared::client!(cx, aws_sdk_wafv2)
}

/// The stack's web ACLs, by what their tags say: one, or none.
pub async fn web_acls(cx: &Cx) -> Result<Vec<Tagged>, CloudError> {
    let mut found = tagged(cx, "wafv2").await?;
    found.retain(|it| it.arn.contains(":regional/webacl/"));
    Ok(found)
}

/// The ACL and its lock token. The ARN ends in `…/webacl/<name>/<id>`.
async fn get(cx: &Cx, arn: &str) -> Result<Option<(AwsWebAcl, String)>, CloudError> {
    let mut parts = arn.rsplit('/');
    let (id, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let request = client(cx).get_web_acl().name(name).id(id).scope(Scope::Regional);
    let Some(answer) = request.send().await.or_absent(ABSENT)? else { return Ok(None) };
    let lock = answer.lock_token.unwrap_or_default();
    Ok(answer.web_acl.map(|acl| (acl, lock)))
}

/// The ARN of the ACL with this name, whoever made it. Reads the account's list, so it is asked
/// only when AWS says that the name is taken.
async fn find(cx: &Cx, name: &str) -> Result<Option<String>, CloudError> {
    let mut marker = None;
    loop {
        let request = client(cx).list_web_acls().scope(Scope::Regional).limit(100);
        let page = request.set_next_marker(marker).send().await?;
        if let Some(it) = page.web_acls().iter().find(|it| it.name() == Some(name)) {
            return Ok(it.arn().map(str::to_owned));
        }
        marker = page.next_marker.filter(|it| !it.is_empty());
        if marker.is_none() {
            return Ok(None);
        }
    }
}

async fn is_ours(cx: &Cx, arn: &str, at: &Address) -> Result<bool, CloudError> {
    let answer = client(cx).list_tags_for_resource().resource_arn(arn).send().await?;
    let tags = answer
        .tag_info_for_resource()
        .map(aws_sdk_wafv2::types::TagInfoForResource::tag_list)
        .unwrap_or_default();
    let tags = Tags::read(tags.iter().map(|it| (Some(it.key()), Some(it.value()))));
    Ok(tags.address(&cx.scope).as_ref() == Some(at))
}

impl WebAcl {
    fn read(acl: &AwsWebAcl) -> Self {
        let mut rules: Vec<_> = acl.rules().iter().filter(|it| !Rule::is_shields(it)).collect();
        rules.sort_by_key(|it| it.priority());
        let watched = |it: Option<&VisibilityConfig>| {
            it.is_some_and(VisibilityConfig::cloud_watch_metrics_enabled)
        };
        let metrics = watched(acl.visibility_config())
            && rules.iter().all(|it| watched(it.visibility_config()));
        Self {
            rules: rules.into_iter().map(Rule::read).collect(),
            passes_by_default: acl.default_action().is_some_and(|it| it.allow().is_some()),
            metrics,
        }
    }

    fn aws_rules(&self) -> Result<Vec<aws_sdk_wafv2::types::Rule>, CloudError> {
        self.rules.iter().zip(0..).map(|(rule, priority)| rule.to_aws(priority)).collect()
    }

    fn default_action() -> DefaultAction {
        DefaultAction::builder().allow(AllowAction::builder().build()).build()
    }
}

/// Counted by CloudWatch under the same name, with samples of the requests.
pub fn visibility(name: &str) -> Result<VisibilityConfig, CloudError> {
    let config = VisibilityConfig::builder()
        .metric_name(name)
        .cloud_watch_metrics_enabled(true)
        .sampled_requests_enabled(true);
    config.build().map_err(|_| CloudError::Incomplete("a metric's name"))
}

fn tags(cx: &Cx, at: &Address) -> Result<Vec<Tag>, CloudError> {
    let tags = cx.tags(at);
    let made: Result<Vec<Tag>, _> =
        tags.pairs().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    made.map_err(|_| CloudError::Incomplete("a tag"))
}

fn facts(arn: &str) -> Facts {
    let mut parts = arn.rsplit('/');
    let (id, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let facts = [("id", id), ("arn", arn), ("name", name)];
    facts.into_iter().map(|(fact, value)| (fact.to_owned(), value.to_owned())).collect()
}
