"""Tests that speak to the control surface."""

import json
import urllib.error
import urllib.request

from tests.cloud import Cloud, WithCloud


class Controlled(WithCloud):
    """On a cloud of its own: faults and settings would befall the other tests too."""

    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud()
        cls.addClassCleanup(cls.cloud.stop)

    def tearDown(self):
        self.ask("DELETE", "faults")

    def ask(self, method, what, body=None):
        """(status, answer) of the control surface."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.cloud.url}/_terrace/{what}", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    def fault(self, **wanted):
        status, answer = self.ask("POST", "faults", wanted)
        self.assertEqual(status, 200, answer)
        return answer["faults"][0]["id"]

    def fired(self, number):
        return next(one for one in self.ask("GET", "faults")[1]["faults"] if one["id"] == number)

    def vpcs(self):
        return {one["VpcId"] for one in self.client("ec2").describe_vpcs()["Vpcs"]}

    def new_vpc(self):
        return self.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")
