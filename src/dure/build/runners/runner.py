"""Runners: the programs that do jobs, here or on other machines. Each has a token of its own."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Invalid, Missing, Unauthenticated, digest, new_secret, now, say
from dure.ledger import HOUSE, Moment, Table, Work
from dure.people import require_admin
from dure.wire import RUNNER_TOKEN_PREFIX, Registration

LOCAL = "local"
"""The runner that the house itself starts."""
NAME_LIMIT_CHARACTERS = 100
SECRET_LIMIT_CHARACTERS = 200
SEEN_SECONDS = 30.0
"""How exactly we know when a runner was last heard of."""
AWAY_SECONDS = 90.0
"""A runner that has said nothing for so long is not there."""


class Runner(Table):
    __tablename__ = "build_runner"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    labels: Mapped[str] = mapped_column(Text, default="[]")
    tier: Mapped[str] = mapped_column(default="")
    isolation: Mapped[str] = mapped_column(Text, default="")
    capacity: Mapped[int] = mapped_column(default=0)
    version: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, default=None)

    @property
    def ref(self) -> str:
        return f"runner:{self.id}"

    @property
    def has(self) -> frozenset[str]:
        return frozenset(msgspec.json.decode(self.labels, type=list[str]))

    @property
    def is_away(self) -> bool:
        return self.seen_at is None or (now() - self.seen_at).total_seconds() > AWAY_SECONDS


# open: asks for an admin of the house; a runner belongs to no project.
def make_runner(work: Work, name: str) -> str:
    """A new runner, and the token it shows. The token is told this once."""
    require_admin(work)
    return made(work, name)


# open: only the house itself calls it, when it starts its own runner.
def local_runner(work: Work) -> str:
    """A fresh token for the runner on the house's own machine. The one before is good for nothing then."""
    if work.actor != HOUSE:
        require_admin(work)
    runner = work.session.scalars(select(Runner).where(Runner.name == LOCAL)).one_or_none()
    if runner is None:
        return made(work, LOCAL)
    secret = new_secret(RUNNER_TOKEN_PREFIX)
    runner.digest, runner.ended_at = digest(secret), None
    return secret


def made(work: Work, name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LIMIT_CHARACTERS or not name.isprintable():
        raise Invalid({"name": say("A runner needs a name of 1 to {count} characters.", count=NAME_LIMIT_CHARACTERS)})
    if work.session.scalars(select(Runner.id).where(Runner.name == name)).first() is not None:
        raise Invalid({"name": say("There is a runner {name} already.", name=name)})
    secret = new_secret(RUNNER_TOKEN_PREFIX)
    work.add(Runner(name=name, digest=digest(secret), made_at=now()))
    return secret


# open: asks for an admin of the house; a runner belongs to no project.
def end_runner(work: Work, name: str) -> None:
    """Its token is good for nothing any more. Jobs that it has are lost when their leases run out."""
    require_admin(work)
    runner = work.session.scalars(select(Runner).where(Runner.name == name, Runner.ended_at.is_(None))).one_or_none()
    if runner is None:
        raise Missing(say("There is no runner {name}.", name=name))
    runner.ended_at = now()


# open: that there are runners, and with which labels, is no secret among those who are signed in.
def runners_of(work: Work) -> Sequence[Runner]:
    return work.session.scalars(select(Runner).where(Runner.ended_at.is_(None)).order_by(Runner.name)).all()


# open: it finds out who asks; what they may do follows from the answer.
def known_runner(work: Work, secret: str) -> Runner:
    """Whose token this is."""
    good = secret.startswith(RUNNER_TOKEN_PREFIX) and len(secret) <= SECRET_LIMIT_CHARACTERS
    query = select(Runner).where(Runner.digest == digest(secret), Runner.ended_at.is_(None))
    runner = work.session.scalars(query).one_or_none() if good else None
    if runner is None:
        raise Unauthenticated(say("Nobody here knows this runner's token."))
    return runner


# open: a runner says this of itself, with its token.
def register(work: Work, runner_id: int, told: Registration) -> None:
    """What a runner says of itself when it starts. Its name is the one its token was made for."""
    runner = work.session.get_one(Runner, runner_id)
    labels = sorted({label.strip().lower() for label in told.labels if label.strip() and label.isprintable()})
    runner.labels = msgspec.json.encode(labels).decode()
    runner.tier, runner.capacity = told.tier, told.capacity
    runner.isolation, runner.version = told.isolation.replace("\0", ""), told.version.replace("\0", "")
    runner.seen_at = now()
    # Whoever asked in its name before is gone, and would lose the job that it is given.
    work.ring(registration_of(runner_id))


def registration_of(runner_id: int) -> str:
    """The bell that is rung when this runner begins."""
    return f"runner {runner_id} has begun"


# open: a runner's own sign of life.
def note_life(work: Work, runner_id: int) -> None:
    """Remember that it was heard of, not more often than is worth a write."""
    before = now() - timedelta(seconds=SEEN_SECONDS)
    stale = Runner.seen_at.is_(None) | (Runner.seen_at < before)
    work.session.execute(update(Runner).where(Runner.id == runner_id, stale).values(seen_at=now()))


def is_due_for_note(runner: Runner) -> bool:
    return runner.seen_at is None or (now() - runner.seen_at).total_seconds() > SEEN_SECONDS
