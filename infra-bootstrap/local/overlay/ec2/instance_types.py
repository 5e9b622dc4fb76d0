"""What EC2 says of instance types: vCPUs and architectures. By a type's name, as AWS gives them out.

MiniStack knows a few types and has every one run x86_64.
"""

import re

from overlay.ec2 import listing, vcpus
from overlay.ec2.api import Refused, operation
from overlay.wire import models

# Graviton families carry a `g` after their generation: t4g, m7gd, im4gn.
_GRAVITON = re.compile(r"a1|[a-z]+\d+g[a-z]*")
_MOST = 100


def architecture(kind: str) -> str:
    return "arm64" if _GRAVITON.fullmatch(kind.split(".", 1)[0]) else "x86_64"


def _view(kind: str) -> dict:
    count = vcpus.of(kind)
    return {
        "InstanceType": kind,
        "CurrentGeneration": True,
        "SupportedUsageClasses": ["on-demand", "spot"],
        "SupportedRootDeviceTypes": ["ebs"],
        "SupportedVirtualizationTypes": ["hvm"],
        "BareMetal": kind.endswith("metal"),
        "ProcessorInfo": {"SupportedArchitectures": [architecture(kind)]},
        "VCpuInfo": {"DefaultVCpus": count, "DefaultCores": count, "DefaultThreadsPerCore": 1},
    }


@operation("DescribeInstanceTypes")
def describe(request):
    known = models.service_model("ec2").shape_for("InstanceType").enum
    named = request.get("InstanceTypes", [])
    wrong = [kind for kind in named if kind not in known]
    if wrong:
        message = f"The following supplied instance types do not exist: [{', '.join(wrong)}]"
        raise Refused("InvalidInstanceType", message)
    if "MaxResults" not in request and not named:
        request = {**request, "MaxResults": _MOST}
    records = {kind: kind for kind in named or known}
    return listing.page("DescribeInstanceTypes", request, records, _view, "InstanceTypes")
