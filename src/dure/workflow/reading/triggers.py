"""`on:`: what begins a workflow."""

from collections.abc import Callable
from typing import Literal, cast

from dure.kit import Refused, Text, say
from dure.workflow.document import YamlList, YamlNode, YamlScalar
from dure.workflow.grammar import Notes, plain_words
from dure.workflow.pattern import read_pattern
from dure.workflow.reading.cron import read_cron, read_zone
from dure.workflow.reading.fields import fields, flag, is_expression, items, names, pairs, text, words
from dure.workflow.syntax import CALL_TYPES, DISPATCH_TYPES, EVENT_NAMES
from dure.workflow.workflow import (
    CallInput,
    CallSecret,
    CallTrigger,
    DispatchInput,
    DispatchTrigger,
    EventFilter,
    InputType,
    Schedule,
    Triggers,
)

OF_PATTERNS = ("branches", "tags", "paths")
NOT_FILTERED = frozenset(("workflow_dispatch", "workflow_call", "schedule"))
CHOICE = "choice"


def read_triggers(notes: Notes, node: YamlNode | None) -> Triggers:
    """One event, a list of events, or events with what they are about."""
    said: dict[str, YamlNode | None] = {}
    for name, about in pairs(node) or [(name, None) for name in items(node)]:
        said.setdefault(plain_words(name), about)
    if node is not None and not said and not isinstance(node, YamlScalar):
        notes.mistake(node, say("No event is named. Write `on: push`, for example."), "events")
    return Triggers(
        events={
            name: read_filter(notes, about)
            for name, about in said.items()
            if name in EVENT_NAMES and name not in NOT_FILTERED
        },
        dispatch=read_dispatch(notes, said["workflow_dispatch"]) if "workflow_dispatch" in said else None,
        call=read_call(notes, said["workflow_call"]) if "workflow_call" in said else None,
        schedules=read_schedules(notes, said.get("schedule")),
    )


def read_filter(notes: Notes, node: YamlNode | None) -> EventFilter:
    found = fields(node)
    for one in OF_PATTERNS:
        other = f"{one}-ignore"
        if one in found and other in found:
            notes.mistake(
                found[other],
                say(
                    "`{one}` and `{other}` cannot stand together. Use `{one}` with patterns that begin with !.",
                    one=one,
                    other=other,
                ),
                "events",
            )
    return EventFilter(
        types=names(found.get("types")),
        branches=patterns(notes, found.get("branches")),
        branches_ignore=patterns(notes, found.get("branches-ignore"), ignoring=True),
        tags=patterns(notes, found.get("tags")),
        tags_ignore=patterns(notes, found.get("tags-ignore"), ignoring=True),
        paths=patterns(notes, found.get("paths")),
        paths_ignore=patterns(notes, found.get("paths-ignore"), ignoring=True),
        workflows=names(found.get("workflows")),
        names=names(found.get("names")),
        versions=names(found.get("versions")),
    )


def patterns(notes: Notes, node: YamlNode | None, *, ignoring: bool = False) -> tuple[str, ...] | None:
    if node is None:
        return None
    found = items(node)
    for one in found:
        try:
            pattern = read_pattern(one.words)
        except Refused as error:
            notes.mistake(one, error.text, "glob")
            continue
        if pattern.negative and ignoring:
            notes.warning(
                one, say("With ! in a list of what is ignored, everything that does not match is ignored."), "glob"
            )
    if found and not ignoring and all(one.words.startswith("!") for one in found):
        notes.warning(
            found[0], say("Every pattern begins with !, so nothing ever matches. Add one that does not."), "glob"
        )
    return tuple(one.words for one in found)


def read_schedules(notes: Notes, node: YamlNode | None) -> tuple[Schedule, ...]:
    found: list[Schedule] = []
    for item in node.items if isinstance(node, YamlList) else ():
        said = fields(item)
        cron, zone = said.get("cron"), said.get("timezone")
        if isinstance(cron, YamlScalar):
            note_refusal(notes, cron, read_cron, "events")
            found.append(Schedule(plain_words(cron), words(zone), item.line))
        if isinstance(zone, YamlScalar):
            note_refusal(notes, zone, read_zone, "events")
    return tuple(found)


