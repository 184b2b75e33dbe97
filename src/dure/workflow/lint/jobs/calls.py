"""`uses:` of a job: how another workflow is called, and what it is given."""

import posixpath
import re

from dure.kit import Text, say
from dure.workflow.expression import has_expression
from dure.workflow.lint.desk import Desk, Interface
from dure.workflow.lint.finding import Sheet, meant
from dure.workflow.lint.on.inputs import Calls, check_call
from dure.workflow.lint.reading.expressions import check_embedded, check_one, is_one
from dure.workflow.lint.reading.fields import Entries, entries, expected, scalar, text
from dure.workflow.lint.source import Node, read_source
from dure.workflow.lint.values import ANY, WORDS, Kind, kind_of_value, map_of, record_of

ELSEWHERE = re.compile(r"[^./@\s][^/@\s]*/[^/@\s]+/[^@\s]+@\S+")
CALLED = "workflow_call"


def check_call_of(desk: Desk, uses: Node, found: Entries) -> Kind:
    """Check a job that calls a workflow; the kind of the outputs it will have comes back."""
    named = text(desk, uses, "nowhere")
    given = check_given(desk, found)
    secrets = check_secrets(desk, found)
    if named is None or has_expression(named):
        return map_of(WORDS)
    interface = interface_of(desk, uses)
    if interface is None:
        return map_of(WORDS)
    check_inputs(desk, uses, interface, given)
    if secrets is not None:
        check_passed(desk, uses, interface, secrets)
    return record_of(dict.fromkeys(interface.outputs, WORDS))


def check_given(desk: Desk, found: Entries) -> dict[str, tuple[Node, Node, Kind]]:
    """What is given: the key, the value and its kind."""
    given: dict[str, tuple[Node, Node, Kind]] = {}
    if "with" in found:
        for name, entry in entries(desk, found["with"].value, folded=True).items():
            given[name] = (entry.key, entry.value, kind_of_given(desk, entry.value))
    return given


def kind_of_given(desk: Desk, node: Node) -> Kind:
    if not scalar(desk, node):
        return ANY
    if is_one(node.text):
        kind = check_one(desk, node, "job") or ANY
        return kind if expected(desk, node, kind, ("string", "number", "boolean", "null")) else ANY
    if has_expression(node.text) or not node.text:
        check_embedded(desk, node, "job")
        return WORDS
    return kind_of_value(node.value)


def check_secrets(desk: Desk, found: Entries) -> dict[str, Node] | None:
    """The secrets that are passed on by name; None where all are."""
    node = found["secrets"].value if "secrets" in found else None
    if node is None:
        return {}
    if node.kind == "scalar" and node.text:
        if node.text != "inherit":
            desk.note("syntax-check", node, say("Secrets are passed by their names, or all at once with `inherit`."))
        return None
    passed: dict[str, Node] = {}
    for name, entry in entries(desk, node, folded=True).items():
        passed[name] = entry.key
        text(desk, entry.value, "job.secrets", empty=True)
    return passed


def interface_of(desk: Desk, uses: Node) -> Interface | None:
    """What the called workflow takes; None where it cannot be looked at."""
    if not uses.text.startswith("./"):
        if not ELSEWHERE.fullmatch(uses.text):
            desk.note("workflow-call", uses, wrong_name(uses.text))
        return None
    if "@" in uses.text:
        desk.note("workflow-call", uses, wrong_name(uses.text))
        return None
    if not desk.repository.rooted:
        return None
    path = posixpath.normpath(uses.text)
    found = desk.repository.workflows.get(path)
    if found is None:
        source = desk.repository.files.get(path)
        found = say("There is no file {file}.", file=path) if source is None else read_interface(desk, path, source)
        desk.repository.workflows[path] = found
    if isinstance(found, Interface):
        return found
    desk.note("workflow-call", uses, found)
    return None


def wrong_name(uses: str) -> Text:
    return say(
        "`{uses}` names no workflow. Write ./path/to/file.yml, or owner/repository/path/to/file.yml@version.", uses=uses
    )


