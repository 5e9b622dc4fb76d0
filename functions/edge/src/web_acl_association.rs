//! `AWS::WAFv2::WebACLAssociation`: puts the firewall before the load balancer.

use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

use crate::web_acl::client;
use crate::{elb, listener, tagged};

const ABSENT: &[&str] = &["WAFNonexistentItemException"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebAclAssociation {
    /// ARN of the load balancer.
    pub load_balancer: String,
    /// ARN of the web ACL.
    pub web_acl: String,
}

impl Resource for WebAclAssociation {
    const KIND: &'static str = "AWS::WAFv2::WebACLAssociation";
    const IMMUTABLE: &'static [&'static str] = &["load_balancer"];
    /// AWS refuses until both are there everywhere; "seconds to several minutes".
    const DEADLINE: std::time::Duration = std::time::Duration::from_mins(15);
    const GRANTS: &'static [Grant] = &[
        tagged::GRANT,
        Grant::on(
            &[
                "wafv2:AssociateWebACL",
                "wafv2:DisassociateWebACL",
                "wafv2:GetWebACL",
                "wafv2:GetWebACLForResource",
            ],
            "arn:aws:wafv2:{region}:{account}:regional/webacl/*",
            "an association is a permission on the ACL, even on one that is not ours and has to go",
        ),
        Grant::on(
            &[
                "elasticloadbalancing:SetWebAcl",
                "wafv2:AssociateWebACL",
                "wafv2:DisassociateWebACL",
                "wafv2:GetWebACLForResource",
            ],
            "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/terrace-*",
            "and on the load balancer",
        ),
        Grant::on(
            &["elasticloadbalancing:DescribeListeners"],
            "*",
            "the firewall leaves only when no listener is open",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let mut found = Vec::new();
        for ours in elb::load_balancers(cx).await? {
            let request = client(cx).get_web_acl_for_resource().resource_arn(&ours.arn);
            let answer = request.send().await.or_absent(ABSENT)?;
            if let Some(acl) = answer.and_then(|it| it.web_acl) {
                let spec = Self { load_balancer: ours.arn, web_acl: acl.arn };
                let address = Address::new(Tier::Edge, "web-acl-association");
                let facts = spec.facts();
                found.push(LiveOf { address, spec, facts, status: Status::Ready });
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        self.associate(cx).await?;
        Ok(self.facts())
    }

    /// Another ACL in its place: AWS swaps them without a gap.
    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        self.associate(cx).await
    }

    /// The firewall was there before the door opened, and stays until it is shut.
    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let load_balancer = &live.spec.load_balancer;
        if let Some(open) = listener::of(cx, load_balancer).await?.first() {
            let port = open.port().unwrap_or(0);
            return Err(CloudError::not_yet("ListenerOpen", format!("port {port} is still open")));
        }
        let request = client(cx).disassociate_web_acl().resource_arn(load_balancer);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl WebAclAssociation {
    async fn associate(&self, cx: &Cx) -> Result<(), CloudError> {
        let request = client(cx).associate_web_acl().web_acl_arn(&self.web_acl);
        request.resource_arn(&self.load_balancer).send().await?;
        Ok(())
    }

    /// AWS gives associations no name of their own.
    fn facts(&self) -> Facts {
        Facts::from([("id".to_owned(), format!("web-acl of {}", self.load_balancer))])
    }
}
