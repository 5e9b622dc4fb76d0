"""Functions run as native processes, as their roles, and never outlive the cloud."""

import json
import os
import signal
import socket
import subprocess
import sys
import unittest
from pathlib import Path

from tests import functions
from tests.cloud import HERE, Cloud, eventually

_TELLING = """
    body = {"pid": os.getpid(), "environment": dict(os.environ)}
"""

_OTHER = """
    body = "another"
"""


def _invoked(cloud) -> dict:
    functions.create(cloud, "fn", _TELLING, Environment={"Variables": {"LEDGER": "there"}})
    return json.loads(cloud.client("lambda").invoke(FunctionName="fn")["Payload"].read())


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


class Starting(unittest.TestCase):
    def test_it_serves_on_the_socket_that_it_was_given_and_nobody_else_does(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            cloud = Cloud(listener)
        try:
            self.assertEqual(_invoked(cloud)["environment"]["AWS_ENDPOINT_URL"], cloud.url)
            self.assertEqual(os.readlink(f"/proc/{cloud.process.pid}/fd/0"), os.devnull)
            command = [sys.executable, "-m", "overlay", "--port", str(cloud.port), "--data", cloud.data]
            other = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
            self.assertEqual(other.returncode, 1)
            self.assertIn("something else uses the port", other.stderr)
        finally:
            cloud.stop()
        with socket.create_server(("127.0.0.1", cloud.port)):
            pass


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

    def test_a_replaced_package_does_not_stay_unpacked(self):
        cloud = Cloud()
        try:
            _invoked(cloud)
            function = cloud.client("lambda")
            for work in (_OTHER, _TELLING):
                function.update_function_code(FunctionName="fn", ZipFile=functions.package(work))
                function.invoke(FunctionName="fn")["Payload"].read()
            unpacked = [path.parent for path in Path(cloud.data).glob("tmp/**/bootstrap")]
        finally:
            cloud.stop()
        self.assertEqual(len(unpacked), 1, unpacked)

    def test_a_killed_cloud_takes_its_functions_with_it(self):
        cloud = Cloud()
        try:
            pid = _invoked(cloud)["pid"]
        finally:
            cloud.stop(signal.SIGKILL)
        self.assertTrue(eventually(lambda: _is_gone(pid)))
