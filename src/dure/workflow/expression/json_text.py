"""`toJSON` and `fromJSON`: JSON as GitHub writes and reads it, with a limit on its depth."""

import json
from collections.abc import Callable, Iterator
from math import isfinite

from dure.kit import say
from dure.workflow.expression.broken import ExpressionBroken
from dure.workflow.expression.value import Value, read_number, written

DEPTH_MAX = 100
INDENT = "  "


def write_json(value: Value, spend: Callable[[int], None]) -> str:
    """Indented by two spaces, letters as they are. Spending as it goes, it stops before the memory is full."""
    made: list[str] = []
    for piece in pieces(value, 0):
        spend(len(piece))
        made.append(piece)
    return "".join(made)


def pieces(value: Value, depth: int) -> Iterator[str]:
    if depth > DEPTH_MAX:
        raise too_deep()
    if isinstance(value, list):
        entries = [("", item) for item in value]
        yield from bracketed("[", "]", entries, depth)
    elif isinstance(value, dict):
        entries = [(f"{quoted(key)}: ", item) for key, item in value.items()]
        yield from bracketed("{", "}", entries, depth)
    elif isinstance(value, str):
        yield quoted(value)
    elif value is None or isinstance(value, bool):
        yield json.dumps(value)
    else:
        yield written(value) if isfinite(value) else "null"


def bracketed(opening: str, closing: str, entries: list[tuple[str, Value]], depth: int) -> Iterator[str]:
    if not entries:
        yield opening + closing
        return
    yield opening
    for place, (lead, item) in enumerate(entries):
        yield f"{',' if place else ''}\n{INDENT * (depth + 1)}{lead}"
        yield from pieces(item, depth + 1)
    yield f"\n{INDENT * depth}{closing}"


def quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def read_json(words: str) -> Value:
    if not words.strip():
        raise ExpressionBroken(say("Error parsing fromJSON: there are no words to read. Give JSON."))
    try:
        found: Value = json.loads(words, parse_float=read_number, parse_int=read_number, parse_constant=refused)
    except (ValueError, RecursionError) as error:
        raise ExpressionBroken(
            say("Error parsing fromJSON: these words are not JSON ({why}).", why=str(error))
        ) from error
    if depth_of(found) > DEPTH_MAX:
        raise too_deep()
    return found


def refused(word: str) -> Value:
    raise ValueError(word)


def depth_of(value: Value) -> int:
    """How deep lists and objects lie in one another, found without going down the stack."""
    depth, level = 0, [value]
    while level and depth <= DEPTH_MAX:
        level = [inner for one in level for inner in members(one)]
        depth += 1
    return depth


def members(value: Value) -> list[Value]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def too_deep() -> ExpressionBroken:
    return ExpressionBroken(say("The JSON is nested more deeply than {depth} levels.", depth=DEPTH_MAX))
