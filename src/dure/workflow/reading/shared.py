"""What may stand on the whole workflow and on one job alike: defaults, concurrency, permissions."""

from typing import Literal, cast

from dure.kit import say
from dure.workflow.document import YamlNode, YamlScalar
from dure.workflow.expression import has_expression
from dure.workflow.reading.fields import (
    fields,
    flag,
    maybe_text,
    one_of,
    pairs,
    required,
    scalar,
    text,
    words,
)
from dure.workflow.reading.notes import Notes, meant
from dure.workflow.syntax import CONCURRENCY, DEFAULTS, DEFAULTS_RUN, PERMISSIONS, SHELLS, Reach
from dure.workflow.workflow import Concurrency, Defaults, Level, Permissions


def read_defaults(notes: Notes, node: YamlNode | None, reach: Reach) -> Defaults:
    if node is None:
        return Defaults()
    run = fields(notes, node, DEFAULTS).get("run")
    if run is None:
        return Defaults()
    found = fields(notes, run, DEFAULTS_RUN)
    return Defaults(
        shell=read_shell(notes, found.get("shell"), reach),
        working_directory=maybe_text(notes, found.get("working-directory"), reach, filled=True),
    )


def read_shell(notes: Notes, node: YamlNode | None, reach: Reach) -> str | None:
    """A shell by its name, or a command with `{0}` where the script goes."""
    if node is None:
        return None
    found = text(notes, node, reach, filled=True)
    if found.strip() and found not in SHELLS and "{0}" not in found and not has_expression(found):
        notes.mistake(
            node,
            say(
                "The shell '{shell}' is unknown. Use one of {shells}, or a command with {place} where the script goes.",
                shell=found,
                shells=", ".join(SHELLS),
                place="{0}",
            ),
        )
    return found


def read_concurrency(notes: Notes, node: YamlNode | None, reach: Reach) -> Concurrency | None:
    if node is None:
        return None
    if isinstance(node, YamlScalar):
        return Concurrency(text(notes, node, reach, filled=True))
    found = fields(notes, node, CONCURRENCY)
    group = required(notes, node, found, "group")
    return Concurrency(
        group=text(notes, group, reach, filled=True) if group else "",
        cancel_in_progress=flag(notes, found.get("cancel-in-progress"), reach, False),
        queue=cast("Literal['single', 'max']", one_of(notes, found.get("queue"), ("single", "max"), "single")),
    )


def read_permissions(notes: Notes, node: YamlNode | None) -> Permissions | None:
    if node is None:
        return None
    if isinstance(node, YamlScalar) and node.value is not None:
        return read_permissions_for_all(notes, node)
    scopes: dict[str, Level] = {}
    for key, inner in pairs(notes, node):
        levels = PERMISSIONS.get(key.words)
        if levels is None:
            known = frozenset(PERMISSIONS)
            notes.mistake(
                key, say("The permission `{key}` is unknown. {meant}", key=key.words, meant=meant(key.words, known))
            )
            continue
        level = scalar(notes, inner)
        if level is not None and level.words not in levels:
            notes.mistake(
                level,
                say(
                    "'{word}' cannot be used here. Use one of: {words}.",
                    word=level.words,
                    words=", ".join(sorted(levels)),
                ),
            )
        elif level is not None:
            scopes[key.words] = cast("Level", level.words)
    return Permissions(scopes=scopes)


def read_permissions_for_all(notes: Notes, node: YamlScalar) -> Permissions:
    if words(notes, node) == "read-all":
        return Permissions(all="read")
    if node.words == "write-all":
        return Permissions(all="write")
    notes.mistake(
        node, say("'{word}' cannot be used here. Use one of: {words}.", word=node.words, words="read-all, write-all")
    )
    return Permissions()
