"""Work that was done already, for laptops that come to the same key, under /api/v1."""

from functools import partial
from typing import Annotated

from litestar import get, put
from litestar.params import JSONBody, PathParameter

from dure.build.reuse import Result, put_result, result_with
from dure.build.routes.asked import API
from dure.plan import in_project
from dure.shell import By, Slug, read, refusals, write
from dure.wire import KeptResult, NewKeptResult

TAGS = ["runs"]
HERE = f"{API}/job-results/{{key:str}}"

Key = Annotated[str, PathParameter(max_length=64, description="What `x-cache` makes of all that a job depends on.")]


@get(HERE, responses=refusals(422), tags=TAGS, summary="The result of a job")
async def result(request: By, owner: Slug, name: Slug, key: Key) -> KeptResult:
    """As far as every run of the project may take it over."""
    return told(await read(request, in_project(owner, name, partial(result_with, key=key))))


@put(HERE, responses=refusals(422), tags=TAGS, summary="Bring the result of a job")
async def bring(request: By, owner: Slug, name: Slug, key: Key, data: JSONBody[NewKeptResult]) -> KeptResult:
    """For maintainers: runs will take it over without doing the work."""
    do = partial(put_result, key=key, outputs=data.outputs)
    return told(await write(request, in_project(owner, name, do)))


def told(result: Result) -> KeptResult:
    artifacts = {left.name: left.digest for left in result.artifacts}
    return KeptResult(outputs=result.given, run=result.number, artifacts=artifacts)


handlers = [result, bring]
