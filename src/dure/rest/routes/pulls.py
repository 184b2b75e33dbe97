"""Merge requests as pull requests: read, opened and changed. There are no reviews in this house, so none are listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.params import QueryParameter
from msgspec import UNSET, Struct, UnsetType

from dure.code import (
    AlreadyAsked,
    Diff,
    FileDiff,
    MergeRequest,
    Repository,
    blockers,
    close_request,
    edit_request,
    find_request,
    labels_by_request,
    open_request,
    reopen_request,
    repository_of,
)
from dure.kit import Invalid, Missing, say
from dure.kit import Text as Sentence
from dure.ledger import Work
from dure.plan import Label, Project
from dure.rest.grant import WRITE, Wanted
from dure.rest.pulls import Sought, pulls_of
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Id,
    Shape,
    Text,
    Turn,
    Word,
    act,
    addresses,
    body_of,
    changes,
    listed,
    makes,
    of_git,
    reads,
    see,
    told,
    turn_of,
    whole_paged,
    within,
)
from dure.rest.routes.refusing import INVALID, no
from dure.rest.shapes import commit_shape, file_shape, pull_shape, whole_pull_shape

READS, WRITES = Wanted("pull-requests"), Wanted("pull-requests", WRITE)
PULLS = f"{REPO}/pulls"
PULL = f"{PULLS}/{{number:int}}"
COMMITS_MAX = 250
SIDES = {"source": "head", "target": "base"}
STATES = ("open", "closed", "all")
InState = Annotated[str, QueryParameter(name="state", max_length=20)]
TEXTS = (".diff", ".patch")


@dataclass(frozen=True)
class Found:
    project: Project
    home: Repository
    one: MergeRequest
    labels: Sequence[Label]
    blocked: Sequence[Sentence]


class NewPull(Struct):
    title: str
    head: str
    base: str
    body: str | None = None
    draft: bool = False


class Change(Struct):
    title: str | None = None
    body: str | UnsetType | None = UNSET
    state: str | None = None
    base: str | None = None


def branch_in(project: Project, label: str) -> str:
    """`OWNER:BRANCH` is said of branches of this repository as well; those of others are never merged here."""
    owner, _, branch = label.rpartition(":")
    if owner and owner.lower() != project.owner.lower():
        raise Invalid({"head": say("Only branches of this repository can be merged here.")})
    return branch


# open: `found_pull` comes in through the project, and `find_request` asks.
def home_of(work: Work, project: Project) -> Repository:
    found = repository_of(work, project)
    if found is None:
        raise Missing
    return found


@reads(PULLS)
async def pulls(
    request: Asked,
    owner: Word,
    repo: Word,
    in_state: InState = "open",
    head: Text = "",
    base: Text = "",
    sort: Text = "created",
    direction: Text = "",
) -> Response[list[Shape]]:
    if in_state not in STATES:
        raise Invalid({"state": say("It is one of {words}.", words=", ".join(STATES))})
    # Without a direction, GitHub turns around only what it sorts by when it was made.
    turn, upward = turn_of(request), (direction or ("desc" if sort == "created" else "asc")) == "asc"

    def find(work: Work, project: Project) -> list[Shape]:
        if ":" in head and head.partition(":")[0].lower() != project.owner.lower():
            return []
        sought = Sought(in_state, head.rpartition(":")[2], base, by_change=sort == "updated", upward=upward)
        return shapes_of(request, work, project, sought, turn)

    return listed(request, turn, await see(request, READS, within(owner, repo, find)))


def shapes_of(request: Asked, work: Work, project: Project, sought: Sought, turn: Turn) -> list[Shape]:
    at, home = addresses(request, project), repository_of(work, project)
    found = pulls_of(work, project, sought, skip=turn.skip, limit=turn.limit)
    labels = labels_by_request(work, project, [one.id for one in found])
    return [pull_shape(at, project, home, one, labels.get(one.id, ())) for one in found]


# Answers for `routes.commits`, which finds what stands behind a ref.
async def pulls_with(request: Asked, owner: str, repo: str, sha: str) -> Response[Any]:
    """Those that a commit is the head of, or that it came of."""
    turn = turn_of(request)

    def find(work: Work, project: Project) -> list[Shape]:
        return shapes_of(request, work, project, Sought("all", sha=sha), turn)

    return listed(request, turn, await see(request, READS, within(owner, repo, find)))


async def found_pull(request: Asked, owner: str, repo: str, number: int, wanted: Wanted = READS) -> Found:
    def find(work: Work, project: Project) -> Found:
        one = find_request(work, project, number)
        labels = labels_by_request(work, project, [one.id]).get(one.id, [])
        return Found(project, home_of(work, project), one, labels, blockers(work, project, one))

    return await see(request, wanted, within(owner, repo, find))


def known_of(one: MergeRequest) -> str:
    """Where the target stood, without what this brings; once it is merged, without what it brought."""
    return one.onto or one.target_sha


async def files_in(request: Asked, home: Repository, one: MergeRequest) -> Sequence[FileDiff]:
    diff: Diff | None = await of_git(request, lambda git: git.compare(home.id, known_of(one), one.head_sha))
    return diff.files if diff is not None else []


async def whole(request: Asked, found: Found) -> Shape:
    home, one = found.home, found.one
    files = await files_in(request, home, one)
    commits = await of_git(request, lambda git: git.new_commits(home.id, [one.head_sha], [known_of(one)], COMMITS_MAX))
    return whole_pull_shape(
        addresses(request, found.project), found.project, home, one, found.labels, found.blocked, len(commits), files
    )


@reads(PULL)
async def pull(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    if any(kind in request.headers.get("accept", "") for kind in TEXTS):
        raise HTTPException("Must accept 'application/json'", status_code=415)
    return told(await whole(request, await found_pull(request, owner, repo, number)))


@makes(PULLS)
async def new_pull(request: Asked, owner: Word, repo: Word) -> Response[Shape]:
    said = await body_of(request, NewPull)
    if said.draft:
        raise Invalid({"draft": say("There are no drafts here.")})

    def do(work: Work, project: Project) -> int:
        source = branch_in(project, said.head)
        try:
            made = open_request(work, project, source=source, target=said.base, title=said.title, body=said.body or "")
        except Invalid as problem:
            fields = {SIDES.get(name, name): text for name, text in problem.fields.items()}
            raise Invalid(fields) from problem
        return made.number

    try:
        number = await act(request, WRITES, within(owner, repo, do))
    except AlreadyAsked as known:
        # Clients know it by these words, so they are the same in every language.
        words = f"A pull request already exists for {owner.lower()}:{known.source}."
        return no(422, INVALID, [{"resource": "PullRequest", "code": "custom", "message": words}])
    return told(await whole(request, await found_pull(request, owner, repo, number)), 201)


@changes(PULL)
async def change(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    said = await body_of(request, Change)
    body = None if isinstance(said.body, UnsetType) else said.body or ""

    def do(work: Work, project: Project) -> None:
        found = find_request(work, project, number, to_change=True)
        if said.base not in (None, found.target):
            raise Invalid({"base": say("The target cannot be changed. Open another merge request.")})
        if said.title is not None or body is not None:
            edit_request(work, project, found, title=said.title, body=body)
        if said.state == "closed":
            close_request(work, project, found)
        elif said.state == "open":
            reopen_request(work, project, found)

    await act(request, WRITES, within(owner, repo, do))
    return told(await whole(request, await found_pull(request, owner, repo, number)))


@reads(f"{PULL}/files")
async def files(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    found = await found_pull(request, owner, repo, number)
    home, one = found.home, found.one
    at = addresses(request, found.project)
    return whole_paged(request, [file_shape(at, each, one.head_sha) for each in await files_in(request, home, one)])


@reads(f"{PULL}/commits")
async def commits(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    """The oldest first."""
    found = await found_pull(request, owner, repo, number)
    home, one = found.home, found.one
    brought = await of_git(request, lambda git: git.new_commits(home.id, [one.head_sha], [known_of(one)], COMMITS_MAX))
    return whole_paged(request, [commit_shape(addresses(request, found.project), info) for info in reversed(brought)])


@reads([f"{PULL}/reviews", f"{PULL}/comments"])
async def reviews(request: Asked, owner: Word, repo: Word, number: Id) -> Response[list[Shape]]:
    """Nobody can write one here."""
    await found_pull(request, owner, repo, number)
    return told([])


@reads(f"{PULL}/requested_reviewers")
async def reviewers(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    await found_pull(request, owner, repo, number)
    return told({"users": [], "teams": []})


handlers = [pulls, pull, new_pull, change, files, commits, reviews, reviewers]
