"""Functions run as native processes, as their roles, and never outlive the cloud."""

import io
import json
import os
import signal
import sys
import unittest
import zipfile

from tests.cloud import Cloud, eventually, trusting

_BOOTSTRAP = """#!%s
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    asked = urllib.request.urlopen(api + "next")
    asked.read()
    body = json.dumps({"pid": os.getpid(), "environment": dict(os.environ)}).encode()
    number = asked.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(urllib.request.Request(api + number + "/response", data=body)).read()
"""


def _package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, _BOOTSTRAP % sys.executable)
    return packed.getvalue()


def _invoked(cloud) -> dict:
    role = cloud.client("iam").create_role(
        RoleName="fn", Path="/terrace/", AssumeRolePolicyDocument=trusting("lambda.amazonaws.com")
    )
    function = cloud.client("lambda")
    function.create_function(
        FunctionName="fn", Runtime="provided.al2023", Handler="bootstrap", Role=role["Role"]["Arn"], Timeout=20,
        Code={"ZipFile": _package()}, Environment={"Variables": {"LEDGER": "there"}},
    )  # fmt: skip
    return json.loads(function.invoke(FunctionName="fn")["Payload"].read())


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


class Processes(unittest.TestCase):
    def test_a_function_sees_its_own_environment_and_its_role_and_ends_with_the_cloud(self):
        cloud = Cloud()
        try:
            answer = _invoked(cloud)
        finally:
            code = cloud.stop()
        environment = answer["environment"]
        self.assertEqual(code, 0)
        self.assertEqual(environment["LEDGER"], "there")
        self.assertEqual(environment["AWS_ENDPOINT_URL"], cloud.url)
        self.assertTrue(environment["AWS_ACCESS_KEY_ID"].startswith("ASIA"))
        for foreign in ("NOT_FOR_LAMBDAS", "GATEWAY_PORT", "STATE_DIR", "PERSIST_STATE"):
            self.assertNotIn(foreign, environment)
        self.assertTrue(eventually(lambda: _is_gone(answer["pid"])))

    def test_a_killed_cloud_takes_its_functions_with_it(self):
        cloud = Cloud()
        try:
            pid = _invoked(cloud)["pid"]
        finally:
            cloud.stop(signal.SIGKILL)
        self.assertTrue(eventually(lambda: _is_gone(pid)))
