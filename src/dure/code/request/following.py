"""What a push means for the merge requests of its branch."""

from dure.code.push import HEADS, Pushed
from dure.code.request.changing import closed_event, note
from dure.code.request.happened import MergeRequestSynchronized
from dure.code.request.request import CLOSED, MERGING, TRYING, MergeRequest, open_of_branch
from dure.kit import now
from dure.ledger import Work, wake


# open: the house's own reaction to a push; whoever pushed was asked then.
def follow_push(work: Work, pushed: Pushed) -> None:
    """Those that the branch is a side of are tried again; a branch that is gone closes its own."""
    if not pushed.ref.startswith(HEADS):
        return
    branch = pushed.ref.removeprefix(HEADS)
    for request in open_of_branch(work, pushed.project, pushed.ref):
        if request.phase == MERGING:
            continue
        if pushed.deleted:
            close(work, request)
        elif request.source == branch:
            synchronize(work, request, pushed)
        elif request.target_sha != pushed.after:
            request.target_sha, request.phase = pushed.after, TRYING
            wake(work, request)


def synchronize(work: Work, request: MergeRequest, pushed: Pushed) -> None:
    """Told twice, it is written once."""
    if request.head_sha == pushed.after:
        return
    request.before_sha, request.head_sha = request.head_sha, pushed.after
    request.action = request.action or "synchronize"
    request.phase = TRYING
    event = MergeRequestSynchronized(
        project=request.project_id,
        request=request.id,
        number=request.number,
        before=pushed.before,
        after=pushed.after,
    )
    note(work, request, event)
    wake(work, request)


def close(work: Work, request: MergeRequest) -> None:
    request.phase, request.closed_at = CLOSED, now()
    request.ended_by, request.ended_by_name = work.actor.ref, work.actor.name
    note(work, request, closed_event(request))
