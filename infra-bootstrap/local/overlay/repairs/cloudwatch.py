"""CloudWatch: alarms keep all that they were given and look at their own metric alone."""

import json
import time

import cbor2
from ministack.services import cloudwatch

from overlay.patch import replace
from overlay.wire import form, models

_BEYOND = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


def install() -> None:
    @replace(cloudwatch, "_put_metric_alarm", "metric math and percentiles were dropped")
    def _put_metric_alarm(original, params, cbor_data, is_cbor, is_json=False):
        status, headers, body = original(params, cbor_data, is_cbor, is_json)
        if status == 200:
            asked = (
                cbor_data
                if is_cbor or is_json
                else form.parse(models.operation_model("monitoring", "PutMetricAlarm"), params)
            )
            _complete(cloudwatch._alarms[asked["AlarmName"]], asked)
        return status, headers, body

    @replace(cloudwatch, "_evaluate_alarm", "it looked at every metric of that name, whatever its dimensions")
    def _evaluate_alarm(_original, alarm):
        _evaluate(alarm)

    @replace(cloudwatch, "_describe_alarms", "an alarm shows only what it has")
    def _describe_alarms(original, params, cbor_data, is_cbor, is_json=False):
        for alarm in cloudwatch._alarms.values():
            for name in [key for key, value in alarm.items() if value is None]:
                del alarm[name]
        return original(params, cbor_data, is_cbor, is_json)

    @replace(cloudwatch, "_list_dashboards", "SDKs that speak CBOR cannot read a time that is text")
    def _list_dashboards(original, params, cbor_data, is_cbor, is_json=False):
        status, headers, body = original(params, cbor_data, is_cbor, is_json)
        if is_cbor and status == 200:
            listed = cbor2.loads(body)
            for entry in listed["DashboardEntries"]:
                entry["LastModified"] = cloudwatch._cbor_timestamp(entry["LastModified"])
            return cloudwatch._cbor_ok(listed)
        return status, headers, body


def _complete(alarm: dict, asked: dict) -> None:
    for name in (
        "Metrics",
        "EvaluateLowSampleCountPercentile",
        "ThresholdMetricId",
        "InsufficientDataActions",
        "OKActions",
        "AlarmActions",
    ):
        if asked.get(name):
            alarm[name] = asked[name]
    if asked.get("Metrics"):
        for name in _OF_ONE_METRIC:
            alarm.pop(name, None)
        alarm["Metrics"] = [{"ReturnData": True, **one} for one in asked["Metrics"]]
    if asked.get("ExtendedStatistic"):
        alarm.pop("Statistic", None)


def _evaluate(alarm: dict) -> None:
    """Compare the last periods with the threshold; no data at all leaves the alarm as it stands."""
    beyond = _BEYOND.get(alarm.get("ComparisonOperator"))
    points = _points(alarm)
    if beyond is None or not points:
        return
    values = _values(alarm, points)
    missing = alarm.get("TreatMissingData", "missing")
    judged = [beyond(value, alarm["Threshold"]) if value is not None else missing == "breaching" for value in values]
    if all(value is None for value in values) and missing in ("missing", "ignore"):
        return
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    state = "ALARM" if sum(judged) >= min(needed, len(judged)) else "OK"
    if state != alarm["StateValue"]:
        _move(alarm, state, [value for value in values if value is not None])


def _points(alarm: dict) -> list:
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    return cloudwatch._metrics.get((alarm.get("Namespace"), alarm.get("MetricName"), dimensions)) or []


def _values(alarm: dict, points: list) -> list:
    """One value for each period, the newest first; None where there is no data."""
    now, period = time.time(), alarm.get("Period", 60)
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    values = []
    for back in range(alarm.get("EvaluationPeriods", 1)):
        inside = [one for one in points if now - (back + 1) * period < one["Timestamp"] <= now - back * period + 1]
        stats = cloudwatch._calc_stats(inside)
        values.append(cloudwatch._stat_value(stats, statistic, inside) if stats else None)
    return values


def _move(alarm: dict, state: str, values: list) -> None:
    old = alarm["StateValue"]
    side = "was" if state == "ALARM" else "was not"
    words = (
        alarm["ComparisonOperator"]
        .replace("Threshold", "")
        .replace("Than", " than ")
        .replace("OrEqualTo", "or equal to ")
    )
    reason = (
        f"Threshold Crossed: {len(values)} out of the last {len(values)} datapoints {values} "
        f"{side} {words.strip().lower()} the threshold ({alarm['Threshold']})."
    )
    data = {
        "version": "1.0",
        "queryDate": cloudwatch._ts_iso(time.time()),
        "statistic": alarm.get("ExtendedStatistic") or alarm.get("Statistic"),
        "period": alarm.get("Period"),
        "recentDatapoints": values,
        "threshold": alarm["Threshold"],
    }
    alarm.update(
        StateValue=state,
        StateReason=reason,
        StateReasonData=json.dumps(data),
        StateUpdatedTimestamp=int(time.time()),
        StateTransitionedTimestamp=int(time.time()),
    )
    cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
