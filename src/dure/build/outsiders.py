"""Outsiders: whose changes run only when a developer has let them, since a change decides itself what is run."""

from typing import Literal, get_args

from sqlalchemy.orm import Mapped, mapped_column

from dure import code, people, policy
from dure.kit import Invalid, Text, say
from dure.ledger import Table, Work
from dure.people import Role, require_admin
from dure.plan import Project

Outsiders = Literal["never", "first-timers", "all"]
OUTSIDERS: tuple[str, ...] = get_args(Outsiders)
OF_A_CHANGE = frozenset({"pull_request", "pull_request_review", "pull_request_review_comment"})
"""Of these the workflow itself comes from the change. What runs on the default branch, the project has said itself."""
THE_HOUSE = 0
UNSAID: Outsiders = "first-timers"


class OutsiderRule(Table):
    """Who of those that are no developers has to wait: never any, those who have brought nothing yet, or all."""

    __tablename__ = "build_outsiders"

    project_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0: what counts where a project does not say."""
    rule: Mapped[str]


# open: the house's own doing, when a run begins.
def must_wait(work: Work, project: Project, event: str, actor: str, actor_name: str) -> Text | None:
    """Why a run of theirs waits; None: it goes."""
    kind, _, number = actor.partition(":")
    if event not in OF_A_CHANGE or kind != "person" or not number.isdecimal():
        return None
    rule = rule_of(work, project)
    if rule == "never" or is_developer(work, project, int(number)):
        return None
    if rule == "first-timers" and code.has_brought(work, project, actor):
        return None
    return say("It waits until a developer lets it go, since {name} may not push here.", name=actor_name)


def is_developer(work: Work, project: Project, person_id: int) -> bool:
    person = people.people_by_id(work, [person_id]).get(person_id)
    role = None if person is None else people.role_of(work, project.scope, people.caller_for(person))
    return role is not None and role >= Role.DEVELOPER


# open: only with a project in hand that was asked for under its policy.
def rule_of(work: Work, project: Project) -> str:
    for place in (project.id, THE_HOUSE):
        found = work.session.get(OutsiderRule, place)
        if found is not None:
            return found.rule
    return UNSAID


def say_outsiders(work: Work, project: Project, rule: str) -> str:
    """Of this project: whose changes wait."""
    policy.require(work, "build.secrets", project.scope)
    return put(work, project.id, rule)


# open: asks for an admin of the house; it counts for every project.
def say_outsiders_of_the_house(work: Work, rule: str) -> str:
    require_admin(work)
    return put(work, THE_HOUSE, rule)


def put(work: Work, place: int, rule: str) -> str:
    if rule not in OUTSIDERS:
        raise Invalid({"rule": say("It is one of {words}.", words=", ".join(OUTSIDERS))})
    found = work.session.get(OutsiderRule, place)
    if found is None:
        work.add(OutsiderRule(project_id=place, rule=rule))
    else:
        found.rule = rule
    return rule
