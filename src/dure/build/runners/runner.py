"""Runners: the programs that do jobs, here or on other machines. Each has a token of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ForeignKey, Index, Text, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.kit import Invalid, Missing, Refused, Unauthenticated, digest, new_secret, now, say
from dure.ledger import HOUSE, Event, Moment, Table, Work
from dure.people import Role, require_admin
from dure.plan import readable_ids
from dure.wire import RUNNER_TOKEN_PREFIX, Registration

LOCAL = "local"
"""The runner that the house itself starts."""
NAME_LIMIT_CHARACTERS = 100
SECRET_LIMIT_CHARACTERS = 200
SEEN_SECONDS = 30.0
"""How exactly we know when a runner was last heard of."""
AWAY_SECONDS = 90.0
"""A runner that has said nothing for so long is not there."""

policy.action("build.runners", Role.MAINTAINER, say("manage the runners of this project"), token="admin")  # noqa: S106


class Runner(Table):
    __tablename__ = "build_runner"
    __table_args__ = (
        Index(
            "ix_build_runner_name",
            "name",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str]
    """Of those that have not ended, no two are called the same."""
    digest: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), default=None)
    """It takes jobs of this project alone."""
    ephemeral: Mapped[bool] = mapped_column(default=False)
    """It takes one job, and is gone."""
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("build_invitation.id"), default=None)
    labels: Mapped[str] = mapped_column(Text, default="[]")
    tier: Mapped[str] = mapped_column(default="")
    isolation: Mapped[str] = mapped_column(Text, default="")
    capacity: Mapped[int] = mapped_column(default=0)
    version: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    began_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """When it last said who it is. What an earlier life of it waits for is nobody's any more."""
    drained_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    drained_by: Mapped[str] = mapped_column(default="")
    spent_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """When it took the one job that an ephemeral runner takes."""
    ended_at: Mapped[datetime | None] = mapped_column(Moment, default=None)

    @property
    def ref(self) -> str:
        return f"runner:{self.id}"

    @property
    def within(self) -> str:
        return "house" if self.project_id is None else f"project:{self.project_id}"

    @property
    def has(self) -> frozenset[str]:
        return frozenset(msgspec.json.decode(self.labels, type=list[str]))

    @property
    def is_away(self) -> bool:
        return self.seen_at is None or (now() - self.seen_at).total_seconds() > AWAY_SECONDS

    @property
    def is_drained(self) -> bool:
        return self.drained_at is not None

    @property
    def takes_none(self) -> bool:
        """Nothing new is given to it, however free it is."""
        return self.drained_at is not None or self.spent_at is not None or self.ended_at is not None

    def serves(self, labels: Sequence[str], project_id: int) -> bool:
        """Whether such a job of that project is one for it."""
        return self.project_id in (None, project_id) and self.has.issuperset(labels)


@dataclass(frozen=True, kw_only=True)
class RunnerEnded(Event, kind="build.runner_ended"):
    runner: int
    name: str

    def sentence(self) -> kit.Text:
        return say("ended the runner {name}", name=self.name)


class RunnerOver(Refused):
    """This runner has ended. Whoever shows its token learns it, and stops asking."""

    def __init__(self, name: str) -> None:
        super().__init__(say("The runner {name} was ended. Join again with a new token.", name=name))


# open: asks for an admin of the house; the runner it makes belongs to no project.
def make_runner(work: Work, name: str) -> str:
    """A new runner, and the token it shows. The token is told this once."""
    require_admin(work)
    secret = new_secret(RUNNER_TOKEN_PREFIX)
    work.add(Runner(name=free_name(work, name), digest=digest(secret), made_at=now()))
    return secret


# open: only the house itself calls it, when it starts its own runner.
def local_runner(work: Work) -> str:
    """A fresh token for the runner on the house's own machine. The one before is good for nothing then."""
    if work.actor != HOUSE:
        require_admin(work)
    mine = select(Runner).where(Runner.name == LOCAL).order_by(Runner.ended_at.is_not(None), Runner.id.desc())
    runner = work.session.scalars(mine.limit(1)).first()
    secret = new_secret(RUNNER_TOKEN_PREFIX)
    if runner is None:
        work.add(Runner(name=LOCAL, digest=digest(secret), made_at=now()))
    else:
        runner.digest, runner.ended_at = digest(secret), None
    return secret


