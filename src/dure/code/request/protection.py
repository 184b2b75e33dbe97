"""Protected branches: which checks have to be green before something is merged there, and whether one may push."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import msgspec
from sqlalchemy import ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import policy
from dure.code.push import HEADS
from dure.kit import Invalid, Missing, say
from dure.ledger import Table, Work
from dure.people import Role
from dure.plan import Project

PATTERN_LIMIT_CHARACTERS = 200
CHECKS_MAX = 50
PROTECTIONS_MAX = 100
QUEUE_MINUTES, QUEUE_MINUTES_MAX = 60, 1440
OF_QUEUE = " (merge_group)"
OF_HEAD = re.compile(r" \((?:push|pull_request|pull_request_target)\)$")
"""How the checks of runs are called that something else began than a push or the queue."""

policy.action("code.protect", Role.MAINTAINER, say("protect branches"), token="admin")  # noqa: S106


class Protection(Table):
    __tablename__ = "code_protection"
    __table_args__ = (UniqueConstraint("project_id", "pattern"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    pattern: Mapped[str]
    """A branch, or several: `release/*`."""
    checks: Mapped[str] = mapped_column(Text, default="[]")
    """The names of the checks that have to be green, as JSON."""
    by_request: Mapped[bool] = mapped_column(default=False)
    """Nobody pushes to it; changes come by merge requests alone."""
    by_queue: Mapped[bool] = mapped_column(default=False)
    """Merge requests go into it one after another, each tested on top of those ahead of it."""
    queue_minutes: Mapped[int] = mapped_column(default=QUEUE_MINUTES)
    """So long the queue waits for the checks of one."""

    @property
    def required(self) -> list[str]:
        return msgspec.json.decode(self.checks, type=list[str])

    def covers(self, branch: str) -> bool:
        return fnmatchcase(branch, self.pattern)


@dataclass(frozen=True)
class Rules:
    """All that is asked for on one branch."""

    checks: Sequence[str] = ()
    by_request: bool = False
    by_queue: bool = False
    queue_minutes: int = QUEUE_MINUTES

    @property
    def on_head(self) -> list[str]:
        """The checks that are asked for before anything is tried: those of the queue come later."""
        return [name for name in self.checks if not name.endswith(OF_QUEUE)]


def state_in_queue(name: str, states: Mapping[str, str]) -> str | None:
    """How far a check that is asked for is on a commit of the queue, where the same workflow is called otherwise."""
    return states.get(OF_HEAD.sub("", name).removesuffix(OF_QUEUE) + OF_QUEUE) or states.get(name)


def protect(
    work: Work,
    project: Project,
    pattern: str,
    *,
    checks: Sequence[str] = (),
    by_request: bool = False,
    by_queue: bool = False,
    queue_minutes: int = QUEUE_MINUTES,
) -> Protection:
    """Protect a branch, or change how it is protected."""
    policy.require(work, "code.protect", project.scope)
    pattern = pattern.strip()
    names = list(dict.fromkeys(name.strip() for name in checks if name.strip()))
    if not pattern or len(pattern) > PATTERN_LIMIT_CHARACTERS or not pattern.isprintable():
        raise Invalid({"pattern": say("Name a branch, or several with *: release/*")})
    if len(names) > CHECKS_MAX:
        raise Invalid({"checks": say("At most {count} checks, please.", count=CHECKS_MAX)})
    if not 0 < queue_minutes <= QUEUE_MINUTES_MAX:
        raise Invalid({"queue_minutes": say("Give 1 to {count} minutes.", count=QUEUE_MINUTES_MAX)})
    there = protections_of(work, project)
    found = next((one for one in there if one.pattern == pattern), None)
    if found is None and len(there) >= PROTECTIONS_MAX:
        raise Invalid({"pattern": say("At most {count} protections. Remove one first.", count=PROTECTIONS_MAX)})
    if found is None:
        found = work.add(Protection(project_id=project.id, pattern=pattern))
    found.checks, found.by_request = msgspec.json.encode(names).decode(), by_request
    found.by_queue, found.queue_minutes = by_queue, queue_minutes
    return found


def unprotect(work: Work, project: Project, pattern: str) -> None:
    policy.require(work, "code.protect", project.scope)
    found = next((one for one in protections_of(work, project) if one.pattern == pattern), None)
    if found is None:
        raise Missing(say("No protection here is called {name}.", name=pattern[:PATTERN_LIMIT_CHARACTERS]))
    work.session.delete(found)


def protections_of(work: Work, project: Project) -> Sequence[Protection]:
    policy.require(work, "code.read", project.scope)
    query = select(Protection).where(Protection.project_id == project.id).order_by(Protection.pattern)
    return work.session.scalars(query).all()


def rules_for(work: Work, project: Project, branch: str) -> Rules:
    """What all protections of this branch come to. Of several queues the most patient one counts."""
    found = [one for one in protections_of(work, project) if one.covers(branch)]
    queues = [one.queue_minutes for one in found if one.by_queue]
    return Rules(
        list(dict.fromkeys(name for one in found for name in one.required)),
        any(one.by_request for one in found),
        bool(queues),
        max(queues, default=QUEUE_MINUTES),
    )


# open: called with a project in hand that was asked for under its policy; nothing is told but yes or no.
def is_protected(work: Work, project: Project, ref: str) -> bool:
    """Whether anything at all is asked for on this branch."""
    query = select(Protection).where(Protection.project_id == project.id)
    return ref.startswith(HEADS) and any(one.covers(ref.removeprefix(HEADS)) for one in work.session.scalars(query))


def closed_branches(work: Work, project: Project) -> list[Protection]:
    """Those that nobody pushes to."""
    return [one for one in protections_of(work, project) if one.by_request]


def is_closed(closed: Sequence[Protection], ref: str) -> bool:
    return ref.startswith(HEADS) and any(one.covers(ref.removeprefix(HEADS)) for one in closed)
