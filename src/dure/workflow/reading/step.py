"""`steps:`: what a job does, one after another."""

from dure.kit import say
from dure.workflow.document import YamlList, YamlNode
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
from dure.workflow.reading.notes import Notes
from dure.workflow.reading.shared import read_shell
from dure.workflow.syntax import (
    OF_STEP,
    OF_STEP_IF,
    STEP,
    STEP_LATER,
    STEPS_MAX,
)
from dure.workflow.workflow import Step

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
    return Step(
        id=read_id(notes, found.get("id"), taken),
        name=maybe_text(notes, found.get("name"), OF_STEP),
        condition=maybe_condition(notes, found.get("if"), OF_STEP_IF),
        run=maybe_text(notes, found.get("run"), OF_STEP),
        uses=words(notes, found["uses"]) if "uses" in found else None,
        with_=texts(notes, found.get("with"), OF_STEP),
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
