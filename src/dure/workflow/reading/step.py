"""`steps:`: what a job does, one after another."""

from dure.kit import Text, say
from dure.workflow.document import YamlList, YamlNode, YamlScalar
from dure.workflow.grammar import Notes
from dure.workflow.reading.fields import (
    RESERVED,
    check_name,
    fields,
    flag,
    is_expression,
    items,
    maybe_condition,
    number,
    reserved,
    text,
    texts,
    words,
)
from dure.workflow.reading.shared import read_shell
from dure.workflow.syntax import OF_STEP_IF, STEPS_MAX
from dure.workflow.workflow import Step

NOT_AT_ONCE = ("background", "wait", "wait-all", "cancel", "parallel")


def read_steps(notes: Notes, node: YamlNode | None) -> tuple[Step, ...]:
    if not isinstance(node, YamlList):
        return ()
    if len(node.items) > STEPS_MAX:
        notes.mistake(node, say("A job has at most {count} steps. Make several jobs of it.", count=STEPS_MAX))
        return ()
    taken: dict[str, str] = {}
    return tuple(read_step(notes, item, taken) for item in node.items)


def read_step(notes: Notes, node: YamlNode, taken: dict[str, str]) -> Step:
    found = fields(node)
    own = read_id(notes, found.get("id"), taken)
    uses = found.get("uses")
    if uses is not None:
        check_uses(notes, uses)
    return Step(
        id=own,
        name=text(found.get("name")),
        condition=maybe_condition(notes, found.get("if"), OF_STEP_IF),
        run=text(found.get("run")),
        uses=words(uses),
        with_=texts(found.get("with")),
        env=texts(found.get("env")),
        shell=read_shell(notes, found.get("shell")),
        working_directory=text(found.get("working-directory")),
        timeout_minutes=number(notes, found.get("timeout-minutes")),
        continue_on_error=flag(found.get("continue-on-error"), False),
        line=node.line,
        background=flag(found.get("background"), False) is True,
        wait=read_targets(notes, found.get("wait"), taken, own),
        wait_all="wait-all" in found and is_wanted(notes, found["wait-all"]),
        cancel=read_targets(notes, found.get("cancel"), taken, own),
        parallel=read_parallel(notes, node, found["parallel"]) if "parallel" in found else (),
    )


def read_id(notes: Notes, node: YamlNode | None, taken: dict[str, str]) -> str | None:
    if not isinstance(node, YamlScalar):
        return None
    name = check_name(notes, node)
    if name.lower() in taken:
        notes.mistake(
            node,
            say("The identifier '{name}' may not be used more than once within the same scope.", name=name),
            "id",
        )
    taken.setdefault(name.lower(), name)
    return name


def check_uses(notes: Notes, node: YamlNode) -> None:
    """An action by its repository and version, by its path, or a container's image."""
    named = words(node) or ""
    if named.startswith(("./", ".\\", "$/", "docker://")) or is_expression(node):
        return
    place, at, version = named.partition("@")
    parts = [part for part in place.replace("\\", "/").split("/") if part]
    if not at or not version or "@" in version or len(parts) < 2:
        notes.mistake(
            node,
            say("Expected format {form}. Actual '{words}'", form="{org}/{repo}[/path]@ref", words=named),
            "action",
        )


def read_targets(notes: Notes, node: YamlNode | None, taken: dict[str, str], own: str | None) -> tuple[str, ...]:
    """The steps that are waited for or ended: ones that stand before."""
    targets = items(node)
    for target in targets:
        name = words(target) or ""
        if name.startswith(RESERVED):
            notes.mistake(target, reserved(name), "id")
        elif own is not None and name.lower() == own.lower():
            notes.mistake(target, say("Step '{name}' cannot reference itself", name=own), "id")
        elif taken.get(name.lower()) != name:
            notes.mistake(target, say("Step references unknown step ID '{name}'", name=name), "id")
    return tuple(target.words for target in targets)


def is_wanted(notes: Notes, node: YamlNode) -> bool:
    if isinstance(node, YamlScalar) and node.value is False:
        notes.mistake(node, say("The value of 'wait-all' must be true or omitted"))
    return True


def read_parallel(notes: Notes, step: YamlNode, node: YamlNode) -> tuple[Step, ...]:
    """Steps that run at once. They only run or use something."""
    for item in node.items if isinstance(node, YamlList) else ():
        for key in NOT_AT_ONCE:
            if key in fields(item):
                notes.mistake(item, not_at_once(key), value=step)
    return read_steps(notes, node)


def not_at_once(key: str) -> Text:
    if key == "parallel":
        return say("Nested 'parallel' blocks are not allowed.")
    if key == "background":
        return say(
            "'background' is not allowed inside a parallel block. Steps in a parallel block are automatically run as"
            " background steps."
        )
    return say("'{key}' is not allowed inside a parallel block.", key=key)
