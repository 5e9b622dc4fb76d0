"""Executions run as Step Functions runs them."""

import json
import time
import unittest
from unittest import mock

from tests import functions
from tests.cloud import eventually
from tests.machines import WithMachines, call_of, machine_of

_LIMIT = 262_144


class Branches(WithMachines):
    def test_what_a_branch_assigns_stays_in_it(self):
        branch = {
            "StartAt": "In",
            "States": {
                "In": {"Type": "Pass", "Assign": {"own": 2}, "Next": "Sees"},
                "Sees": {"Type": "Pass", "Output": "{% [$own, $outer] %}", "End": True},
            },
        }
        look = {"Type": "Pass", "Output": "{% {'seen': $states.input, 'own': $exists($own)} %}", "End": True}
        items = {"Type": "Map", "Items": [1, 2], "ItemProcessor": branch, "Next": "Look"}
        side_by_side = {"Type": "Parallel", "Branches": [branch], "Next": "Look"}
        for inside in (items, side_by_side):
            start = {"Type": "Pass", "Assign": {"outer": 1}, "Next": "Inside"}
            answer = self.ran(machine_of(A=start, Inside=inside, Look=look))
            self.assertEqual(answer["own"], False)
            self.assertEqual(answer["seen"][0], [2, 1])

    def test_new_values_count_from_the_next_state(self):
        swap = {"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Next": "C"}
        machine = machine_of(
            A={"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "B"}, B=swap,
            C={"Type": "Pass", "Output": "{% [$a, $b] %}", "End": True},
        )  # fmt: skip
        self.assertEqual(self.ran(machine), [2, 1])

    def test_a_branch_that_fails_stops_the_others(self):
        fails = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Mine", "Cause": "why"}}}
        waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3000, "End": True}}}
        caught = [{"ErrorEquals": ["Mine"], "Output": "{% $states.errorOutput %}", "Next": "B"}]
        both = {"Type": "Parallel", "Branches": [waits, fails], "Catch": caught, "End": True}
        answer = self.ran(machine_of(A=both, B={"Type": "Pass", "End": True}))
        self.assertEqual(answer, {"Error": "Mine", "Cause": "why"})

    def test_the_history_tells_of_every_state_of_every_branch(self):
        inner = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
        machine = machine_of(A={"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": inner, "End": True})
        arn = self.start(machine)
        self.ended(arn)
        events = self.history(arn)
        entered = [one["stateEnteredEventDetails"]["name"] for one in events if one["type"].endswith("StateEntered")]
        self.assertEqual(sorted(entered), ["A", "In", "In", "In"])
        self.assertEqual([one["id"] for one in events], list(range(1, len(events) + 1)))
        self.assertTrue(all(one["previousEventId"] < one["id"] for one in events))


class Sizes(WithMachines):
    def test_an_output_over_the_limit_fails_and_no_wildcard_catches_it(self):
        grown = "{% $join($map([1..100], function($i) { $states.input.text })) %}"
        told = self.ran(machine_of(A={"Type": "Pass", "Output": grown, "End": True}), {"text": "é" * 2000}, "FAILED")
        self.assertEqual(told["error"], "States.DataLimitExceeded")
        caught = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
        machine = machine_of(A=call_of({"bytes": _LIMIT}, Catch=caught), B={"Type": "Pass", "End": True})
        self.assertEqual(self.ran(machine, status="FAILED")["error"], "States.DataLimitExceeded")

    def test_an_input_over_the_limit_is_refused(self):
        arn = self.create(machine_of(A={"Type": "Pass", "End": True}))
        within, over = json.dumps("x" * (_LIMIT - 2)), json.dumps("x" * (_LIMIT - 1))
        self.sfn.start_execution(stateMachineArn=arn, input=within)
        self.refused("ValidationException", self.sfn.start_execution, stateMachineArn=arn, input=over)
        self.refused("InvalidExecutionInput", self.sfn.start_execution, stateMachineArn=arn, input="{")

    def test_a_history_over_the_limit_fails_the_execution(self):
        again = [{"Condition": "{% true %}", "Next": "A"}]
        machine = machine_of(A={"Type": "Pass", "Next": "B"}, B={"Type": "Choice", "Choices": again, "Default": "A"})
        told = self.ended(self.start(machine), seconds=120)
        self.assertEqual(told["status"], "FAILED")
        self.assertIn("maximum number of history events (25000)", told["cause"])


