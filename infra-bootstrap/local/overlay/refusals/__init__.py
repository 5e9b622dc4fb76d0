"""What AWS refuses whatever the time: a module for each kind of thing, a check for each rule.

A check looks at a request before the operation does its work and raises `Refused` with AWS's code.
What depends on time (pending, deleting, not yet visible) is not here.
"""

from overlay.refusals import (
    acls,  # noqa: F401  each module registers its checks when it is imported
    addresses,  # noqa: F401
    balancers,  # noqa: F401
    buckets,
    certificates,  # noqa: F401
    databases,  # noqa: F401
    firewalls,  # noqa: F401
    groups,  # noqa: F401
    guards,
    identities,  # noqa: F401
    instances,  # noqa: F401
    keys,  # noqa: F401
    logs,  # noqa: F401
    routes,  # noqa: F401
    scaling,  # noqa: F401
    schedules,
    secrets,
    stacks,
    tags,  # noqa: F401
    trails,
    vpcs,  # noqa: F401
)


def install() -> None:
    guards.install()
    for part in (buckets, schedules, secrets, stacks, trails):
        part.install()
