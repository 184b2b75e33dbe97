"""The words of a form, read into a typed record, or refused with a sentence for each field."""

import re
from typing import Annotated, TypeVar, get_args, get_origin

import msgspec

from dure.kit import Invalid, Text, say
from dure.shell.viewer import Asked

Words = TypeVar("Words", bound=msgspec.Struct)

LENGTH = re.compile(r"of length (>=|<=) (\d+)")
AMOUNT = re.compile(r"`(?:int|float)` (?:>=|<=|<|>) ")


async def read_form(request: Asked, kind: type[Words]) -> Words:
    """The form as a `kind`. Spaces around words are dropped; an empty field counts as one not filled in.

    Every field that cannot be used is named, not only the first.
    """
    form = await request.form()
    given: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        texts = [text.strip() for text in form.getall(field.encode_name, []) if isinstance(text, str)]
        filled = [text.replace("\r\n", "\n") for text in texts if text]
        if get_origin(bare(field.type)) in (list, tuple, set, frozenset):
            given[field.encode_name] = filled
        elif filled:
            given[field.encode_name] = filled[0]
    return convert(given, kind)


def bare(kind: object) -> object:
    """The type without what is noted beside it: `Annotated[str, Meta(...)]` is a `str`."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def convert(given: dict[str, object], kind: type[Words]) -> Words:
    refused: dict[str, Text] = {}
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        if name not in given:
            if field.required:
                refused[name] = say("Please fill this in.")
            continue
        try:
            msgspec.convert(given[name], field.type, strict=False)
        except msgspec.ValidationError as problem:
            refused[name] = complaint(str(problem))
    if refused:
        raise Invalid(refused)
    return msgspec.convert(given, kind, strict=False)


def complaint(problem: str) -> Text:
    """What to tell the person who filled this in."""
    length = LENGTH.search(problem)
    if length and length[1] == ">=":
        return say("At least {count} characters, please.", count=int(length[2]))
    if length:
        return say("At most {count} characters, please.", count=int(length[2]))
    if AMOUNT.search(problem) or "out of range" in problem:
        return say("This number is out of range.")
    if "enum value" in problem:
        return say("Please choose one of the offered values.")
    if problem.startswith(("Expected `int", "Expected `float")):
        return say("A number is needed here.")
    return say("This cannot be used here.")
