"""One local cloud for a run of the tests, and clients for it from the venv's own botocore."""

import atexit
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

import botocore.session
from botocore.config import Config

HERE = Path(__file__).resolve().parent.parent
_START_SECONDS = 20
# The cases that share a cloud have a VPC each, which is more than a new account may have.
QUOTAS = {"vpcs": 200, "elastic_ips": 100, "nat_gateways_per_zone": 100, "on_demand_vcpus": 200}
_SESSION = botocore.session.get_session()


class Cloud:
    def __init__(self, listener=None):
        """With a socket that listens, it is started as `terrace local start` does it."""
        self.data = tempfile.mkdtemp(prefix="overlay-")
        self.port = listener.getsockname()[1] if listener else _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [
            sys.executable,
            "-m",
            "overlay",
            "--port",
            str(self.port),
            "--data",
            self.data,
            "--log-level",
            "ERROR",
            *(["--socket-on-stdin"] if listener else []),
        ]
        environment = {**os.environ, "NOT_FOR_LAMBDAS": "1"}
        self.process = subprocess.Popen(command, cwd=HERE, env=environment, stdin=listener)
        self._await_start()

    def _await_start(self):
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.url + "/_ministack/health", timeout=1).close()
                return self.set(quotas=QUOTAS)
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the cloud did not start")

    def set(self, **settings):
        """Change settings of this cloud."""
        body = json.dumps(settings).encode()
        request = urllib.request.Request(self.url + "/_terrace/settings", body, method="PUT")
        urllib.request.urlopen(request, timeout=5).close()

    @functools.cache  # noqa: B019  a client costs more than the calls it makes
    def client(self, service, key="test", secret="x", token=None):
        return _SESSION.create_client(
            service, region_name="us-east-1", endpoint_url=self.url, aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token, config=Config(retries={"max_attempts": 0}),
        )  # fmt: skip

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(15)
        shutil.rmtree(self.data, ignore_errors=True)
        return code


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@functools.cache
def _shared() -> Cloud:
    cloud = Cloud()
    atexit.register(cloud.stop)
    return cloud


class WithCloud(unittest.TestCase):
    """A test case on the one cloud that a run shares; the cases keep apart by names."""

    @classmethod
    def setUpClass(cls):
        cls.cloud = _shared()

    def client(self, service, **credentials):
        return self.cloud.client(service, **credentials)

    def refused(self, code, call, **request):
        with self.assertRaises(Exception) as caught:
            call(**request)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def each_refused(self, *cases):
        """Every case is (the code that AWS answers with, the call, its request)."""
        for code, call, request in cases:
            with self.subTest(code=code, request=request):
                self.refused(code, call, **request)

    def vpc(self, zones="ab"):
        """A VPC with a way out and one subnet in each zone: (vpc id, subnet ids)."""
        ec2 = self.client("ec2")
        vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway_id = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc_id)
        subnets = [
            ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
            for n, zone in enumerate(zones)
        ]
        return vpc_id, [one["SubnetId"] for one in subnets]


def eventually(found, seconds=5):
    """What `found` answers as soon as it answers something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def policy(*statements) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusting(service) -> str:
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
