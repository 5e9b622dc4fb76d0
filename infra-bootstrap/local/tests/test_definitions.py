"""Definitions that Step Functions does not take."""

import json
import unittest

from tests.machines import WithMachines, machine_of


class Definitions(WithMachines):
    def test_what_leads_nowhere_or_is_never_reached_is_refused(self):
        end = {"Type": "Pass", "End": True}
        inner = {"StartAt": "A", "States": {"A": end}}
        cases = {
            "Missing 'Next' target": machine_of(A={"Type": "Pass", "Next": "B"}),
            "is not reachable": machine_of(A=end, B=end),
            "Missing 'StartAt'": machine_of("Z", A={"Type": "Pass", "Next": "A"}),
            "Duplicate State name": machine_of(A={"Type": "Parallel", "Branches": [inner], "End": True}),
            "outer scope": machine_of(
                A={"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
                M={"Type": "Map", "Items": [], "End": True, "ItemProcessor": {
                    "StartAt": "In", "States": {"In": {**end, "Assign": {"x": 2}}}}},
            ),
            "either Next or End": machine_of(A={"Type": "Pass"}),
            "no type of state": machine_of(A={"Type": "Nap", "End": True}),
        }  # fmt: skip
        for message, machine in cases.items():
            with self.subTest(message):
                with self.assertRaises(Exception) as caught:
                    self.create(machine)
                self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidDefinition")
                self.assertIn(message, str(caught.exception))
                told = self.sfn.validate_state_machine_definition(definition=json.dumps(machine))
                self.assertEqual(told["result"], "FAIL")

    def test_a_sound_definition_has_no_problems(self):
        text = json.dumps(machine_of(A={"Type": "Succeed"}))
        told = self.sfn.validate_state_machine_definition(definition=text)
        self.assertEqual((told["result"], told["diagnostics"]), ("OK", []))


if __name__ == "__main__":
    unittest.main()