def note_refusal(notes: Notes, node: YamlScalar, read: Callable[[str], object], rule: str) -> None:
    try:
        read(plain_words(node))
    except Refused as error:
        notes.mistake(node, error.text, rule)


def read_dispatch(notes: Notes, node: YamlNode | None) -> DispatchTrigger:
    for key, _ in pairs(node):
        if key.words != "inputs":
            # GitHub passes over such keys too, so files that carry them are about.
            known = say("Known here are: {words}.", words="inputs")
            notes.warning(key, say("The key `{key}` means nothing here. {meant}", key=key.words, meant=known))
    asked = pairs(fields(node).get("inputs"))
    return DispatchTrigger({name.words: read_input(notes, about) for name, about in asked})


def read_input(notes: Notes, node: YamlNode) -> DispatchInput:
    found = fields(node)
    kind = words(found.get("type"))
    kind = kind if kind in DISPATCH_TYPES else "string"
    options = tuple(one.words for one in items(found.get("options")))
    if kind == CHOICE and not options:
        notes.mistake(node, say("Missing 'options' for choice input"), "events")
    elif kind != CHOICE and "options" in found:
        notes.mistake(node, say("Input type is not 'choice', but 'options' is defined"), "events")
    default = read_default(notes, found.get("default"), kind)
    if kind == CHOICE and options and default is not None and default not in options:
        notes.mistake(found["default"], say("'{word}' is not among the options.", word=default), "events")
    return DispatchInput(
        type=cast("InputType", kind),
        description=text(found.get("description")) or "",
        required=flag(found.get("required"), False) is True,
        default=default,
        options=options,
        deprecation=text(found.get("deprecationMessage")) or "",
    )


def read_default(notes: Notes, node: YamlNode | None, kind: str) -> bool | float | str | None:
    """What stands in for an answer that is not given. Where words are asked for, a number is words."""
    if not isinstance(node, YamlScalar) or node.value is None:
        return None
    if is_expression(node):
        return node.words
    if kind == "boolean" and not isinstance(node.value, bool):
        notes.mistake(node, wrong_kind(node, "BooleanToken"), "events")
    if kind == "number" and isinstance(node.value, bool | str):
        notes.mistake(node, wrong_kind(node, "NumberToken"), "events")
    return node.value if kind in ("boolean", "number") else node.words


def wrong_kind(node: YamlScalar, wanted: str) -> Text:
    return say(
        "Unexpected type '{found}' encountered while reading '{what}'. The type '{wanted}' was expected.",
        found={bool: "BooleanToken", str: "StringToken"}.get(type(node.value), "NumberToken"),
        what="input default",
        wanted=wanted,
    )


def read_call(notes: Notes, node: YamlNode | None) -> CallTrigger:
    found = fields(node)
    return CallTrigger(
        inputs={name.words: read_call_input(notes, name, about) for name, about in pairs(found.get("inputs"))},
        secrets={name.words: read_call_secret(about) for name, about in pairs(found.get("secrets"))},
        outputs={name.words: text(fields(about).get("value")) or "" for name, about in pairs(found.get("outputs"))},
    )


def read_call_input(notes: Notes, name: YamlScalar, node: YamlNode) -> CallInput:
    found = fields(node)
    kind = words(found.get("type"))
    kind = kind if kind in CALL_TYPES else "string"
    return CallInput(
        type=cast("Literal['string', 'number', 'boolean']", kind),
        description=text(found.get("description")) or "",
        required=flag(found.get("required"), False) is True,
        default=read_default(notes, found.get("default"), kind),
        deprecation=text(found.get("deprecationMessage")) or "",
        line=name.line,
    )


def read_call_secret(node: YamlNode) -> CallSecret:
    found = fields(node)
    return CallSecret(text(found.get("description")) or "", flag(found.get("required"), False) is True)
