"""Merging: whether it may be, and the wish that it be done. Git does it in a phase of the machine."""

from dure import policy
from dure.code.check import checks_of
from dure.code.repositories import UNRELATED
from dure.code.request.changing import RequestOver
from dure.code.request.protection import rules_for
from dure.code.request.request import CLOSED, MERGED, MERGING, TRYING, Manner, MergeRequest
from dure.kit import Refused, Text, say
from dure.ledger import Work, wake
from dure.plan import Project

EMAIL = "noreply@dure.invalid"


class CannotMerge(Refused):
    """Something stands in its way; the sentence says what."""


def blockers(work: Work, project: Project, request: MergeRequest) -> list[Text]:
    """What stands in the way of a merge, a sentence each."""
    policy.require(work, "code.read", project.scope)
    found: list[Text] = []
    if request.conflicting:
        names = ", ".join(request.conflicting[:5])
        why = say("It conflicts with {target} in {names}. Merge {target} into it.", target=request.target, names=names)
        found.append(no_history(request.target) if UNRELATED in request.conflicting else why)
    elif request.phase == TRYING:
        found.append(say("It is being tried whether it can be merged."))
    states = {check.name: check.state for check in checks_of(work, project, request.head_sha)}
    for name in rules_for(work, project, request.target).on_head:
        state = states.get(name)
        if state is None:
            found.append(say("The check {name} has not been made yet.", name=name))
        elif state != "success":
            found.append(say("The check {name} is not green: {state}.", name=name, state=state))
    return found


def merge_request(work: Work, project: Project, request: MergeRequest, manner: Manner = "merge") -> MergeRequest:
    """Let it be merged, if nothing stands in its way. Asked twice, it is done once."""
    policy.require(work, "code.merge", project.scope)
    if request.phase in (MERGING, MERGED):
        return request
    if request.phase == CLOSED:
        raise RequestOver(say("!{number} is closed. Reopen it first.", number=request.number))
    if rules_for(work, project, request.target).by_queue:
        raise CannotMerge(
            say(
                "{target} is merged through a queue. Put it there: dure mr queue {number}",
                target=request.target,
                number=request.number,
            )
        )
    found = blockers(work, project, request)
    if found:
        raise CannotMerge(found[0])
    request.phase, request.manner, request.onto, request.tested_sha = MERGING, manner, "", ""
    request.ended_by, request.ended_by_name = work.actor.ref, work.actor.name
    wake(work, request)
    return request


def no_history(target: str) -> Text:
    return say("It has no history in common with {target}.", target=target)


def merge_words(request: MergeRequest, manner: str) -> str:
    """The message of the commit that it comes to."""
    if manner == "merge":
        return f"Merge {request.source} into {request.target} (!{request.number})\n\n{request.title}\n"
    return f"{request.title} (!{request.number})\n\n{request.body}".strip() + "\n"
