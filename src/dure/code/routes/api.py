"""Code for programs, under /api/v1: the repository, its commits, its files."""

from functools import partial
from typing import Annotated

from litestar import get
from litestar.params import PathParameter, QueryParameter

from dure.code.browse import find_place, look
from dure.code.check import checks_of
from dure.code.commit import fixes_of, received_commits
from dure.code.repositories import CommitInfo, Repositories
from dure.code.routes.asked import API, Asked, Home, ask_git, clone_url, come_home
from dure.code.routes.told import commit_told, detail_told, place_told, repository_told
from dure.kit import Missing, say
from dure.plan import in_project
from dure.shell import By, Limit, Slug, read, refusals
from dure.wire import CommitDetail, CommitList, FileAnswer, RepositoryInfo

TAGS = ["code"]
SKIP_MAX = 100_000
Rev = Annotated[
    str, QueryParameter(max_length=250, description="A branch, a tag or a commit; without it the default branch.")
]
FilePath = Annotated[str, QueryParameter(max_length=4000, description="A path in the repository.")]
Skip = Annotated[int, QueryParameter(ge=0, le=SKIP_MAX, description="How many to leave out.")]
Sha = Annotated[str, PathParameter(min_length=7, max_length=64, description="Seven letters or more.")]


@get(f"{API}/repository", responses=refusals(), tags=TAGS, summary="The repository")
async def repository(request: By, owner: Slug, name: Slug) -> RepositoryInfo:
    """Where git finds it, with its branches and tags."""
    home = await come_home(request, owner, name)
    return repository_told(home, clone_url(request, home.project))


@get(f"{API}/commits", responses=refusals(422), tags=TAGS, summary="Commits")
async def commits(
    request: By, owner: Slug, name: Slug, rev: Rev = "", path: FilePath = "", skip: Skip = 0, limit: Limit = 50
) -> CommitList:
    """The commits up to this one, the latest first; of a path, those that changed it."""
    home = await come_home(request, owner, name)
    sha = await sha_of(request, home, rev)
    if sha is None:
        return CommitList(commits=[], next=None)
    found = await ask_git(
        request,
        lambda repositories: repositories.log(home.repository.id, sha, path, skip=skip, limit=limit + 1),
    )
    shown = found[:limit]
    shas = [commit.sha for commit in shown]
    received = await read(request, in_project(owner, name, partial(received_commits, shas=shas)))
    more = skip + limit if len(found) > limit else None
    return CommitList(commits=[commit_told(home, commit, received) for commit in shown], next=more)


@get(f"{API}/commits/{{sha:str}}", responses=refusals(422), tags=TAGS, summary="A commit")
async def commit(request: By, owner: Slug, name: Slug, sha: Sha) -> CommitDetail:
    """With its files, its checks and the issues that it fixes."""
    home = await come_home(request, owner, name)
    found = await commit_at(request, home, sha)
    diff = await ask_git(request, lambda repositories: repositories.diff(home.repository.id, found.sha))
    received = await read(request, in_project(owner, name, partial(received_commits, shas=[found.sha])))
    fixes = await read(request, in_project(owner, name, partial(fixes_of, shas=[found.sha])))
    checks = await read(request, in_project(owner, name, partial(checks_of, sha=found.sha)))
    return detail_told(home, found, diff, received, [fix.number for fix in fixes], checks)


@get(f"{API}/files", responses=refusals(409, 422), tags=TAGS, summary="A folder or a file")
async def files(request: By, owner: Slug, name: Slug, rev: Rev = "", path: FilePath = "") -> FileAnswer:
    """What is in a folder, or the text of a file."""
    home = await come_home(request, owner, name)
    address = f"{rev or home.repository.default_branch}/{path}"
    found = await ask_git(
        request,
        lambda repositories: look(
            repositories, home.repository.id, find_place(repositories, home.repository.id, address)
        ),
    )
    return place_told(home, found)


async def sha_of(request: Asked, home: Home, rev: str) -> str | None:
    """The commit that is meant. An empty repository has none, which is no fault of who asks."""
    if not rev and home.head is None:
        return None
    wanted = rev or home.repository.default_branch
    found = await ask_git(request, lambda repositories: repositories.resolve(home.repository.id, wanted))
    if found is None:
        raise Missing(say("There is no branch, tag or commit of this name."))
    return found


async def commit_at(request: Asked, home: Home, sha: str) -> CommitInfo:
    def find(repositories: Repositories) -> CommitInfo | None:
        whole = repositories.resolve(home.repository.id, sha.lower())
        return repositories.commit(home.repository.id, whole) if whole else None

    found = await ask_git(request, find)
    if found is None:
        raise Missing(say("There is no such commit here."))
    return found


handlers = [repository, commits, commit, files]
