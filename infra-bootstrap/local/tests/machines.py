"""State machines for a test, and what their executions come to."""

import json
import time

from tests import functions
from tests.cloud import WithCloud, eventually


def machine_of(start="A", **states) -> dict:
    return {"QueryLanguage": "JSONata", "StartAt": start, "States": states}


def call_of(event, **more) -> dict:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "obedient", "Payload": event},
        **({} if "Next" in more else {"End": True}),
        **more,
    }


class WithMachines(WithCloud):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not getattr(cls.cloud, "has_obedient", False):
            functions.create(cls.cloud, "obedient")
            cls.cloud.has_obedient = True

    @property
    def sfn(self):
        return self.client("stepfunctions")

    def create(self, machine) -> str:
        name = f"{self.id().rsplit('.', 1)[-1][:60]}-{time.monotonic_ns() % 10**9}"
        role = "arn:aws:iam::000000000000:role/machines"
        return self.sfn.create_state_machine(name=name, definition=json.dumps(machine), roleArn=role)["stateMachineArn"]

    def start(self, machine, value=None) -> str:
        arn = machine if isinstance(machine, str) else self.create(machine)
        return self.sfn.start_execution(stateMachineArn=arn, input=json.dumps(value or {}))["executionArn"]

    def ended(self, arn, seconds=15) -> dict:
        def over():
            told = self.sfn.describe_execution(executionArn=arn)
            return told if told["status"] != "RUNNING" else None

        return eventually(over, seconds)

    def ran(self, machine, value=None, status="SUCCEEDED") -> dict:
        told = self.ended(self.start(machine, value))
        self.assertEqual(told["status"], status, told)
        return json.loads(told["output"]) if status == "SUCCEEDED" else told

    def history(self, arn) -> list:
        pages = self.sfn.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]
