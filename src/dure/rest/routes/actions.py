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
    count_runs,
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
    Shape,
    Text,
    Turn,
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
    turn_of,
    within,
)
from dure.rest.shapes import artifact_shape, run_shape

READS, WRITES = Wanted("actions"), Wanted("actions", WRITE)
RUNS, ARTIFACTS = f"{REPO}/actions/runs", f"{REPO}/actions/artifacts"
STATES = {"queued": "queued", "in_progress": "running", "success": "success", "failure": "failure"}


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
) -> Response[Shape]:
    turn, which = turn_of(request), RunFilter(state=STATES.get(status, status), branch=branch)

    def find(work: Work, project: Project) -> tuple[int, list[Shape]]:
        sha, at = head_sha or None, addresses(request, project)
        found = runs_of(work, project, wanted=which, sha=sha, skip=turn.skip, limit=turn.limit)
        return count_runs(work, project, wanted=which, sha=sha), [run_shape(at, run) for run in found]

    total, found = await see(request, READS, within(owner, repo, find))
    return counted(request, turn, "workflow_runs", total, found)


def counted(request: Asked, turn: Turn, name: str, total: int, found: Sequence[Shape]) -> Response[Shape]:
    some, headers = paged(request, turn, found, total)
    return told({"total_count": total, name: list(some)}, headers=headers)


@reads(f"{RUNS}/{{run_id:int}}")
async def run(request: Asked, owner: Word, repo: Word, run_id: Id) -> Response[Shape]:
    def find(work: Work, project: Project) -> Shape:
        return run_shape(addresses(request, project), run_in(work, project, run_id))

    return told(await see(request, READS, within(owner, repo, find)))


@reads(f"{RUNS}/{{run_id:int}}/artifacts")
async def run_artifacts(request: Asked, owner: Word, repo: Word, run_id: Id, name: Text = "") -> Response[Shape]:
    turn = turn_of(request)

    def find(work: Work, project: Project) -> list[Shape]:
        found, at = run_in(work, project, run_id), addresses(request, project)
        return [artifact_shape(at, one, found) for one in artifacts_of(work, found) if not name or one.name == name]

    found = await see(request, READS, within(owner, repo, find))
    return counted(request, turn, "artifacts", len(found), turn.cut(found))


@reads(ARTIFACTS)
async def artifacts(request: Asked, owner: Word, repo: Word, name: Text = "") -> Response[Shape]:
    turn = turn_of(request)

    def find(work: Work, project: Project) -> tuple[int, list[Shape]]:
        total, found = artifacts_in(work, project, name=name or None, skip=turn.skip, limit=turn.limit)
        return total, [artifact_shape(addresses(request, project), one, run) for one, run in found]

    total, found = await see(request, READS, within(owner, repo, find))
    return counted(request, turn, "artifacts", total, found)


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
