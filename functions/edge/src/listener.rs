//! `AWS::ElasticLoadBalancingV2::Listener`: the open door of the load balancer.

use aws_sdk_elasticloadbalancingv2::types::{
    self, ActionTypeEnum, ProtocolEnum, RedirectActionConfig, RedirectActionStatusCodeEnum,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

use crate::elb::{self, client};
use crate::tagged;

const ABSENT: &[&str] = &["ListenerNotFound"];
const NO_LOAD_BALANCER: &[&str] = &["LoadBalancerNotFound"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listener {
    /// ARN of the load balancer.
    pub load_balancer: String,
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// ARN of the certificate, for HTTPS.
    pub certificate: Option<String>,
    pub tls_policy: Option<String>,
    pub action: Action,
}

/// What happens to requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They go to the target group with this ARN.
    Forward(String),
    /// The client is told for good to come back by HTTPS on this port.
    RedirectToHttps(u16),
    /// Something that is not of our making.
    Other(String),
}

impl Resource for Listener {
    const KIND: &'static str = "AWS::ElasticLoadBalancingV2::Listener";
    const IMMUTABLE: &'static [&'static str] = &["load_balancer"];
    const GRANTS: &'static [Grant] = &[
        tagged::GRANT,
        Grant::on(
            &["elasticloadbalancing:DescribeListeners"],
            "*",
            "ELB lists have no resource-level permissions",
        ),
        Grant::on(
            &["elasticloadbalancing:AddTags", "elasticloadbalancing:CreateListener"],
            "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/terrace-*",
            "a listener is made on its load balancer",
        ),
        Grant::on(
            &[
                "elasticloadbalancing:AddTags",
                "elasticloadbalancing:DeleteListener",
                "elasticloadbalancing:ModifyListener",
            ],
            "arn:aws:elasticloadbalancing:{region}:{account}:listener/app/terrace-*",
            "the listeners of the stack's load balancer",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let mut found = Vec::new();
        for ours in elb::load_balancers(cx).await? {
            found.extend(of(cx, &ours.arn).await?.iter().map(|it| Self::live(&ours.arn, it)));
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let request = client(cx)
            .create_listener()
            .load_balancer_arn(&self.load_balancer)
            .port(self.port.into())
            .protocol(ProtocolEnum::from(self.protocol.as_str()))
            .set_ssl_policy(self.tls_policy.clone())
            .set_certificates(self.certificates())
            .default_actions(self.action()?)
            .set_tags(Some(elb::tags(cx, at)));
        // The port is taken by one with other settings: the next look shows it.
        let taken = || CloudError::not_yet("DuplicateListener", "the port has a listener already");
        let made = request.send().await.or_absent(&["DuplicateListener"])?.ok_or_else(taken)?;
        let arn = made.listeners().first().and_then(types::Listener::listener_arn);
        arn.map(facts).ok_or(CloudError::Incomplete("a listener"))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx)
            .modify_listener()
            .listener_arn(&live.facts["id"])
            .port(self.port.into())
            .protocol(ProtocolEnum::from(self.protocol.as_str()))
            .set_ssl_policy(self.tls_policy.clone())
            .set_certificates(self.certificates())
            .default_actions(self.action()?);
        request.send().await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).delete_listener().listener_arn(&live.facts["id"]);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

/// The listeners of a load balancer; none when it is gone.
pub async fn of(cx: &Cx, load_balancer: &str) -> Result<Vec<types::Listener>, CloudError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let request = client(cx).describe_listeners().load_balancer_arn(load_balancer);
        let page = request.set_marker(marker).send().await.or_absent(NO_LOAD_BALANCER)?;
        let Some(page) = page else { return Ok(found) };
        marker = page.next_marker().filter(|it| !it.is_empty()).map(str::to_owned);
        found.extend(page.listeners.unwrap_or_default());
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// Listeners cannot be told apart but by their port. One on a port that we do not use gets an
/// address that is in no wish, and so shows in a plan.
pub fn address(port: u16) -> Address {
    let name = match port {
        443 => "listener-https".to_owned(),
        80 => "listener-http".to_owned(),
        other => format!("listener-{other}"),
    };
    Address::new(Tier::Edge, name)
}

impl Listener {
    fn live(load_balancer: &str, it: &types::Listener) -> LiveOf<Self> {
        let port = it.port().and_then(|port| port.try_into().ok()).unwrap_or(0);
        let certificate = it.certificates().first().and_then(|it| it.certificate_arn());
        let spec = Self {
            load_balancer: load_balancer.to_owned(),
            port,
            protocol: it.protocol().map(|it| it.as_str().to_owned()).unwrap_or_default(),
            certificate: certificate.map(str::to_owned),
            tls_policy: it.ssl_policy().filter(|it| !it.is_empty()).map(str::to_owned),
            action: Action::read(it.default_actions()),
        };
        let facts = facts(it.listener_arn().unwrap_or_default());
        LiveOf { address: address(port), spec, facts, status: Status::Ready }
    }

    fn certificates(&self) -> Option<Vec<types::Certificate>> {
        let arn = self.certificate.as_ref()?;
        Some(vec![types::Certificate::builder().certificate_arn(arn).build()])
    }

    fn action(&self) -> Result<types::Action, CloudError> {
        let action = types::Action::builder();
        let action = match &self.action {
            Action::Forward(group) => {
                action.r#type(ActionTypeEnum::Forward).target_group_arn(group)
            }
            Action::RedirectToHttps(port) => {
                let redirect = RedirectActionConfig::builder()
                    .protocol("HTTPS")
                    .port(port.to_string())
                    .status_code(RedirectActionStatusCodeEnum::Http301);
                action.r#type(ActionTypeEnum::Redirect).redirect_config(redirect.build())
            }
            Action::Other(what) => {
                let text = format!("a listener cannot be made to {what}");
                return Err(CloudError::refused("UnknownAction", text));
            }
        };
        Ok(action.build())
    }
}

impl Action {
    /// AWS shows a plain forward both as a target group and as a list of one group.
    fn read(actions: &[types::Action]) -> Self {
        let [action] = actions else { return Self::Other(format!("do {} things", actions.len())) };
        let redirect = action.redirect_config();
        match (action.r#type(), action.target_group_arn(), redirect) {
            (Some(ActionTypeEnum::Forward), Some(group), _) => Self::Forward(group.to_owned()),
            (Some(ActionTypeEnum::Redirect), _, Some(to)) if is_plain(to) => {
                match to.port().map(str::parse) {
                    Some(Ok(port)) => Self::RedirectToHttps(port),
                    Some(Err(_)) | None => Self::Other("redirect to the same port".to_owned()),
                }
            }
            (Some(other), _, _) => Self::Other(other.as_str().to_owned()),
            (None, _, _) => Self::Other("nothing".to_owned()),
        }
    }
}

/// A redirect to HTTPS that keeps host, path and query. AWS fills in the placeholders.
fn is_plain(to: &RedirectActionConfig) -> bool {
    let kept =
        |it: Option<&str>, placeholder| it.is_none_or(|it| it.is_empty() || it == placeholder);
    to.protocol() == Some("HTTPS")
        && to.status_code() == Some(&RedirectActionStatusCodeEnum::Http301)
        && kept(to.host(), "#{host}")
        && kept(to.path(), "/#{path}")
        && kept(to.query(), "#{query}")
}

fn facts(arn: &str) -> Facts {
    Facts::from([("id".to_owned(), arn.to_owned()), ("arn".to_owned(), arn.to_owned())])
}
