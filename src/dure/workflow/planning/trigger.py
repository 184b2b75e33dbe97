"""Whether an event begins a workflow, and why (not)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dure.kit import Invalid, Text, say
from dure.workflow.expression import Value, read_number
from dure.workflow.pattern import chosen, ignored
from dure.workflow.planning.verdict import Verdict
from dure.workflow.workflow import DispatchInput, DispatchTrigger, EventFilter, Schedule, Workflow

BRANCH = "refs/heads/"
TAG = "refs/tags/"
NO_COMMIT = "0"
SKIP_WORDS = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]")
INPUT_CHARACTERS_MAX = 65_535


@dataclass(frozen=True)
class Event:
    """Something happened that may begin workflows.

    Commits are told by their full names; only zeros where there is none. `message` is that of the commit that was
    pushed. `base` is the branch that a change is meant for: of it the branch filters are asked. `changed_paths` None:
    not known, or too many to tell, and then no path filter holds the workflow back. `workflow` is the name of the one
    whose run has ended, and `ref` the branch of that run.
    """

    name: str
    ref: str = ""
    type: str = ""
    message: str = ""
    before: str = ""
    after: str = ""
    base: str = ""
    changed_paths: Sequence[str] | None = None
    workflow: str = ""
    payload: Mapping[str, Value] = field(default_factory=dict)


def triggered(workflow: Workflow, event: Event) -> Verdict:
    """Whether the event begins the workflow."""
    triggers = workflow.triggers
    if event.name == "workflow_dispatch":
        if triggers.dispatch is None:
            return Verdict(False, say("It cannot be begun by hand: `on` does not name workflow_dispatch."))
        return Verdict(True, say("It was begun by hand."))
    if event.name == "schedule":
        return Verdict(bool(triggers.schedules), on_time(triggers.schedules))
    wanted = triggers.events.get(event.name)
    if wanted is None:
        return Verdict(False, say("`on` does not name {event}.", event=event.name))
    return ASKED.get(event.name, right_type)(wanted, event)


def on_time(schedules: Sequence[Schedule]) -> Text:
    return say("It is time.") if schedules else say("`on` does not name {event}.", event="schedule")


def pushed(wanted: EventFilter, event: Event) -> Verdict:
    if not event.after.strip(NO_COMMIT):
        return Verdict(False, say("The push only removed {ref}.", ref=event.ref))
    word = skip_word(event.message)
    if word is not None:
        return Verdict(False, say("The commit message says {word}.", word=word))
    named = right_ref(wanted, event.ref)
    if not named.yes or event.ref.startswith(TAG):
        return named
    return right_paths(wanted, event.changed_paths, named.why)


def skip_word(message: str) -> str | None:
    return next((word for word in SKIP_WORDS if word in message.lower()), None)


def right_ref(wanted: EventFilter, ref: str) -> Verdict:
    """Whether the branch or the tag is meant. Who names only branches does not mean tags, and the other way round."""
    about_branches = wanted.branches is not None or wanted.branches_ignore is not None
    about_tags = wanted.tags is not None or wanted.tags_ignore is not None
    if ref.startswith(BRANCH):
        name = ref.removeprefix(BRANCH)
        if about_tags and not about_branches:
            return Verdict(False, say("{name} is a branch, and `on.push` names only tags.", name=name))
        return right_name(name, "branches", wanted.branches, wanted.branches_ignore)
    if ref.startswith(TAG):
        name = ref.removeprefix(TAG)
        if about_branches and not about_tags:
            return Verdict(False, say("{name} is a tag, and `on.push` names only branches.", name=name))
        return right_name(name, "tags", wanted.tags, wanted.tags_ignore)
    return Verdict(False, say("{ref} is neither a branch nor a tag.", ref=ref))


def right_name(name: str, key: str, wanted: Sequence[str] | None, unwanted: Sequence[str] | None) -> Verdict:
    if wanted is not None and not chosen(wanted, name):
        return Verdict(False, say("No pattern in `{key}` takes {name}.", key=key, name=name))
    if unwanted is not None and ignored(unwanted, name):
        return Verdict(False, say("A pattern in `{key}` takes {name}.", key=f"{key}-ignore", name=name))
    return Verdict(True, say("{name} was pushed.", name=name))


def right_paths(wanted: EventFilter, changed: Sequence[str] | None, why: Text) -> Verdict:
    if changed is None or (wanted.paths is None and wanted.paths_ignore is None):
        return Verdict(True, why)
    if wanted.paths is not None:
        path = next((path for path in changed if chosen(wanted.paths, path)), None)
        if path is None:
            return Verdict(False, say("No pattern in `{key}` takes a file that changed.", key="paths"))
        return Verdict(True, say("{path} changed.", path=path))
    path = next((path for path in changed if not ignored(wanted.paths_ignore or (), path)), None)
    if path is None:
        return Verdict(False, say("Every file that changed is taken by `{key}`.", key="paths-ignore"))
    return Verdict(True, say("{path} changed.", path=path))


def right_type(wanted: EventFilter, event: Event) -> Verdict:
    """Whether this kind of the event is meant. Unless the file says which, the event's own usual kinds are."""
    meant = wanted.types if wanted.types is not None else TYPES_UNSAID.get(event.name)
    if meant is None or not event.type or event.type in meant:
        return Verdict(True, happened(event))
    return Verdict(False, say("`types` of {event} does not name {type}.", event=event.name, type=event.type))


def changed(wanted: EventFilter, event: Event) -> Verdict:
    """A change that is meant for a branch: pull requests and groups of a merge queue."""
    typed = right_type(wanted, event)
    if not typed.yes:
        return typed
    word = skip_word(event.message) if event.name == "pull_request" else None
    if word is not None:
        return Verdict(False, say("The commit message says {word}.", word=word))
    named = right_name(event.base.removeprefix(BRANCH), "branches", wanted.branches, wanted.branches_ignore)
    return right_paths(wanted, event.changed_paths, typed.why) if named.yes else named


def followed(wanted: EventFilter, event: Event) -> Verdict:
    """The run of another workflow."""
    if wanted.workflows is not None and not chosen(wanted.workflows, event.workflow):
        return Verdict(False, say("No pattern in `{key}` takes {name}.", key="workflows", name=event.workflow))
    typed = right_type(wanted, event)
    if not typed.yes:
        return typed
    named = right_name(event.ref.removeprefix(BRANCH), "branches", wanted.branches, wanted.branches_ignore)
    return typed if named.yes else named


def happened(event: Event) -> Text:
    if event.type:
        return say("{event} happened ({type}).", event=event.name, type=event.type)
    return say("{event} happened.", event=event.name)


ASKED: Mapping[str, Callable[[EventFilter, Event], Verdict]] = {
    "push": pushed,
    "workflow_run": followed,
    **dict.fromkeys(("pull_request", "pull_request_target", "merge_group"), changed),
}
TYPES_UNSAID: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("pull_request", "pull_request_target"), ("opened", "synchronize", "reopened")),
    "merge_group": ("checks_requested",),
}


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
