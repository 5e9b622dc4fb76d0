"""EC2, as far as a three-tier stack uses it: what is written can be read back."""

from overlay.ec2 import (
    acls,  # noqa: F401  each module registers its operations when it is imported
    addresses,  # noqa: F401
    endpoints,  # noqa: F401
    flow_logs,  # noqa: F401
    groups,
    images,
    instance_attributes,  # noqa: F401
    instance_types,  # noqa: F401
    instances,  # noqa: F401
    interfaces,  # noqa: F401
    keys,  # noqa: F401
    routes,  # noqa: F401
    templates,  # noqa: F401
    volumes,  # noqa: F401
    vpcs,  # noqa: F401
)


def install() -> None:
    groups.install()
    images.install()
