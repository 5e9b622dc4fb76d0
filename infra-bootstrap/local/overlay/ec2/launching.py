"""Bringing instances up from what a call, a launch template or an auto scaling group asks for."""

from ministack.services import ec2

from overlay.ec2 import images, interfaces, states, vcpus
from overlay.ec2.api import Refused, find, new_id
from overlay.lag import settling, timeline
from overlay.wire import models

# AWS's defaults for what a launch leaves open.
_METADATA_OPTIONS = {
    "State": "applied",
    "HttpTokens": "optional",
    "HttpPutResponseHopLimit": 1,
    "HttpEndpoint": "enabled",
    "HttpProtocolIpv6": "disabled",
    "InstanceMetadataTags": "disabled",
}
_GP3 = {"Iops": 3000, "Throughput": 125}


def launch(asked: dict) -> list:
    """The records of the instances a RunInstances request asks for; all checks come first."""
    image = images.find_image(asked.get("ImageId", ""))
    kind = asked.get("InstanceType", "m1.small")
    _refuse_unknown_type(kind)
    vcpus.refuse_beyond(kind, int(asked.get("MaxCount") or 1))
    place = _place(asked)
    profile = _profile(asked.get("IamInstanceProfile"))
    return [_one(asked, image, kind, place, profile, index) for index in range(int(asked.get("MaxCount") or 1))]


def _refuse_unknown_type(kind: str) -> None:
    model = models.service_model("ec2").shape_for("InstanceType")
    if kind not in model.enum:
        raise Refused("InvalidParameterValue", f"Invalid value '{kind}' for InstanceType.")


def _place(asked: dict) -> dict:
    """Subnet, groups and whether an address from outside is wanted: by interface, or by the call itself."""
    primary = next((one for one in asked.get("NetworkInterfaces", []) if not one.get("DeviceIndex")), {})
    subnet_id = primary.get("SubnetId") or asked.get("SubnetId") or ec2._DEFAULT_SUBNET_ID
    subnet = find(ec2._subnets, subnet_id, "InvalidSubnetID.NotFound", "subnet ID")
    group_ids = primary.get("Groups") or asked.get("SecurityGroupIds") or [_default_group(subnet["VpcId"])]
    for group_id in group_ids:
        group = find(ec2._security_groups, group_id, "InvalidGroup.NotFound", "security group")
        if group["VpcId"] != subnet["VpcId"]:
            message = f"Security group {group_id} and subnet {subnet_id} belong to different networks."
            raise Refused("InvalidParameter", message)
    wants_public = primary.get("AssociatePublicIpAddress", subnet.get("MapPublicIpOnLaunch"))
    return {"subnet": subnet, "groups": group_ids, "is_public": bool(wants_public), "interface": primary}


def _default_group(vpc_id: str) -> str:
    for group in ec2._security_groups.values():
        if group["VpcId"] == vpc_id and group["GroupName"] == "default":
            return group["GroupId"]
    raise Refused("InvalidGroup.NotFound", f"No default group for VPC '{vpc_id}'")


def _profile(asked):
    if not asked:
        return None
    unknown = settling.unknown_profile(asked)
    if unknown:
        raise Refused("InvalidParameterValue", unknown)
    found, refusal = ec2._resolve_iam_instance_profile(asked.get("Arn", ""), asked.get("Name", ""))
    if refusal:
        name = asked.get("Name") or asked.get("Arn")
        part = "name" if asked.get("Name") else "arn"
        message = (
            f"Value ({name}) for parameter iamInstanceProfile.{part} is invalid. Invalid IAM Instance Profile {part}"
        )
        raise Refused("InvalidParameterValue", message)
    return found


