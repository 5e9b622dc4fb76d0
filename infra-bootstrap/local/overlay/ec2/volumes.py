"""Volumes as they are described, encryption and throughput included; account-wide defaults."""

from ministack.services import ec2

from overlay.ec2 import listing
from overlay.ec2.api import operation, tags_of
from overlay.wire import models


def view(volume: dict) -> dict:
    names = ("VolumeId", "Size", "AvailabilityZone", "State", "VolumeType", "SnapshotId", "Encrypted", "CreateTime")
    return {
        **{name: volume.get(name) for name in names},
        **{name: volume[name] for name in ("KmsKeyId", "Iops", "Throughput") if volume.get(name)},
        "MultiAttachEnabled": bool(volume.get("MultiAttachEnabled")),
        "Attachments": volume.get("Attachments", []),
        "Tags": tags_of(volume["VolumeId"]),
    }


@operation("DescribeVolumes")
def describe(request):
    chosen = listing.only(ec2._volumes, request.get("VolumeIds"), "InvalidVolume.NotFound", "volume")
    special = {
        "status": lambda volume: [volume["State"]],
        "attachment.status": lambda volume: [one["State"] for one in volume["Attachments"]],
    }
    return listing.page("DescribeVolumes", request, chosen, view, "Volumes", special)


@operation("GetEbsEncryptionByDefault")
def encryption_by_default(_request):
    return {"EbsEncryptionByDefault": False}


@operation("DescribeInstanceTypeOfferings")
def type_offerings(request):
    """Everything is offered everywhere; only the filters decide what is shown."""
    place = request.get("LocationType", "region")
    zones = {"region": [ec2.get_region()]}.get(place) or [ec2.get_region() + letter for letter in "abc"]
    wanted = {one["Name"]: one.get("Values", []) for one in request.get("Filters", [])}
    known = models.service_model("ec2").shape_for("InstanceType").enum
    kinds = [one for one in known if one in wanted["instance-type"]] if "instance-type" in wanted else known[:20]
    found = [{"InstanceType": kind, "LocationType": place, "Location": zone} for kind in kinds for zone in zones]
    return {"InstanceTypeOfferings": [one for one in found if one["Location"] in wanted.get("location", zones)]}


@operation("DescribeAccountAttributes")
def account_attributes(_request):
    values = {
        "supported-platforms": "VPC",
        "max-instances": "20",
        "vpc-max-elastic-ips": "5",
        "max-elastic-ips": "5",
        "vpc-max-security-groups-per-interface": "5",
    }
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": value}]} for name, value in values.items()
        ]
    }
