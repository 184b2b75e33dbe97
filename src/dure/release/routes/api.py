"""Releases for programs, under /api/v1, and their files."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from dure.kit import Missing, say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.release.release import Artifact, Release, artifacts_of, make_release, release_of
from dure.release.whole import Whole, shelf, whole_release
from dure.shell import By, Limit, Slug, read, refusals, write
from dure.storage import Blobs
from dure.wire import ArtifactInfo, NewRelease, ReleaseDetail, ReleaseInfo, ReleaseList

TAGS = ["releases"]
KIND = "application/octet-stream"
HERE = "/api/v1/projects/{owner:str}/{name:str}/releases"
Before = Annotated[int | None, QueryParameter(ge=1, le=2**53, description="The id before which to go on.")]


@get(HERE, responses=refusals(422), tags=TAGS, summary="Releases")
async def releases(request: By, owner: Slug, name: Slug, before: Before = None, limit: Limit = 30) -> ReleaseList:
    """The newest first; those that are being made are among them."""
    found = await read(request, in_project(owner, name, partial(shelf, before=before, limit=limit)))
    return ReleaseList(releases=[told(found.project, one) for one in found.releases], next=found.older)


@post(HERE, responses=refusals(409, 422), tags=TAGS, summary="Release a commit")
async def new_release(request: By, owner: Slug, name: Slug, data: JSONBody[NewRelease]) -> ReleaseInfo:
    """By hand: also one that nothing has checked, but none that a check found wrong."""

    def make(work: Work, project: Project) -> ReleaseInfo:
        return told(project, make_release(work, project, data.sha))

    return await write(request, in_project(owner, name, make))


@get(f"{HERE}/{{version:str}}", responses=refusals(422), tags=TAGS, summary="A release")
async def release(request: By, owner: Slug, name: Slug, version: Slug) -> ReleaseDetail:
    """With its changelog, its files and its provenance."""
    return wholly_told(await read(request, in_project(owner, name, partial(whole_release, version=version))))


@get(
    f"{HERE}/{{version:str}}/files/{{file:str}}",
    responses=refusals(422),
    tags=TAGS,
    summary="A file of a release",
    media_type=KIND,
)
async def file(request: By, owner: Slug, name: Slug, version: Slug, file: FromPath[str]) -> Stream:
    def find(work: Work, project: Project) -> Artifact:
        files = artifacts_of(work, release_of(work, project, version))
        found = next((one for one in files if one.name == file), None)
        if found is None:
            raise Missing(say("This release has no file {name}.", name=file[:100]))
        return found

    found = await read(request, in_project(owner, name, find))
    headers = {
        "Content-Disposition": f'attachment; filename="{found.name.replace(chr(34), "")}"',
        "Content-Length": str(found.size),
        "ETag": f'"{found.digest}"',
    }
    return Stream(pieces(blobs_of(request), found.digest), media_type=KIND, headers=headers)


def blobs_of(request: By) -> Blobs:
    blobs = request.app.state["blobs"]
    assert isinstance(blobs, Blobs)
    return blobs


async def pieces(blobs: Blobs, digest: str) -> AsyncIterator[bytes]:
    async for piece in blobs.send(digest):
        yield piece


def told(project: Project, release: Release) -> ReleaseInfo:
    return ReleaseInfo(
        version=release.version,
        tag=release.tag if release.version else None,
        sha=release.sha,
        state=release.phase,
        made_at=release.made_at,
        released_at=release.released_at,
        url=f"/{project.path}/releases/{release.version}" if release.version else None,
    )


def wholly_told(whole: Whole) -> ReleaseDetail:
    info = told(whole.project, whole.release)
    files = f"/api/v1/projects/{whole.project.path}/releases/{whole.release.version}/files"
    return ReleaseDetail(
        **{name: getattr(info, name) for name in info.__struct_fields__},
        changelog=whole.release.changelog,
        commits=list(whole.shas),
        artifacts=[
            ArtifactInfo(name=one.name, digest=one.digest, size=one.size, url=f"{files}/{one.name}")
            for one in whole.artifacts
        ],
        app_file_name=whole.release.app_file_name,
        app_file=whole.release.app_file,
        provenance=whole.release.provenance,
        signed_by=whole.release.signed_by,
    )


handlers = [releases, new_release, release, file]
