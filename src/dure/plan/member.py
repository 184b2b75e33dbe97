"""Members: who works on a project, and as what. The roles themselves are kept by the room of people."""

from dataclasses import dataclass

from dure import people, policy
from dure.kit import Missing, say
from dure.ledger import Work
from dure.people import EveryoneRole, Member, MemberGone, NewMember, Role
from dure.plan.project import Project

policy.action("project.members", Role.MAINTAINER, say("choose who works on this project"), token="admin")  # noqa: S106


@dataclass(frozen=True)
class Members:
    """Who works on a project, and who else may look in."""

    project: Project
    members: list[Member]
    everyone: Role | None
    may_edit: bool


def members_of(work: Work, project: Project) -> Members:
    policy.require(work, "project.read", project.scope)
    return Members(
        project=project,
        members=people.members_of(work, project.scope),
        everyone=people.everyone_in(work, project.scope),
        may_edit=policy.may(work, "project.members", project.scope),
    )


def find_member(work: Work, project: Project, handle: str) -> Member:
    found = next((one for one in members_of(work, project).members if one.handle == handle.lower()), None)
    if found is None:
        raise Missing(say("{handle} is no member here.", handle=handle[:80]))
    return found


def add_member(work: Work, project: Project, words: NewMember) -> None:
    """Give somebody a role here, or another one than they had."""
    policy.require(work, "project.members", project.scope)
    people.add_member(work, project.scope, words)


def remove_member(work: Work, project: Project, words: MemberGone) -> None:
    """End somebody's role here. One's own may always be ended."""
    policy.require(work, "project.read", project.scope)
    if words.handle.removeprefix("@") != work.actor.name:
        policy.require(work, "project.members", project.scope)
    people.remove_member(work, project.scope, words)


def set_everyone(work: Work, project: Project, words: EveryoneRole) -> None:
    """What everyone who is signed in may do here."""
    policy.require(work, "project.share", project.scope)
    people.set_everyone(work, project.scope, words)