def read_interface(desk: Desk, path: str, source: str) -> Interface | Text:
    """Read of a workflow only what it takes and gives."""
    read = read_source(source, lambda *_: None)
    on = read.top.get("on") if read.top is not None and read.top.kind == "map" else None
    if on is None:
        return say("{file} says nothing under `on:`, so it cannot be called.", file=path)
    if CALLED not in events_of(on):
        return say("{file} is not made to be called: under `on:` it has no `workflow_call`.", file=path)
    call = on.get(CALLED) if on.kind == "map" else None
    if call is None or call.nothing:
        return Interface()
    wrong = next((value for _, value in call.pairs if value.kind != "map" and not value.nothing), None)
    if call.kind != "map" or wrong is not None:
        return say("{file} cannot be called: line {line} is no mapping.", file=path, line=(wrong or call).line)
    calls = Calls()
    check_call(Desk(Sheet(path), read, desk.repository), calls, call)
    return Interface(
        inputs={
            name: (spelled(call, "inputs", name), kind, needed(call, "inputs", name))
            for name, kind in (calls.call or {}).items()
        },
        secrets={name: (spelled(call, "secrets", name), needed(call, "secrets", name)) for name in calls.secrets or {}},
        outputs=frozenset(key.text for key, _ in section(call, "outputs")),
    )


def events_of(on: Node) -> set[str]:
    if on.kind == "map":
        return {key.text for key, _ in on.pairs}
    return {item.text for item in on.items} if on.kind == "list" else {on.text}


def section(call: Node, name: str) -> list[tuple[Node, Node]]:
    found = call.get(name)
    return found.pairs if found is not None else []


def spelled(call: Node, what: str, name: str) -> str:
    return next(key.text for key, _ in section(call, what) if key.text.lower() == name)


def needed(call: Node, what: str, name: str) -> bool:
    node = next(value for key, value in section(call, what) if key.text.lower() == name)
    required = node.get("required")
    return required is not None and required.value is True and node.get("default") is None


def check_inputs(desk: Desk, uses: Node, interface: Interface, given: dict[str, tuple[Node, Node, Kind]]) -> None:
    for name, (shown, _, required) in interface.inputs.items():
        if required and name not in given:
            desk.note(
                "workflow-call", uses, say("{workflow} needs the input `{name}`.", workflow=uses.text, name=shown)
            )
    for name, (key, value, kind) in given.items():
        known = interface.inputs.get(name)
        if known is None:
            names = [shown for shown, _, _ in interface.inputs.values()]
            text = say(
                "{workflow} has no input `{name}`. {meant}", workflow=uses.text, name=key.text, meant=meant(name, names)
            )
            desk.note("workflow-call", key, text)
        elif not assignable(known[1], kind):
            text = say(
                "{workflow} takes {wanted} as `{name}`, and this is of the kind {kind}.",
                workflow=uses.text,
                wanted=known[1],
                name=key.text,
                kind=kind,
            )
            desk.note("expression", value, text)


def assignable(wanted: Kind, given: Kind) -> bool:
    """A flag is made of anything, words of numbers; nothing else turns into what is asked for."""
    if not (wanted.known and given.known) or wanted.name in ("boolean", given.name):
        return True
    return wanted.name == "string" and given.name == "number"


def check_passed(desk: Desk, uses: Node, interface: Interface, passed: dict[str, Node]) -> None:
    for name, (shown, required) in interface.secrets.items():
        if required and name not in passed:
            desk.note(
                "workflow-call", uses, say("{workflow} needs the secret `{name}`.", workflow=uses.text, name=shown)
            )
    for name, key in passed.items():
        if name not in interface.secrets:
            names = [shown for shown, _ in interface.secrets.values()]
            text = say(
                "{workflow} takes no secret `{name}`. {meant}",
                workflow=uses.text,
                name=key.text,
                meant=meant(name, names),
            )
            desk.note("workflow-call", key, text)
