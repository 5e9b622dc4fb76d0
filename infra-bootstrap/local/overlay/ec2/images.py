"""Machine images: Amazon Linux 2023 for both architectures, behind its public SSM parameters."""

from ministack.services import ec2, ssm

from overlay.ec2.api import Refused
from overlay.patch import replace

_AMAZON = "137112412989"
_AL2023 = {
    "x86_64": "ami-0c2023a1b2c3d4e5f",
    "arm64": "ami-0c2023a1b2c3d4e60",
}
# The id that AWS's documentation writes for any image; here it is nobody's.
_NOBODY_S = "ami-0123456789abcdef0"
_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-{flavour}-{architecture}"


def install() -> None:
    ec2._STUB_AMIS[:] = [stub for stub in ec2._STUB_AMIS if stub[0] != _NOBODY_S]
    known = {stub[0] for stub in ec2._STUB_AMIS}
    for architecture, image_id in _AL2023.items():
        if image_id not in known:
            name = f"al2023-ami-2023.6.20241010.0-kernel-6.1-{architecture}"
            stub = (image_id, name, "Amazon Linux 2023 AMI", "", "/dev/xvda", _AMAZON, "amazon")
            ec2._STUB_AMIS.append(stub)
        for flavour in ("kernel-default", "kernel-6.1", "minimal-kernel-default"):
            path = _PARAMETER.format(flavour=flavour, architecture=architecture)
            _public_parameters().setdefault(path, image_id)

    @replace(ec2, "_stub_image_view", "one of the images is for arm64")
    def _stub_image_view(original, image_id, name, *rest):
        view = original(image_id, name, *rest)
        return {**view, "Architecture": "arm64"} if name.endswith("arm64") else view


def _public_parameters() -> dict:
    return ssm._PUBLIC_AMI_PARAMETERS


def find_image(image_id: str) -> dict:
    """The image of that id, or AWS's refusal."""
    registered = ec2._registered_image(image_id)
    if registered is not None:
        return {"ImageId": image_id, "Architecture": registered["Architecture"], "RootDeviceName": "/dev/xvda"}
    for stub in ec2._STUB_AMIS:
        if stub[0] == image_id:
            return ec2._stub_image_view(*stub)
    code = "InvalidAMIID.NotFound" if image_id.startswith("ami-") else "InvalidAMIID.Malformed"
    raise Refused(code, f"The image id '[{image_id}]' does not exist")
