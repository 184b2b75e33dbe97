"""The page of a project's caches, and artifacts that somebody has no more use for."""

from functools import partial

import msgspec
from litestar import Response, get, post

from dure import policy
from dure.build.leaving import Artifact, Cache, artifact_of, caches_of, caches_weigh, drop_cache, remove_artifact
from dure.build.routes.asked import RUN, settings_of
from dure.kit import say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Name, Number, go, page, read, read_form, write

HERE = "/{owner:str}/{name:str}/caches"
SHOWN_MAX = 200


class Dropping(msgspec.Struct):
    cache: int


@get(HERE, include_in_schema=False)
async def caches(request: By, owner: Name, name: Name) -> Response[str]:
    def look(work: Work, project: Project) -> tuple[Project, list[Cache], int, int, bool]:
        rows = list(caches_of(work, project, SHOWN_MAX))
        return project, rows, *caches_weigh(work, project), policy.may(work, "build.caches", project.scope)

    project, rows, count, size, may_drop = await read(request, in_project(owner, name, look))
    settings = settings_of(request)
    return page(
        request,
        "build/caches.html",
        title=say("Caches"),
        here="runs",
        project=project,
        rows=rows,
        count=count,
        size=size,
        size_max=settings.cache_bytes_max,
        days=settings.cache_days,
        may_drop=may_drop,
    )


@post(f"{HERE}/remove", include_in_schema=False)
async def remove_cache(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, Dropping)
    await write(request, in_project(owner, name, partial(drop_cache, cache_id=words.cache)))
    return go(request, f"/{owner}/{name}/caches", say("The cache is gone. Jobs make it anew."))


@post(f"{RUN}/artifacts/{{artifact:int}}/remove", include_in_schema=False)
async def delete_artifact(request: By, owner: Name, name: Name, number: Number, artifact: Number) -> Response[str]:
    def remove(work: Work, project: Project) -> Artifact:
        return remove_artifact(work, project, artifact_of(work, project, number, artifact).id)

    found = await write(request, in_project(owner, name, remove))
    return go(request, f"/{owner}/{name}/runs/{number}", say("The artifact {name} is gone.", name=found.name))


handlers = [caches, remove_cache, delete_artifact]