def free_name(work: Work, name: str) -> str:
    """The name, tidied; a refusal where it cannot be used."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LIMIT_CHARACTERS or not name.isprintable() or "/" in name:
        raise Invalid(
            {"name": say("A runner needs a name of 1 to {count} characters, without a /.", count=NAME_LIMIT_CHARACTERS)}
        )
    if name == LOCAL or is_taken(work, name):
        raise Invalid({"name": say("There is a runner {name} already.", name=name)})
    return name


def is_taken(work: Work, name: str) -> bool:
    living = select(Runner.id).where(Runner.name == name, Runner.ended_at.is_(None))
    return work.session.scalars(living).first() is not None


def managed_runner(work: Work, name: str) -> Runner:
    """The runner of this name, for who may manage it: an admin, or a maintainer of the project that it is for."""
    living = select(Runner).where(Runner.name == name, Runner.ended_at.is_(None)).with_for_update()
    runner = work.session.scalars(living).one_or_none()
    if runner is not None and runner.project_id is not None:
        policy.require(work, "build.runners", runner.within)
    else:
        require_admin(work)
    if runner is None:
        raise Missing(say("There is no runner {name}.", name=name))
    return runner


# open: asks for whoever manages this runner.
def end_runner(work: Work, name: str) -> None:
    """Its token is good for nothing any more. Jobs that it has are lost when their leases run out."""
    end(work, managed_runner(work, name))


# open: the house's own bookkeeping, or the caller has asked.
def end(work: Work, runner: Runner) -> None:
    if runner.ended_at is None:
        runner.ended_at = now()
        work.record(RunnerEnded(runner=runner.id, name=runner.name), about=[runner.ref], within=runner.within)
        work.ring(registration_of(runner.id))


# open: an ephemeral runner says this of itself, with its token, when its one job is over.
def leave(work: Work, runner_id: int) -> None:
    runner = work.session.get_one(Runner, runner_id)
    if runner.ephemeral:
        end(work, runner)


# open: of those for all projects nothing is a secret among who is signed in; the others are for readers of theirs.
def runners_of(work: Work, project_id: int | None = None) -> Sequence[Runner]:
    """All that have not ended; with a project, those that take its jobs."""
    query = select(Runner).where(Runner.ended_at.is_(None)).order_by(Runner.name)
    if project_id is not None:
        query = query.where(Runner.project_id.is_(None) | (Runner.project_id == project_id))
    mine = readable_ids(work)
    if mine is not None:
        query = query.where(Runner.project_id.is_(None) | Runner.project_id.in_(mine))
    return work.session.scalars(query).all()


# open: it finds out who asks; what they may do follows from the answer.
def known_runner(work: Work, secret: str) -> Runner:
    """Whose token this is."""
    good = secret.startswith(RUNNER_TOKEN_PREFIX) and len(secret) <= SECRET_LIMIT_CHARACTERS
    query = select(Runner).where(Runner.digest == digest(secret))
    runner = work.session.scalars(query).one_or_none() if good else None
    if runner is None:
        raise Unauthenticated(say("Nobody here knows this runner's token."))
    if runner.ended_at is not None:
        raise RunnerOver(runner.name)
    return runner


# open: a runner says this of itself, with its token.
def register(work: Work, runner_id: int, told: Registration) -> Runner:
    """What a runner says of itself when it starts. Its name is the one its token was made for."""
    runner = work.session.get_one(Runner, runner_id)
    runner.labels = msgspec.json.encode(tidy_labels(told.labels)).decode()
    runner.tier, runner.capacity = told.tier, 1 if runner.ephemeral else told.capacity
    runner.isolation, runner.version = told.isolation.replace("\0", ""), told.version.replace("\0", "")
    runner.seen_at = runner.began_at = now()
    # Whoever asked in its name before is gone, and would lose the job that it is given.
    work.ring(registration_of(runner_id))
    return runner


def tidy_labels(labels: Sequence[str]) -> list[str]:
    """Small letters, each once; a comma would cut one in two."""
    found = {part.strip().lower() for label in labels for part in label.split(",")}
    return sorted(label for label in found if label and label.isprintable())


def registration_of(runner_id: int) -> str:
    """The bell that is rung when this runner begins anew, or shall look up from its waiting."""
    return f"runner {runner_id} has begun"


# open: a runner's own sign of life.
def note_life(work: Work, runner_id: int) -> None:
    """Remember that it was heard of, not more often than is worth a write."""
    before = now() - timedelta(seconds=SEEN_SECONDS)
    stale = Runner.seen_at.is_(None) | (Runner.seen_at < before)
    work.session.execute(update(Runner).where(Runner.id == runner_id, stale).values(seen_at=now()))


def is_due_for_note(runner: Runner) -> bool:
    return runner.seen_at is None or (now() - runner.seen_at).total_seconds() > SEEN_SECONDS
