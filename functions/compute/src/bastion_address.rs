//! `AWS::EC2::EIPAssociation`: gives the bastion its address.

use ec2::elastic_ip::addresses;
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

const ABSENT: &[&str] = &["InvalidAssociationID.NotFound"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BastionAddress {
    /// Of the Elastic IP.
    pub allocation_id: String,
    pub instance_id: String,
}

impl Resource for BastionAddress {
    const KIND: &'static str = "AWS::EC2::EIPAssociation";
    const IMMUTABLE: &'static [&'static str] = &["allocation_id"];
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["ec2:DescribeAddresses"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &["ec2:AssociateAddress", "ec2:DisassociateAddress"],
            "arn:aws:ec2:{region}:{account}:elastic-ip/*",
            "the bastion takes its address",
        ),
        Grant::on(
            &["ec2:AssociateAddress", "ec2:DisassociateAddress"],
            "arn:aws:ec2:{region}:{account}:instance/*",
            "the address goes to the bastion",
        ),
        Grant::on(
            &["ec2:AssociateAddress", "ec2:DisassociateAddress"],
            "arn:aws:ec2:{region}:{account}:network-interface/*",
            "an address sits on an interface",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let associated = addresses(cx, Tier::Compute).await?.into_iter().filter_map(|(_, it)| {
            let id = it.association_id.filter(|it| !it.is_empty())?;
            let spec = Self {
                allocation_id: it.allocation_id.unwrap_or_default(),
                instance_id: it.instance_id.unwrap_or_default(),
            };
            let address = Address::new(Tier::Compute, "bastion-address");
            let facts = Facts::from([("id".to_owned(), id)]);
            Some(LiveOf { address, spec, facts, status: Status::Ready })
        });
        Ok(associated.collect())
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        let id = self.associate(cx).await?;
        ec2::facts(id.as_deref(), "an association's id")
    }

    /// The address moves from whatever holds it.
    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        self.associate(cx).await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = ec2::client(cx).disassociate_address().association_id(ec2::id(live)?);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl BastionAddress {
    async fn associate(&self, cx: &Cx) -> Result<Option<String>, CloudError> {
        let request = ec2::client(cx)
            .associate_address()
            .allocation_id(&self.allocation_id)
            .instance_id(&self.instance_id)
            .allow_reassociation(true);
        Ok(request.send().await?.association_id)
    }
}
