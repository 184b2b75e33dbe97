"""What this room hangs on earlier pages: where a release or a commit went. Each is asked for once the page is there."""

from functools import partial

from litestar import Response, get
from markupsafe import Markup

from dure.deploy.whole import Went, went
from dure.plan import Project, in_project
from dure.release import Release
from dure.shell import By, Draw, Name, Number, page, read

HERE = "/{owner:str}/{name:str}/deployments"
LATER = Markup('<div hx-get="{url}" hx-trigger="load"></div>')


@get(f"{HERE}/of-release/{{number:int}}", include_in_schema=False)
async def of_release(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    return shown(request, await read(request, in_project(owner, name, partial(went, release_id=number))))


@get(f"{HERE}/of-commit/{{sha:str}}", include_in_schema=False)
async def of_commit(request: By, owner: Name, name: Name, sha: Name) -> Response[str]:
    return shown(request, await read(request, in_project(owner, name, partial(went, sha=sha))))


def shown(request: By, found: Went) -> Response[str]:
    return page(
        request,
        "deploy/of_release.html",
        project=found.project,
        rows=found.cards,
        places=found.places,
        version=found.version,
        may=found.may,
    )


def draw_release(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project, release = known["project"], known["release"]
    assert isinstance(project, Project)
    assert isinstance(release, Release)
    return LATER.format(url=f"/{project.path}/deployments/of-release/{release.id}") if release.app_file else Markup()


def draw_commit(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project, sha = known["project"], known["sha"]
    assert isinstance(project, Project)
    return LATER.format(url=f"/{project.path}/deployments/of-commit/{sha}")


panels: list[tuple[str, Draw]] = [("release/release", draw_release), ("code/commit", draw_commit)]
handlers = [of_release, of_commit]
