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
    reads,
    repository,
    resolved,
    see,
    told,
    within,
)
from dure.rest.routes.repos import CONTENTS, Rest, inner
from dure.rest.shapes import Addresses, commit_shape, moment, status_shape

STATUSES, CHECKS = Wanted("statuses"), Wanted("checks")
OURS = {"pending": "pending", "success": "success", "failure": "failure", "error": "failure"}
TAKEN = "build/"
"""Under names that begin so runs stand beside their commits; no job says how a run went."""
DONE = {"success": "success", "failure": "failure", "cancelled": "cancelled"}


class NewStatus(Struct):
    state: str = ""
    context: str = "default"
    description: str | None = None
    target_url: str | None = None


@reads(f"{REPO}/commits/{{rest:path}}")
async def commit(request: Asked, owner: Word, repo: Word, rest: Rest) -> Response[Any]:
    """Of a branch, a tag or a sha; with a word behind it, what was said of it."""
    ref, _, word = inner(rest).rpartition("/")
    about = {"status": combined, "statuses": statuses, "check-runs": check_runs}.get(word) if ref else None
    if about is not None:
        return await about(request, owner, repo, ref)
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
    return told([status_shape(at, check) for check in checks])


async def check_runs(request: Asked, owner: str, repo: str, ref: str) -> Response[Any]:
    at, sha, checks = await said_of(request, owner, repo, ref, CHECKS)
    return told({"total_count": len(checks), "check_runs": [check_shape(at, sha, check) for check in checks]})


def check_shape(at: Addresses, sha: str, check: Check) -> Shape:
    conclusion = DONE.get(check.state)
    return {
        "id": check.id,
        "name": check.name,
        "head_sha": sha,
        "status": "completed" if conclusion else "in_progress" if check.state == "running" else "queued",
        "conclusion": conclusion,
        "started_at": moment(check.set_at),
        "completed_at": moment(check.set_at) if conclusion else None,
        "details_url": check.url or None,
        "html_url": check.url or at.page(),
        "output": {"title": check.words or None, "summary": None},
    }


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
    if said.context.startswith(TAKEN):
        raise Invalid({"context": say("Names that begin with {word} are those of runs.", word=TAKEN)})

    def do(work: Work, project: Project) -> Check:
        words = {"url": said.target_url or "", "words": said.description or ""}
        return set_check(work, project, known, name=said.context, state=OURS[said.state], **words)

    check = await act(request, wanted, within(owner, repo, do))
    return told(status_shape(addresses(request, project), check), 201)


handlers = [commit, new_status]
