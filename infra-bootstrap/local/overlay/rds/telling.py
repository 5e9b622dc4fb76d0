"""RDS DB Instance Event, on the default bus."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from overlay.events import bus
from overlay.lag import draw


def tell(instance: dict, number: str, message: str, category: str) -> None:
    detail = {
        "EventCategories": [category],
        "SourceType": "DB_INSTANCE",
        "SourceArn": instance["DBInstanceArn"],
        "Date": ec2._now_ts(),
        "Message": message,
        "SourceIdentifier": instance["DBInstanceIdentifier"],
        "EventID": number,
    }
    arns = [instance["DBInstanceArn"]]
    wait = draw.seconds("native event told", f"{instance['DBInstanceIdentifier']} {number}")
    bus.later(
        get_account_id(), get_region(), lambda: bus.publish("aws.rds", "RDS DB Instance Event", detail, arns), wait
    )
