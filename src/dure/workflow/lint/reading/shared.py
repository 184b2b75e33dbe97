"""What may stand on the whole workflow and on one job alike: env, defaults, concurrency, permissions."""

import re

from dure.kit import say
from dure.workflow.expression import has_expression
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.facts import CONCURRENCY, DEFAULTS, DEFAULTS_RUN, SHELLS_OF
from dure.workflow.lint.finding import listed, meant
from dure.workflow.lint.reading.expressions import check_embedded
from dure.workflow.lint.reading.fields import Entry, entries, flag, instead_of_mapping, missing, scalar, text
from dure.workflow.lint.source import Node
from dure.workflow.syntax import PERMISSIONS

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
INSERT = re.compile(r"\$\{\{\s*insert\s*\}\}", re.IGNORECASE)
"""The key under which a whole mapping is put in."""
NO_NAME = frozenset("&= ")


def check_env(desk: Desk, node: Node | None, place: str) -> None:
    if node is None or instead_of_mapping(desk, node, place):
        return
    for entry in entries(desk, node, folded=True).values():
        if INSERT.fullmatch(entry.key.text):
            check_env(desk, entry.value, place)
            continue
        if has_expression(entry.key.text):
            check_embedded(desk, entry.key, place)
        elif NO_NAME & set(entry.key.text):
            desk.note(
                "env-var",
                entry.key,
                say("`{name}` is no name for a variable: &, = and spaces cannot be in it.", name=entry.key.text),
            )
        text(desk, entry.value, place, empty=True)


def check_defaults(desk: Desk, node: Node | None, place: str, system: str) -> str | None:
    """Check the section; the shell it sets comes back."""
    if node is None:
        return None
    found = entries(desk, node, known=DEFAULTS)
    if "run" not in found:
        missing(desk, node, "run")
        return None
    inner = entries(desk, found["run"].value, known=DEFAULTS_RUN)
    if "working-directory" in inner:
        text(desk, inner["working-directory"].value, place)
    return check_shell(desk, inner["shell"].value, place, system) if "shell" in inner else None


def check_shell(desk: Desk, node: Node, place: str, system: str) -> str | None:
    shell = text(desk, node, place)
    if shell is None or has_expression(shell) or "{0}" in shell:
        return shell
    name = shell.lower()
    if name in SHELLS_OF[system]:
        return shell
    if name in SHELLS_OF["any"]:
        desk.note(
            "shell-name",
            node,
            say(
                "The shell `{name}` is not on this runner. Known here: {words}.",
                name=shell,
                words=listed(SHELLS_OF[system]),
            ),
        )
    else:
        desk.note(
            "shell-name",
            node,
            say(
                "The shell '{shell}' is unknown. Use one of {shells}, or a command with {place} where the script goes.",
                shell=shell,
                shells=listed(SHELLS_OF[system]),
                place="{0}",
            ),
        )
    return shell


def check_concurrency(desk: Desk, entry: Entry | None, place: str) -> None:
    if entry is None:
        return
    if entry.value.kind == "scalar":
        text(desk, entry.value, place)
        return
    found = entries(desk, entry.value, known=CONCURRENCY)
    if "group" not in found:
        missing(desk, entry.key, "group")
    else:
        text(desk, found["group"].value, place)
    flag(desk, found["cancel-in-progress"].value if "cancel-in-progress" in found else None, place)
    queue = found["queue"].value if "queue" in found else None
    if queue is not None and scalar(desk, queue) and queue.text not in ("single", "max") and "${{" not in queue.text:
        wrong_word(desk, queue, ("single", "max"))


def wrong_word(desk: Desk, node: Node, words: tuple[str, ...]) -> None:
    desk.note(
        "syntax-check",
        node,
        say("'{word}' cannot be used here. Use one of: {words}.", word=node.text, words=", ".join(words)),
    )


def check_permissions(desk: Desk, node: Node | None) -> None:
    if node is None:
        return
    if node.kind == "scalar":
        text(desk, node, "nowhere")
        if node.text not in ("read-all", "write-all"):
            desk.note(
                "permissions", node, say("All permissions at once are read-all, write-all or {nothing}.", nothing="{}")
            )
        return
    for name, entry in entries(desk, node, empty=True).items():
        levels = PERMISSIONS.get(name)
        if levels is None:
            desk.note(
                "permissions",
                entry.key,
                say("The permission `{key}` is unknown. {meant}", key=name, meant=meant(name, PERMISSIONS)),
            )
            continue
        level = text(desk, entry.value, "nowhere")
        if level is not None and level not in levels:
            desk.note(
                "permissions",
                entry.value,
                say("'{word}' cannot be used here. Use one of: {words}.", word=level, words=listed(levels)),
            )


def check_id(desk: Desk, node: Node) -> None:
    """The name of a job or of a step."""
    if not has_expression(node.text) and not NAME.fullmatch(node.text):
        desk.note(
            "id",
            node,
            say(
                "`{name}` is no name for a job or step: write letters, digits, - and _, and begin with a letter or _.",
                name=node.text,
            ),
        )
