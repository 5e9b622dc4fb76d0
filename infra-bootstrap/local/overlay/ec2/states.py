"""An instance's states and the events that tell of them."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from overlay.ec2 import api
from overlay.events import bus
from overlay.lag import clock, draw, timeline

PENDING = {"Code": 0, "Name": "pending"}
RUNNING = {"Code": 16, "Name": "running"}
SHUTTING_DOWN = {"Code": 32, "Name": "shutting-down"}
TERMINATED = {"Code": 48, "Name": "terminated"}
STOPPING = {"Code": 64, "Name": "stopping"}
STOPPED = {"Code": 80, "Name": "stopped"}

# Dead, or about to be.
ENDING = ("shutting-down", "terminated", "stopping", "stopped")


def tell(instance_id: str, state: str) -> None:
    """EC2 Instance State-change Notification, on the default bus."""
    account, region = get_account_id(), get_region()
    arn = f"arn:aws:ec2:{region}:{account}:instance/{instance_id}"
    detail = {"instance-id": instance_id, "state": state}
    bus.later(
        account,
        region,
        lambda: bus.publish("aws.ec2", "EC2 Instance State-change Notification", detail, [arn]),
        draw.seconds("native event told", f"{called(instance_id)} {state}"),
    )


def called(instance_id: str) -> str:
    """What an instance is called: its address or name, or that of the group it belongs to."""
    tags = {one["Key"]: one["Value"] for one in ec2._tags.get(instance_id) or []}
    return api.called(instance_id, tags.get("aws:autoscaling:groupName", "instance"))


def turn(instance_id: str, before: str, after: dict) -> bool:
    """From one state to the next, unless something else has become of the instance meanwhile."""
    instance = ec2._instances.get(instance_id)
    if instance is None or instance["State"]["Name"] != before:
        return False
    instance["State"] = dict(after)
    tell(instance_id, after["Name"])
    return True


@timeline.happening("instance runs")
def runs(instance_id: str) -> None:
    if turn(instance_id, "pending", RUNNING):
        wait = draw.seconds("instance checked", called(instance_id))
        ec2._instances[instance_id]["_checked_at"] = clock.now() + wait


@timeline.happening("instance has stopped")
def has_stopped(instance_id: str) -> None:
    turn(instance_id, "stopping", STOPPED)
