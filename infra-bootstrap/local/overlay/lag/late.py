"""Logs that arrive after their source is gone: buckets fill up and log groups come back."""

import json
import time

from ministack.core.responses import get_account_id, get_region
from ministack.services import alb, cloudwatch_logs, s3

from overlay.lag import draw, timeline

# A source whose logs are this far behind is not seen to have ended by whoever clears up.
_KIND = "late log"


def of_load_balancer(balancer: dict) -> None:
    """The access logs of its last minutes."""
    attributes = {one["Key"]: one["Value"] for one in alb._lb_attrs.get(balancer["LoadBalancerArn"]) or []}
    if attributes.get("access_logs.s3.enabled") == "true":
        bucket, prefix = attributes.get("access_logs.s3.bucket", ""), attributes.get("access_logs.s3.prefix", "")
        _deliver(bucket, prefix, "elasticloadbalancing", balancer["LoadBalancerName"])


def of_flow_log(log: dict, called: str) -> None:
    """The records of the last aggregation interval."""
    if log.get("LogDestinationType") == "s3":
        bucket, _, prefix = log.get("LogDestination", "").removeprefix("arn:aws:s3:::").partition("/")
        _deliver(bucket, prefix, "vpcflowlogs", called)
        return
    group = log.get("LogGroupName") or log.get("LogDestination", "").removesuffix(":*").split(":log-group:")[-1]
    wait = draw.seconds(_KIND, called)
    if group and wait:
        timeline.in_seconds(wait, "late record", group)


def _deliver(bucket: str, prefix: str, service: str, called: str) -> None:
    wait = draw.seconds(_KIND, called)
    if not bucket or not wait:
        return
    folder = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    day = time.strftime("%Y/%m/%d", time.gmtime())
    key = f"{folder}AWSLogs/{get_account_id()}/{service}/{get_region()}/{day}/{called.replace('/', '-')}.log.gz"
    timeline.in_seconds(wait, "late object", json.dumps({"bucket": bucket, "key": key}))


@timeline.happening("late object")
def arrive(about: str) -> None:
    where = json.loads(about)
    if where["bucket"] not in s3._buckets:
        return
    call = s3.handle_request("PUT", f"/{where['bucket']}/{where['key']}", {}, b"late", {})
    _to_its_end(call)


def _to_its_end(call) -> None:
    """Run a coroutine that waits for nothing, from code that is not one."""
    try:
        call.send(None)
    except StopIteration:
        return
    finally:
        call.close()
    raise RuntimeError("a put of an object waited for something")


@timeline.happening("late record")
def come_back(group: str) -> None:
    """Whoever delivers makes the group that it does not find, without its retention and its tags."""
    if group not in cloudwatch_logs._log_groups:
        cloudwatch_logs._create_log_group({"logGroupName": group})