class Times(WithMachines):
    def test_time_outs_are_scaled_as_waits_but_leave_functions_a_minute(self):
        from ministack.services import stepfunctions

        from overlay.stepfunctions import clock

        with mock.patch.object(stepfunctions, "_SFN_WAIT_SCALE", 0.1):
            self.assertEqual([clock.limit(one) for one in (5, 300, 14400)], [5, 60, 1440])
            self.assertEqual(clock.pause(300), 30)
        with mock.patch.object(stepfunctions, "_SFN_WAIT_SCALE", 0):
            self.assertEqual((clock.limit(300), clock.pause(300)), (300, 0))

    def test_the_machine_s_time_out_ends_it_and_is_told(self):
        told = self.ran({**machine_of(A={"Type": "Wait", "Seconds": 900, "End": True}), "TimeoutSeconds": 1},
                        status="TIMED_OUT")  # fmt: skip
        self.assertNotIn("output", told)
        last = self.history(told["executionArn"])[-1]
        self.assertEqual(last["type"], "ExecutionTimedOut")

    def test_a_late_task_times_out_under_its_own_name(self):
        for field, error in (("TimeoutSeconds", "States.Timeout"), ("HeartbeatSeconds", "States.Timeout")):
            told = self.ran(machine_of(A=call_of({"sleep": 4}, **{field: 1})), status="FAILED")
            self.assertEqual(told["error"], error)
        caught = [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"}]
        machine = machine_of(A=call_of({"sleep": 4}, TimeoutSeconds=1, Catch=caught), B={"Type": "Pass", "End": True})
        self.ran(machine, status="FAILED")

    def test_stopping_ends_a_wait_at_once(self):
        arn = self.start(machine_of(A={"Type": "Wait", "Seconds": 3000, "End": True}))
        eventually(lambda: len(self.history(arn)) > 1)
        self.sfn.stop_execution(executionArn=arn, error="Enough", cause="by hand")
        told = self.sfn.describe_execution(executionArn=arn)
        self.assertEqual((told["status"], told["error"]), ("ABORTED", "Enough"))
        first = self.sfn.stop_execution(executionArn=arn)["stopDate"]
        self.assertEqual(first, told["stopDate"])
        time.sleep(0.2)
        self.assertEqual([one["type"] for one in self.history(arn)],
                         ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"])  # fmt: skip


class Failures(WithMachines):
    def test_a_throttled_function_has_the_name_of_its_throttling(self):
        functions.create(self.cloud, "throttled")
        self.client("lambda").put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)
        task = call_of({})
        task["Arguments"]["FunctionName"] = "throttled"
        told = self.ran(machine_of(A=task), status="FAILED")
        self.assertEqual(told["error"], "Lambda.TooManyRequestsException")

    def test_a_function_that_ends_is_an_exit_error_that_may_be_retried(self):
        told = self.ran(machine_of(A=call_of({"die": True})), status="FAILED")
        self.assertEqual(told["error"], "Runtime.ExitError")
        self.assertIn("signal: killed", told["cause"])
        retry = [{"ErrorEquals": ["Runtime.ExitError"], "MaxAttempts": 2, "IntervalSeconds": 1}]
        arn = self.start(machine_of(A=call_of({"die": True}, Retry=retry)))
        self.ended(arn)
        self.assertEqual([one["type"] for one in self.history(arn)].count("TaskScheduled"), 3)

    def test_a_function_s_own_error_keeps_its_name(self):
        told = self.ran(machine_of(A=call_of({"fail": "NotYet"})), status="FAILED")
        self.assertEqual(told["error"], "NotYet")
        self.assertEqual(json.loads(told["cause"])["errorMessage"], "as told")


class Starting(WithMachines):
    def test_a_name_starts_once(self):
        arn = self.create(machine_of(A={"Type": "Wait", "Seconds": 30, "End": True}))
        start = self.sfn.start_execution
        first = start(stateMachineArn=arn, name="once", input='{"a":1}')
        again = start(stateMachineArn=arn, name="once", input='{"a":1}')
        self.assertEqual(first["executionArn"], again["executionArn"])
        self.assertEqual(first["startDate"], again["startDate"])
        self.refused("ExecutionAlreadyExists", start, stateMachineArn=arn, name="once", input='{"a":2}')
        self.ended(first["executionArn"])
        self.refused("ExecutionAlreadyExists", start, stateMachineArn=arn, name="once", input='{"a":1}')
        self.refused("InvalidName", start, stateMachineArn=arn, name="a b")

    def test_a_version_runs_its_own_definition(self):
        arn = self.create(machine_of(A={"Type": "Pass", "Output": 1, "End": True}))
        version = self.sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
        changed = json.dumps(machine_of(A={"Type": "Pass", "Output": 2, "End": True}))
        self.sfn.update_state_machine(stateMachineArn=arn, definition=changed)
        self.assertEqual(self.ran(arn), 2)
        told = self.ended(self.start(version))
        self.assertEqual((told["output"], told["stateMachineVersionArn"]), ("1", version))


class Tokens(WithMachines):
    def waiting(self, **more):
        """An execution that waits for its token, and the token."""
        task = call_of({"token": "{% $states.context.Task.Token %}"}, **more)
        task["Resource"] += ".waitForTaskToken"
        arn = self.start(machine_of(A=task))
        types = lambda: [one["type"] for one in self.history(arn)]  # noqa: E731
        eventually(lambda: "TaskSubmitted" in types())
        scheduled = next(one for one in self.history(arn) if one["type"] == "TaskScheduled")
        return arn, json.loads(scheduled["taskScheduledEventDetails"]["parameters"])["Payload"]["token"]

    def test_a_token_is_answered_once(self):
        arn, token = self.waiting()
        self.refused("InvalidOutput", self.sfn.send_task_success, taskToken=token, output="{")
        self.sfn.send_task_heartbeat(taskToken=token)
        self.sfn.send_task_success(taskToken=token, output='{"yes":true}')
        self.assertEqual(json.loads(self.ended(arn)["output"]), {"yes": True})
        self.refused("TaskTimedOut", self.sfn.send_task_success, taskToken=token, output="{}")
        self.refused("TaskTimedOut", self.sfn.send_task_heartbeat, taskToken=token)

    def test_a_refusal_fails_the_task_under_its_name(self):
        arn, token = self.waiting()
        self.sfn.send_task_failure(taskToken=token, error="Rejected", cause="not today")
        told = self.ended(arn)
        self.assertEqual((told["error"], told["cause"]), ("Rejected", "not today"))

    def test_a_token_of_nobody_does_not_exist(self):
        self.refused("TaskDoesNotExist", self.sfn.send_task_success, taskToken="x" * 40, output="{}")

    def test_what_is_not_answered_in_time_times_out(self):
        arn, token = self.waiting(TimeoutSeconds=2)
        self.assertEqual(self.ended(arn)["error"], "States.Timeout")
        self.refused("TaskTimedOut", self.sfn.send_task_success, taskToken=token, output="{}")
        arn, _token = self.waiting(TimeoutSeconds=600, HeartbeatSeconds=2)
        self.assertEqual(self.ended(arn)["error"], "States.HeartbeatTimeout")

    def test_a_stopped_execution_answers_nobody(self):
        arn, token = self.waiting()
        self.sfn.stop_execution(executionArn=arn)

        def refused():
            try:
                self.sfn.send_task_heartbeat(taskToken=token)
            except Exception as refusal:
                return refusal.response["Error"]["Code"] == "TaskTimedOut"

        eventually(refused)


if __name__ == "__main__":
    unittest.main()
