"""Whether an event begins a workflow, and why (not)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dure.kit import Invalid, Text, say
from dure.workflow.expression import Value, read_number
from dure.workflow.pattern import chosen, ignored
from dure.workflow.planning.verdict import Verdict
from dure.workflow.workflow import DispatchInput, DispatchTrigger, PushTrigger, Workflow

BRANCH = "refs/heads/"
TAG = "refs/tags/"
NO_COMMIT = "0"
SKIP_WORDS = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]")
INPUT_CHARACTERS_MAX = 65_535


@dataclass(frozen=True)
class PushEvent:
    """A ref moved. Commits by their full names; only zeros where there is none. `changed_paths` None: not known, or
    too many to tell, and then no path filter holds the workflow back. `message` is that of the commit it moved to."""

    ref: str
    before: str
    after: str
    changed_paths: Sequence[str] | None
    message: str = ""


@dataclass(frozen=True)
class DispatchEvent:
    """Somebody begins it by hand on a ref."""

    ref: str


def triggered(workflow: Workflow, event: PushEvent | DispatchEvent) -> Verdict:
    """Whether the event begins the workflow."""
    if isinstance(event, DispatchEvent):
        if workflow.triggers.dispatch is None:
            return Verdict(False, say("It cannot be begun by hand: `on` does not name workflow_dispatch."))
        return Verdict(True, say("It was begun by hand."))
    if workflow.triggers.push is None:
        return Verdict(False, say("`on` does not name push."))
    return pushed(workflow.triggers.push, event)


def pushed(trigger: PushTrigger, event: PushEvent) -> Verdict:
    if not event.after.strip(NO_COMMIT):
        return Verdict(False, say("The push only removed {ref}.", ref=event.ref))
    word = next((word for word in SKIP_WORDS if word in event.message.lower()), None)
    if word is not None:
        return Verdict(False, say("The commit message says {word}.", word=word))
    named = right_ref(trigger, event.ref)
    if not named.yes or event.ref.startswith(TAG):
        return named
    return right_paths(trigger, event.changed_paths, named.why)


def right_ref(trigger: PushTrigger, ref: str) -> Verdict:
    """Whether the branch or the tag is meant. Who names only branches does not mean tags, and the other way round."""
    about_branches = trigger.branches is not None or trigger.branches_ignore is not None
    about_tags = trigger.tags is not None or trigger.tags_ignore is not None
    if ref.startswith(BRANCH):
        name = ref.removeprefix(BRANCH)
        if about_tags and not about_branches:
            return Verdict(False, say("{name} is a branch, and `on.push` names only tags.", name=name))
        return right_name(name, "branches", trigger.branches, trigger.branches_ignore)
    if ref.startswith(TAG):
        name = ref.removeprefix(TAG)
        if about_branches and not about_tags:
            return Verdict(False, say("{name} is a tag, and `on.push` names only branches.", name=name))
        return right_name(name, "tags", trigger.tags, trigger.tags_ignore)
    return Verdict(False, say("{ref} is neither a branch nor a tag.", ref=ref))


def right_name(name: str, key: str, wanted: Sequence[str] | None, unwanted: Sequence[str] | None) -> Verdict:
    if wanted is not None and not chosen(wanted, name):
        return Verdict(False, say("No pattern in `{key}` takes {name}.", key=key, name=name))
    if unwanted is not None and ignored(unwanted, name):
        return Verdict(False, say("A pattern in `{key}` takes {name}.", key=f"{key}-ignore", name=name))
    return Verdict(True, say("{name} was pushed.", name=name))


def right_paths(trigger: PushTrigger, changed: Sequence[str] | None, why: Text) -> Verdict:
    if changed is None or (trigger.paths is None and trigger.paths_ignore is None):
        return Verdict(True, why)
    if trigger.paths is not None:
        path = next((path for path in changed if chosen(trigger.paths, path)), None)
        if path is None:
            return Verdict(False, say("No pattern in `{key}` takes a file that changed.", key="paths"))
        return Verdict(True, say("{path} changed.", path=path))
    path = next((path for path in changed if not ignored(trigger.paths_ignore or (), path)), None)
    if path is None:
        return Verdict(False, say("Every file that changed is taken by `{key}`.", key="paths-ignore"))
    return Verdict(True, say("{path} changed.", path=path))


def dispatch_inputs(trigger: DispatchTrigger, given: Mapping[str, str]) -> dict[str, Value]:
    """The answers to the questions of a workflow, each of its type. Invalid has a sentence for each bad one."""
    wrong: dict[str, Text] = {
        name: say("This workflow has no input of that name.") for name in given if name not in trigger.inputs
    }
    found: dict[str, Value] = {}
    for name, asked in trigger.inputs.items():
        words = given.get(name, "")
        answer = blank(asked) if not words else typed(asked, words)
        if isinstance(answer, Text):
            wrong[name] = answer
        else:
            found[name] = answer
    if wrong:
        raise Invalid(wrong)
    return found


def blank(asked: DispatchInput) -> Value | Text:
    """What stands in for an answer that was not given."""
    if asked.default is not None:
        return asked.default
    if asked.required and asked.type != "boolean":
        return say("This is needed.")
    if asked.type == "boolean":
        return False
    if asked.type == "choice" and asked.options:
        return asked.options[0]
    return 0 if asked.type == "number" else ""


def typed(asked: DispatchInput, words: str) -> Value | Text:
    if len(words) > INPUT_CHARACTERS_MAX:
        return say("This is longer than {count} characters.", count=INPUT_CHARACTERS_MAX)
    if asked.type == "boolean":
        flag = {"true": True, "false": False}.get(words.lower())
        return say("Give true or false.") if flag is None else flag
    if asked.type == "number":
        number = read_number(words.strip())
        return say("Give a number.") if number != number else number
    if asked.type == "choice" and words not in asked.options:
        return say("Give one of: {words}.", words=", ".join(asked.options))
    return words
