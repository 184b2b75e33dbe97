"""What may stand on the whole workflow and on one job alike: defaults, concurrency, permissions."""

from typing import Literal, cast

from dure.kit import say
from dure.workflow.document import YamlNode, YamlScalar
from dure.workflow.expression import has_expression
from dure.workflow.grammar import Notes
from dure.workflow.reading.fields import fields, flag, is_expression, pairs, text, words
from dure.workflow.syntax import SHELLS
from dure.workflow.workflow import Concurrency, Defaults, Level, Permissions


def read_defaults(notes: Notes, node: YamlNode | None) -> Defaults:
    found = fields(fields(node).get("run"))
    return Defaults(read_shell(notes, found.get("shell")), text(found.get("working-directory")))


def read_shell(notes: Notes, node: YamlNode | None) -> str | None:
    """A shell by its name, or a command with `{0}` where the script goes."""
    found = text(node)
    if found and found.lower() not in SHELLS and "{0}" not in found and not has_expression(found):
        assert node is not None
        notes.mistake(
            node,
            say(
                "The shell '{shell}' is unknown. Use one of {shells}, or a command with {place} where the script goes.",
                shell=found,
                shells=", ".join(SHELLS),
                place="{0}",
            ),
            "shell-name",
        )
    return found


def read_concurrency(notes: Notes, node: YamlNode | None) -> Concurrency | None:
    if node is None:
        return None
    if isinstance(node, YamlScalar):
        return Concurrency(node.words)
    found = fields(node)
    ends = flag(found.get("cancel-in-progress"), False)
    queue = "max" if words(found.get("queue")) == "max" else "single"
    if queue == "max" and ends is True:
        notes.mistake(
            found["queue"],
            say("`queue: max` keeps all that wait, so it cannot stand beside `cancel-in-progress: true`."),
        )
    return Concurrency(text(found.get("group")) or "", ends, cast("Literal['single', 'max']", queue))


def read_permissions(node: YamlNode | None) -> Permissions | None:
    if node is None or is_expression(node):
        return None
    word = words(node)
    if word is not None:
        return Permissions("read" if word == "read-all" else "write" if word == "write-all" else None)
    return Permissions(scopes={key.words: cast("Level", words(level) or "none") for key, level in pairs(node)})
