"""What a call hands over, held against what the called workflow asks for: by the reader, and before a run begins."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar

from dure.kit import Text, say
from dure.workflow.expression import has_expression
from dure.workflow.workflow import CallInput, CallSecret, CallTrigger

Given = TypeVar("Given")
Wrong: TypeAlias = tuple[str | None, Text]
"""The name that is handed over, or None where one is missing, and what to say of it."""

LOCAL = ("./", "$/")
"""How `uses` begins where it means a file of the same commit."""
CALLED_MAX = 50
"""So many workflows may one workflow call, directly or not."""


def too_many() -> Text:
    return say("More than {count} workflows are called. Call fewer.", count=CALLED_MAX)


def wrong_inputs(
    call: CallTrigger, given: Mapping[str, Given], unfit: Callable[[str, CallInput, Given], Text | None]
) -> Iterator[Wrong]:
    """First those that are wanted and not given. Capitals do not count. Names that are expressions are a mistake that
    is told elsewhere."""
    for name in missing(call.inputs, given):
        yield None, say("Input {name} is required, but not provided while calling.", name=name)
    asked = {name.lower(): each for name, each in call.inputs.items()}
    for name, value in given.items():
        if has_expression(name):
            continue
        if name.lower() not in asked:
            yield name, say("Invalid input, {name} is not defined in the referenced workflow.", name=name)
        elif (why := unfit(name, asked[name.lower()], value)) is not None:
            yield name, why


def wrong_secrets(call: CallTrigger, given: Iterable[str]) -> Iterator[Wrong]:
    """The same. Who hands on all secrets hands on the right ones, and is not asked about."""
    for name in missing(call.secrets, given):
        yield None, say("Secret {name} is required, but not provided while calling.", name=name)
    asked = {name.lower() for name in call.secrets}
    for name in given:
        if name.lower() not in asked and not has_expression(name):
            yield name, say("Invalid secret, {name} is not defined in the referenced workflow.", name=name)


def missing(asked: Mapping[str, CallInput] | Mapping[str, CallSecret], given: Iterable[str]) -> list[str]:
    there = {name.lower() for name in given}
    return [name for name, each in asked.items() if each.required and name.lower() not in there]
