"""Auto scaling: groups whose instances are there, in EC2 and in their target groups."""

from overlay.ec2 import instances
from overlay.scaling import capacity, groups, policies, refreshes, settings  # noqa: F401  each registers its operations


def install() -> None:
    instances.ended.append(capacity.instances_ended)
    instances.gone.append(capacity.instance_is_gone)
    capacity.served.append(refreshes.go_on)
