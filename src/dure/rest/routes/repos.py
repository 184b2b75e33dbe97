"""Repositories: what they are, their commits, branches, refs and files, and all of it as an archive."""

import zlib
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio.to_thread
from litestar import Response
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Stream

from dure.code import Repositories, protections_of, refs_of, repository_of
from dure.kit import Missing
from dure.ledger import Work
from dure.plan import Project
from dure.rest.grant import Wanted
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Id,
    Shape,
    Text,
    Word,
    addresses,
    listed,
    of_git,
    reads,
    repository,
    resolved,
    see,
    settings_of,
    tickets_of,
    told,
    turn_of,
    whole_paged,
    within,
)
from dure.rest.shapes import branch_shape, commit_shape, content_shape, ref_shape, repository_shape

CONTENTS, METADATA = Wanted("contents"), Wanted("metadata")
FILE_BYTES_MAX = 100 << 20
BLOB_BYTES_MAX = 1 << 20
"""Of a file told as base64 in JSON; a larger one is to be asked for as it is."""
RAW = ("application/vnd.github.raw", "application/vnd.github.v3.raw")
HEADS, TAGS = "refs/heads/", "refs/tags/"
GZIP = 31

Ref = Annotated[str, QueryParameter(max_length=300)]
Sha = Annotated[str, QueryParameter(max_length=300)]
Rest = FromPath[Path]
NOTHING = Path()


@reads(REPO)
async def repo_itself(request: Asked, owner: Word, repo: Word) -> Response[Shape]:
    def find(work: Work, project: Project) -> Shape:
        return repository_shape(addresses(request, project), project, repository_of(work, project))

    return told(await see(request, METADATA, within(owner, repo, find)))


@reads(f"{REPO}/commits")
async def commits(request: Asked, owner: Word, repo: Word, sha: Sha = "", path: Text = "") -> Response[list[Shape]]:
    turn = turn_of(request)
    project, found = await repository(request, owner, repo, CONTENTS)
    start = await resolved(request, found, sha)
    infos = await of_git(request, lambda git: git.log(found.id, start, path, skip=turn.skip, limit=turn.limit))
    return listed(request, turn, [commit_shape(addresses(request, project), info) for info in infos])


@reads(f"{REPO}/branches")
async def branches(request: Asked, owner: Word, repo: Word) -> Response[list[Shape]]:
    project, refs = await refs_in(request, owner, repo)
    rules = await see(request, CONTENTS, within(owner, repo, protections_of))
    heads = sorted((name.removeprefix(HEADS), sha) for name, sha in refs.items() if name.startswith(HEADS))
    at = addresses(request, project)
    return whole_paged(request, [branch_shape(at, name, sha, rules) for name, sha in heads])


@reads(f"{REPO}/branches/{{branch:path}}")
async def branch(request: Asked, owner: Word, repo: Word, branch: Rest) -> Response[Shape]:
    project, refs = await refs_in(request, owner, repo)
    name = inner(branch)
    if f"{HEADS}{name}" not in refs:
        raise Missing
    rules = await see(request, CONTENTS, within(owner, repo, protections_of))
    return told(branch_shape(addresses(request, project), name, refs[f"{HEADS}{name}"], rules))


@reads(f"{REPO}/tags")
async def tags(request: Asked, owner: Word, repo: Word) -> Response[list[Shape]]:
    project, refs = await refs_in(request, owner, repo)
    found = [(name.removeprefix(TAGS), sha) for name, sha in refs.items() if name.startswith(TAGS)]
    at, some = addresses(request, project), sorted(found, reverse=True)
    return whole_paged(
        request, [{"name": name, "commit": {"sha": sha, "url": at.api("commits", sha)}} for name, sha in some]
    )


@reads([f"{REPO}/git/ref/{{ref:path}}", f"{REPO}/git/refs/{{ref:path}}"])
async def git_ref(request: Asked, owner: Word, repo: Word, ref: Rest) -> Response[Shape]:
    project, refs = await refs_in(request, owner, repo)
    name = f"refs/{inner(ref)}"
    if name not in refs:
        raise Missing
    return told(ref_shape(addresses(request, project), name, refs[name]))


