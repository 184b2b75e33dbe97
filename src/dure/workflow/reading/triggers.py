"""`on:`: what begins a workflow."""

from typing import cast

from dure.kit import say
from dure.workflow.document import YamlList, YamlMap, YamlNode, YamlScalar
from dure.workflow.pattern import PatternBroken, read_pattern
from dure.workflow.reading.fields import fields, flag, is_nothing, items, one_of, pairs, required, scalar
from dure.workflow.reading.notes import Notes, meant
from dure.workflow.syntax import (
    DISPATCH_INPUT,
    DISPATCH_INPUT_LATER,
    DISPATCH_TYPES,
    EVENTS,
    FILTERS,
    NOTHING,
)
from dure.workflow.workflow import (
    CallTrigger,
    DispatchInput,
    DispatchTrigger,
    EventFilter,
    InputType,
    Schedule,
    Triggers,
)

PAIRS_THAT_EXCLUDE = (("branches", "branches-ignore"), ("tags", "tags-ignore"), ("paths", "paths-ignore"))


def read_triggers(notes: Notes, node: YamlNode) -> Triggers:
    """One event, a list of events, or events with what they are about."""
    found: dict[str, EventFilter] = {}
    dispatch: DispatchTrigger | None = None
    call: CallTrigger | None = None
    schedules: tuple[Schedule, ...] = ()
    for name, about in events(notes, node):
        if name.words == "workflow_dispatch":
            dispatch = read_dispatch(notes, about)
        elif name.words == "workflow_call":
            call = read_call(notes, about)
        elif name.words == "schedule":
            schedules = read_schedules(about)
        elif name.words in EVENTS:
            found[name.words] = read_filter(notes, about)
        else:
            notes.mistake(
                name, say("The event `{event}` is unknown. {meant}", event=name.words, meant=meant(name.words, EVENTS))
            )
    return Triggers(found, dispatch, call, schedules)


def read_call(notes: Notes, node: YamlNode | None) -> CallTrigger:
    said = node.get("inputs") if isinstance(node, YamlMap) else None
    for _, about in pairs(notes, said) if said is not None else ():
        required(notes, about, {key.words: inner for key, inner in pairs(notes, about)}, "type")
    return CallTrigger()


def read_schedules(node: YamlNode | None) -> tuple[Schedule, ...]:
    times = [one for one in getattr(node, "items", ()) if isinstance(one, YamlMap)]
    said = [(one, one.get("cron"), one.get("timezone")) for one in times]
    return tuple(
        Schedule(cron.words, zone.words if isinstance(zone, YamlScalar) else None, one.line)
        for one, cron, zone in said
        if isinstance(cron, YamlScalar)
    )


def events(notes: Notes, node: YamlNode) -> list[tuple[YamlScalar, YamlNode | None]]:
    if isinstance(node, YamlMap):
        found: list[tuple[YamlScalar, YamlNode | None]] = list(node.pairs)
    else:
        found = [(name, None) for name in items(notes, node)]
    if not found and (isinstance(node, YamlList | YamlMap) or is_nothing(node)):
        notes.mistake(node, say("No event is named. Write `on: push`, for example."))
    return found


def read_filter(notes: Notes, node: YamlNode | None) -> EventFilter:
    if node is None:
        return EventFilter()
    found = fields(notes, node, FILTERS)
    for one, other in PAIRS_THAT_EXCLUDE:
        if one in found and other in found:
            notes.mistake(
                found[other],
                say(
                    "`{one}` and `{other}` cannot stand together. Use `{one}` with patterns that begin with !.",
                    one=one,
                    other=other,
                ),
            )
    return EventFilter(
        types=names(notes, found.get("types")),
        branches=patterns(notes, found.get("branches")),
        branches_ignore=patterns(notes, found.get("branches-ignore"), ignoring=True),
        tags=patterns(notes, found.get("tags")),
        tags_ignore=patterns(notes, found.get("tags-ignore"), ignoring=True),
        paths=patterns(notes, found.get("paths")),
        paths_ignore=patterns(notes, found.get("paths-ignore"), ignoring=True),
        workflows=names(notes, found.get("workflows")),
        names=names(notes, found.get("names")),
        versions=names(notes, found.get("versions")),
    )


def names(notes: Notes, node: YamlNode | None) -> tuple[str, ...] | None:
    return None if node is None else tuple(one.words for one in items(notes, node))


def patterns(notes: Notes, node: YamlNode | None, *, ignoring: bool = False) -> tuple[str, ...] | None:
    if node is None:
        return None
    found = items(notes, node)
    for one in found:
        try:
            pattern = read_pattern(one.words)
        except PatternBroken as error:
            notes.mistake(one, error.text)
            continue
        if pattern.negative and ignoring:
            notes.warning(one, say("With ! in a list of what is ignored, everything that does not match is ignored."))
    if found and not ignoring and all(one.words.startswith("!") for one in found):
        notes.warning(found[0], say("Every pattern begins with !, so nothing ever matches. Add one that does not."))
    return tuple(one.words for one in found)


def read_dispatch(notes: Notes, node: YamlNode | None) -> DispatchTrigger:
    if node is None:
        return DispatchTrigger()
    inputs: dict[str, DispatchInput] = {}
    for key, inner in pairs(notes, node):
        if key.words == "inputs":
            inputs = {name.words: read_input(notes, about) for name, about in pairs(notes, inner)}
        else:
            # GitHub passes over such keys too, so files that carry them are about.
            notes.warning(
                key,
                say(
                    "The key `{key}` means nothing here. {meant}",
                    key=key.words,
                    meant=meant(key.words, frozenset(("inputs",))),
                ),
            )
    return DispatchTrigger(inputs)


def read_input(notes: Notes, node: YamlNode) -> DispatchInput:
    found = fields(notes, node, DISPATCH_INPUT, DISPATCH_INPUT_LATER)
    kind = cast("InputType", one_of(notes, found.get("type"), DISPATCH_TYPES, "string"))
    described = scalar(notes, found["description"]) if "description" in found else None
    options = tuple(one.words for one in items(notes, found["options"])) if "options" in found else ()
    if kind == "choice" and not options:
        notes.mistake(node, say("A choice needs `options`: the list to choose from."))
    return DispatchInput(
        type=kind,
        description=described.words if described else "",
        required=bool(flag(notes, found.get("required"), NOTHING, False)),
        default=read_default(notes, found.get("default"), kind, options),
        options=options,
    )


def read_default(
    notes: Notes, node: YamlNode | None, kind: InputType, options: tuple[str, ...]
) -> bool | float | str | None:
    found = None if node is None else scalar(notes, node)
    if found is None or found.value is None:
        return None
    if kind in ("string", "environment"):
        return found.words
    if kind == "choice":
        if found.words not in options:
            notes.mistake(found, say("'{word}' is not among the options.", word=found.words))
        return found.words
    if kind == "boolean" and not isinstance(found.value, bool):
        notes.mistake(found, say("'{words}' is neither true nor false.", words=found.words))
    if kind == "number" and (isinstance(found.value, bool | str)):
        notes.mistake(found, say("'{words}' is not a number.", words=found.words))
    return found.value
