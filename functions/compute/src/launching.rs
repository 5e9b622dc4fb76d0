//! What a launch takes, whoever asks for it: the bastion is launched by EC2, the application's
//! instances by Auto Scaling in its caller's name.

use shared::aws::Grant;

pub const LAUNCH: Grant = Grant::on(
    &["ec2:RunInstances"],
    "arn:aws:ec2:{region}:{account}:*/*",
    "a launch is a permission on image, instance, interface, volume, key and groups",
);

pub const FROM_IMAGE: Grant = Grant::on(
    &["ec2:RunInstances"],
    "arn:aws:ec2:{region}::image/*",
    "images are nobody's, as AWS writes their ARNs",
);

pub const WITH_TAGS: Grant = Grant::on(
    &["ec2:CreateTags"],
    "arn:aws:ec2:{region}:{account}:*/*",
    "tags are set only in the call that launches",
)
.when("StringEquals", "ec2:CreateAction", &["RunInstances"]);

pub const WITH_ROLE: Grant =
    Grant::on(&["iam:PassRole"], "arn:aws:iam::{account}:role/terrace/*", "the machines' roles")
        .when("StringEquals", "iam:PassedToService", &["ec2.amazonaws.com"]);
