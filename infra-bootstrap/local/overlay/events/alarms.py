"""Alarm transitions → "CloudWatch Alarm State Change"."""

import json
import time
import uuid

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from overlay.events import bus
from overlay.patch import replace

_INITIAL = {"value": "INSUFFICIENT_DATA", "reason": "Unchecked: Initial alarm creation"}
# The state that was told last, by alarm ARN: the next event's `previousState`.
_told: dict[str, dict] = {}


def install() -> None:
    @replace(cloudwatch, "_record_history", "AWS tells EventBridge of every transition of an alarm")
    def _record_history(original, name, old_state, new_state, reason, alarm_type="MetricAlarm", reason_data=None):
        original(name, old_state, new_state, reason, alarm_type, reason_data)
        alarm = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
        if alarm and old_state != new_state:
            _transition(alarm, old_state, new_state, reason)


def _transition(alarm: dict, old_state: str, new_state: str, reason: str) -> None:
    arn = alarm["AlarmArn"]
    now = time.time()
    state = {"value": new_state, "reason": reason, "timestamp": _timestamp(now)}
    if alarm.get("StateReasonData"):
        state["reasonData"] = alarm["StateReasonData"]
    previous = _told.get(arn)
    if previous is None or previous["value"] != old_state:
        since = alarm.get("AlarmConfigurationUpdatedTimestamp", now)
        previous = {**_INITIAL, "value": old_state, "timestamp": _timestamp(since)}
    _told[arn] = state
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": state,
        "previousState": previous,
        "configuration": _configuration(alarm),
    }
    bus.later(
        get_account_id(),
        get_region(),
        lambda: bus.publish("aws.cloudwatch", "CloudWatch Alarm State Change", detail, [arn], now),
    )


def _configuration(alarm: dict) -> dict:
    found = {"description": alarm["AlarmDescription"]} if alarm.get("AlarmDescription") else {}
    if "AlarmRule" in alarm:
        actions = ("AlarmActions", "OKActions", "InsufficientDataActions")
        return found | {"alarmRule": alarm["AlarmRule"]} | {_lower(name): alarm.get(name) or [] for name in actions}
    queries = alarm.get("Metrics") or [
        {
            "Id": str(uuid.uuid5(uuid.NAMESPACE_URL, alarm["AlarmArn"])),
            "MetricStat": {
                "Metric": {
                    "Namespace": alarm.get("Namespace"),
                    "MetricName": alarm.get("MetricName"),
                    "Dimensions": alarm.get("Dimensions") or [],
                },
                "Period": alarm.get("Period"),
                "Stat": alarm.get("ExtendedStatistic") or alarm.get("Statistic"),
            },
            "ReturnData": True,
        }
    ]
    return found | {"metrics": [_query(one) for one in queries]}


def _query(query: dict) -> dict:
    found = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if "Expression" in query:
        found["expression"] = query["Expression"]
    if "MetricStat" in query:
        stat = query["MetricStat"]
        metric = stat["Metric"]
        found["metricStat"] = {
            "metric": {
                "namespace": metric.get("Namespace"),
                "name": metric.get("MetricName"),
                "dimensions": {one["Name"]: one["Value"] for one in metric.get("Dimensions") or []},
            },
            "period": stat.get("Period"),
            "stat": stat.get("Stat"),
        }
    return json.loads(json.dumps(found))


def _lower(name: str) -> str:
    return "okActions" if name == "OKActions" else name[:1].lower() + name[1:]


def _timestamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03d}+0000"
