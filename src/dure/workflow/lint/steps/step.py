"""The steps of a job or of an action."""

import re

from dure.kit import say
from dure.workflow.expression import has_expression
from dure.workflow.lint.desk import Desk, Script
from dure.workflow.lint.facts import DEPRECATED_COMMANDS, STEP_ALWAYS, STEP_ELSE, STEP_RUN, STEP_USES
from dure.workflow.lint.reading.expressions import check_condition, check_embedded
from dure.workflow.lint.reading.fields import (
    Entries,
    empty_value,
    entries,
    flag,
    kind_of,
    number,
    scalar,
    text,
    unknown,
)
from dure.workflow.lint.reading.shared import check_env, check_id, check_shell
from dure.workflow.lint.source import Node
from dure.workflow.lint.steps.uses import check_uses
from dure.workflow.lint.values import OPEN, WORDS, Kind, map_of, steps_member

COMMAND = re.compile(r"::(?:(set-output|save-state|set-env)\s+name=[A-Za-z_${][^:]*|(add-path))::")


class Steps:
    """What the steps before have left: their names and what they gave, and what a script runs in."""

    def __init__(self, shell: str | None, system: str) -> None:
        self.shell = shell
        self.system = system
        self.kinds: dict[str, Kind] = {}
        self.names: dict[str, Node] = {}
        self.any_name = False

    @property
    def kind(self) -> Kind:
        # Not a copy: what later steps give is added when all that may name it has been looked at.
        return Kind("object", OPEN.inner if self.any_name else None, self.kinds)


def check_steps(desk: Desk, node: Node, steps: Steps) -> None:
    if node.kind != "list":
        desk.note("syntax-check", node, say("A list is expected here, and this is {kind}.", kind=kind_of(node)))
        return
    if not node.items:
        desk.note("syntax-check", node, say("This list is empty. Fill it or remove it."))
    for item in node.items:
        check_step(desk, item, steps)


def check_step(desk: Desk, node: Node, steps: Steps) -> None:
    found = entries(desk, node)
    # The later of the two is taken for what the step is meant to do.
    what = max((key for key in ("run", "uses") if key in found), key=list(found).index, default=None)
    if what is None and STEP_ELSE & found.keys():
        check_other(desk, node, found, steps)
        return
    if what is None:
        desk.note("syntax-check", node, say("A step has `run:` with a script or `uses:` with an action."))
        known = STEP_RUN | STEP_USES | found.keys()
    else:
        known = STEP_RUN if what == "run" else STEP_USES
    for key, entry in found.items():
        if key not in known:
            unknown(desk, entry.key, known)
    here = desk.knowing(steps=steps.kind)
    check_always(here, found)
    outputs = map_of(WORDS)
    if what == "run":
        check_run(here, found, steps)
    elif what == "uses":
        outputs = check_uses(here, found["uses"].value, found["with"].value if "with" in found else None)
    if "id" in found:
        remember(here, found["id"].value, steps, outputs)


def check_other(desk: Desk, node: Node, found: Entries, steps: Steps) -> None:
    """A step that waits for others, cancels them, or holds several that run at once."""
    known = STEP_ALWAYS | STEP_ELSE
    for key, entry in found.items():
        if key not in known:
            unknown(desk, entry.key, known)
    check_always(desk.knowing(steps=steps.kind), found)
    if "parallel" in found:
        check_steps(desk, found["parallel"].value, steps)
    if "id" in found:
        remember(desk, found["id"].value, steps, map_of(WORDS))
    if len(STEP_ELSE & found.keys()) > 1:
        desk.note("syntax-check", node, say("A step does one thing: `wait:`, `wait-all:`, `cancel:` or `parallel:`."))


def check_always(desk: Desk, found: Entries) -> None:
    place = desk.step_place
    text(desk, value(found, "name"), place, empty=True)
    check_condition(desk, value(found, "if"), f"{place}.if")
    check_env(desk, value(found, "env"), place)
    flag(desk, value(found, "continue-on-error"), place)
    flag(desk, value(found, "background"), "nowhere")
    number(desk, value(found, "timeout-minutes"), place)


def value(found: Entries, key: str) -> Node | None:
    return found[key].value if key in found else None


def remember(desk: Desk, node: Node, steps: Steps, outputs: Kind) -> None:
    if text(desk, node, "nowhere") is None:
        return
    if has_expression(node.text):
        steps.any_name = True
        return
    check_id(desk, node)
    name = node.text.lower()
    first = steps.names.get(name)
    if first is not None:
        desk.note(
            "id",
            node,
            say("A step before (line {line}) has the name `{name}` already.", line=first.line, name=first.text),
        )
    steps.names.setdefault(name, node)
    steps.kinds[name] = steps_member(outputs)


def check_run(desk: Desk, found: Entries, steps: Steps) -> None:
    entry = found["run"]
    if not scalar(desk, entry.value):
        return
    if not entry.value.text:
        empty_value(desk, entry.value)
        return
    check_embedded(desk, entry.value, desk.step_place, script=True)
    text(desk, value(found, "working-directory"), desk.step_place)
    shell = steps.shell
    if "shell" in found:
        shell = check_shell(desk, found["shell"].value, "nowhere", steps.system)
    warn_of_commands(desk, entry.value)
    if shell is not None and not has_expression(shell):
        node = entry.value
        block = node.style == "|" and "\n" in node.text
        script = Script(
            desk.sheet.path, entry.key.line, entry.key.column, shell, node.text, node.line + 1 if block else None
        )
        desk.scripts.append(script)


def warn_of_commands(desk: Desk, node: Node) -> None:
    for name in dict.fromkeys(match[1] or match[2] for match in COMMAND.finditer(node.text)):
        desk.note(
            "deprecated-commands",
            node,
            say("The command `{name}` is deprecated. Write {instead}.", name=name, instead=DEPRECATED_COMMANDS[name]),
        )
