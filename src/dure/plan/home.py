"""Where people come in: what waits for them, and how a project stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dure import people, policy
from dure.ledger import Entry, Work
from dure.people import Caller
from dure.plan.issue import Listing, Milestone, latest, list_issues, milestones_of, readable_of, search_issues
from dure.plan.project import Project, is_open, list_projects, project_ids
from dure.plan.search import Filter

PROJECTS_SHOWN = 30
ISSUES_SHOWN = 10
ENTRIES_SHOWN = 20
MILESTONES_SHOWN = 3


@dataclass(frozen=True)
class House:
    """What somebody finds who comes in."""

    projects: Sequence[Project]
    mine: Listing
    has_more: bool


@dataclass(frozen=True)
class ProjectHome:
    """How a project stands."""

    project: Project
    everyone: bool
    mine: Listing
    entries: Sequence[Entry]
    milestones: Sequence[Milestone]
    may_open: bool


def come_in(work: Work) -> House:
    """The actor's own projects first; an admin, who may read all, is not shown all."""
    found = my_projects(work)
    mine = search_issues(work, Filter(state="open", assignee="me"), limit=ISSUES_SHOWN)
    return House(found[:PROJECTS_SHOWN], mine, len(found) > PROJECTS_SHOWN)


def my_projects(work: Work) -> Sequence[Project]:
    """Those in which somebody has a role by name; those open to everyone, too, unless the house itself is asked."""
    readable = policy.readable(work)
    query = select(Project).order_by(Project.owner, Project.name).limit(PROJECTS_SHOWN + 1)
    ids = project_ids(scopes_of_my_own(work))
    found = work.session.scalars(query.where(Project.id.in_(ids))).all() if ids else []
    return [project for project in found if readable(project.scope)] or list_projects(work, limit=PROJECTS_SHOWN + 1)


def scopes_of_my_own(work: Work) -> frozenset[str]:
    scopes = policy.readable_scopes(work)
    if scopes is not None:
        return scopes
    person_id = work.actor.person_id if isinstance(work.actor, Caller) else None
    mine = select(people.Grant.scope).where(people.Grant.person_id == person_id)
    return frozenset(work.session.scalars(mine)) if person_id is not None else frozenset()


def project_home(work: Work, project: Project) -> ProjectHome:
    policy.require(work, "project.read", project.scope)
    mine = list_issues(work, project, Filter(state="open", assignee="me"), limit=ISSUES_SHOWN)
    return ProjectHome(
        project=project,
        everyone=is_open(work, project),
        mine=mine,
        entries=readable_of(work, latest(work, project.scope, limit=ENTRIES_SHOWN)),
        milestones=milestones_of(work, project, only_open=True)[:MILESTONES_SHOWN],
        may_open=policy.may(work, "issue.open", project.scope),
    )
