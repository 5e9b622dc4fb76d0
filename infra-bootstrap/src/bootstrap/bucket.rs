//! The bucket that holds the functions' code and the template.

use std::collections::BTreeSet;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration,
};
use serde_json::json;
use shared::aws::OrAbsent;

use crate::context::Cloud;
use crate::failure::{Failure, Tried};

pub struct Artifacts {
    pub name: String,
    s3: Client,
    keys: BTreeSet<String>,
    /// What comes before a key in an object's URL.
    base: String,
}

/// The bucket with what is in it; made and closed to others if it is not there.
pub async fn ready(cloud: &Cloud) -> Result<Artifacts, Failure> {
    let s3 = cloud.aws.client(|config, calls| {
        // By path, so that the bucket's name needs no DNS of its own.
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true);
        Client::from_conf(config.interceptor(calls).build())
    });
    let name = cloud.artifacts_bucket();
    make(cloud, &s3, &name).await?;
    close(cloud, &s3, &name).await?;
    let keys = list(&s3, &name).await?;
    let base = match &cloud.endpoint {
        Some(endpoint) => format!("{endpoint}/{name}"),
        None => format!("https://{name}.s3.{}.{}", cloud.region, domain(&cloud.partition)),
    };
    Ok(Artifacts { name, s3, keys, base })
}

fn domain(partition: &str) -> &'static str {
    if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}

async fn make(cloud: &Cloud, s3: &Client, name: &str) -> Result<(), Failure> {
    let request = s3.create_bucket().bucket(name);
    // The oldest region is the default, and cannot be named.
    let request = match cloud.region.as_str() {
        "us-east-1" => request,
        region => {
            let place = CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region));
            request.create_bucket_configuration(place.build())
        }
    };
    let made = request.send().await.or_absent(&["BucketAlreadyOwnedByYou"]);
    made.tried(format!("cannot make the bucket `{name}`")).map(|_| ())
}

/// Public access is blocked, and so is all that comes without TLS.
async fn close(cloud: &Cloud, s3: &Client, name: &str) -> Result<(), Failure> {
    let what = || format!("cannot close the bucket `{name}` to others");
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true);
    let request = s3.put_public_access_block().bucket(name);
    request.public_access_block_configuration(block.build()).send().await.tried(what())?;
    let arn = format!("arn:{}:s3:::{name}", cloud.partition);
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    }] });
    let request = s3.put_bucket_policy().bucket(name).policy(policy.to_string());
    request.send().await.tried(what()).map(|_| ())
}

async fn list(s3: &Client, name: &str) -> Result<BTreeSet<String>, Failure> {
    let mut pages = s3.list_objects_v2().bucket(name).into_paginator().send();
    let mut keys = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let page = page.tried(format!("cannot look into the bucket `{name}`"))?;
        keys.extend(page.contents().iter().filter_map(|it| it.key.clone()));
    }
    Ok(keys)
}

impl Artifacts {
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    pub fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.base)
    }

    /// Removes the functions' code that nothing refers to any more.
    pub async fn prune(&self, used: &BTreeSet<String>) -> Result<(), Failure> {
        let unused =
            self.keys.iter().filter(|it| it.starts_with("functions/") && !used.contains(*it));
        for key in unused {
            let removed = self.s3.delete_object().bucket(&self.name).key(key).send().await;
            removed.tried(format!("cannot remove `{key}`"))?;
        }
        Ok(())
    }

    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        let request = self.s3.put_object().bucket(&self.name).key(key);
        let put = request.body(ByteStream::from(bytes)).send().await;
        put.tried(format!("cannot upload `{key}`")).map(|_| ())
    }
}
