"""An instance's states and the events that tell of them."""

from ministack.core.responses import get_account_id, get_region

from overlay.events import bus

PENDING = {"Code": 0, "Name": "pending"}
RUNNING = {"Code": 16, "Name": "running"}
SHUTTING_DOWN = {"Code": 32, "Name": "shutting-down"}
TERMINATED = {"Code": 48, "Name": "terminated"}
STOPPING = {"Code": 64, "Name": "stopping"}
STOPPED = {"Code": 80, "Name": "stopped"}


def tell(instance_id: str, state: str) -> None:
    """EC2 Instance State-change Notification, on the default bus."""
    account, region = get_account_id(), get_region()
    arn = f"arn:aws:ec2:{region}:{account}:instance/{instance_id}"
    detail = {"instance-id": instance_id, "state": state}
    bus.later(
        account,
        region,
        lambda: bus.publish("aws.ec2", "EC2 Instance State-change Notification", detail, [arn]),
    )
