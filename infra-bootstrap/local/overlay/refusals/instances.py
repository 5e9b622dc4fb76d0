"""Instances and launch templates: what they name exists, and a running one is not rebuilt."""

import base64
import binascii
import re

from ministack.services import ec2

from overlay import quotas
from overlay.ec2 import templates
from overlay.query import Refused
from overlay.refusals.guards import before, find

_NOT_FOUND = ("InvalidInstanceID.NotFound", "instance ID")
_LONGEST_USER_DATA = 16 * 1024
_NAME = re.compile(r"[a-zA-Z0-9().\-/_]{3,128}")
_WHEN_STOPPED = ("InstanceType", "UserData", "EbsOptimized", "Kernel", "Ramdisk")


@before("ec2", "RunInstances")
def can_be_launched(request):
    asked = templates.filled(request)
    if asked.get("KeyName") and asked["KeyName"] not in ec2._key_pairs:
        raise Refused("InvalidKeyPair.NotFound", f"The key pair '{asked['KeyName']}' does not exist")
    _check_user_data(asked.get("UserData"))
    lists = [one.get("Groups", []) for one in asked.get("NetworkInterfaces", [])]
    for one in [asked.get("SecurityGroupIds", []), *lists]:
        if len(one) > quotas.limit("security_groups_per_interface"):
            message = "The maximum number of security groups per interface has been reached."
            raise Refused("SecurityGroupsPerInterfaceLimitExceeded", message)


def _check_user_data(text) -> None:
    try:
        size = len(base64.b64decode(text or "", validate=True))
    except (binascii.Error, ValueError) as cause:
        raise Refused("InvalidParameterValue", "Invalid BASE64 encoding of user data.") from cause
    if size > _LONGEST_USER_DATA:
        raise Refused("InvalidParameterValue", f"User data is limited to {_LONGEST_USER_DATA} bytes")


@before("ec2", "CreateLaunchTemplate")
def is_a_template(request):
    name = request.get("LaunchTemplateName", "")
    if not _NAME.fullmatch(name):
        message = (
            "Launch template names must be between 3 and 128 characters long, and may contain letters, numbers, "
            "and the following characters: - ( ) . / _."
        )
        raise Refused("InvalidLaunchTemplateName.MalformedException", message)


@before("ec2", "CreateLaunchTemplate", "CreateLaunchTemplateVersion")
def its_user_data_is_encoded(request):
    _check_user_data((request.get("LaunchTemplateData") or {}).get("UserData"))


@before("ec2", "ModifyInstanceAttribute")
def is_stopped_for_it(request):
    instance = find(ec2._instances, request.get("InstanceId", ""), *_NOT_FOUND)
    if instance["State"]["Name"] == "stopped":
        return
    attribute = request.get("Attribute", "")
    if any(request.get(one) for one in _WHEN_STOPPED) or attribute[:1].upper() + attribute[1:] in _WHEN_STOPPED:
        message = f"The instance '{instance['InstanceId']}' is not in the 'stopped' state."
        raise Refused("IncorrectInstanceState", message)


@before("ec2", "StartInstances")
def can_be_started(request):
    _in_state(request, ("stopped", "running", "pending"), "started")


@before("ec2", "StopInstances")
def can_be_stopped(request):
    _in_state(request, ("running", "stopped", "stopping"), "stopped")


def _in_state(request: dict, states: tuple, what: str) -> None:
    for one in request.get("InstanceIds", []):
        if find(ec2._instances, one, *_NOT_FOUND)["State"]["Name"] not in states:
            message = f"The instance '{one}' is not in a state from which it can be {what}."
            raise Refused("IncorrectInstanceState", message)
