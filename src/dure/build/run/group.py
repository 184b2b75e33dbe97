"""Groups (`concurrency`): runs and jobs of one group go one after another, and who comes later may push others aside.

Who wants into a group gets a seat. One of the seats of a group sits, which is to say that its run or job may be under
way; the others wait in the order in which they came.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import plan
from dure.build.run.job import OVER, Job
from dure.build.run.run import Run
from dure.kit import now
from dure.ledger import BIG, Moment, Table, Work

WANTED, WAITS, SITS = "wanted", "waits", "sits"
THE_RUN = 0
"""The seat of the run itself stands under this job."""


class Seat(Table):
    """A place in a group, of a run or of one of its jobs."""

    __tablename__ = "build_seat"
    __table_args__ = (
        UniqueConstraint("run_id", "job_id", "name"),
        Index("ix_build_seat_group", "project_id", "name", "state"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int]
    name: Mapped[str]
    """In small letters, since GitHub makes no difference between them."""
    run_id: Mapped[int] = mapped_column(BIG)
    job_id: Mapped[int] = mapped_column(BIG)
    ends_others: Mapped[bool]
    """cancel-in-progress"""
    keeps_all: Mapped[bool]
    """`queue: max`: it pushes nobody aside who waits."""
    since: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(default=WANTED)


# open: called with a run that the caller has locked and asked policy about.
def want_seat(work: Work, run: Run, job_id: int, name: str, *, ends_others: bool, keeps_all: bool) -> Seat:
    """It is in this group. It comes into the line when it is let in."""
    return work.add(
        Seat(
            project_id=run.project_id,
            name=name.lower(),
            run_id=run.id,
            job_id=job_id,
            ends_others=ends_others,
            keeps_all=keeps_all,
            since=now(),
        )
    )


def seats_of(work: Work, run: Run, job_id: int) -> Sequence[Seat]:
    query = select(Seat).where(Seat.run_id == run.id, Seat.job_id == job_id).order_by(Seat.id)
    return work.session.scalars(query).all()


def come_in(work: Work, seat: Seat) -> Sequence[Seat]:
    """Take the seat if it is free, else stand in line. Returns who has to make room."""
    one_at_a_time(work, seat.project_id)
    same = Seat.project_id == seat.project_id, Seat.name == seat.name, Seat.id != seat.id
    there = work.session.scalars(select(Seat).where(*same, Seat.state != WANTED).order_by(Seat.since, Seat.id)).all()
    seat.state, seat.since = (WAITS if there else SITS), now()
    if seat.ends_others:
        return there
    return [] if seat.keeps_all else [other for other in there if other.state == WAITS]


def leave(work: Work, run: Run, job_ids: Sequence[int]) -> None:
    """They are to be decided anew, so they are in no group for now. Whoever waits is woken by `pass_on`."""
    mine = select(Seat).where(Seat.run_id == run.id, Seat.job_id.in_(job_ids))
    for seat in work.session.scalars(mine).all():
        give_up(work, seat)


def pass_on(work: Work, run: Run) -> list[Seat]:
    """The seats that this run and its jobs need no longer go to who waits. Returns the seats that were given."""
    given: list[Seat] = []
    for seat in work.session.scalars(select(Seat).where(Seat.run_id == run.id)).all():
        if not run.is_over and (seat.job_id == THE_RUN or not is_over(work, seat.job_id)):
            continue
        next_one = give_up(work, seat)
        if next_one is not None:
            given.append(next_one)
    return [seat for seat in given if seat.run_id != run.id or not run.is_over]


def is_over(work: Work, job_id: int) -> bool:
    state = work.session.execute(select(Job.state).where(Job.id == job_id)).scalar()
    return state is None or state in OVER


def give_up(work: Work, seat: Seat) -> Seat | None:
    """Away with it; if it sat, the first in line sits."""
    one_at_a_time(work, seat.project_id)
    sat = seat.state == SITS
    work.session.execute(delete(Seat).where(Seat.id == seat.id))
    return seat_next(work, seat.project_id, seat.name) if sat else None


def seat_next(work: Work, project_id: int, name: str) -> Seat | None:
    same = Seat.project_id == project_id, Seat.name == name
    waiting = select(Seat).where(*same, Seat.state != WANTED).order_by(Seat.since, Seat.id)
    line = work.session.scalars(waiting).all()
    if not line or any(seat.state == SITS for seat in line):
        return None
    line[0].state = SITS
    return line[0]


def one_at_a_time(work: Work, project_id: int) -> None:
    """Runs of one project begin, and groups hand over, one at a time: so that nobody waits for one that has ended."""
    work.session.flush()
    work.session.execute(select(plan.Project.id).where(plan.Project.id == project_id).with_for_update(key_share=True))


# open: the house's own look round, by the clock.
def empty_groups(work: Work, limit: int) -> Sequence[Seat]:
    """The first in line of each group in which nobody sits, or whose sitter is long over."""
    waiting = select(Seat).where(Seat.state == WAITS).order_by(Seat.since, Seat.id).limit(limit)
    found: dict[tuple[int, str], Seat] = {}
    for seat in work.session.scalars(waiting).all():
        found.setdefault((seat.project_id, seat.name), seat)
    return [seat for seat in found.values() if has_no_sitter(work, seat)]


def has_no_sitter(work: Work, seat: Seat) -> bool:
    sitters = select(Seat).where(Seat.project_id == seat.project_id, Seat.name == seat.name, Seat.state == SITS)
    for sitter in work.session.scalars(sitters).all():
        run = work.session.get(Run, sitter.run_id)
        if run is not None and not run.is_over and (sitter.job_id == THE_RUN or not is_over(work, sitter.job_id)):
            return False
        work.session.delete(sitter)
    work.session.flush()
    return True
