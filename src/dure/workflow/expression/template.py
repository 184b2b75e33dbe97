"""Words with `${{ expressions }}` in them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from dure.kit import Text, say
from dure.workflow.expression.broken import ExpressionBroken
from dure.workflow.expression.evaluation import evaluate
from dure.workflow.expression.reading import CONTEXTS, GIVEN, parsed
from dure.workflow.expression.tree import Expression, Node, literal, node
from dure.workflow.expression.value import Contexts, Function, Value, is_simple, number_of, text_of

OPENING = "${{"
INSERTED = "${{ insert }}"
INSERT = re.compile(r"\$\{\{\s*insert\s*\}\}")
PART = re.compile(r"'[^']*'|\}\}|[^'}]+|.", re.DOTALL)
DEPTH_MAX = 100


@dataclass(frozen=True)
class Opened:
    """One expression in a text: its words and where they begin."""

    source: str
    start: int
    end: int


def opened(text: str, start: int) -> Opened:
    """The expression whose `${{` stands at `start`. Quotes hide `}}`."""
    at = start + len(OPENING)
    for part in PART.finditer(text, at):
        if part[0] == "}}":
            return Opened(text[at : part.start()], at, part.end())
    raise ExpressionBroken(
        say(
            "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not"
            " found."
        )
    )


def in_template(text: str) -> list[Opened]:
    """Every expression in a text, in order."""
    found: list[Opened] = []
    at = text.find(OPENING)
    while at >= 0:
        found.append(opened(text, at))
        at = text.find(OPENING, found[-1].end)
    return found


def has_expression(text: str) -> bool:
    return OPENING in text


def parse_template(
    text: str, contexts: Collection[str] | None = None, functions: Collection[str] | None = None
) -> Expression:
    """A text as one expression: the expression itself if there is nothing round it, else its parts joined."""
    return template(
        text,
        CONTEXTS if contexts is None else frozenset(contexts),
        GIVEN if functions is None else frozenset(functions),
    )


@lru_cache(maxsize=4096)
def template(text: str, contexts: frozenset[str], functions: frozenset[str]) -> Expression:
    parts: list[Node] = []
    at = 0
    for one in in_template(text):
        if not one.source.strip():
            raise ExpressionBroken(say("An expression was expected"))
        before = text[at : one.start - len(OPENING)]
        if before:
            parts.append(literal(before))
        parts.append(parsed(one.source.strip(), contexts, functions).top)
        at = one.end
    if text[at:] or not parts:
        parts.append(literal(text[at:]))
    return Expression(text, parts[0] if len(parts) == 1 else node("joined", *parts))


def value_of(text: str, contexts: Contexts, functions: Mapping[str, Function] | None = None) -> Value:
    """The value of a text: of any kind if it is one expression, words otherwise."""
    if not has_expression(text):
        return text
    return evaluate(parse_template(text, functions=GIVEN | set(functions or ())), contexts, functions)


def interpolate(text: str, contexts: Contexts, functions: Mapping[str, Function] | None = None) -> str:
    """The text with every expression worked out and written as words."""
    return text_of(value_of(text, contexts, functions))


def resolve(value: Value, contexts: Contexts, functions: Mapping[str, Function] | None = None, depth: int = 0) -> Value:
    """A value with every expression in it worked out, however deep it lies."""
    if depth > DEPTH_MAX:
        raise ExpressionBroken(say("The value is nested more deeply than {depth} levels.", depth=DEPTH_MAX))
    if isinstance(value, str):
        return value_of(value, contexts, functions)
    if isinstance(value, list):
        return resolve_list(value, contexts, functions, depth + 1)
    if isinstance(value, dict):
        return resolve_mapping(value, contexts, functions, depth + 1)
    return value


def resolve_list(
    items: list[Value], contexts: Contexts, functions: Mapping[str, Function] | None, depth: int
) -> list[Value]:
    """An expression in a list that comes to a list stands for its items."""
    found: list[Value] = []
    for item in items:
        come_to = resolve(item, contexts, functions, depth)
        if isinstance(item, str) and isinstance(come_to, list):
            found += come_to
        else:
            found.append(come_to)
    return found


def resolve_mapping(
    entries: Mapping[str, Value], contexts: Contexts, functions: Mapping[str, Function] | None, depth: int
) -> dict[str, Value]:
    """Keys may be expressions too, and what is inserted stands in the place of its entry."""
    found: dict[str, Value] = {}
    for key, item in entries.items():
        come_to = resolve(item, contexts, functions, depth)
        if not INSERT.match(key):
            found[interpolate(key, contexts, functions)] = come_to
        elif isinstance(come_to, dict):
            found.update(come_to)
        else:
            raise wrong(say("This must come to a mapping, and it came to '{value}'.", value=shown(come_to)))
    return found


def resolve_texts(
    texts: Mapping[str, str], contexts: Contexts, functions: Mapping[str, Function] | None = None
) -> dict[str, str]:
    """Names and their texts, worked out. What is inserted stands in the place of its entry."""
    found: dict[str, str] = {}
    for name, words in texts.items():
        if not INSERT.match(name):
            found[name] = interpolate(words, contexts, functions)
            continue
        more = value_of(words, contexts, functions)
        if not isinstance(more, dict):
            raise wrong(say("This must come to a mapping, and it came to '{value}'.", value=shown(more)))
        found.update({key: text_of(value) for key, value in more.items()})
    return found


def joined(*many: Mapping[str, str]) -> dict[str, str]:
    """Mappings of texts one after another; the later one decides. Every insertion is kept."""
    found: dict[str, str] = {}
    for texts in many:
        for name, words in texts.items():
            key = insertion(sum(1 for known in found if INSERT.match(known))) if INSERT.match(name) else name
            found.pop(key, None)
            found[key] = words
    return found


def insertion(count: int) -> str:
    """The key of one more insertion, where there are `count` of them."""
    return f"{INSERTED}#{count + 1}" if count else INSERTED


def as_number(value: float | str, contexts: Contexts, functions: Mapping[str, Function] | None = None) -> float:
    """A number, or what a text of it comes to."""
    found = value_of(value, contexts, functions) if isinstance(value, str) else value
    number = number_of(found) if is_simple(found) else float("nan")
    if number != number:
        raise wrong(say("This must come to a number, and it came to '{value}'.", value=shown(found)))
    return number


def as_flag(value: bool | str, contexts: Contexts, functions: Mapping[str, Function] | None = None) -> bool:
    """True or false, or what a text of it comes to."""
    found = value_of(value, contexts, functions) if isinstance(value, str) else value
    if isinstance(found, bool):
        return found
    if isinstance(found, str) and found.lower() in ("true", "false"):
        return found.lower() == "true"
    raise wrong(say("This must come to true or false, and it came to '{value}'.", value=shown(found)))


def shown(value: Value) -> str:
    return text_of(value)[:100]


def wrong(text: Text) -> ExpressionBroken:
    return ExpressionBroken(text)
