"""Runs and what they left, across a project: what a later run fetches of an earlier one."""

from collections.abc import Sequence
from urllib.parse import quote

from litestar import Response
from litestar.response import Redirect, Stream

from dure.build import (
    Artifact,
    Run,
    RunFilter,
    artifact_in,
    artifacts_in,
    artifacts_of,
    remove_artifact,
    run_with,
    runs_of,
)
from dure.kit import Missing
from dure.ledger import Work
from dure.plan import Project
from dure.rest.grant import WRITE, Wanted
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Id,
    Page,
    PerPage,
    Shape,
    Text,
    Word,
    act,
    addresses,
    blobs_of,
    drops,
    paged,
    reads,
    see,
    settings_of,
    tickets_of,
    told,
    within,
)
from dure.rest.shapes import artifact_shape, run_shape

READS, WRITES = Wanted("actions"), Wanted("actions", WRITE)
RUNS, ARTIFACTS = f"{REPO}/actions/runs", f"{REPO}/actions/artifacts"
RUNS_MAX = 1000
STATES = {"queued": "queued", "in_progress": "running", "success": "success", "failure": "failure"}

Kept = tuple[Artifact, Run | None]


# open: `runs` and whoever else calls it has come in through the project; the run is of that project or missing.
def run_in(work: Work, project: Project, run_id: int) -> Run:
    found = run_with(work, run_id)
    if found is None or found.project_id != project.id:
        raise Missing
    return found


@reads(RUNS)
async def runs(
    request: Asked,
    owner: Word,
    repo: Word,
    branch: Text = "",
    head_sha: Text = "",
    status: Text = "",
    page: Page = 1,
    per_page: PerPage = 30,
) -> Response[Shape]:
    def find(work: Work, project: Project) -> tuple[Project, Sequence[Run]]:
        limit = min(page * per_page + 1, RUNS_MAX)
        which = RunFilter(state=STATES.get(status, status), branch=branch)
        return project, runs_of(work, project, wanted=which, sha=head_sha or None, limit=limit)

    project, found = await see(request, READS, within(owner, repo, find))
    some, headers = paged(request, found, page, per_page)
    shapes = [run_shape(addresses(request, project), run) for run in some]
    return told({"total_count": len(found), "workflow_runs": shapes}, headers=headers)


@reads(f"{RUNS}/{{run_id:int}}")
async def run(request: Asked, owner: Word, repo: Word, run_id: Id) -> Response[Shape]:
    def find(work: Work, project: Project) -> Shape:
        return run_shape(addresses(request, project), run_in(work, project, run_id))

    return told(await see(request, READS, within(owner, repo, find)))


@reads(f"{RUNS}/{{run_id:int}}/artifacts")
async def run_artifacts(
    request: Asked, owner: Word, repo: Word, run_id: Id, name: Text = "", page: Page = 1, per_page: PerPage = 30
) -> Response[Shape]:
    def find(work: Work, project: Project) -> tuple[Project, list[Kept]]:
        found = run_in(work, project, run_id)
        return project, [(one, found) for one in artifacts_of(work, found) if not name or one.name == name]

    return listed(request, *await see(request, READS, within(owner, repo, find)), page, per_page)


@reads(ARTIFACTS)
async def artifacts(
    request: Asked, owner: Word, repo: Word, name: Text = "", page: Page = 1, per_page: PerPage = 30
) -> Response[Shape]:
    def find(work: Work, project: Project) -> tuple[Project, list[Kept]]:
        found = artifacts_in(work, project, name=name or None, limit=page * per_page + 1)
        return project, [(one, run_with(work, one.run_id)) for one in found]

    return listed(request, *await see(request, READS, within(owner, repo, find)), page, per_page)


def listed(request: Asked, project: Project, found: list[Kept], page: int, per_page: int) -> Response[Shape]:
    some, headers = paged(request, found, page, per_page)
    shapes = [artifact_shape(addresses(request, project), one, run) for one, run in some]
    return told({"total_count": len(found), "artifacts": shapes}, headers=headers)


@reads(f"{ARTIFACTS}/{{artifact_id:int}}")
async def artifact(request: Asked, owner: Word, repo: Word, artifact_id: Id) -> Response[Shape]:
    def find(work: Work, project: Project) -> Shape:
        found = artifact_in(work, project, artifact_id)
        return artifact_shape(addresses(request, project), found, run_with(work, found.run_id))

    return told(await see(request, READS, within(owner, repo, find)))


@drops(f"{ARTIFACTS}/{{artifact_id:int}}", status=204)
async def no_artifact(request: Asked, owner: Word, repo: Word, artifact_id: Id) -> None:
    def do(work: Work, project: Project) -> None:
        remove_artifact(work, project, artifact_id)

    await act(request, WRITES, within(owner, repo, do))


@reads(f"{ARTIFACTS}/{{artifact_id:int}}/{{kind:str}}")
async def artifact_address(request: Asked, owner: Word, repo: Word, artifact_id: Id, kind: Word) -> Redirect:
    """Whoever follows shows no token any more, so where this leads is good for some minutes."""
    if kind != "zip":
        raise Missing

    def find(work: Work, project: Project) -> Artifact:
        return artifact_in(work, project, artifact_id)

    found = await see(request, READS, within(owner, repo, find))
    path = f"/api/v3/blobs/{found.digest.removeprefix('sha256:')}"
    named = f"name={quote(found.file_name, safe='')}&kind={quote(found.kind, safe='')}&size={found.size}"
    whole = f"{path}?{named}"
    return Redirect(f"{settings_of(request).url}{whole}&{tickets_of(request).made(whole)}", status_code=302)


@reads("/api/v3/blobs/{digest:str}")
async def blob(
    request: Asked, digest: Word, name: Text = "", kind: Text = "", size: Text = "", until: Text = "", sig: Text = ""
) -> Stream:
    """Bytes, for whoever was sent here."""
    named = f"name={quote(name, safe='')}&kind={quote(kind, safe='')}&size={quote(size, safe='')}"
    tickets_of(request).check(f"{request.url.path}?{named}", until, sig)
    attached = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Stream(
        blobs_of(request).send(f"sha256:{digest}"),
        media_type=kind,
        headers={"Content-Length": size, "Content-Disposition": attached},
    )


handlers = [runs, run, run_artifacts, artifacts, artifact, no_artifact, artifact_address, blob]
