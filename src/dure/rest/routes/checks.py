"""Check runs: our checks again. Of what is told of one, its name, how it went, its title and its address are kept."""

from litestar import Response
from msgspec import Struct

from dure.code import Check, set_check
from dure.kit import Invalid, say
from dure.ledger import Work
from dure.plan import Project
from dure.rest.checks import check_in
from dure.rest.grant import WRITE, Wanted
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Id,
    Shape,
    Word,
    act,
    addresses,
    body_of,
    changes,
    makes,
    reads,
    see,
    told,
    within,
)
from dure.rest.routes.commits import CHECKS, commit_of, usable
from dure.rest.shapes import check_shape

SETS = Wanted("checks", WRITE)
RUNS = f"{REPO}/check-runs"
RUN = f"{RUNS}/{{check_id:int}}"
UNDER_WAY = {"queued": "pending", "in_progress": "running"}
ENDED = {
    **dict.fromkeys(("success", "neutral", "skipped"), "success"),
    **dict.fromkeys(("failure", "timed_out", "action_required"), "failure"),
    "cancelled": "cancelled",
}
"""What lets a change through is a success here; the house has no more words for it."""


class Output(Struct):
    title: str | None = None
    summary: str | None = None


class NewCheck(Struct):
    name: str
    head_sha: str
    status: str = "queued"
    conclusion: str | None = None
    details_url: str | None = None
    output: Output | None = None


class Change(Struct):
    name: str | None = None
    status: str | None = None
    conclusion: str | None = None
    details_url: str | None = None
    output: Output | None = None


def state_of(status: str | None, conclusion: str | None, before: str = "") -> str:
    if conclusion is not None:
        if conclusion not in ENDED:
            raise Invalid({"conclusion": say("It is one of {words}.", words=", ".join(ENDED))})
        return ENDED[conclusion]
    if status is None:
        return before
    if status == "completed":
        raise Invalid({"conclusion": say("What is completed needs one.")})
    if status not in UNDER_WAY:
        raise Invalid({"status": say("It is one of {words}.", words=", ".join((*UNDER_WAY, "completed")))})
    return UNDER_WAY[status]


@makes(RUNS)
async def new_check(request: Asked, owner: Word, repo: Word) -> Response[Shape]:
    said = await body_of(request, NewCheck)
    state, words = state_of(said.status, said.conclusion), said.output.title if said.output else None
    usable("name", said.name)
    _, sha = await commit_of(request, owner, repo, said.head_sha, SETS)

    def do(work: Work, project: Project) -> Shape:
        url = said.details_url or ""
        made = set_check(work, project, sha, name=said.name, state=state, url=url, words=words or "")
        return check_shape(addresses(request, project), made)

    return told(await act(request, SETS, within(owner, repo, do)), 201)


@reads(RUN)
async def check(request: Asked, owner: Word, repo: Word, check_id: Id) -> Response[Shape]:
    def find(work: Work, project: Project) -> Shape:
        return check_shape(addresses(request, project), check_in(work, project, check_id))

    return told(await see(request, CHECKS, within(owner, repo, find)))


@changes(RUN)
async def change(request: Asked, owner: Word, repo: Word, check_id: Id) -> Response[Shape]:
    said = await body_of(request, Change)

    def do(work: Work, project: Project) -> Shape:
        found = check_in(work, project, check_id)
        usable("name", found.name)
        if said.name not in (None, found.name):
            raise Invalid({"name": say("The name of a check stays.")})
        return check_shape(addresses(request, project), changed(work, project, found, said))

    return told(await act(request, SETS, within(owner, repo, do)))


# open: `change` has found it, and `set_check` asks.
def changed(work: Work, project: Project, found: Check, said: Change) -> Check:
    url = found.url if said.details_url is None else said.details_url
    title = said.output.title if said.output else None
    state = state_of(said.status, said.conclusion, found.state)
    words = found.words if title is None else title
    return set_check(work, project, found.sha, name=found.name, state=state, url=url, words=words)


handlers = [new_check, check, change]
