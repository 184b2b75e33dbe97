"""A project: where a team's work has its place. Its address is `owner/name`; its scope is what roles are given in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import UniqueConstraint, select, tuple_, update
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, people, policy
from dure.kit import Forbidden, Invalid, Missing, Refused, now, say
from dure.ledger import Event, Moment, Table, Work
from dure.people import Caller, Role
from dure.plan.wording import Wording, one_line

T = TypeVar("T")

TITLE_LIMIT_CHARACTERS = 100
DESCRIPTION_LIMIT_CHARACTERS = 2000
PROJECTS_PER_OWNER_MAX = 1000
PAGE_PROJECTS = 50
PATH_LIMIT_CHARACTERS = 80

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
SEES = Role.GUEST
"""What everyone who is signed in may be in a project that is open to all of them."""

policy.action("project.read", Role.GUEST, say("read this project"), token="read")  # noqa: S106
policy.action("project.edit", Role.MAINTAINER, say("change this project's settings"), token="admin")  # noqa: S106
policy.action("project.share", Role.OWNER, say("choose who may see this project"), token="admin")  # noqa: S106


class Project(Table):
    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    owner: Mapped[str]
    name: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)
    issues_numbered: Mapped[int] = mapped_column(default=0)
    open_issues: Mapped[int] = mapped_column(default=0)

    @property
    def path(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def scope(self) -> str:
        return f"project:{self.id}"

    @property
    def closed_issues(self) -> int:
        return self.issues_numbered - self.open_issues


@dataclass(frozen=True, kw_only=True)
class ProjectMade(Event, kind="plan.project_made"):
    """A project was made."""

    project: int
    path: str
    title: str

    def sentence(self) -> kit.Text:
        return say("made the project {path}", path=self.path)


@dataclass(frozen=True, kw_only=True)
class ProjectEdited(Event, kind="plan.project_edited"):
    """The title or the description of a project was changed."""

    project: int
    path: str
    title: str

    def sentence(self) -> kit.Text:
        return say("changed the settings of {path}", path=self.path)


class AlreadyThere(Refused):
    """Something of this name is there already."""


@dataclass(frozen=True)
class Shown:
    """Who may see a project, and who asks: what its pages need beside the project itself."""

    project: Project
    everyone: bool


# open: the project is only being made; who may make it is asked in `check_owner`.
def make_project(
    work: Work, *, owner: str, name: str, title: str = "", description: str = "", everyone: bool = False
) -> Project:
    """Make a project and its maker the owner of it."""
    wording = Wording()
    title = wording.line("title", title, TITLE_LIMIT_CHARACTERS, required=False)
    description = wording.text("description", description, DESCRIPTION_LIMIT_CHARACTERS)
    name = name.strip().lower()
    if not SLUG.fullmatch(name) or ".." in name or name.endswith(".git"):
        wording.refuse(
            "name", say("Use 1 to 40 letters a to z, digits, dots and hyphens; begin and end with a letter or digit.")
        )
    wording.settle()
    owner = check_owner(work, owner)
    if owned(work, owner) >= PROJECTS_PER_OWNER_MAX:
        raise Refused(
            say("{owner} has {count} projects, and more are not possible.", owner=owner, count=PROJECTS_PER_OWNER_MAX)
        )
    if by_path(work, f"{owner}/{name}") is not None:
        raise AlreadyThere(say("There is a project {path} already. Choose another name.", path=f"{owner}/{name}"))
    project = Project(owner=owner, name=name, title=title or name, description=description, made_at=now())
    work.add(project)
    made = ProjectMade(project=project.id, path=project.path, title=project.title)
    work.record(made, about=[project.scope, work.actor.ref], within=project.scope)
    if isinstance(work.actor, Caller) and work.actor.person_id is not None:
        people.grant(work, project.scope, work.actor.person_id, Role.OWNER)
    if everyone:
        people.grant_everyone(work, project.scope, SEES)
    return project


def check_owner(work: Work, owner: str) -> str:
    """A person's own handle; for whoever keeps the house any other name, which is then the name of a team."""
    actor = work.actor
    owner = owner.strip().lower() or actor.name
    if isinstance(actor, Caller):
        if actor.person_id is None:
            raise Forbidden(say("A project's token cannot make projects. Use a token of your own."))
        if actor.token_scopes is not None and not actor.token_scopes & {"write", "admin"}:
            raise Forbidden(say("This token may only read. To make a project it needs the scope “write”."))
        if owner == actor.name:
            return owner
    problem = people.check_slug(owner)
    if problem is not None and not people.people_by_handle(work, [owner]):
        raise Invalid({"owner": problem})
    try:
        people.require_admin(work)
    except Forbidden as error:
        sentence = say(
            "You can make projects under your own name, {name}. Only an admin can use another.", name=actor.name
        )
        raise Forbidden(sentence) from error
    return owner


