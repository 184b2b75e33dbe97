"""A running house with a project, and the real git beside it."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.code.worktree import Home, Worktree
from tests.parts.house import PASSWORD, RunningHouse, running_house


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """One house for the tests of a file."""
    with running_house(tmp_path_factory.mktemp("house") / "data") as house:
        house.settle()
        yield house


@pytest.fixture(scope="module")
def token(running: RunningHouse) -> str:
    return running.token()


@pytest.fixture
def project(running: RunningHouse, token: str, request: pytest.FixtureRequest) -> str:
    """A project of its own for each test."""
    name = f"p{abs(hash(request.node.nodeid)) % 10**10}"
    running.api("POST", "/projects", {"name": name}, token=token, expect=201)
    return f"ada/{name}"


@pytest.fixture
def tree(running: RunningHouse, token: str, project: str, tmp_path: Path) -> Worktree:
    """An empty working tree whose `origin` is the project."""
    return Home(tmp_path, running.url, token).worktree(project)


@pytest.fixture
def cookie(running: RunningHouse) -> str:
    """What ada's browser shows to be let in."""
    line = http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=30)
    form = urlencode({"handle": "ada", "password": PASSWORD})
    line.request("POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded", "Origin": running.url})
    answer = line.getresponse()
    answer.read()
    line.close()
    return str(answer.headers["Set-Cookie"]).partition(";")[0]
