"""Releases, as far as workflows read them. They are made by green commits, not by calls."""

from litestar import Response

from dure.kit import Missing
from dure.ledger import Work
from dure.plan import Project
from dure.release import Release, artifacts_of, latest_release, release_of, release_with, releases_of
from dure.rest.grant import Wanted
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Id,
    Shape,
    Word,
    addresses,
    listed,
    reads,
    see,
    told,
    turn_of,
    within,
)
from dure.rest.shapes import release_shape

READS = Wanted("contents")
RELEASES = f"{REPO}/releases"


def shape(request: Asked, work: Work, project: Project, release: Release | None) -> Shape:
    if release is None or not release.is_released or release.project_id != project.id:
        raise Missing
    return release_shape(addresses(request, project), release, artifacts_of(work, release))


@reads(RELEASES)
async def releases(request: Asked, owner: Word, repo: Word) -> Response[list[Shape]]:
    turn = turn_of(request)

    def find(work: Work, project: Project) -> list[Shape]:
        found = releases_of(work, project, done=True, skip=turn.skip, limit=turn.limit)
        return [shape(request, work, project, release) for release in found]

    return listed(request, turn, await see(request, READS, within(owner, repo, find)))


@reads(f"{RELEASES}/latest")
async def latest(request: Asked, owner: Word, repo: Word) -> Response[Shape]:
    def find(work: Work, project: Project) -> Shape:
        return shape(request, work, project, latest_release(work, project))

    return told(await see(request, READS, within(owner, repo, find)))


@reads(f"{RELEASES}/tags/{{tag:str}}")
async def tagged(request: Asked, owner: Word, repo: Word, tag: Word) -> Response[Shape]:
    def find(work: Work, project: Project) -> Shape:
        return shape(request, work, project, release_of(work, project, tag))

    return told(await see(request, READS, within(owner, repo, find)))


@reads(f"{RELEASES}/{{release_id:int}}")
async def release(request: Asked, owner: Word, repo: Word, release_id: Id) -> Response[Shape]:
    def find(work: Work, project: Project) -> Shape:
        return shape(request, work, project, release_with(work, release_id))

    return told(await see(request, READS, within(owner, repo, find)))


handlers = [releases, latest, tagged, release]
