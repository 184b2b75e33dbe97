"""Reusable workflows: whether each call gives what the called workflow asks for, and no rights the caller has not.

Pure: whoever asks has fetched the texts, and `called_path` says under which names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dure.kit import Text, say
from dure.workflow.document import YamlNode, YamlScalar
from dure.workflow.expression import has_expression
from dure.workflow.handed import CALLED_MAX, LOCAL, too_many, wrong_inputs, wrong_secrets
from dure.workflow.mistake import MISTAKES_MAX, Mistake
from dure.workflow.reading.fields import fields, pairs
from dure.workflow.reading.file import Examined, examine
from dure.workflow.rights import exceeding, rights_of
from dure.workflow.syntax import NESTED_CALLS_MAX
from dure.workflow.workflow import CallInput, CallTrigger, Job, Permissions, Workflow

RULE = "workflow-call"


def called_path(uses: str, caller: str = "") -> str:
    """The name of a called workflow: `./path` in the repository of the first one, or `owner/repository/path@ref`. A
    path means the repository of the caller, at the same commit."""
    if not uses.startswith(LOCAL):
        return uses
    path = uses[2:]
    place, at, ref = caller.partition("@")
    owner_and_name = place.split("/")[:2]
    return f"{'/'.join(owner_and_name)}/{path}@{ref}" if at and len(owner_and_name) == 2 else f"./{path}"


def check_calls(
    caller: Examined,
    texts: Mapping[str, str],
    *,
    complete: bool = True,
    depth_max: int = NESTED_CALLS_MAX,
    unsaid: Permissions | None = None,
) -> tuple[Mistake, ...]:
    """What is wrong with the calls of a workflow, and with the workflows it calls. `texts` holds the files by the names
    of `called_path`; unless they are `complete`, one that is not among them is not looked at. `unsaid` are the rights
    of a workflow that says nothing about them; None: all there are."""
    if caller.workflow is None:
        return ()
    whole = Calls(dict(texts), complete, depth_max)
    whole.calls_of(caller, "", caller.workflow.permissions or unsaid, 1)
    return tuple(whole.mistakes)


@dataclass(frozen=True)
class Call:
    """One job that calls a workflow, and the places in the file to point at."""

    job: Job
    name: YamlScalar
    uses: YamlNode
    node: YamlNode


class Calls:
    """Goes from a workflow to those it calls, and on to those that they call."""

    def __init__(self, texts: dict[str, str], complete: bool, depth_max: int) -> None:
        self.texts = texts
        self.complete = complete
        self.depth_max = depth_max
        self.read: dict[str, Examined] = {}
        self.seen: set[tuple[str, str, int]] = set()
        self.mistakes: list[Mistake] = []

    def calls_of(self, caller: Examined, path: str, rights: Permissions | None, depth: int) -> None:
        assert caller.workflow is not None
        for call in calls_in(caller):
            self.call(call, path, call.job.permissions or rights, depth)

    def call(self, call: Call, path: str, rights: Permissions | None, depth: int) -> None:
        name = called_path(call.job.uses or "", path)
        refusal = self.refusal(name, depth)
        if refusal is not None:
            self.wrong(call.uses, refusal, path)
        if refusal is not None or name not in self.texts:
            return
        called = self.examined(name)
        if called.workflow is None:
            return
        trigger = called.workflow.triggers.call
        if trigger is None:
            self.wrong(call.uses, say("workflow_call key is not defined in the referenced workflow."), path)
            return
        for node, text in wrong_things(call, trigger):
            self.wrong(node, text, path)
        for text in wrong_rights(name, called.workflow, rights):
            self.wrong(call.name, text, path)
        seen = (name, repr(rights), depth)
        if seen not in self.seen:
            self.seen.add(seen)
            self.calls_of(called, name, called.workflow.permissions or rights, depth + 1)

    def wrong(self, node: YamlNode, text: Text, path: str) -> None:
        if len(self.mistakes) < MISTAKES_MAX:
            self.mistakes.append(Mistake(node.line, node.column, text, RULE, path=path))

    def refusal(self, name: str, depth: int) -> Text | None:
        """Why a workflow cannot be called at all."""
        if depth > self.depth_max:
            return say("Nested reusable workflow depth exceeded {count}.", count=self.depth_max)
        if name not in self.texts:
            return say("Unable to find reusable workflow") if self.complete else None
        if name not in self.read and len(self.read) >= CALLED_MAX:
            return too_many()
        return None

    def examined(self, name: str) -> Examined:
        """A called workflow, read once; its own mistakes are told once."""
        if name not in self.read:
            found = examine(self.texts[name], name)
            self.read[name] = found
            self.mistakes.extend(replace(mistake, path=name) for mistake in found.grammar + found.sense)
        return self.read[name]


def calls_in(caller: Examined) -> list[Call]:
    assert caller.workflow is not None
    jobs = fields(caller.tree).get("jobs")
    found: list[Call] = []
    for name, node in pairs(jobs):
        job = caller.workflow.jobs.get(name.words)
        uses = fields(node).get("uses")
        if job is not None and job.uses and uses is not None:
            found.append(Call(job, name, uses, node))
    return found


def wrong_things(call: Call, trigger: CallTrigger) -> list[tuple[YamlNode, Text]]:
    """What is handed over and should not be, or is not and should."""
    inputs, secrets = (
        {key.words: value for key, value in pairs(fields(call.node).get(name))} for name in ("with", "secrets")
    )
    found = [(call.uses if name is None else inputs[name], text) for name, text in wrong_inputs(trigger, inputs, unfit)]
    if call.job.secrets != "inherit":
        found += [
            (call.uses if name is None else secrets[name], text) for name, text in wrong_secrets(trigger, secrets)
        ]
    return found


def unfit(_: str, asked: CallInput, value: YamlNode) -> Text | None:
    """By the kind of the scalar: whoever reads a file takes no text for a number."""
    if isinstance(value, YamlScalar) and not is_of_kind(value, asked):
        return say("Unexpected value '{value}'", value=value.words)
    return None


def is_of_kind(value: YamlScalar, asked: CallInput) -> bool:
    if asked.type == "string" or (isinstance(value.value, str) and has_expression(value.value)):
        return True
    if asked.type == "boolean":
        return isinstance(value.value, bool)
    return isinstance(value.value, int | float) and not isinstance(value.value, bool)


def wrong_rights(name: str, called: Workflow, allowed: Permissions | None) -> list[Text]:
    """Rights that the called workflow or one of its jobs asks for and the caller does not have."""
    if allowed is None:
        return []
    found: list[Text] = []
    if called.permissions is not None and (more := exceeding(called.permissions, allowed)):
        found.append(
            say(
                "Error calling workflow '{name}'. The workflow '{name}' is requesting '{wanted}', but is only allowed"
                " '{allowed}'.",
                name=name,
                wanted=rights_of(called.permissions, more),
                allowed=rights_of(allowed, more),
            )
        )
    found += [
        say(
            "Error calling workflow '{name}'. The nested job '{job}' is requesting '{wanted}', but is only allowed"
            " '{allowed}'.",
            name=name,
            job=job.name or job.id,
            wanted=rights_of(job.permissions, more),
            allowed=rights_of(allowed, more),
        )
        for job in called.jobs.values()
        if job.permissions is not None and (more := exceeding(job.permissions, allowed))
    ]
    return found