def _one(asked: dict, image: dict, kind: str, place: dict, profile, index: int) -> dict:
    instance_id = new_id("i")
    subnet = place["subnet"]
    interface = interfaces.make(
        subnet, place["groups"], place["interface"].get("Description", ""), address=asked.get("PrivateIpAddress")
    )
    interfaces.attach(interface, instance_id, 0, place["interface"].get("DeleteOnTermination", True))
    address = interface["PrivateIpAddress"]
    public = ec2._random_ip("54.") if place["is_public"] else None
    record = ec2._instances[instance_id] = {
        "InstanceId": instance_id,
        "ImageId": image["ImageId"],
        "InstanceType": kind,
        "KeyName": asked.get("KeyName", ""),
        "State": dict(states.PENDING),
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        "PrivateIpAddress": address,
        "PublicIpAddress": public,
        "PrivateDnsName": f"ip-{address.replace('.', '-')}.ec2.internal",
        "PublicDnsName": interfaces.public_name(public) if public else "",
        "SourceDestCheck": True,
        "SecurityGroups": interfaces.groups(place["groups"]),
        "Architecture": image["Architecture"],
        "RootDeviceType": "ebs",
        "RootDeviceName": image["RootDeviceName"],
        "Hypervisor": "xen",
        "Virtualization": "hvm",
        "Placement": {"AvailabilityZone": subnet["AvailabilityZone"], "Tenancy": "default"},
        "Monitoring": {"State": "enabled" if (asked.get("Monitoring") or {}).get("Enabled") else "disabled"},
        "AmiLaunchIndex": index,
        "UserData": asked.get("UserData", ""),
        "LaunchTime": ec2._now_ts(),
        "IamInstanceProfile": None,
        "MetadataOptions": {**_METADATA_OPTIONS, **(asked.get("MetadataOptions") or {})},
        "EbsOptimized": bool(asked.get("EbsOptimized")),
        "DisableApiTermination": bool(asked.get("DisableApiTermination")),
        "DisableApiStop": bool(asked.get("DisableApiStop")),
        "ShutdownBehavior": asked.get("InstanceInitiatedShutdownBehavior", "stop"),
        "ClientToken": asked.get("ClientToken", ""),
        "ReservationId": "r-" + instance_id[2:],
    }
    record["BlockDeviceMappings"] = [_volume(record, one) for one in _devices(asked, image)]
    if profile:
        ec2._upsert_iam_instance_profile_association(instance_id, profile)
    _tag(asked, record, interface)
    states.tell(instance_id, "pending")
    timeline.after("instance running", states.called(instance_id), "instance runs", instance_id)
    return record


def _devices(asked: dict, image: dict) -> list:
    """The volumes asked for, and the image's root volume in any case."""
    devices = {image["RootDeviceName"]: {}}
    for one in asked.get("BlockDeviceMappings", []):
        if "Ebs" in one:
            devices[one.get("DeviceName", image["RootDeviceName"])] = one["Ebs"]
    return list(devices.items())


def _volume(instance: dict, device: tuple) -> dict:
    name, asked = device
    volume_id, now = new_id("vol"), ec2._now_ts()
    kind = asked.get("VolumeType", "gp3")
    attached = {"AttachTime": now, "DeleteOnTermination": asked.get("DeleteOnTermination", True)}
    ec2._volumes[volume_id] = {
        "VolumeId": volume_id,
        "Size": int(asked.get("VolumeSize") or 8),
        "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        "State": "in-use",
        "VolumeType": kind,
        "SnapshotId": asked.get("SnapshotId", ""),
        "Encrypted": bool(asked.get("Encrypted") or asked.get("KmsKeyId")),
        "KmsKeyId": asked.get("KmsKeyId"),
        "CreateTime": now,
        "MultiAttachEnabled": False,
        "Attachments": [
            {
                "VolumeId": volume_id,
                "InstanceId": instance["InstanceId"],
                "Device": name,
                "State": "attached",
                **attached,
            }
        ],
        **(_GP3 if kind == "gp3" else {}),
        **{field: int(asked[field]) for field in ("Iops", "Throughput") if asked.get(field)},
    }
    return {"DeviceName": name, "Ebs": {"VolumeId": volume_id, "Status": "attached", **attached}}


def _tag(asked: dict, instance: dict, interface: dict) -> None:
    volumes = [one["Ebs"]["VolumeId"] for one in instance["BlockDeviceMappings"]]
    targets = {
        "instance": [instance["InstanceId"]],
        "volume": volumes,
        "network-interface": [interface["NetworkInterfaceId"]],
    }
    for specification in asked.get("TagSpecifications", []):
        for resource_id in targets.get(specification.get("ResourceType"), []):
            merged = {tag["Key"]: tag.get("Value", "") for tag in ec2._tags.get(resource_id) or []}
            merged |= {tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags", [])}
            ec2._tags[resource_id] = [{"Key": key, "Value": value} for key, value in merged.items()]
