"""What is handed over at a call: inputs on the way in and outputs on the way out."""

from collections.abc import Mapping

from dure.kit import Refused, Text, say
from dure.workflow.expression import (
    Contexts,
    ExpressionBroken,
    Value,
    has_expression,
    interpolate,
    read_number,
    resolve,
    text_of,
)
from dure.workflow.handed import wrong_inputs, wrong_secrets
from dure.workflow.planning.readiness import Finished
from dure.workflow.workflow import CallInput, CallTrigger, Job


class CallBroken(Refused):
    """What is handed over does not fit."""


def misgiven(call: CallTrigger, job: Job) -> Text | None:
    """What is wrong with what a job hands over, as far as that can be told before anything runs."""
    wrong = [*wrong_inputs(call, job.with_, unfit)]
    if job.secrets != "inherit":
        wrong += wrong_secrets(call, job.secrets or {})
    return wrong[0][1] if wrong else None


def unfit(name: str, asked: CallInput, value: Value) -> Text | None:
    if isinstance(value, str) and has_expression(value):
        return None
    answer = fitted(name, asked, value)
    return answer if isinstance(answer, Text) else None


def call_inputs(call: CallTrigger, job: Job, contexts: Contexts, inside: Contexts) -> dict[str, Value]:
    """The context `inputs` of the called workflow. `inside` is what its defaults may ask about."""
    given = given_inputs(job, contexts)
    found: dict[str, Value] = {}
    for name, asked in call.inputs.items():
        value = given.get(name.lower())
        if value is None:
            value = default_of(asked, inside)
        answer = fitted(name, asked, value)
        if isinstance(answer, Text):
            raise CallBroken(answer)
        found[name] = answer
    return found


def given_inputs(job: Job, contexts: Contexts) -> dict[str, Value]:
    """What a job hands over, worked out. What is inserted stands in the place of its entry."""
    found: dict[str, Value] = {}
    try:
        for name, words in job.with_.items():
            value = resolve(words, contexts)
            if not has_expression(name):
                found[name.lower()] = value
            elif isinstance(value, dict):
                found.update({key.lower(): each for key, each in value.items()})
            else:
                came = text_of(value)[:100]
                raise CallBroken(say("`with` must come to a mapping, and it came to '{value}'.", value=came))
    except ExpressionBroken as broken:
        raise CallBroken(broken.text) from broken
    return found


def default_of(asked: CallInput, inside: Contexts) -> Value:
    if asked.default is not None:
        try:
            return resolve(asked.default, inside)
        except ExpressionBroken as broken:
            raise CallBroken(broken.text) from broken
    return {"boolean": False, "number": 0}.get(asked.type, "")


def fitted(name: str, asked: CallInput, value: Value) -> Value | Text:
    """The value as the type that is asked for."""
    if isinstance(value, list | dict):
        return say("The input {name} must be one value, no list and no mapping.", name=name)
    if asked.type == "boolean":
        flag = value if isinstance(value, bool) else {"true": True, "false": False}.get(text_of(value).lower())
        return say("The input {name} must be true or false.", name=name) if flag is None else flag
    if asked.type == "number":
        number = float(value) if isinstance(value, int | float) else read_number(text_of(value).strip())
        bad = isinstance(value, bool) or number != number
        return say("The input {name} must be a number.", name=name) if bad else number
    return text_of(value)


def call_outputs(call: CallTrigger, jobs: Mapping[str, Finished], inside: Contexts) -> dict[str, str]:
    """What a called workflow gives to its caller."""
    told = {name: {"result": each.result, "outputs": dict(each.outputs)} for name, each in jobs.items()}
    here: dict[str, Value] = {**inside, "jobs": told}  # type: ignore[dict-item]
    try:
        return {name: interpolate(words, here) for name, words in call.outputs.items()}
    except ExpressionBroken as broken:
        raise CallBroken(broken.text) from broken
