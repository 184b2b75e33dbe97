"""What a workflow takes and gives: inputs of a start by hand, inputs, secrets and outputs of a call."""

from dataclasses import dataclass, field

from dure.kit import say
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.facts import (
    CALL,
    CALL_INPUT,
    CALL_OUTPUT,
    CALL_SECRET,
    CALL_TYPES,
    DISPATCH,
    DISPATCH_INPUT,
    DISPATCH_INPUTS_MAX,
    DISPATCH_TYPES,
)
from dure.workflow.lint.reading.expressions import check_one, is_one
from dure.workflow.lint.reading.fields import Entries, Entry, entries, expected, flag, missing, text, texts
from dure.workflow.lint.source import Node
from dure.workflow.lint.values import ANY, FLAG, NUMBER, WORDS, Kind, joined, record_of

KINDS = {"string": WORDS, "choice": WORDS, "environment": WORDS, "number": NUMBER, "boolean": FLAG}


@dataclass
class Calls:
    """What the events of a workflow say of it. None: there is no such event, or it does not say."""

    events: set[str] = field(default_factory=set)
    dispatch: dict[str, Kind] | None = None
    call: dict[str, Kind] | None = None
    secrets: dict[str, Kind] | None = None
    outputs: list[Entry] = field(default_factory=list)

    @property
    def inputs(self) -> dict[str, Kind]:
        found = dict(self.dispatch or {})
        for name, kind in (self.call or {}).items():
            found[name] = joined([found[name], kind]) if name in found else kind
        return found


def check_dispatch(desk: Desk, calls: Calls, key: Node, node: Node) -> None:
    calls.dispatch = {}
    found = entries(desk, node, empty=True, known=DISPATCH)
    if "inputs" not in found:
        return
    inputs = entries(desk, found["inputs"].value, empty=True, folded=True)
    for name, entry in inputs.items():
        calls.dispatch[name] = check_dispatch_input(desk, entry)
    if len(inputs) > DISPATCH_INPUTS_MAX:
        desk.note(
            "events",
            key,
            say("There are {count} inputs, and {most} are allowed.", count=len(inputs), most=DISPATCH_INPUTS_MAX),
        )


def check_dispatch_input(desk: Desk, entry: Entry) -> Kind:
    found = entries(desk, entry.value, empty=True, known=DISPATCH_INPUT)
    flag(desk, value(found, "required"), "nowhere")
    text(desk, value(found, "description"), "nowhere", empty=True)
    default = value(found, "default")
    text(desk, default, "nowhere", empty=True)
    options = [] if "options" not in found else texts(desk, found["options"].value, "nowhere", alone=True)
    kind_node = value(found, "type")
    kind = kind_node.text if kind_node is not None else ""
    if kind_node is not None and kind not in DISPATCH_TYPES:
        wrong_type(desk, kind_node, DISPATCH_TYPES)
        return ANY
    check_options(desk, entry, kind, options, default, said="options" in found)
    if default is not None:
        check_default(desk, default, kind)
    return KINDS.get(kind, ANY)


def value(found: Entries, key: str) -> Node | None:
    return found[key].value if key in found else None


def wrong_type(desk: Desk, node: Node, types: tuple[str, ...]) -> None:
    if node.kind == "scalar":
        text = say("'{word}' cannot be used here. Use one of: {words}.", word=node.text, words=", ".join(types))
    else:
        text = say("One value is expected here, not a list or a mapping.")
    desk.note("syntax-check", node, text)


def check_options(
    desk: Desk, entry: Entry, kind: str, options: list[Node], default: Node | None, *, said: bool
) -> None:
    if kind != "choice":
        if said and options:
            desk.note("events", entry.key, say("Only an input of the type `choice` has options."))
        return
    if not options:
        if not said or is_empty(entry):
            desk.note("events", entry.key, say("An input of the type `choice` needs `options:`."))
        return
    seen: set[str] = set()
    for option in options:
        if option.text in seen:
            desk.note("events", option, say("The option '{word}' stands here twice.", word=option.text))
        seen.add(option.text)
    if default is not None and default.text not in seen:
        desk.note(
            "events",
            default,
            say("'{word}' is none of the options: {words}.", word=default.text, words=", ".join(sorted(seen))),
        )


def is_empty(entry: Entry) -> bool:
    options = entry.value.get("options")
    return options is None or not options.items


def check_default(desk: Desk, node: Node, kind: str) -> None:
    """What an input is, if nobody says, has to be of its type."""
    if node.kind != "scalar" or is_one(node.text):
        return
    if kind == "boolean" and node.text not in ("true", "false"):
        desk.note("events", node, say("The input is true or false, and '{words}' is neither.", words=node.text))
    elif kind == "number" and not is_number(node.text):
        desk.note("events", node, say("The input is a number, and '{words}' is none.", words=node.text))


def is_number(words: str) -> bool:
    try:
        float(words)
    except ValueError:
        return False
    return True


def check_call(desk: Desk, calls: Calls, node: Node) -> None:
    calls.call = {}
    found = entries(desk, node, empty=True, known=CALL)
    if "inputs" in found:
        for name, entry in entries(desk, found["inputs"].value, empty=True, folded=True).items():
            calls.call[name] = check_call_input(desk, calls, entry)
    if "secrets" in found:
        calls.secrets = {}
        for name, entry in entries(desk, found["secrets"].value, empty=True, folded=True).items():
            calls.secrets[name] = WORDS
            inner = entries(desk, entry.value, empty=True, known=CALL_SECRET)
            flag(desk, value(inner, "required"), "nowhere")
            text(desk, value(inner, "description"), "nowhere", empty=True)
    if "outputs" in found:
        for entry in entries(desk, found["outputs"].value, empty=True, folded=True).values():
            inner = entries(desk, entry.value, empty=True, known=CALL_OUTPUT)
            text(desk, value(inner, "description"), "nowhere", empty=True)
            if "value" not in inner:
                missing(desk, entry.key, "value")
            else:
                calls.outputs.append(inner["value"])


def check_call_input(desk: Desk, calls: Calls, entry: Entry) -> Kind:
    found = entries(desk, entry.value, empty=True, known=CALL_INPUT)
    text(desk, value(found, "description"), "nowhere", empty=True)
    required = flag(desk, value(found, "required"), "nowhere")
    kind_node = value(found, "type")
    kind = kind_node.text if kind_node is not None else ""
    if kind_node is None:
        missing(desk, entry.key, "type")
    elif kind not in CALL_TYPES:
        wrong_type(desk, kind_node, CALL_TYPES)
        kind = ""
    default = value(found, "default")
    if default is not None:
        check_call_default(desk, calls, default, kind)
        if required:
            desk.note(
                "events",
                default,
                say("The input is required, so nobody will ever see this default. Remove one of the two."),
            )
    return KINDS.get(kind, ANY)


def check_call_default(desk: Desk, calls: Calls, node: Node, kind: str) -> None:
    """A default may name the inputs before it."""
    known = desk.knowing(inputs=record_of(calls.inputs))
    if is_one(node.text):
        found = check_one(known, node, "input.default")
        wanted = {"number": ("number",), "boolean": ("boolean",)}.get(kind)
        if wanted is not None:
            expected(known, node, found, wanted)  # type: ignore[arg-type]
        return
    text(known, node, "input.default", empty=True)
    check_default(desk, node, kind)
