"""How many vCPUs run, and how many may: instances launched by a call and by a scaling group alike."""

import re

from ministack.services import ec2

from overlay import quotas
from overlay.ec2.api import Refused

# By size: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
_BY_SIZE = {"nano": 2, "micro": 2, "small": 2, "medium": 2, "large": 2, "xlarge": 4, "metal": 96}
_COUNTED = ("pending", "running", "shutting-down", "stopping")


def of(kind: str) -> int:
    """How many a type counts against the quota."""
    size = kind.rsplit(".", 1)[-1]
    times = re.fullmatch(r"(\d+)xlarge", size)
    return 4 * int(times.group(1)) if times else _BY_SIZE.get(size, 2)


def refuse_beyond(kind: str, count: int) -> None:
    """AWS's refusal when `count` more of a type are too many."""
    most = quotas.limit("on_demand_vcpus")
    running = [one for one in ec2._instances.values() if one["State"]["Name"] in _COUNTED]
    if sum(of(one["InstanceType"]) for one in running) + of(kind) * count > most:
        message = (
            f"You have requested more vCPU capacity than your current vCPU limit of {most} allows for the instance "
            "bucket that the specified instance type belongs to. "
            "Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
        )
        raise Refused("VcpuLimitExceeded", message)