@reads(f"{REPO}/git/matching-refs/{{ref:path}}")
async def matching_refs(request: Asked, owner: Word, repo: Word, ref: Rest) -> Response[list[Shape]]:
    project, refs = await refs_in(request, owner, repo)
    begins = f"refs/{inner(ref)}"
    at = addresses(request, project)
    return told([ref_shape(at, name, sha) for name, sha in sorted(refs.items()) if name.startswith(begins)])


async def refs_in(request: Asked, owner: str, repo: str) -> tuple[Project, dict[str, str]]:
    def find(work: Work, project: Project) -> tuple[Project, dict[str, str]]:
        return project, refs_of(work, project)

    return await see(request, CONTENTS, within(owner, repo, find))


@reads([f"{REPO}/contents", f"{REPO}/contents/{{path:path}}"])
async def contents(request: Asked, owner: Word, repo: Word, path: Rest = NOTHING, ref: Ref = "") -> Response[object]:
    """A file, or what is in a folder."""
    project, found = await repository(request, owner, repo, CONTENTS)
    sha, inside = await resolved(request, found, ref), inner(path)
    at, shown = addresses(request, project), ref or found.default_branch
    entries = await of_git(request, lambda git: git.list_tree(found.id, sha, inside))
    if entries is not None:
        return told([content_shape(at, entry, shown) for entry in entries])
    entry = await of_git(request, lambda git: git.find(found.id, sha, inside))
    if entry is None:
        raise Missing
    data = await of_git(request, lambda git: git.read_file(found.id, sha, inside))
    if data is None:
        return told(content_shape(at, entry, shown))
    if request.headers.get("accept", "").split(";")[0].strip() in RAW:
        return Response(data, media_type="application/octet-stream")
    return told(content_shape(at, entry, shown, data if len(data) <= BLOB_BYTES_MAX else None))


@reads([f"{REPO}/tarball", f"{REPO}/tarball/{{ref:path}}", f"{REPO}/zipball", f"{REPO}/zipball/{{ref:path}}"])
async def archive(request: Asked, owner: Word, repo: Word, ref: Rest = NOTHING) -> Redirect:
    """Whoever follows shows no token any more, so where this leads is good for some minutes."""
    project, found = await repository(request, owner, repo, CONTENTS)
    sha = await resolved(request, found, inner(ref))
    kind = "zip" if "/zipball" in request.url.path else "tar.gz"
    path = f"/api/v3/archives/{found.id}/{sha}/{project.owner}-{project.name}-{sha[:7]}.{kind}"
    return Redirect(f"{settings_of(request).url}{path}?{tickets_of(request).made(path)}", status_code=302)


@reads("/api/v3/archives/{repository_id:int}/{sha:str}/{name:str}")
async def archive_bytes(
    request: Asked, repository_id: Id, sha: Word, name: Word, until: Text = "", sig: Text = ""
) -> Stream:
    tickets_of(request).check(request.url.path, until, sig)
    folder = name.removesuffix(".zip").removesuffix(".tar.gz")
    is_zip = name.endswith(".zip")
    git: Repositories = request.app.state["repositories"]
    pieces = git.packed(repository_id, sha, folder, "zip" if is_zip else "tar")
    return Stream(
        threaded(pieces if is_zip else gzipped(pieces)),
        media_type="application/zip" if is_zip else "application/x-gzip",
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )


def inner(rest: Path) -> str:
    """What an address says after its last fixed word."""
    return "" if rest == NOTHING else str(rest).strip("/")


def gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, GZIP)
    for piece in pieces:
        if some := packer.compress(piece):
            yield some
    yield packer.flush()


async def threaded(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await anyio.to_thread.run_sync(partial(next, pieces, None))) is not None:
        yield piece


handlers = [
    repo_itself,
    commits,
    branches,
    branch,
    tags,
    git_ref,
    matching_refs,
    contents,
    archive,
    archive_bytes,
]
