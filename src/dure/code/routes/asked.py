"""What the routes of code know of a request: whose repository, and how git is asked without holding up others."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread
from litestar import Request
from litestar.datastructures import State
from litestar.params import FromPath

from dure.code.push import refs_of
from dure.code.reception import Reception
from dure.code.repositories import Repositories
from dure.code.repository import Repository, create_repository, repository_of
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.settings import Settings
from dure.shell import read, write

T = TypeVar("T")
Asked = Request[Any, Any, State]
Rest = FromPath[Path]
"""The rest of an address: a branch and a path in it, either with slashes of its own."""
HERE = "/{owner:str}/{name:str}"
API = "/api/v1/projects/{owner:str}/{name:str}"


@dataclass(frozen=True)
class Home:
    """A project, its repository and its branches and tags as they were written down."""

    project: Project
    repository: Repository
    refs: dict[str, str]

    @property
    def head(self) -> str | None:
        """The commit that the default branch is at."""
        return self.refs.get(self.repository.default_ref)


def home_of(work: Work, project: Project) -> Home | None:
    repository = repository_of(work, project)
    return Home(project, repository, refs_of(work, project)) if repository is not None else None


def made_home(work: Work, project: Project) -> Home:
    return Home(project, create_repository(work, project), refs_of(work, project))


async def come_home(request: Asked, owner: str, name: str) -> Home:
    """The repository of this project. If git is ahead of what was written down, that is mended first."""
    home = await read(request, in_project(owner, name, home_of))
    if home is None:
        home = await write(request, in_project(owner, name, made_home))
    look = reception_of(request).settle_if_behind
    if await anyio.to_thread.run_sync(look, home.repository.id, home.repository.default_branch, home.head):
        home = await read(request, in_project(owner, name, home_of)) or home
    return home


async def ask_git(request: Asked, do: Callable[[Repositories], T]) -> T:
    """Outside of the event loop, and outside of every transaction."""
    return await anyio.to_thread.run_sync(do, repositories_of(request))


def repositories_of(request: Asked) -> Repositories:
    found = request.app.state["repositories"]
    assert isinstance(found, Repositories)
    return found


def reception_of(request: Asked) -> Reception:
    found = request.app.state["reception"]
    assert isinstance(found, Reception)
    return found


def clone_url(request: Asked, project: Project) -> str:
    """Where git finds the repository."""
    settings = request.app.state["settings"]
    assert isinstance(settings, Settings)
    return f"{settings.url}/{project.path}.git"
