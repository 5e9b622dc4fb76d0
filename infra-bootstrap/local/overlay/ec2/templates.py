"""Launch templates, whose versions keep all that they were given."""

import copy

from ministack.core.responses import get_account_id
from ministack.services import ec2

from overlay.ec2 import listing
from overlay.ec2.api import Refused, new_id, operation, tag_on_create, tags_of


def view(template: dict) -> dict:
    names = ("LaunchTemplateId", "LaunchTemplateName", "CreateTime", "DefaultVersionNumber", "LatestVersionNumber")
    return {
        **{name: template[name] for name in names},
        "CreatedBy": f"arn:aws:iam::{get_account_id()}:root",
        "Tags": tags_of(template["LaunchTemplateId"]),
    }


def version_view(template: dict, version: dict) -> dict:
    return {
        "LaunchTemplateId": template["LaunchTemplateId"],
        "LaunchTemplateName": template["LaunchTemplateName"],
        "VersionNumber": version["VersionNumber"],
        "VersionDescription": version.get("VersionDescription") or None,
        "CreateTime": version["CreateTime"],
        "CreatedBy": f"arn:aws:iam::{get_account_id()}:root",
        "DefaultVersion": version["VersionNumber"] == template["DefaultVersionNumber"],
        "LaunchTemplateData": version["LaunchTemplateData"],
    }


def find_template(asked: dict) -> dict:
    wanted_id, wanted_name = asked.get("LaunchTemplateId"), asked.get("LaunchTemplateName")
    for template in ec2._launch_templates.values():
        if template["LaunchTemplateId"] == wanted_id or (
            not wanted_id and template["LaunchTemplateName"] == wanted_name
        ):
            return template
    if wanted_id:
        message = f"The specified launch template, with template ID {wanted_id}, does not exist."
        raise Refused("InvalidLaunchTemplateId.NotFound", message)
    message = f"The specified launch template, with template name {wanted_name}, does not exist."
    raise Refused("InvalidLaunchTemplateName.NotFoundException", message)


def find_version(template: dict, wanted) -> dict:
    number = {
        "$Default": template["DefaultVersionNumber"],
        "$Latest": template["LatestVersionNumber"],
        None: template["DefaultVersionNumber"],
        "": template["DefaultVersionNumber"],
    }.get(wanted, wanted)
    for version in template["Versions"]:
        if str(version["VersionNumber"]) == str(number):
            return version
    message = (
        f"Could not find the specified version {wanted} for the launch template with ID {template['LaunchTemplateId']}."
    )
    raise Refused("InvalidLaunchTemplateId.VersionNotFound", message)


def filled(request: dict) -> dict:
    """A RunInstances request with its launch template's values where it has none of its own."""
    named = request.get("LaunchTemplate")
    if not named:
        return request
    data = copy.deepcopy(find_version(find_template(named), named.get("Version"))["LaunchTemplateData"])
    tags = data.pop("TagSpecifications", []) + request.get("TagSpecifications", [])
    return {**data, **request, "TagSpecifications": tags}


@operation("CreateLaunchTemplate")
def create(request):
    name = request.get("LaunchTemplateName", "")
    if any(one["LaunchTemplateName"] == name for one in ec2._launch_templates.values()):
        message = f"Launch template name already in use: {name}"
        raise Refused("InvalidLaunchTemplateName.AlreadyExistsException", message)
    template_id = new_id("lt")
    template = ec2._launch_templates[template_id] = {
        "LaunchTemplateId": template_id,
        "LaunchTemplateName": name,
        "CreateTime": ec2._now_ts(),
        "DefaultVersionNumber": 1,
        "LatestVersionNumber": 1,
        "Versions": [_version(request, 1, request.get("LaunchTemplateData", {}))],
    }
    tag_on_create(request, template_id, "launch-template")
    return {"LaunchTemplate": view(template)}


def _version(request: dict, number: int, data: dict) -> dict:
    return {
        "VersionNumber": number,
        "VersionDescription": request.get("VersionDescription", ""),
        "CreateTime": ec2._now_ts(),
        "LaunchTemplateData": data,
    }


@operation("CreateLaunchTemplateVersion")
def create_version(request):
    template = find_template(request)
    data = request.get("LaunchTemplateData", {})
    if request.get("SourceVersion"):
        data = {**copy.deepcopy(find_version(template, request["SourceVersion"])["LaunchTemplateData"]), **data}
    version = _version(request, template["LatestVersionNumber"] + 1, data)
    template["Versions"].append(version)
    template["LatestVersionNumber"] = version["VersionNumber"]
    return {"LaunchTemplateVersion": version_view(template, version)}


@operation("ModifyLaunchTemplate")
def modify(request):
    template = find_template(request)
    if request.get("DefaultVersion"):
        template["DefaultVersionNumber"] = find_version(template, request["DefaultVersion"])["VersionNumber"]
    return {"LaunchTemplate": view(template)}


@operation("DeleteLaunchTemplate")
def delete(request):
    template = find_template(request)
    del ec2._launch_templates[template["LaunchTemplateId"]]
    shown = view(template)
    ec2._tags.pop(template["LaunchTemplateId"], None)
    return {"LaunchTemplate": shown}


@operation("DeleteLaunchTemplateVersions")
def delete_versions(request):
    template = find_template(request)
    gone, kept = [], []
    for wanted in request.get("Versions", []):
        version = find_version(template, wanted)
        named = {"LaunchTemplateId": template["LaunchTemplateId"], "LaunchTemplateName": template["LaunchTemplateName"]}
        named["VersionNumber"] = version["VersionNumber"]
        if version["VersionNumber"] == template["DefaultVersionNumber"]:
            error = {"code": "unexpectedError", "message": "cannot delete the default version"}
            kept.append({**named, "ResponseError": {"Code": error["code"], "Message": error["message"]}})
            continue
        template["Versions"].remove(version)
        gone.append(named)
    return {
        "SuccessfullyDeletedLaunchTemplateVersions": gone,
        "UnsuccessfullyDeletedLaunchTemplateVersions": kept,
    }


@operation("DescribeLaunchTemplates")
def describe(request):
    if request.get("LaunchTemplateIds"):
        chosen = [find_template({"LaunchTemplateId": one}) for one in request["LaunchTemplateIds"]]
    elif request.get("LaunchTemplateNames"):
        chosen = [find_template({"LaunchTemplateName": one}) for one in request["LaunchTemplateNames"]]
    else:
        chosen = list(ec2._launch_templates.values())
    chosen = {one["LaunchTemplateId"]: one for one in chosen}
    return listing.page("DescribeLaunchTemplates", request, chosen, view, "LaunchTemplates")


@operation("DescribeLaunchTemplateVersions")
def describe_versions(request):
    named = request.get("LaunchTemplateId") or request.get("LaunchTemplateName")
    wanted = request.get("Versions", [])
    found = {}
    for template in [find_template(request)] if named else list(ec2._launch_templates.values()):
        # Without a template's name, $Latest and $Default ask every template for its own.
        versions = [find_version(template, one) for one in wanted] or template["Versions"]
        for version in sorted(versions, key=_newest_first):
            found[template["LaunchTemplateId"], version["VersionNumber"]] = (template, version)
    return listing.page(
        "DescribeLaunchTemplateVersions", request, found, lambda one: version_view(*one), "LaunchTemplateVersions"
    )


def _newest_first(version: dict) -> int:
    return -version["VersionNumber"]
