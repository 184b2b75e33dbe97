"""`uses:` of a step: how an action is named, and what it is given."""

import posixpath
import re

from dure.kit import Text, say
from dure.workflow.expression import has_expression
from dure.workflow.lint.actions import Facts, Input, Metadata, known_action, read_action
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.finding import meant
from dure.workflow.lint.reading.expressions import check_embedded
from dure.workflow.lint.reading.fields import Entries, entries, text
from dure.workflow.lint.source import Node
from dure.workflow.lint.values import OPEN, WORDS, Kind, map_of, record_of

IN_REPOSITORY = re.compile(r"[^/@\s]+/[^/@\s]+(/[^@\s]+)?@\S+")
SCRIPTED = "actions/github-script@"
OF_IMAGE = frozenset(("args", "entrypoint"))
"""What a step may say to every action that is an image."""
FILES = ("action.yml", "action.yaml")


def check_uses(desk: Desk, node: Node, given: Node | None) -> Kind:
    """Check the action and what it is given; the kind of its outputs comes back."""
    if text(desk, node, "nowhere") is None:
        return map_of(WORDS)
    uses = node.text
    inputs = read_inputs(desk, node, given)
    if has_expression(uses):
        return map_of(WORDS)
    if uses.startswith("docker://"):
        check_image(desk, node)
        return map_of(WORDS)
    if uses.startswith("./"):
        return check_local(desk, node, inputs)
    if not IN_REPOSITORY.fullmatch(uses) and not uses.startswith("$/"):
        desk.note("action", node, wrong_name(uses))
        return map_of(WORDS)
    facts = known_action(uses)
    if uses.startswith(SCRIPTED) and facts is None:
        return OPEN
    return map_of(WORDS) if facts is None else check_known(desk, node, facts, inputs)


def read_inputs(desk: Desk, node: Node, given: Node | None) -> Entries:
    if given is None:
        return {}
    inputs = entries(desk, given, folded=True)
    for name, entry in inputs.items():
        if node.text.startswith(SCRIPTED) and name == "script" and entry.value.kind == "scalar":
            check_embedded(desk, entry.value, "step", script=True)
        else:
            of_image = node.text.startswith("docker://") and name == "entrypoint"
            text(desk, entry.value, "step", empty=not of_image)
    return inputs


def wrong_name(uses: str) -> Text:
    hint = say("Write owner/repository@version, owner/repository/path@version, ./path or docker://image.")
    if "@" not in uses:
        return say("`{uses}` does not say which version of the action. {hint}", uses=uses, hint=hint)
    return say("`{uses}` names no action. {hint}", uses=uses, hint=hint)


def check_image(desk: Desk, node: Node) -> None:
    image = node.text.removeprefix("docker://")
    if not image.rpartition("/")[2] or image.endswith((":", "@")):
        desk.note("action", node, say("`{uses}` ends before it has named an image and its tag.", uses=node.text))


def check_known(desk: Desk, node: Node, facts: Facts, inputs: Entries) -> Kind:
    if facts.outdated:
        desk.note(
            "action",
            node,
            say(
                "`{uses}` asks for a Node.js that is no longer there. Take a newer version of the action.",
                uses=node.text,
            ),
        )
        return map_of(WORDS)
    check_inputs(desk, node, node.text, facts, inputs)
    return outputs_of(facts)


def outputs_of(facts: Facts) -> Kind:
    return OPEN if facts.outputs is None else record_of(dict.fromkeys(facts.outputs, WORDS))


def check_inputs(desk: Desk, node: Node, name: str, facts: Facts, inputs: Entries) -> None:
    for key, wanted in facts.inputs.items():
        if wanted.required and key not in inputs:
            desk.note("action", node, say("`{action}` needs the input `{name}`.", action=name, name=wanted.name))
    for key, entry in inputs.items():
        known = facts.inputs.get(key)
        if known is None and not facts.takes_more:
            names = [one.name for one in facts.inputs.values() if not one.deprecated]
            desk.note(
                "action",
                entry.key,
                say(
                    "`{action}` has no input `{name}`. {meant}",
                    action=name,
                    name=entry.key.text,
                    meant=meant(key, names),
                ),
            )
        elif known is not None and known.deprecated:
            desk.note("action", entry.key, deprecated(name, known))


def deprecated(action: str, known: Input) -> Text:
    if known.instead:
        return say(
            "The input `{name}` of `{action}` is deprecated. Use `{instead}`.",
            name=known.name,
            action=action,
            instead=known.instead,
        )
    if known.message:
        return say(
            "The input `{name}` of `{action}` is deprecated: {message}",
            name=known.name,
            action=action,
            message=known.message,
        )
    return say("The input `{name}` of `{action}` is deprecated.", name=known.name, action=action)


def check_local(desk: Desk, node: Node, inputs: Entries) -> Kind:
    """An action that lies in the repository. Where nothing lies, a step may yet bring it: nothing is said."""
    folder = posixpath.normpath(node.text)
    metadata, path = find(desk, folder)
    if metadata is None:
        return map_of(WORDS)
    if path not in desk.repository.named:
        tell_faults(desk, node, metadata, path)
    if metadata.broken:
        return map_of(WORDS)
    if metadata.using == "docker":
        inputs = {name: entry for name, entry in inputs.items() if name not in OF_IMAGE}
    check_inputs(desk, node, node.text, metadata.facts, inputs)
    return outputs_of(metadata.facts)


def find(desk: Desk, folder: str) -> tuple[Metadata | None, str]:
    repository = desk.repository
    for name in FILES if repository.rooted else ():
        path = posixpath.normpath(posixpath.join(folder, name))
        found = repository.actions.get(path)
        if found is None and path in repository.files:
            found = read_action(
                repository.files[path],
                lambda inner: repository.exists(posixpath.normpath(posixpath.join(folder, inner))),
            )
            repository.actions[path] = found
        if found is not None:
            return found, path
    return None, ""


def tell_faults(desk: Desk, node: Node, metadata: Metadata, path: str) -> None:
    """What is wrong with the action is said where a file first uses it."""
    if path in desk.told:
        return
    desk.told.add(path)
    for fault in metadata.faults:
        desk.note("action", node, say("{file}, line {line}: {text}", file=path, line=fault.line, text=fault.text))
