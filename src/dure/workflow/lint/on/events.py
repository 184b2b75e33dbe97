"""`on:`, what starts a workflow."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dure.kit import say
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.facts import BRANCHED, EVENTS, FILTERS, PATHED, SCHEDULE, TAGGED
from dure.workflow.lint.finding import listed, meant
from dure.workflow.lint.on.cron import fault_of_cron
from dure.workflow.lint.on.inputs import Calls, check_call, check_dispatch
from dure.workflow.lint.reading.fields import Entries, empty_value, entries, kind_of, missing, text, texts
from dure.workflow.lint.reading.glob import check_patterns
from dure.workflow.lint.source import Node

APART = (("branches", "branches-ignore"), ("tags", "tags-ignore"), ("paths", "paths-ignore"))


def check_events(desk: Desk, node: Node) -> Calls:
    """Check the section; what it says of inputs and secrets comes back, since expressions name them."""
    calls = Calls()
    if node.kind == "map":
        if not node.pairs:
            desk.note("syntax-check", node, say("This section is empty. Fill it or remove it."))
        for name, entry in entries(desk, node).items():
            check_event(desk, calls, name, entry.key, entry.value)
        return calls
    if node.kind == "scalar":
        if not node.text:
            empty_value(desk, node)
        else:
            check_name(desk, calls, node)
        return calls
    for item in texts(desk, node, "nowhere"):
        check_name(desk, calls, item)
    return calls


def check_name(desk: Desk, calls: Calls, node: Node) -> None:
    """An event that is only named."""
    calls.events.add(node.text)
    if node.text == "schedule":
        desk.note(
            "syntax-check", node, say("`schedule` needs its times: write it as `schedule:` with a list of `cron:`.")
        )
    elif node.text not in EVENTS:
        unknown_event(desk, node)


def unknown_event(desk: Desk, node: Node) -> None:
    desk.note(
        "events", node, say("The event `{name}` is unknown. {meant}", name=node.text, meant=meant(node.text, EVENTS))
    )


def check_event(desk: Desk, calls: Calls, name: str, key: Node, node: Node) -> None:
    calls.events.add(name)
    if name == "schedule":
        check_schedule(desk, node)
    elif name == "workflow_dispatch":
        check_dispatch(desk, calls, key, node)
    elif name == "workflow_call":
        check_call(desk, calls, node)
    elif name == "repository_dispatch":
        found = entries(desk, node, empty=True, known=frozenset(("types",)))
        if "types" in found:
            texts(desk, found["types"].value, "nowhere")
    elif name == "image_version":
        check_image_version(desk, node)
    else:
        check_webhook(desk, name, key, node)


def check_schedule(desk: Desk, node: Node) -> None:
    if node.kind != "list":
        desk.note("syntax-check", node, say("A list is expected here, and this is {kind}.", kind=kind_of(node)))
        return
    if not node.items:
        desk.note("syntax-check", node, say("This list is empty. Fill it or remove it."))
    for item in node.items:
        found = entries(desk, item, known=SCHEDULE)
        if "cron" not in found:
            missing(desk, item, "cron")
            continue
        cron = found["cron"].value
        if text(desk, cron, "nowhere"):
            fault = fault_of_cron(cron.text)
            if fault is not None:
                desk.note("events", cron, fault)
        zone = found["timezone"].value if "timezone" in found else None
        if text(desk, zone, "nowhere") and zone is not None and not is_zone(zone.text):
            desk.note(
                "events",
                zone,
                say("'{name}' is no time zone of the IANA list, such as Asia/Seoul.", name=zone.text),
            )


@cache
def is_zone(name: str) -> bool:
    if "/" not in name:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def check_image_version(desk: Desk, node: Node) -> None:
    found = entries(desk, node, empty=True, known=frozenset(("names", "versions")))
    if "names" in found:
        texts(desk, found["names"].value, "nowhere", alone=True)
    if "versions" in found:
        check_patterns(desk, texts(desk, found["versions"].value, "nowhere", alone=True), of_names=True)


def check_webhook(desk: Desk, name: str, key: Node, node: Node) -> None:
    known = name in EVENTS
    if not known:
        unknown_event(desk, key)
    found = entries(desk, node, empty=True, known=FILTERS)
    listed_of = {word: texts(desk, entry.value, "nowhere") for word, entry in found.items()}
    for word in ("branches", "branches-ignore", "tags", "tags-ignore"):
        check_patterns(desk, listed_of.get(word, []), of_names=True)
    for word in ("paths", "paths-ignore"):
        check_patterns(desk, listed_of.get(word, []), of_names=False)
    if not known:
        return
    check_types(desk, name, listed_of.get("types", []))
    check_filters(desk, name, found)
    if name == "workflow_run" and "workflows" not in found:
        desk.note("events", key, say("`workflow_run` needs `workflows:`, the names of those it follows."))


def check_types(desk: Desk, name: str, nodes: list[Node]) -> None:
    types = EVENTS[name]
    for node in nodes:
        if node.text not in types:
            text = (
                say(
                    "The event `{event}` has no type `{type}`. {meant}",
                    event=name,
                    type=node.text,
                    meant=meant(node.text, types),
                )
                if types
                else say("The event `{event}` has no types.", event=name)
            )
            desk.note("events", node, text)


def check_filters(desk: Desk, name: str, found: Entries) -> None:
    for word, entry in found.items():
        base = word.removesuffix("-ignore")
        fit = {"branches": BRANCHED, "paths": PATHED, "tags": TAGGED}.get(base)
        if word == "workflows" and name != "workflow_run" and (entry.value.items or entry.value.text):
            fit = frozenset(("workflow_run",))
        if fit is not None and name not in fit:
            desk.note(
                "events",
                entry.key,
                say(
                    "`{filter}:` is not for the event `{event}`, only for: {events}.",
                    filter=word,
                    event=name,
                    events=listed(fit),
                ),
            )
    for take, ignore in APART:
        if take in found and ignore in found and name in BRANCHED:
            later = max(found[take].key, found[ignore].key, key=lambda key: (key.line, key.column))
            fits = {"branches": BRANCHED, "paths": PATHED, "tags": TAGGED}[take]
            if name in fits:
                desk.note(
                    "events",
                    later,
                    say(
                        "`{take}:` and `{ignore}:` cannot stand together. Use `{take}:` alone, with ! before what to"
                        " leave out.",
                        take=take,
                        ignore=ignore,
                    ),
                )
