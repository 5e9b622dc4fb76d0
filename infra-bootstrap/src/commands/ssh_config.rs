//! `terrace ssh-config STACK`

use aws_sdk_ec2::types::Filter;
use serde_json::{Value, json};

use super::status;
use crate::answer::Answer;
use crate::cli::SshConfig;
use crate::context::Cloud;
use crate::failure::{Failure, Tried};

/// Who logs in on Amazon Linux.
const USER: &str = "ec2-user";

struct Host {
    name: String,
    address: String,
    /// Reached by way of the bastion.
    inside: bool,
}

pub async fn run(arguments: SshConfig) -> Result<Answer, Failure> {
    let SshConfig { stack, region } = arguments;
    let cloud = Cloud::of_environment(region.as_deref()).await?;
    let standing = status::read(&cloud, &stack).await?.ok_or_else(|| {
        Failure::new(format!("there is no stack `{stack}`, {}", cloud.place()))
            .hint("`terrace status` lists the stacks")
    })?;
    let bastion = standing.fact("compute/bastion-eip", "address").ok_or_else(|| {
        Failure::new(format!("`{stack}` has no bastion"))
            .because("its spec leaves it out, or it does not stand yet")
            .hint("set `bastion.ssh_from` and `bastion.public_key` in the spec, and deploy it")
    })?;
    let bastion =
        Host { name: format!("{stack}-bastion"), address: bastion.to_owned(), inside: false };
    let mut hosts = vec![bastion];
    if let Some(group) = standing.fact("compute/scaling-group", "name") {
        hosts.extend(instances(&cloud, &stack, group).await?);
    }
    let entries: Vec<String> = hosts.iter().map(|it| it.entry(&stack)).collect();
    let text = format!(
        "# `terrace ssh-config {stack} >> ~/.ssh/config`; the key is the private half of\n\
         # `bastion.public_key`, taken from your agent or named with `IdentityFile`.\n{}",
        entries.join("\n")
    );
    let json =
        json!({ "stack": stack, "hosts": hosts.iter().map(Host::to_json).collect::<Vec<_>>() });
    Ok(Answer::new(text, json))
}

/// The application's instances, which come and go with the scaling group.
async fn instances(cloud: &Cloud, stack: &str, group: &str) -> Result<Vec<Host>, Failure> {
    let ec2 = shared::client!(cloud, aws_sdk_ec2);
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let request = ec2
        .describe_instances()
        .filters(filter("tag:aws:autoscaling:groupName", group))
        .filters(filter("instance-state-name", "running"));
    let mut pages = request.into_paginator().items().send();
    let mut hosts = Vec::new();
    while let Some(reservation) = pages.next().await {
        let reservation = reservation.tried("cannot list the application's instances")?;
        hosts.extend(reservation.instances().iter().filter_map(|it| {
            let (id, address) = (it.instance_id()?, it.private_ip_address()?.to_owned());
            Some(Host { name: format!("{stack}-{id}"), address, inside: true })
        }));
    }
    hosts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(hosts)
}

impl Host {
    fn entry(&self, stack: &str) -> String {
        let Self { name, address, inside } = self;
        let jump = if *inside { format!("  ProxyJump {stack}-bastion\n") } else { String::new() };
        format!("Host {name}\n  HostName {address}\n  User {USER}\n{jump}")
    }

    fn to_json(&self) -> Value {
        json!({ "name": self.name, "address": self.address, "user": USER, "inside": self.inside })
    }
}
