"""Resource types, and properties of types, that MiniStack's CloudFormation does not know."""

from ministack.services.cloudformation import provisioners

from overlay.cloudformation import adoption, buckets, roles, state_machines, trail


def install() -> None:
    adoption.install()
    buckets.install()
    roles.install()
    for kind, (handler, replacing) in {**trail.TYPES, **state_machines.TYPES}.items():
        provisioners._RESOURCE_HANDLERS[kind] = handler
        provisioners._REPLACING_PROPERTIES[kind] = replacing
