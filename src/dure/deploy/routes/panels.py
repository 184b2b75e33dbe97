"""What this room hangs on earlier pages: where a release or a commit went. Each is asked for once the page is there."""

from functools import partial

from litestar import Response, get
from markupsafe import Markup

from dure.code import commit_ref
from dure.deploy.whole import Went, went
from dure.plan import Project, in_project
from dure.release import Release
from dure.shell import By, Draw, Name, Number, page, read

HERE = "/{owner:str}/{name:str}/deployments"
LATER = Markup('<dure-live about="{about}" fragment="{url}" hx-get="{url}" hx-trigger="load"></dure-live>')


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
        towards=found.places,
        version=found.version,
        brought_by=found.version if not found.places else "",
        may=found.may,
    )


def draw_release(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project, release = known["project"], known["release"]
    assert isinstance(project, Project)
    assert isinstance(release, Release)
    url = f"/{project.path}/deployments/of-release/{release.id}"
    return LATER.format(about=release.ref, url=url) if release.app_file else Markup()


def draw_commit(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project, sha = known["project"], str(known["sha"])
    assert isinstance(project, Project)
    return LATER.format(about=commit_ref(project.id, sha), url=f"/{project.path}/deployments/of-commit/{sha}")


def draw_run(request: object, **known: object) -> Markup:
    return draw_commit(request, project=known["project"], sha=getattr(known["run"], "sha", ""))


panels: list[tuple[str, Draw]] = [
    ("release/release", draw_release),
    ("code/commit", draw_commit),
    ("build/run", draw_run),
]
handlers = [of_release, of_commit]
