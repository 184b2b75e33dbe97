"""One commit: itself, and what was said of it. Our checks are told both as statuses and as check runs."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from litestar import Response
from msgspec import Struct

from dure.code import Check, checks_of, set_check
from dure.kit import Invalid, Missing, say
from dure.ledger import Work
from dure.plan import Project
from dure.rest.grant import WRITE, Wanted
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Shape,
    Word,
    act,
    addresses,
    body_of,
    makes,
    of_git,
    paged,
    reads,
    repository,
    resolved,
    see,
    told,
    turn_of,
    whole_paged,
    within,
)
from dure.rest.routes.pulls import READS as PULLS
from dure.rest.routes.pulls import pulls_with
from dure.rest.routes.repos import CONTENTS, Rest, inner
from dure.rest.shapes import Addresses, check_shape, commit_shape, status_shape

STATUSES, CHECKS = Wanted("statuses"), Wanted("checks")
OURS = {"pending": "pending", "success": "success", "failure": "failure", "error": "failure"}
TAKEN = "build/"
"""Under names that begin so runs stand beside their commits; no job says how a run went."""


class NewStatus(Struct):
    state: str = ""
    context: str = "default"
    description: str | None = None
    target_url: str | None = None


@reads(f"{REPO}/commits/{{rest:path}}")
async def commit(request: Asked, owner: Word, repo: Word, rest: Rest) -> Response[Any]:
    """Of a branch, a tag or a sha; with a word behind it, what was said of it."""
    ref, _, word = inner(rest).rpartition("/")
    about = {"status": combined, "statuses": statuses, "check-runs": check_runs, "pulls": pulls}
    if ref and word in about:
        return await about[word](request, owner, repo, ref)
    project, found = await repository(request, owner, repo, CONTENTS)
    sha = await resolved(request, found, inner(rest))
    if request.headers.get("accept", "").startswith("application/vnd.github.sha"):
        # Whoever accepts only a sha is told that.
        return Response(sha, media_type="application/vnd.github.sha")
    info = await of_git(request, lambda git: git.commit(found.id, sha))
    if info is None:
        raise Missing
    return told(commit_shape(addresses(request, project), info))


async def combined(request: Asked, owner: str, repo: str, ref: str) -> Response[Any]:
    at, sha, checks = await said_of(request, owner, repo, ref, STATUSES)
    states = [status_shape(at, check) for check in checks]
    said = {each["state"] for each in states}
    state = "failure" if said & {"failure", "error"} else "success" if said == {"success"} else "pending"
    return told({"state": state, "sha": sha, "total_count": len(states), "statuses": states, "url": at.api()})


async def statuses(request: Asked, owner: str, repo: str, ref: str) -> Response[Any]:
    at, _, checks = await said_of(request, owner, repo, ref, STATUSES)
    return whole_paged(request, [status_shape(at, check) for check in checks])


async def pulls(request: Asked, owner: str, repo: str, ref: str) -> Response[Any]:
    _, sha = await commit_of(request, owner, repo, ref, PULLS)
    return await pulls_with(request, owner, repo, sha)


async def check_runs(request: Asked, owner: str, repo: str, ref: str) -> Response[Any]:
    turn, name = turn_of(request), request.query_params.get("check_name")
    at, _, checks = await said_of(request, owner, repo, ref, CHECKS)
    found = [check_shape(at, check) for check in checks if name in (None, check.name)]
    some, headers = paged(request, turn, turn.cut(found), len(found))
    return told({"total_count": len(found), "check_runs": list(some)}, headers=headers)


async def said_of(
    request: Asked, owner: str, repo: str, ref: str, wanted: Wanted
) -> tuple[Addresses, str, Sequence[Check]]:
    project, sha = await commit_of(request, owner, repo, ref, wanted)
    checks = await see(request, wanted, within(owner, repo, partial(checks_of, sha=sha)))
    return addresses(request, project), sha, checks


async def commit_of(request: Asked, owner: str, repo: str, ref: str, wanted: Wanted) -> tuple[Project, str]:
    project, found = await repository(request, owner, repo, wanted)
    return project, await resolved(request, found, ref)


@makes(f"{REPO}/statuses/{{sha:str}}")
async def new_status(request: Asked, owner: Word, repo: Word, sha: Word) -> Response[Shape]:
    """A check of a commit, under a name of its own."""
    wanted = Wanted("statuses", WRITE)
    project, known = await commit_of(request, owner, repo, sha, wanted)
    said = await body_of(request, NewStatus)
    if said.state not in OURS:
        raise Invalid({"state": say("A status is one of {words}.", words=", ".join(OURS))})
    usable("context", said.context)

    def do(work: Work, project: Project) -> Check:
        words = {"url": said.target_url or "", "words": said.description or ""}
        return set_check(work, project, known, name=said.context, state=OURS[said.state], **words)

    check = await act(request, wanted, within(owner, repo, do))
    return told(status_shape(addresses(request, project), check), 201)


def usable(field: str, name: str) -> None:
    if not name.strip():
        raise Invalid({field: say("A check needs a name.")})
    if name.startswith(TAKEN):
        raise Invalid({field: say("Names that begin with {word} are those of runs.", word=TAKEN)})


handlers = [commit, new_status]
