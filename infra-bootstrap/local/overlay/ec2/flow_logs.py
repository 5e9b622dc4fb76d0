"""Flow logs, with every field a call may set."""

import json

from ministack.services import ec2

from overlay.ec2 import listing
from overlay.ec2.api import Refused, called, find, new_id, operation, tag_on_create, tags_of
from overlay.lag import late

_KEPT = (
    "TrafficType", "LogGroupName", "LogDestination", "LogDestinationType", "LogFormat",
    "DeliverLogsPermissionArn", "DeliverCrossAccountRole", "MaxAggregationInterval", "DestinationOptions",
)  # fmt: skip
_DEFAULT_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)


def view(log: dict) -> dict:
    shown = {name: log[name] for name in _KEPT if log.get(name) not in (None, "")}
    return {
        "LogDestinationType": "cloud-watch-logs",
        "LogFormat": _DEFAULT_FORMAT,
        "MaxAggregationInterval": 600,
        "DeliverLogsStatus": "SUCCESS",
        **shown,
        "FlowLogId": log["FlowLogId"],
        "FlowLogStatus": log["FlowLogStatus"],
        "ResourceId": log["ResourceId"],
        "CreationTime": log["CreationTime"],
        "Tags": tags_of(log["FlowLogId"]),
    }


@operation("CreateFlowLogs")
def create(request):
    kept = {name: request[name] for name in _KEPT if name in request}
    created, refused = [], []
    for resource_id in request.get("ResourceIds", []):
        if any(_is_same(one, resource_id, kept) for one in ec2._flow_logs.values()):
            error = {
                "Code": "FlowLogAlreadyExists",
                "Message": "There is an existing Flow Log with the same configuration",
            }
            refused.append({"ResourceId": resource_id, "Error": error})
            continue
        log_id = new_id("fl")
        ec2._flow_logs[log_id] = {
            **kept,
            "FlowLogId": log_id,
            "ResourceId": resource_id,
            "ResourceType": request.get("ResourceType", "VPC"),
            "FlowLogStatus": "ACTIVE",
            "CreationTime": ec2._now_ts(),
        }
        tag_on_create(request, log_id, "vpc-flow-log")
        created.append(log_id)
    if refused and not created:
        raise Refused("FlowLogAlreadyExists", refused[0]["Error"]["Message"])
    return {"FlowLogIds": created, "Unsuccessful": refused, "ClientToken": request.get("ClientToken")}


def _is_same(log: dict, resource_id: str, kept: dict) -> bool:
    mine = {name: log[name] for name in _KEPT if name in log}
    return log["ResourceId"] == resource_id and json.dumps(mine, sort_keys=True) == json.dumps(kept, sort_keys=True)


@operation("DescribeFlowLogs")
def describe(request):
    chosen = listing.only(ec2._flow_logs, request.get("FlowLogIds"), "InvalidFlowLogId.NotFound", "flow log ID")
    asked = {**request, "Filters": request.get("Filter", [])}
    return listing.page("DescribeFlowLogs", asked, chosen, view, "FlowLogs")


@operation("DeleteFlowLogs")
def delete(request):
    for log_id in request.get("FlowLogIds", []):
        find(ec2._flow_logs, log_id, "InvalidFlowLogId.NotFound", "flow log ID")
    for log_id in request.get("FlowLogIds", []):
        late.of_flow_log(ec2._flow_logs[log_id], called(log_id, "flow log"))
        del ec2._flow_logs[log_id]
        ec2._tags.pop(log_id, None)
    return {"Unsuccessful": []}