def owned(work: Work, owner: str) -> int:
    query = select(Project.id).where(Project.owner == owner).limit(PROJECTS_PER_OWNER_MAX)
    return len(work.session.scalars(query).all())


def by_path(work: Work, path: str) -> Project | None:
    owner, _, name = path.partition("/")
    if not (SLUG.fullmatch(owner) and SLUG.fullmatch(name)):
        return None
    return work.session.scalars(select(Project).where(Project.owner == owner, Project.name == name)).one_or_none()


def find_project(work: Work, path: str) -> Project:
    """The project at `owner/name`. One that the actor may not read is as missing as one that is not there."""
    project = by_path(work, path)
    if project is None:
        raise Missing
    policy.require(work, "project.read", project.scope)
    return project


def in_project(owner: str, name: str, do: Callable[[Work, Project], T]) -> Callable[[Work], T]:
    """What is done in the project at this address: for routes, which know no more of it."""
    return lambda work: do(work, find_project(work, f"{owner}/{name}"))


def project_of(work: Work, project_id: int) -> Project:
    """The project with this id, under the same condition."""
    project = work.session.get(Project, project_id)
    if project is None:
        raise Missing
    policy.require(work, "project.read", project.scope)
    return project


def readable_ids(work: Work) -> list[int] | None:
    """The ids of the projects that the actor may read; None means all of them."""
    scopes = policy.readable_scopes(work)
    return None if scopes is None else project_ids(scopes)


def project_ids(scopes: frozenset[str]) -> list[int]:
    return sorted(int(scope.removeprefix("project:")) for scope in scopes if scope.startswith("project:"))


def list_projects(work: Work, *, after: str = "", limit: int = PAGE_PROJECTS) -> Sequence[Project]:
    """The projects one may read, by their path, from after one on."""
    query = select(Project).order_by(Project.owner, Project.name).limit(limit)
    ids = readable_ids(work)
    if ids is not None:
        query = query.where(Project.id.in_(ids))
    if after:
        owner, _, name = one_line(after).partition("/")
        query = query.where(tuple_(Project.owner, Project.name) > (owner, name))
    return work.session.scalars(query).all()


def edit_project(
    work: Work,
    project: Project,
    *,
    title: str | None = None,
    description: str | None = None,
    everyone: bool | None = None,
) -> Project:
    """Change what is given. Who may see the project is its owner's choice alone."""
    policy.require(work, "project.edit", project.scope)
    wording = Wording()
    if title is not None:
        title = wording.line("title", title, TITLE_LIMIT_CHARACTERS)
    if description is not None:
        description = wording.text("description", description, DESCRIPTION_LIMIT_CHARACTERS)
    wording.settle()
    title = project.title if title is None else title
    description = project.description if description is None else description
    if (title, description) != (project.title, project.description):
        changed = update(Project).where(Project.id == project.id).values(title=title, description=description)
        work.session.execute(changed)
        edited = ProjectEdited(project=project.id, path=project.path, title=title)
        work.record(edited, about=[project.scope], within=project.scope)
    if everyone is not None and everyone != is_open(work, project):
        share_project(work, project, everyone=everyone)
    return project


def share_project(work: Work, project: Project, *, everyone: bool) -> None:
    """Open it to everyone who is signed in, or keep it to its members."""
    policy.require(work, "project.share", project.scope)
    people.grant_everyone(work, project.scope, SEES if everyone else None)


def is_open(work: Work, project: Project) -> bool:
    policy.require(work, "project.read", project.scope)
    return people.everyone_in(work, project.scope) is not None


def shown(work: Work, project: Project) -> Shown:
    return Shown(project, is_open(work, project))
