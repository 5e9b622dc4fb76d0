//! What the kinds of Elastic Load Balancing have in common.

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::Tag;
use shared::aws::{Cx, Tags};
use shared::model::Address;
use shared::world::CloudError;

use crate::tagged::{Tagged, tagged};

pub fn client(cx: &Cx) -> Client {
    shared::client!(cx, aws_sdk_elasticloadbalancingv2)
}

/// The stack's load balancers, by what their tags say: one, or none.
pub async fn load_balancers(cx: &Cx) -> Result<Vec<Tagged>, CloudError> {
    tagged(cx, "elasticloadbalancing:loadbalancer").await
}

/// The tags to give at birth.
pub fn tags(cx: &Cx, at: &Address) -> Vec<Tag> {
    let tags = cx.tags(at);
    tags.pairs().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Whether what has this ARN carries the tags of `at`. Asked only before something that was
/// not found by tag is taken for ours.
pub async fn is_ours(cx: &Cx, arn: &str, at: &Address) -> Result<bool, CloudError> {
    let answer = client(cx).describe_tags().resource_arns(arn).send().await?;
    let tags = answer
        .tag_descriptions()
        .iter()
        .flat_map(aws_sdk_elasticloadbalancingv2::types::TagDescription::tags);
    let tags = Tags::read(tags.map(|tag| (tag.key(), tag.value())));
    Ok(tags.address(&cx.scope).as_ref() == Some(at))
}

/// `app/<name>/<hash>` or `targetgroup/<name>/<hash>`: how CloudWatch names it.
pub fn full_name(arn: &str) -> &str {
    let resource = arn.rsplit_once(':').map_or(arn, |(_, resource)| resource);
    resource.strip_prefix("loadbalancer/").unwrap_or(resource)
}

#[cfg(test)]
mod tests {
    use super::full_name;

    #[test]
    fn cloudwatch_names_load_balancers_without_their_type() {
        let arn = |it: &str| format!("arn:aws:elasticloadbalancing:eu-central-1:123456789012:{it}");
        assert_eq!(
            full_name(&arn("loadbalancer/app/x/50dc6c495c0c9188")),
            "app/x/50dc6c495c0c9188"
        );
        assert_eq!(
            full_name(&arn("targetgroup/x/73e2d6bc24d8a067")),
            "targetgroup/x/73e2d6bc24d8a067"
        );
    }
}
