"""Functions for tests: native processes that do what their event, or their test, says."""

import io
import sys
import zipfile

from tests.cloud import trusting

# Work of one that changes something.
CALLING = """
    import botocore.session
    botocore.session.get_session().create_client("ec2").create_vpc(CidrBlock="10.7.0.0/16")
"""

# `body` is what the function answers; `raise Told(NAME)` fails it under that name.
_BOOTSTRAP = """#!%(python)s
import json, os, signal, sys, time, urllib.request
sys.path[:0] = %(path)r
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"

class Told(Exception):
    pass

def tell(number, what, value):
    data = json.dumps(value).encode()
    urllib.request.urlopen(urllib.request.Request(api + number + what, data=data)).read()

while True:
    asked = urllib.request.urlopen(api + "next")
    event = json.loads(asked.read() or b"{}")
    number = asked.headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        body = None
        %(work)s
        tell(number, "/response", body)
    except Told as failure:
        tell(number, "/error", {"errorType": str(failure), "errorMessage": "as told"})
"""

# It dies, fails under a name, sleeps for seconds, or answers that many bytes.
_OBEDIENT = """
    if event.get("die"):
        os.kill(os.getpid(), signal.SIGKILL)
    if event.get("fail"):
        raise Told(event["fail"])
    time.sleep(event.get("sleep", 0))
    body = "x" * event["bytes"] if "bytes" in event else event
"""


def create(cloud, name: str, work: str = _OBEDIENT, **more) -> str:
    """Make a function that does `work`, under a role of its name; its ARN."""
    role = cloud.client("iam").create_role(
        RoleName=name, Path="/terrace/", AssumeRolePolicyDocument=trusting("lambda.amazonaws.com")
    )["Role"]["Arn"]  # fmt: skip
    made = cloud.client("lambda").create_function(
        FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=role, Timeout=20,
        Code={"ZipFile": package(work)}, **more,
    )  # fmt: skip
    return made["FunctionArn"]


def package(work: str) -> bytes:
    indented = "\n".join(f"    {line}" for line in work.strip("\n").splitlines()).strip()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, _BOOTSTRAP % {"python": sys.executable, "path": sys.path, "work": indented})
    return packed.getvalue()
