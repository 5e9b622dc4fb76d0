"""A state's fields around its work, in either query language: what it is given, and what it puts out."""

from ministack.services import stepfunctions


def speaks_jsonata(state: dict, context: dict) -> bool:
    return stepfunctions._state_query_language(state, context) == "JSONata"


def given(state: dict, value, context: dict):
    if speaks_jsonata(state, context):
        return stepfunctions._apply_jsonata_arguments(state, value, context)
    chosen = stepfunctions._apply_input_path(state, value, context)
    return stepfunctions._apply_parameters(state, chosen, context)


def output(state: dict, value, context: dict, result):
    """The output and the name of what follows; the state's variables are assigned."""
    if speaks_jsonata(state, context):
        made = stepfunctions._apply_jsonata_output(state, value, context, result=result, default=result)
        stepfunctions._apply_state_assign(state, value, context, result=result)
    else:
        made = stepfunctions._apply_result_selector(state, result)
        made = stepfunctions._apply_result_path(state, value, made)
        made = stepfunctions._apply_output_path(state, made, context)
    return made, stepfunctions._next_or_end(state)
