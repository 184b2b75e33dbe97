"""The pages of code: folders, files, commits, and what one commit changed."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Response, get
from litestar.params import QueryParameter
from litestar.response import Stream

from dure.code.browse import File, Where, find_place, image_type, look, readable
from dure.code.check import checks_by_sha, checks_of, overall
from dure.code.commit import fixes_of, fixing_commits, received_commits
from dure.code.push import HEADS, TAGS
from dure.code.repositories import Diff, Repositories, TreeEntry
from dure.code.routes.api import SKIP_MAX, commit_at, sha_of
from dure.code.routes.asked import HERE, Asked, Home, Rest, ask_git, clone_url, come_home
from dure.kit import Missing, say
from dure.kit import Text as Words
from dure.plan import in_project
from dure.shell import By, Name, Number, code_block, go, markdown, page, read

PAGE_COMMITS = 30
REFS_SHOWN_MAX = 200
RAW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
Skip = Annotated[int, QueryParameter(ge=0, le=SKIP_MAX)]


@get(f"{HERE}/code", include_in_schema=False)
async def code_page(request: By, owner: Name, name: Name) -> Response[str]:
    """The default branch; of an empty repository, how to push to it."""
    home = await come_home(request, owner, name)
    if home.head is None:
        return drawn(request, "empty", home, found=False)
    return await place_page(request, home, Where(home.repository.default_branch, home.head, ""))


@get(f"{HERE}/code/first", include_in_schema=False)
async def first_part(request: By, owner: Name, name: Name) -> Response[str]:
    """What an empty repository says, and that it is empty no more: for a page that lives."""
    home = await come_home(request, owner, name)
    return drawn(request, "first", home, found=home.head is not None)


@get(f"{HERE}/code/tree/{{where:path}}", include_in_schema=False)
async def tree_page(request: By, owner: Name, name: Name, where: Rest) -> Response[str]:
    home = await come_home(request, owner, name)
    return await place_page(request, home, await place_in(request, home, where))


@get(f"{HERE}/code/file/{{where:path}}", include_in_schema=False)
async def file_page(request: By, owner: Name, name: Name, where: Rest) -> Response[str]:
    home = await come_home(request, owner, name)
    return await place_page(request, home, await place_in(request, home, where))


async def place_in(request: Asked, home: Home, where: Rest) -> Where:
    address = where.as_posix().strip("/")
    return await ask_git(request, lambda repositories: find_place(repositories, home.repository.id, address))


async def place_page(request: Asked, home: Home, where: Where) -> Response[str]:
    """A folder or a file, whichever stands there."""
    found = await ask_git(request, lambda repositories: look(repositories, home.repository.id, where))
    title = where.path or say("Code")
    if isinstance(found, File):
        words = code_block(found.text.words, found.text.language) if found.text else None
        return drawn(request, "file", home, title=title, found=found, where=where, words=words)
    readme = found.readme
    written = None
    if readme is not None:
        written = markdown(readme.words) if readme.language == "markdown" else code_block(readme.words)
    return drawn(request, "folder", home, title=title, found=found, where=where, readme=written)


@get(f"{HERE}/code/raw/{{where:path}}", include_in_schema=False)
async def raw(request: By, owner: Name, name: Name, where: Rest) -> Stream:
    """A file as it is. Nothing in it is run, whatever it calls itself."""
    home = await come_home(request, owner, name)
    place = await place_in(request, home, where)
    entry = await ask_git(request, lambda repositories: repositories.find(home.repository.id, place.sha, place.path))
    if entry is None or entry.kind not in ("file", "executable", "link"):
        raise Missing(say("There is no such file at {rev}.", rev=place.rev))
    kind, shown = await kind_of(request, home, entry, place)
    begins = "inline" if shown else "attachment"
    pieces = await ask_git(request, lambda repositories: repositories.stream_file(home.repository.id, entry.sha))
    return Stream(
        pieces,
        media_type=kind,
        headers={
            "Content-Disposition": f"{begins}; filename*=UTF-8''{quote(entry.name, safe='')}",
            "Content-Security-Policy": RAW_POLICY,
            "Cache-Control": "private, no-cache",
        },
    )


async def kind_of(request: Asked, home: Home, entry: TreeEntry, place: Where) -> tuple[str, bool]:
    """How a file is sent, and whether a browser may show it: pictures and plain text, nothing else."""
    if image := image_type(entry.name):
        return image, True
    if (entry.size or 0) > 5_000_000:
        return "application/octet-stream", False
    content = await ask_git(
        request, lambda repositories: repositories.read_file(home.repository.id, place.sha, place.path)
    )
    if content is not None and readable(content) is not None:
        return "text/plain", True
    return "application/octet-stream", False


@get(f"{HERE}/code/commits", include_in_schema=False)
async def commits_here(request: By, owner: Name, name: Name, skip: Skip = 0) -> Response[str]:
    return await listed_commits(request, owner, name, None, skip)


@get(f"{HERE}/code/commits/{{where:path}}", include_in_schema=False)
async def commits_page(request: By, owner: Name, name: Name, where: Rest, skip: Skip = 0) -> Response[str]:
    return await listed_commits(request, owner, name, where, skip)


async def listed_commits(request: By, owner: str, name: str, where: Rest | None, skip: int) -> Response[str]:
    """The commits up to a branch, a tag or a commit; of a path, those that changed it."""
    home = await come_home(request, owner, name)
    if where is None:
        sha = await sha_of(request, home, "")
        place = Where(home.repository.default_branch, sha, "") if sha else None
    else:
        place = await place_in(request, home, where)
    if place is None:
        return go(request, f"/{home.project.path}/code")
    found = await ask_git(
        request,
        lambda repositories: repositories.log(
            home.repository.id, place.sha, place.path, skip=skip, limit=PAGE_COMMITS + 1
        ),
    )
    shown = found[:PAGE_COMMITS]
    checks = await read(request, in_project(owner, name, partial(checks_by_sha, shas=[commit.sha for commit in shown])))
    base = f"/{home.project.path}/code/commits/{quote(place.rev)}" + (f"/{quote(place.path)}" if place.path else "")
    return drawn(
        request,
        "commits",
        home,
        title=say("Commits"),
        where=place,
        commits=shown,
        states={sha: overall(each) for sha, each in checks.items()},
        newer=f"{base}?skip={max(skip - PAGE_COMMITS, 0)}" if skip else None,
        older=f"{base}?skip={skip + PAGE_COMMITS}" if len(found) > PAGE_COMMITS else None,
    )


@get(f"{HERE}/code/commit/{{sha:str}}", include_in_schema=False)
async def commit_page(request: By, owner: Name, name: Name, sha: Name) -> Response[str]:
    """What a commit changed, and what is known of it."""
    home = await come_home(request, owner, name)
    commit = await commit_at(request, home, sha)

    def changes(repositories: Repositories) -> Diff | None:
        return repositories.diff(home.repository.id, commit.sha)

    diff = await ask_git(request, changes)
    received = await read(request, in_project(owner, name, partial(received_commits, shas=[commit.sha])))
    return drawn(
        request,
        "commit",
        home,
        title=commit.title,
        commit=commit,
        sha=commit.sha,
        diff=diff,
        received=received.get(commit.sha),
        ref=f"commit:{home.project.id}/{commit.sha}",
        fixes=await read(request, in_project(owner, name, partial(fixes_of, shas=[commit.sha]))),
        checks=await read(request, in_project(owner, name, partial(checks_of, sha=commit.sha))),
    )


@get(f"{HERE}/code/commit/{{sha:str}}/checks", include_in_schema=False)
async def checks_part(request: By, owner: Name, name: Name, sha: Name) -> Response[str]:
    """The checks of a commit alone, for a page that lives."""
    checks = await read(request, in_project(owner, name, partial(checks_of, sha=sha)))
    return page(request, "code/checks.html", checks=checks)


@get(f"{HERE}/code/fixing/{{number:int}}", include_in_schema=False)
async def fixing_part(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    """The commits that fix an issue: a panel on its page."""
    found = await read(request, in_project(owner, name, partial(fixing_commits, number=number)))
    return page(request, "code/fixing.html", base=f"/{owner}/{name}/code", commits=found)


@dataclass(frozen=True)
class Choices:
    """The branches and tags to choose from, as many as a list can hold."""

    branches: list[str]
    tags: list[str]


def choices_in(home: Home) -> Choices:
    branches = [name.removeprefix(HEADS) for name in home.refs if name.startswith(HEADS)]
    tags = [name.removeprefix(TAGS) for name in home.refs if name.startswith(TAGS)]
    return Choices(branches[:REFS_SHOWN_MAX], tags[-REFS_SHOWN_MAX:])


def drawn(
    request: Asked, template: str, home: Home, *, title: str | Words | None = None, **context: Any
) -> Response[str]:
    """A page of code in its frame."""
    return page(
        request,
        f"code/{template}.html",
        title=title or say("Code"),
        here="code",
        project=home.project,
        base=f"/{home.project.path}/code",
        default=home.repository.default_branch,
        choices=choices_in(home),
        clone_url=clone_url(request, home.project),
        **context,
    )


handlers = [
    code_page,
    first_part,
    tree_page,
    file_page,
    raw,
    commits_here,
    commits_page,
    commit_page,
    checks_part,
    fixing_part,
]
