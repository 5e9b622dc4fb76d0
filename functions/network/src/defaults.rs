//! The security group and the network ACL that AWS makes with a VPC, both open at birth.
//!
//! They cannot be deleted, carry none of our tags and go with the VPC; we leave them empty.

use aws_sdk_ec2::types::{IpPermission, NetworkAcl, NetworkAclEntry, SecurityGroup};
use shared::aws::{Cx, OrAbsent};
use shared::world::CloudError;

/// The last entry of every ACL, which denies the rest and cannot be deleted: 32767, and 32768
/// for IPv6.
const LAST_ENTRY: i32 = 32767;

/// How a VPC's default group and ACL stand.
pub struct Defaults {
    pub group: Option<String>,
    pub group_empty: bool,
    pub acl: Option<String>,
    pub acl_empty: bool,
}

impl Defaults {
    pub async fn of(cx: &Cx, vpc: &str) -> Result<Self, CloudError> {
        let of_vpc = ec2::filter("vpc-id", vpc);
        let groups = ec2::client(cx).describe_security_groups().filters(of_vpc.clone());
        let groups = groups.filters(ec2::filter("group-name", "default")).send().await?;
        let group = groups.security_groups().first();
        let acls = ec2::client(cx).describe_network_acls().filters(of_vpc);
        let acls = acls.filters(ec2::filter("default", "true")).send().await?;
        let acl = acls.network_acls().first();
        Ok(Self {
            group: group.and_then(SecurityGroup::group_id).map(str::to_owned),
            group_empty: group.is_none_or(|it| {
                it.ip_permissions().is_empty() && it.ip_permissions_egress().is_empty()
            }),
            acl: acl.and_then(NetworkAcl::network_acl_id).map(str::to_owned),
            acl_empty: acl.is_none_or(|it| it.entries().iter().all(is_last)),
        })
    }
}

/// Takes every rule out of a group.
pub async fn empty_group(cx: &Cx, id: &str) -> Result<(), CloudError> {
    const ABSENT: &[&str] = &["InvalidPermission.NotFound"];
    let found = ec2::client(cx).describe_security_groups().group_ids(id).send().await?;
    let Some(group) = found.security_groups().first() else { return Ok(()) };
    let ingress: Vec<IpPermission> = group.ip_permissions().to_vec();
    if !ingress.is_empty() {
        let request = ec2::client(cx).revoke_security_group_ingress().group_id(id);
        request.set_ip_permissions(Some(ingress)).send().await.or_absent(ABSENT)?;
    }
    let egress: Vec<IpPermission> = group.ip_permissions_egress().to_vec();
    if !egress.is_empty() {
        let request = ec2::client(cx).revoke_security_group_egress().group_id(id);
        request.set_ip_permissions(Some(egress)).send().await.or_absent(ABSENT)?;
    }
    Ok(())
}

/// Takes every entry out of an ACL but the last, so that it denies everything.
pub async fn empty_acl(cx: &Cx, id: &str) -> Result<(), CloudError> {
    const ABSENT: &[&str] = &["InvalidNetworkAclEntry.NotFound"];
    let found = ec2::client(cx).describe_network_acls().network_acl_ids(id).send().await?;
    let entries = found.network_acls().iter().flat_map(NetworkAcl::entries);
    for entry in entries.filter(|entry| !is_last(entry)) {
        let request = ec2::client(cx).delete_network_acl_entry().network_acl_id(id);
        let request = request.set_rule_number(entry.rule_number()).set_egress(entry.egress());
        request.send().await.or_absent(ABSENT)?;
    }
    Ok(())
}

fn is_last(entry: &NetworkAclEntry) -> bool {
    entry.rule_number().is_some_and(|number| number >= LAST_ENTRY)
}
