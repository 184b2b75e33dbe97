"""Beginning workflows: one by hand, or those that wait for an event that a program tells of. Jobs may do both."""

import asyncio
from typing import Any

from litestar import Response
from msgspec import Struct

from dure.build import (
    Offer,
    Run,
    Shelf,
    begin_by_hand,
    callable_repository,
    dispatch,
    offers_at,
    place_of,
    ready_to_begin,
)
from dure.kit import Invalid, Missing
from dure.ledger import Work
from dure.plan import Project
from dure.rest.grant import WRITE, Wanted
from dure.rest.routes.asked import (
    REPO,
    Asked,
    Shape,
    Word,
    act,
    addresses,
    body_of,
    does,
    makes,
    of_git,
    repositories_of,
    see,
    settings_of,
    told,
    within,
)
from dure.rest.routes.refusing import no

BEGINS, TELLS = Wanted("actions", WRITE), Wanted("contents", WRITE)
FOLDERS = (".github/workflows", ".dure/workflows")


class NewRun(Struct):
    ref: str
    inputs: dict[str, str | bool | int | float | None] = {}
    return_run_details: bool = False


class NewEvent(Struct):
    event_type: str
    client_payload: dict[str, Any] = {}


@does(f"{REPO}/actions/workflows/{{workflow:str}}/dispatches")
async def new_run(request: Asked, owner: Word, repo: Word, workflow: Word) -> Response[Shape | None]:
    """Of a workflow by the name of its file."""
    said = await body_of(request, NewRun)

    def look(work: Work, project: Project) -> tuple[Project, Any]:
        return project, place_of(work, project)

    project, place = await see(request, BEGINS, within(owner, repo, look))
    try:
        ref, sha = place.ref_named(said.ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))
    except Missing:
        return no(422, f"No ref found for: {said.ref[:200]}")
    offers = await of_git(request, lambda git: offers_at(git, place, ref))
    offer = next((each for each in offers if workflow in (each.file, each.path)), None)
    if offer is None:
        paths = [f"{folder}/{workflow}" for folder in FOLDERS]
        if await of_git(request, lambda git: any(git.find(place.repository_id, sha, path) for path in paths)):
            return no(422, "Workflow does not have 'workflow_dispatch' trigger")
        raise Missing
    ready = await asyncio.to_thread(ready_to_begin, shelf_of(request, owner, repo), place, offer)
    run = await begun(request, owner, repo, ready, said)
    if not said.return_run_details:
        return Response(None, status_code=204)
    at = addresses(request, project)
    urls = {"run_url": at.api("actions", "runs", run.id), "html_url": at.page("runs", run.number)}
    return told({"workflow_run_id": run.id, **urls})


async def begun(request: Asked, owner: str, repo: str, offer: Offer, said: NewRun) -> Run:
    settings = settings_of(request)
    given = {name: written(value) for name, value in said.inputs.items()}

    def do(work: Work, project: Project) -> Run:
        return begin_by_hand(work, project, offer, given, settings.url, settings.artifact_days)

    try:
        return await act(request, BEGINS, within(owner, repo, do))
    except Invalid as problem:
        raise Invalid({f"inputs.{name}": text for name, text in problem.fields.items()}) from problem


def written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def shelf_of(request: Asked, owner: str, repo: str) -> Shelf:
    """Where what the workflow calls is fetched from; for a thread beside the loop."""
    loop = asyncio.get_running_loop()

    def find(path: str) -> int | None:
        def look(work: Work, project: Project) -> int | None:
            return callable_repository(work, project, path)

        return asyncio.run_coroutine_threadsafe(see(request, BEGINS, within(owner, repo, look)), loop).result()

    return Shelf(repositories_of(request), find)


@makes(f"{REPO}/dispatches", status=204)
async def new_event(request: Asked, owner: Word, repo: Word) -> None:
    """`repository_dispatch`."""
    said = await body_of(request, NewEvent)

    def do(work: Work, project: Project) -> None:
        dispatch(work, project, said.event_type, said.client_payload)

    await act(request, TELLS, within(owner, repo, do))


handlers = [new_run, new_event]
