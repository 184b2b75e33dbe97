"""Schedules: what the workflows of a default branch do by the clock. A machine whose rows never end.

The next time is set in the transaction in which the event is raised, so it is raised once for each time that comes;
times that were missed while the house was down are made up for once. The rows are what the files at the last commit
of the default branch say: they are renewed when it moves.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from cronsim import CronSimError
from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import plan
from dure.build.planning.happened import Happened
from dure.build.planning.listening import Listening
from dure.build.planning.planning import LOOK, Planning, raise_event
from dure.build.planning.reading import Reading
from dure.code import Ref, Repository
from dure.ledger import Actor, Machine, Move, Phases, Table, Turn, Work, begin, database_time, next_time
from dure.plan import Project

WAITING, NEVER = "waiting", "never"
UTC = "UTC"
AT_ONCE_MAX = 100
SCHEDULES_MAX = 200
"""Of one project; those that the files name beyond it are not kept."""

Clock = Callable[[Work], datetime]


class Schedule(Machine, Table):
    """One line of `on.schedule`; workflows that say the same share it."""

    __tablename__ = "build_schedule"
    __table_args__ = (UniqueConstraint("project_id", "cron", "zone"),)

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    cron: Mapped[str]
    zone: Mapped[str]
    """Empty where the file names none: then it goes by UTC."""
    actor: Mapped[str]
    """Whoever brought it to the default branch."""
    actor_name: Mapped[str]


def time_of(work: Work) -> datetime:
    return database_time(work.session)


def schedules(clock: Clock = time_of) -> Phases[Schedule]:
    """The machine."""

    def ring(turn: Turn[Schedule]) -> Move[Schedule]:
        row, time = turn.row, turn.read(clock)
        following = following_time(row.cron, row.zone, time)
        if following is None:
            return Move(NEVER)

        def write(work: Work, now_row: Schedule) -> None:
            project = plan.project_of(work, now_row.project_id)
            happened = Happened(
                name="schedule",
                key=f"schedule:{now_row.id}/{row.wake_at.isoformat() if row.wake_at else ''}",
                cron=now_row.cron,
                zone=now_row.zone,
                payload={"schedule": now_row.cron},
            )
            raise_event(work, project, happened, by=Actor(now_row.actor, now_row.actor_name), at=time)

        return Move(WAITING, after_seconds=(following - time).total_seconds(), write=write)

    return Phases(Schedule, {WAITING: ring})


def following_time(cron: str, zone: str, after: datetime) -> datetime | None:
    """When it comes next; None where that never is."""
    try:
        return next_time(cron, zone or UTC, after)
    except (ValueError, KeyError, CronSimError):
        return None


# open: the machine that plans writes down what it has read.
def note_schedules(
    work: Work, project: Project, readings: Sequence[Reading], by: Actor, clock: Clock = time_of
) -> None:
    """Make the rows say what the files say. One that stays keeps its next time; a new one starts from now."""
    wanted = {
        (each.cron, each.timezone or "")
        for reading in readings
        if reading.workflow is not None
        for each in reading.workflow.triggers.schedules
    }
    rows = {
        (row.cron, row.zone): row
        for row in work.session.scalars(select(Schedule).where(Schedule.project_id == project.id))
    }
    gone = [row.id for key, row in rows.items() if key not in wanted]
    work.session.execute(delete(Schedule).where(Schedule.id.in_(gone)))
    time = clock(work)
    room = SCHEDULES_MAX - (len(rows) - len(gone))
    for cron, zone in sorted(wanted - rows.keys())[: max(room, 0)]:
        first = following_time(cron, zone, time)
        if first is not None:
            row = begin(
                work,
                Schedule(phase=WAITING, project_id=project.id, cron=cron, zone=zone, actor=by.ref, actor_name=by.name),
            )
            row.wake_at = database_time(work.session) + (first - time)


# open: the house's own doing, by the clock.
def look_again(work: Work) -> None:
    """Read the default branches that are not where they were read last: no push told of it, or an older Dure heard."""
    head = (Ref.repository_id == Repository.id) & (Ref.name == "refs/heads/" + Repository.default_branch)
    waiting = select(Planning.project_id).where(Planning.name == LOOK, Planning.wake_at.is_not(None))
    astray = (
        select(Repository.project_id, Ref.sha)
        .join(Ref, head)
        .outerjoin(Listening, Listening.project_id == Repository.project_id)
        .where(Listening.sha.is_distinct_from(Ref.sha), Repository.project_id.not_in(waiting))
        .order_by(Repository.project_id)
        .limit(AT_ONCE_MAX)
    )
    time = time_of(work).isoformat(timespec="seconds")
    for project_id, sha in work.session.execute(astray).all():
        raise_event(work, plan.project_of(work, project_id), Happened(name=LOOK, key=f"look:{sha}/{time}"))
