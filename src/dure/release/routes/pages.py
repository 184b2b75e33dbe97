"""The pages of releases: all of them, and one with everything that is in it."""

from functools import partial

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from dure.kit import say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.release.release import count_releases, make_release, releases_under_way
from dure.release.whole import shelf, whole_release
from dure.shell import By, Name, Stage, go, markdown, number_in, page, read, read_form, write

HERE = "/{owner:str}/{name:str}/releases"


class ReleaseWords(msgspec.Struct):
    sha: str


@get(HERE, include_in_schema=False)
async def releases_page(request: By, owner: Name, name: Name, before: FromQuery[str] = "") -> Response[str]:
    find = partial(shelf, before=number_in(before))
    found = await read(request, in_project(owner, name, find))
    return page(
        request,
        "release/releases.html",
        title=say("Releases"),
        here="releases",
        project=found.project,
        found=found,
        before=before,
    )


@get(f"{HERE}/rows", include_in_schema=False)
async def releases_rows(request: By, owner: Name, name: Name) -> Response[str]:
    """The newest, for a page that lives."""
    found = await read(request, in_project(owner, name, shelf))
    return page(request, "release/rows.html", project=found.project, found=found)


@post(HERE, include_in_schema=False)
async def new_release(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, ReleaseWords)
    release = await write(request, in_project(owner, name, partial(make_release, sha=words.sha.strip())))
    return go(request, f"/{owner}/{name}/releases", say("{sha} is being released.", sha=release.sha[:10]))


@get(f"{HERE}/{{version:str}}", include_in_schema=False)
async def release_page(request: By, owner: Name, name: Name, version: Name) -> Response[str]:
    found = await read(request, in_project(owner, name, partial(whole_release, version=version)))
    return page(
        request,
        "release/release.html",
        title=found.release.tag,
        here="releases",
        project=found.project,
        found=found,
        release=found.release,
        changelog=markdown(found.release.changelog),
    )


def stages(work: Work, project: Project) -> list[Stage]:
    """What this room has to say of its stage on the loop."""
    under_way = len(releases_under_way(work, project))
    done = count_releases(work, project)
    state = "busy" if under_way else "good" if done else "idle"
    note = say("Under way") if under_way else say("Releases")
    return [Stage("release", say("Release"), f"/{project.path}/releases", under_way or done, state, note)]


handlers = [releases_page, releases_rows, new_release, release_page]
