"""`AWS::IAM::Role`: its permissions boundary, which MiniStack's provisioner leaves out."""

from ministack.services import iam
from ministack.services.cloudformation import provisioners


def install() -> None:
    handler = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]
    create, update = handler["create"], handler["update"]

    def create_bounded(logical_id, props, stack_name):
        return _bound(create(logical_id, props, stack_name), props)

    def update_bounded(physical_id, old_props, new_props, *names):
        return _bound(update(physical_id, old_props, new_props, *names), new_props)

    handler.update(create=create_bounded, update=update_bounded)


def _bound(made: tuple, props: dict) -> tuple:
    role = iam._roles.get(made[0])
    if role is not None:
        role["PermissionsBoundary"] = props.get("PermissionsBoundary")
    return made
