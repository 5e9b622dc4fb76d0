"""Secrets and dashboards: a name that waits for its end is taken, and a dashboard is JSON."""

import json

from ministack.services import cloudwatch, secretsmanager

from overlay.patch import replace
from overlay.query import Refused
from overlay.refusals.guards import before


@before("secretsmanager", "CreateSecret")
def is_not_waiting_for_its_end(body):
    found = secretsmanager._secrets.get(body.get("Name", ""))
    if found and found.get("DeletedDate"):
        message = "You can't create this secret because a secret with this name is already scheduled for deletion."
        raise Refused("InvalidRequestException", message)


def install() -> None:
    @replace(cloudwatch, "_put_dashboard", "any text was a dashboard")
    def _put_dashboard(original, params, cbor_data, is_cbor, is_json=False):
        asked = cbor_data if is_cbor or is_json else {"DashboardBody": cloudwatch._p(params, "DashboardBody")}
        try:
            json.loads(asked.get("DashboardBody", ""))
        except ValueError:
            message = "The field DashboardBody must be a valid JSON object"
            return cloudwatch._error("InvalidParameterInput", message, 400, use_json=is_json, use_cbor=is_cbor)
        return original(params, cbor_data, is_cbor, is_json)
