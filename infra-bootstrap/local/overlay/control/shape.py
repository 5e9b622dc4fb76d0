"""What there is in the whole account, told without anything that AWS draws: the same after runs that are the same."""

import collections

from overlay.control import moments, naming

# Not things that anybody made: what was said, measured and answered, and what is on its way.
_PAST = (
    "cloudwatch._metrics", "cloudwatch._alarm_history", "cloudwatch_logs._log_records", "cloudwatch_logs._queries",
    "rds._events", "route53._changes", "s3._object_", "s3._completed", "sns._sms", "lag.timeline", "_due",
    "refusals.tokens", "overlay_", "_hidden", "_known_at", "_told", "ec2._tags", "rds._tags",
    "ec2._iam_instance_profile_associations", "ssm._parameter_history",
)  # fmt: skip

# What AWS goes on showing for a while after it is gone.
_GONE = ("terminated", "deleted", "deleting", "shutting-down", "PendingDeletion")


def of_account() -> dict:
    """For each store, what it holds by address or name, and how often: `{"ec2._vpcs": {"network/vpc": 1}}`."""
    found = {}
    for name, store in moments.stores():
        if name.startswith(_PAST):
            continue
        data = moments._inside(store)
        counted = collections.Counter(
            _shown(key, value) for key, value in list(data.items()) if value and not _is_gone(value)
        )
        if counted:
            found[name] = dict(sorted(counted.items()))
    return found


def _shown(key, value) -> str:
    own = key[-1] if isinstance(key, tuple) else key
    parts = own if isinstance(own, tuple) else (own,)
    shown = "/".join(naming.of_id(str(one)) for one in parts)
    size = f" x{len(value)}" if isinstance(value, (list, tuple, set)) else ""
    return shown + size


def _is_gone(value) -> bool:
    if not isinstance(value, dict):
        return False
    state = value.get("State", value.get("KeyState", value.get("state", "")))
    state = state.get("Name", "") if isinstance(state, dict) else state
    return state in _GONE
