//! `AWS::WAFv2::LoggingConfiguration`: where the firewall writes what it saw.

use std::collections::BTreeSet;

use aws_sdk_wafv2::types::{self, FieldToMatch, SingleHeader};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

use crate::tagged;
use crate::web_acl::{client, web_acls};

const ABSENT: &[&str] = &["WAFNonexistentItemException"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebAclLogging {
    /// ARN of the web ACL.
    pub web_acl: String,
    /// ARN of the log group, without `:*`.
    pub log_group: String,
    /// Headers that are not written down, in lower case.
    pub redacted_headers: BTreeSet<String>,
}

impl Resource for WebAclLogging {
    const KIND: &'static str = "AWS::WAFv2::LoggingConfiguration";
    const IMMUTABLE: &'static [&'static str] = &["web_acl"];
    const GRANTS: &'static [Grant] = &[
        tagged::GRANT,
        Grant::on(
            &[
                "wafv2:DeleteLoggingConfiguration",
                "wafv2:GetLoggingConfiguration",
                "wafv2:PutLoggingConfiguration",
            ],
            "arn:aws:wafv2:{region}:{account}:regional/webacl/terrace-*/*",
            "logging is a permission on the ACL",
        ),
        Grant::on(
            &[
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:PutResourcePolicy",
            ],
            "*",
            "WAF makes the delivery to CloudWatch Logs with its caller's permissions",
        ),
        Grant::on(
            &["iam:CreateServiceLinkedRole"],
            "arn:aws:iam::{account}:role/aws-service-role/wafv2.amazonaws.com/*",
            "the account's first WAF log brings its service-linked role",
        )
        .when("StringEquals", "iam:AWSServiceName", &["wafv2.amazonaws.com"]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let mut found = Vec::new();
        for ours in web_acls(cx).await? {
            let request = client(cx).get_logging_configuration().resource_arn(&ours.arn);
            let answer = request.send().await.or_absent(ABSENT)?;
            if let Some(configuration) = answer.and_then(|it| it.logging_configuration) {
                let spec = Self::read(&configuration);
                let address = Address::new(Tier::Edge, "web-acl-logging");
                let facts = spec.facts();
                found.push(LiveOf { address, spec, facts, status: Status::Ready });
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        self.put(cx).await?;
        Ok(self.facts())
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        self.put(cx).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).delete_logging_configuration().resource_arn(&live.spec.web_acl);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl WebAclLogging {
    fn read(configuration: &types::LoggingConfiguration) -> Self {
        let log_group = configuration.log_destination_configs().first();
        let log_group = log_group.map(String::as_str).unwrap_or_default();
        let headers =
            configuration.redacted_fields().iter().filter_map(FieldToMatch::single_header);
        Self {
            web_acl: configuration.resource_arn().to_owned(),
            log_group: log_group.trim_end_matches(":*").to_owned(),
            redacted_headers: headers.map(|it| it.name().to_lowercase()).collect(),
        }
    }

    /// One call makes it and changes it.
    async fn put(&self, cx: &Cx) -> Result<(), CloudError> {
        let header = |name: &String| {
            let header = SingleHeader::builder().name(name).build();
            Ok(FieldToMatch::builder().single_header(header?).build())
        };
        let redacted: Result<Vec<FieldToMatch>, aws_sdk_wafv2::error::BuildError> =
            self.redacted_headers.iter().map(header).collect();
        let configuration = types::LoggingConfiguration::builder()
            .resource_arn(&self.web_acl)
            .log_destination_configs(&self.log_group)
            .set_redacted_fields(redacted.ok())
            .build()
            .map_err(|_| CloudError::Incomplete("a log destination"))?;
        client(cx).put_logging_configuration().logging_configuration(configuration).send().await?;
        Ok(())
    }

    /// AWS gives logging no name of its own.
    fn facts(&self) -> Facts {
        Facts::from([("id".to_owned(), format!("logging of {}", self.web_acl))])
    }
}
