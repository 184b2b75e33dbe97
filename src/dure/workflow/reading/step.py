"""`steps:`: what a job does, one after another."""

import re

from dure.kit import say
from dure.workflow.document import YamlList, YamlNode, YamlScalar
from dure.workflow.reading.fields import (
    fields,
    flag,
    identifier,
    maybe_condition,
    maybe_text,
    number,
    scalar,
    texts,
    words,
)
from dure.workflow.reading.notes import Notes, meant
from dure.workflow.reading.shared import read_shell
from dure.workflow.syntax import (
    BUILT_IN_ACTIONS,
    OF_STEP,
    OF_STEP_IF,
    REQUIRED_INPUTS,
    STEP,
    STEP_LATER,
    STEPS_MAX,
)
from dure.workflow.workflow import Step, Uses

ACTION = re.compile(r"(?P<action>[^@\s]+)@(?P<version>[^@\s]+)", re.ASCII)
ONLY_WITH_RUN = ("shell", "working-directory")


def read_steps(notes: Notes, node: YamlNode | None) -> tuple[Step, ...]:
    if node is None:
        return ()
    if not isinstance(node, YamlList):
        notes.mistake(node, say("A list of steps is expected here: each begins with `- run:` or `- uses:`."))
        return ()
    if len(node.items) > STEPS_MAX:
        notes.mistake(node, say("A job has at most {count} steps. Make several jobs of it.", count=STEPS_MAX))
        return ()
    taken: set[str] = set()
    return tuple(read_step(notes, item, taken) for item in node.items)


def read_step(notes: Notes, node: YamlNode, taken: set[str]) -> Step:
    before = len(notes.mistakes)
    found = fields(notes, node, STEP, STEP_LATER)
    check_kind(notes, node, found, sound=len(notes.mistakes) == before)
    uses = read_uses(notes, found["uses"]) if "uses" in found else None
    return Step(
        id=read_id(notes, found.get("id"), taken),
        name=maybe_text(notes, found.get("name"), OF_STEP),
        condition=maybe_condition(notes, found.get("if"), OF_STEP_IF),
        run=maybe_text(notes, found.get("run"), OF_STEP),
        uses=uses,
        with_=read_with(notes, node, found.get("with"), uses),
        env=texts(notes, found.get("env"), OF_STEP),
        shell=read_shell(notes, found.get("shell"), OF_STEP),
        working_directory=maybe_text(notes, found.get("working-directory"), OF_STEP, filled=True),
        timeout_minutes=number(notes, found.get("timeout-minutes"), OF_STEP),
        continue_on_error=flag(notes, found.get("continue-on-error"), OF_STEP, False),
        line=node.line,
    )


def check_kind(notes: Notes, node: YamlNode, found: dict[str, YamlNode], *, sound: bool) -> None:
    """A step either runs a script or uses an action, and each kind has its own keys."""
    if "run" in found and "uses" in found:
        notes.mistake(node, say("A step has either `run` or `uses`, not both. Make two steps of it."))
    elif "run" not in found and "uses" not in found and sound:
        notes.mistake(node, say("A step needs `run` with a script or `uses` with an action."))
    if "run" in found and "with" in found:
        notes.mistake(found["with"], say("`with` belongs to `uses`. Give a script its values in `env`."))
    for key in ONLY_WITH_RUN:
        if "uses" in found and key in found:
            notes.mistake(found[key], say("`{key}` belongs to `run`. An action does not take it.", key=key))


def read_id(notes: Notes, node: YamlNode | None, taken: set[str]) -> str | None:
    found = None if node is None else scalar(notes, node)
    if found is None:
        return None
    name = identifier(notes, found)
    if name.lower() in taken:
        notes.mistake(found, say("'{key}' is already defined. Remove one of the two.", key=name))
    taken.add(name.lower())
    return name


def read_uses(notes: Notes, node: YamlNode) -> Uses | None:
    """A built-in action. Any other is refused by its name."""
    named = words(notes, node)
    if not named:
        return None
    match = ACTION.fullmatch(named)
    action = match["action"].lower() if match else named.lower()
    if action not in BUILT_IN_ACTIONS:
        notes.mistake(
            node,
            say(
                "The action `{action}` is not supported yet. Built in are: {actions}.",
                action=named,
                actions=", ".join(sorted(BUILT_IN_ACTIONS)),
            ),
        )
        return None
    if match is None:
        notes.mistake(node, say("The action needs a version: `{action}@v4`, for example.", action=action))
        return None
    return Uses(action, match["version"])


def read_with(notes: Notes, step: YamlNode, node: YamlNode | None, uses: Uses | None) -> dict[str, str]:
    """The inputs of an action, their names in lower case."""
    given = {name.lower(): value for name, value in texts(notes, node, OF_STEP).items()}
    if uses is None:
        return given
    known = BUILT_IN_ACTIONS[uses.action]
    for key in keys(node):
        if key.words.lower() not in known:
            notes.mistake(
                key,
                say(
                    "The input `{key}` of {action} is not supported. {meant}",
                    key=key.words,
                    action=uses.action,
                    meant=meant(key.words.lower(), known),
                ),
            )
    for name in sorted(REQUIRED_INPUTS.get(uses.action, frozenset()) - set(given)):
        notes.mistake(step, say("{action} needs the input `{key}`. Add it under `with`.", action=uses.action, key=name))
    return given


def keys(node: YamlNode | None) -> list[YamlScalar]:
    return [key for key, _ in getattr(node, "pairs", ())]
