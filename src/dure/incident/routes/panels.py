"""What this room hangs on earlier pages: what went wrong with a deployment, a release, or the release of a commit."""

from litestar import Response, get
from markupsafe import Markup

from dure.code import commit_ref
from dure.deploy import Deployment
from dure.incident.incident import Incident, incidents_about
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.release import Release
from dure.shell import By, Draw, Name, Number, page, read

HERE = "/{owner:str}/{name:str}/incidents"
LATER = Markup('<dure-live about="{about}" fragment="{url}" hx-get="{url}" hx-trigger="load"></dure-live>')


@get(f"{HERE}/of-deployment/{{number:int}}", include_in_schema=False)
async def of_deployment(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    return await shown(request, owner, name, deployment=number)


@get(f"{HERE}/of-release/{{version:str}}", include_in_schema=False)
async def of_release(request: By, owner: Name, name: Name, version: Name) -> Response[str]:
    return await shown(request, owner, name, version=version)


@get(f"{HERE}/of-commit/{{sha:str}}", include_in_schema=False)
async def of_commit(request: By, owner: Name, name: Name, sha: Name) -> Response[str]:
    return await shown(request, owner, name, sha=sha)


async def shown(
    request: By, owner: str, name: str, *, deployment: int = 0, version: str = "", sha: str = ""
) -> Response[str]:
    def found(work: Work, project: Project) -> tuple[Project, list[Incident]]:
        return project, list(incidents_about(work, project, deployment=deployment, version=version, sha=sha))

    project, incidents = await read(request, in_project(owner, name, found))
    return page(request, "incident/about.html", project=project, incidents=incidents)


def draw_deployment(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project, deployment = known["project"], known["deployment"]
    assert isinstance(project, Project)
    assert isinstance(deployment, Deployment)
    url = f"/{project.path}/incidents/of-deployment/{deployment.number}"
    return LATER.format(about=deployment.ref, url=url)


def draw_release(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project, release = known["project"], known["release"]
    assert isinstance(project, Project)
    assert isinstance(release, Release)
    return LATER.format(about=release.ref, url=f"/{project.path}/incidents/of-release/{release.version}")


def draw_commit(request: object, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project, sha = known["project"], str(known["sha"])
    assert isinstance(project, Project)
    return LATER.format(about=commit_ref(project.id, sha), url=f"/{project.path}/incidents/of-commit/{sha}")


panels: list[tuple[str, Draw]] = [
    ("deploy/deployment", draw_deployment),
    ("release/release", draw_release),
    ("code/commit", draw_commit),
]
handlers = [of_deployment, of_release, of_commit]
