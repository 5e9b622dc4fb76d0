"""Executions as Step Functions runs them, in place of MiniStack's interpreter.

MiniStack still evaluates a state's fields (JSONata, paths, choices) and makes its calls; what happens
between states, in branches, and when time, size or a caller says stop, is here.
"""

from overlay.stepfunctions import definitions, failures, starting, tokens, variables, walking


def install() -> None:
    for part in (failures, variables, definitions, walking, tokens, starting):
        part.install()
