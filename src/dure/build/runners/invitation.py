"""Invitations: a token that lets a new runner in, good for an hour and for as many runners as was said.

Whoever joins brings the token that it will show from then on, so that an answer that is lost costs nothing: said
twice, it joins once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

import msgspec
from sqlalchemy import ForeignKey, Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.build.runners.mine import in_the_house
from dure.build.runners.runner import SECRET_LIMIT_CHARACTERS, Runner, RunnerOver, free_name, is_taken, tidy_labels
from dure.kit import Unauthenticated, digest, new_secret, now, say
from dure.ledger import HOUSE, Event, Moment, Table, Work
from dure.people import require_admin
from dure.plan import Project, project_of
from dure.wire import JOIN_TOKEN_PREFIX, Join, Joined

HOURS = 1
KEPT_DAYS = 7
SPENT = say("This token lets nobody in any more: it was used, is too old, or never was one of ours. Ask for a new one.")


class Invitation(Table):
    __tablename__ = "build_invitation"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    digest: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    labels: Mapped[str] = mapped_column(Text)
    """What its runners take, as JSON, unless they say something themselves."""
    ephemeral: Mapped[bool]
    uses_left: Mapped[int]
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)

    @property
    def within(self) -> str:
        return "house" if self.project_id is None else f"project:{self.project_id}"


@dataclass(frozen=True, kw_only=True)
class RunnersInvited(Event, kind="build.runners_invited"):
    uses: int
    labels: list[str]
    ephemeral: bool

    def sentence(self) -> kit.Text:
        return say("invited runners ({count} at most)", count=self.uses)


@dataclass(frozen=True, kw_only=True)
class RunnerJoined(Event, kind="build.runner_joined"):
    runner: int
    name: str
    ephemeral: bool

    def sentence(self) -> kit.Text:
        return say("the runner {name} joined", name=self.name)


@dataclass(frozen=True)
class Invited:
    """What is told once."""

    secret: str
    expires_at: datetime


def invite(
    work: Work, project: Project | None = None, *, labels: Sequence[str] = (), ephemeral: bool = False, uses: int = 1
) -> Invited:
    """A token for new runners: for all projects by an admin, for one by a maintainer of it."""
    if project is not None:
        policy.require(work, "build.runners", project.scope)
    elif work.actor != HOUSE:
        require_admin(work)
    secret, time = new_secret(JOIN_TOKEN_PREFIX), now()
    made = work.add(
        Invitation(
            digest=digest(secret),
            project_id=project.id if project else None,
            labels=msgspec.json.encode(tidy_labels(labels)).decode(),
            ephemeral=ephemeral,
            uses_left=uses,
            made_by=work.actor.ref,
            made_at=time,
            expires_at=time + timedelta(hours=HOURS),
        )
    )
    told = RunnersInvited(uses=uses, labels=tidy_labels(labels), ephemeral=ephemeral)
    work.record(told, about=[made.within], within=made.within)
    return Invited(secret, made.expires_at)


# open: the token that is shown says what may be done.
def join(work: Work, shown: str, told: Join) -> Joined:
    """A new runner, known by the token that it brings."""
    if not shown.startswith(JOIN_TOKEN_PREFIX) or len(shown) > SECRET_LIMIT_CHARACTERS:
        raise Unauthenticated(SPENT)
    invitation = work.session.scalars(select(Invitation).where(Invitation.digest == digest(shown))).one_or_none()
    if invitation is None:
        raise Unauthenticated(SPENT)
    mine = select(Runner).where(Runner.digest == digest(told.token), Runner.invitation_id == invitation.id)
    runner = work.session.scalars(mine).one_or_none()
    if runner is None:
        spend(work, invitation)
        runner = let_in(work, invitation, told)
    elif runner.ended_at is not None:
        raise RunnerOver(runner.name)
    project = "" if runner.project_id is None else project_of(in_the_house(work), runner.project_id).path
    labels = msgspec.json.decode(invitation.labels, type=list[str])
    return Joined(name=runner.name, labels=labels, ephemeral=runner.ephemeral, project=project)


def spend(work: Work, invitation: Invitation) -> None:
    """Of several that come at once with the last use, one is let in."""
    good = Invitation.id == invitation.id, Invitation.uses_left > 0, Invitation.expires_at > now()
    used = update(Invitation).where(*good).values(uses_left=Invitation.uses_left - 1).returning(Invitation.id)
    if work.session.execute(used.execution_options(synchronize_session=False)).scalar() is None:
        raise Unauthenticated(SPENT)


def let_in(work: Work, invitation: Invitation, told: Join) -> Runner:
    name = told.name
    if invitation.ephemeral and is_taken(work, " ".join(name.split())):
        # Many of them are made of one description, and call themselves the same.
        name = f"{name[:90]}-{token_hex(3)}"
    runner = work.add(
        Runner(
            name=free_name(work, name),
            digest=digest(told.token),
            made_at=now(),
            project_id=invitation.project_id,
            ephemeral=invitation.ephemeral,
            invitation_id=invitation.id,
        )
    )
    joined = RunnerJoined(runner=runner.id, name=runner.name, ephemeral=runner.ephemeral)
    in_the_house(work).record(joined, about=[runner.ref], within=runner.within)
    return runner


# open: the house's own bookkeeping, by the clock.
def forget_invitations(work: Work) -> None:
    """Those that nobody can come by any more, unless a runner that came by one may say so once more."""
    long_ago = now() - timedelta(days=KEPT_DAYS)
    old = select(Invitation.id).where(Invitation.expires_at < long_ago)
    over = Runner.invitation_id.in_(old), Runner.ended_at < long_ago
    named = select(Runner.invitation_id).where(Runner.invitation_id.is_not(None))
    for forget in (
        update(Runner).where(*over).values(invitation_id=None),
        delete(Invitation).where(Invitation.id.in_(old), Invitation.id.not_in(named)),
    ):
        work.session.execute(forget.execution_options(synchronize_session=False))
