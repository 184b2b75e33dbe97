"""Work that was done already, for laptops that come to the same key, under /api/v1."""

from functools import partial
from typing import Annotated

from litestar import get, put
from litestar.params import JSONBody, PathParameter
from litestar.response import Stream

from dure.build.leaving import ZIP, Left
from dure.build.reuse import Result, bring_artifact, may_bring, put_result, result_artifact, result_with
from dure.build.routes.asked import API, blobs_of, settings_of
from dure.build.routes.runner import artifact_name, received
from dure.build.routes.supplies.artifacts import Expected, Kind, media_type
from dure.plan import in_project
from dure.shell import By, Name, Slug, read, refusals, write
from dure.wire import ARTIFACT_BYTES_MAX, KeptResult, NewKeptResult

TAGS = ["runs"]
HERE = f"{API}/job-results/{{key:str}}"
ARTIFACT = f"{HERE}/artifacts/{{artifact:str}}"

Key = Annotated[str, PathParameter(max_length=64, description="What `x-cache` makes of all that a job depends on.")]


@get(HERE, responses=refusals(422), tags=TAGS, summary="The result of a job")
async def result(request: By, owner: Slug, name: Slug, key: Key) -> KeptResult:
    """As far as every run of the project may take it over."""
    return told(f"/{owner}/{name}", await read(request, in_project(owner, name, partial(result_with, key=key))))


@put(HERE, responses=refusals(422), tags=TAGS, summary="Bring the result of a job")
async def bring(request: By, owner: Slug, name: Slug, key: Key, data: JSONBody[NewKeptResult]) -> KeptResult:
    """For maintainers: runs will take it over without doing the work. What a run of the house has done stays."""
    days = settings_of(request).artifact_days
    do = partial(put_result, key=key, outputs=data.outputs, artifacts=data.artifacts, days=days)
    return told(f"/{owner}/{name}", await write(request, in_project(owner, name, do)))


@put(
    ARTIFACT,
    responses=refusals(422),
    tags=TAGS,
    summary="Bring an artifact of a result",
    request_max_body_size=ARTIFACT_BYTES_MAX,
)
async def bring_one(
    request: By, owner: Slug, name: Slug, key: Key, artifact: Name, kind: Kind = ZIP, digest: Expected = ""
) -> None:
    """For maintainers, before the result itself."""
    await read(request, in_project(owner, name, partial(may_bring, key=key)))
    artifact = artifact_name(artifact)
    kept = await received(request, ARTIFACT_BYTES_MAX, digest)
    left = Left(artifact, kept.digest, kept.size, media_type(kind))
    await write(request, in_project(owner, name, partial(bring_artifact, key=key, left=left)))


@get(ARTIFACT, responses=refusals(422), tags=TAGS, summary="An artifact of a result")
async def fetch_one(request: By, owner: Slug, name: Slug, key: Key, artifact: Name) -> Stream:
    found = await read(request, in_project(owner, name, partial(result_artifact, key=key, name=artifact)))
    headers = {"Content-Length": str(found.size), "Content-Disposition": "attachment"}
    return Stream(blobs_of(request).send(found.digest), media_type=found.kind, headers=headers)


def told(project: str, result: Result) -> KeptResult:
    return KeptResult(
        outputs=result.given,
        run=result.number,
        artifacts={left.name: left.digest for left in result.artifacts},
        url=f"{project}/runs/{result.number}/jobs/{result.job_id}" if result.job_id else "",
        by=result.by,
        kinds={left.name: left.kind for left in result.artifacts if left.kind != ZIP},
    )


handlers = [result, bring, bring_one, fetch_one]
