"""What the routes of build share: addresses, and the parts of the house they reach."""

import asyncio
from functools import partial
from typing import Annotated

from litestar.params import QueryParameter

from dure.build.leaving import Logs
from dure.build.planning import Shelf, callable_repository
from dure.build.runners import is_due_for_note, known_runner, note_life
from dure.code import Repositories
from dure.kit import Unauthenticated, say
from dure.ledger import Work
from dure.plan import find_project
from dure.settings import Settings
from dure.shell import By, read, write
from dure.storage import Blobs
from dure.vault import Keyring

HERE = "/{owner:str}/{name:str}/runs"
RUN = f"{HERE}/{{number:int}}"
RUN_JOB = f"{RUN}/jobs/{{job:int}}"
API = "/api/v1/projects/{owner:str}/{name:str}"
API_RUN = f"{API}/runs/{{number:int}}"
KEYS = {"open": True, "own_keys": True}
"""Whoever asks there shows a key of another kind than people do."""

ATTEMPT = Annotated[int | None, QueryParameter(ge=1, le=100_000, description="Which try; the last, if not said.")]


def logs_of(request: By) -> Logs:
    logs = request.app.state["logs"]
    assert isinstance(logs, Logs)
    return logs


def blobs_of(request: By) -> Blobs:
    blobs = request.app.state["blobs"]
    assert isinstance(blobs, Blobs)
    return blobs


def settings_of(request: By) -> Settings:
    settings = request.app.state["settings"]
    assert isinstance(settings, Settings)
    return settings


def repositories_of(request: By) -> Repositories:
    repositories = request.app.state["repositories"]
    assert isinstance(repositories, Repositories)
    return repositories


def shelf_of(request: By, project: str) -> Shelf:
    """Where the workflows are fetched from that one of this project calls; for a thread beside the loop."""
    loop = asyncio.get_running_loop()

    def find(path: str) -> int | None:
        def look(work: Work) -> int | None:
            return callable_repository(work, find_project(work, project), path)

        return asyncio.run_coroutine_threadsafe(read(request, look), loop).result()

    return Shelf(repositories_of(request), find)


def keys_of(request: By) -> Keyring:
    keys = request.app.state["keys"]
    assert isinstance(keys, Keyring)
    return keys


async def runner_of(request: By) -> int:
    """Which runner asks. That it was heard of is written down now and then."""
    runner = await read(request, partial(known_runner, secret=shown_token(request)))
    if is_due_for_note(runner):
        await write(request, partial(note_life, runner_id=runner.id))
    return runner.id


def shown_token(request: By) -> str:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise Unauthenticated(say("A runner shows its token: Authorization: Bearer dure_run_…"))
    return secret.strip()
