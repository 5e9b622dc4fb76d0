"""SNS: a subscription by e-mail waits for its confirmation, and lists say so."""

import re

from ministack.services import sns

from overlay.patch import replace

_WAITING = ("email", "email-json")
_PENDING = "PendingConfirmation"


def install() -> None:
    @replace(sns, "_subscribe", "an e-mail address confirms before it is subscribed")
    def _subscribe(original, params):
        status, headers, body = original(params)
        if status == 200 and sns._p(params, "Protocol") in _WAITING:
            topic = sns._get_topic(sns._p(params, "TopicArn"))[0]
            subscription = _of(topic, sns._p(params, "Protocol"), sns._p(params, "Endpoint"))
            _wait(topic, subscription)
            if not subscription["confirmed"] and sns._p(params, "ReturnSubscriptionArn") != "true":
                body = re.sub(rb"(<SubscriptionArn>)[^<]*", rb"\1pending confirmation", body)
        return status, headers, body

    for name in ("_list_subscriptions", "_list_subscriptions_by_topic"):

        @replace(sns, name, "an unconfirmed subscription is listed without its ARN")
        def listed(original, params):
            status, headers, body = original(params)
            for topic in sns._topics.values():
                for one in topic["subscriptions"]:
                    if not one["confirmed"]:
                        body = body.replace(one["arn"].encode(), _PENDING.encode())
            return status, headers, body


def _of(topic: dict, protocol: str, endpoint: str) -> dict:
    return next(one for one in topic["subscriptions"] if (one["protocol"], one["endpoint"]) == (protocol, endpoint))


def _wait(topic: dict, subscription: dict) -> None:
    """A new subscription waits; one that was confirmed before stays so."""
    if "_Waited" in subscription:
        return
    subscription.update(_Waited=True, confirmed=False, token=sns.new_uuid())
    subscription["attributes"].update(PendingConfirmation="true", ConfirmationWasAuthenticated="false")
    sns._refresh_subscription_counts(topic)
