"""What the routes of build share: addresses, and the parts of the house they reach."""

from typing import Annotated

from litestar.params import QueryParameter

from dure.build.leaving import Logs
from dure.code import Repositories
from dure.settings import Settings
from dure.shell import By
from dure.storage import Blobs
from dure.vault import Keyring

HERE = "/{owner:str}/{name:str}/runs"
RUN = f"{HERE}/{{number:int}}"
RUN_JOB = f"{RUN}/jobs/{{job:int}}"
API = "/api/v1/projects/{owner:str}/{name:str}"
API_RUN = f"{API}/runs/{{number:int}}"

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


def keys_of(request: By) -> Keyring:
    keys = request.app.state["keys"]
    assert isinstance(keys, Keyring)
    return keys
