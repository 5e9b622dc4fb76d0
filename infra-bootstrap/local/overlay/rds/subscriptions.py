"""Event subscriptions, which MiniStack does not have."""

from ministack.core.responses import get_account_id
from ministack.services import ec2, rds

from overlay import query, stores
from overlay.query import Refused
from overlay.rds.records import arn, operation, page, refused

_FIELDS = ("SnsTopicArn", "SourceType", "Enabled")
_subscriptions = stores.beside(rds, "event_subscriptions")


def _find(name: str) -> dict:
    found = _subscriptions.get(name)
    if found is None:
        raise refused("SubscriptionNotFoundFault", f"EventSubscription {name} not found.")
    return found


@operation("CreateEventSubscription")
def create(request):
    name = request.get("SubscriptionName", "")
    if name in _subscriptions:
        raise refused("SubscriptionAlreadyExistFault", f"Event Subscription {name} already exists.")
    if not request.get("SnsTopicArn", "").startswith("arn:aws:sns:"):
        raise refused("SNSInvalidTopicFault", "SNS has responded that there is a problem with the SNS topic specified.")
    found = _subscriptions[name] = {
        "CustSubscriptionId": name,
        "CustomerAwsId": get_account_id(),
        "SnsTopicArn": request["SnsTopicArn"],
        "Status": "active",
        "SubscriptionCreationTime": ec2._now_ts(),
        "SourceType": request.get("SourceType"),
        "SourceIdsList": request.get("SourceIds", []),
        "EventCategoriesList": sorted(request.get("EventCategories", [])),
        "Enabled": request.get("Enabled", True),
        "EventSubscriptionArn": arn("es", name),
    }
    rds._tags[found["EventSubscriptionArn"]] = query.tags(request)
    return {"EventSubscription": {**found, "Status": "creating"}}


@operation("ModifyEventSubscription")
def modify(request):
    found = _find(request.get("SubscriptionName", ""))
    found.update({name: request[name] for name in _FIELDS if name in request})
    if "EventCategories" in request:
        found["EventCategoriesList"] = sorted(request["EventCategories"])
    return {"EventSubscription": {**found, "Status": "modifying"}}


@operation("AddSourceIdentifierToSubscription")
def add_source(request):
    found = _find(request.get("SubscriptionName", ""))
    if request["SourceIdentifier"] not in found["SourceIdsList"]:
        found["SourceIdsList"].append(request["SourceIdentifier"])
    return {"EventSubscription": found}


@operation("RemoveSourceIdentifierFromSubscription")
def remove_source(request):
    found = _find(request.get("SubscriptionName", ""))
    if request["SourceIdentifier"] not in found["SourceIdsList"]:
        raise refused("SourceNotFoundFault", f"{request['SourceIdentifier']} is not in the subscription.")
    found["SourceIdsList"].remove(request["SourceIdentifier"])
    return {"EventSubscription": found}


@operation("DescribeEventSubscriptions")
def describe(request):
    if request.get("SubscriptionName"):
        return {"EventSubscriptionsList": [_find(request["SubscriptionName"])]}
    if request.get("Filters"):
        raise Refused("InvalidParameterValue", "This parameter isn't currently supported.")
    return page(request, list(_subscriptions.values()), "EventSubscriptionsList")


@operation("DeleteEventSubscription")
def delete(request):
    name = request.get("SubscriptionName", "")
    found = _find(name)
    _subscriptions.pop(name, None)
    rds._tags.pop(found["EventSubscriptionArn"], None)
    return {"EventSubscription": {**found, "Status": "deleting"}}
