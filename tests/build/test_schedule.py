"""What workflows do by the clock: at the times that their files name, once each, on the default branch."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dure.build.planning import Planning, Schedule, look_again, schedules, verdicts_of
from dure.build.planning.schedule import SCHEDULES_MAX, following_time
from dure.code import Repository
from dure.ledger import HOUSE, Work, database_time
from tests.build.test_events import flow, github, why
from tests.build.test_killed import tables  # noqa: F401 - for the trials below
from tests.build.wired import Yard
from tests.parts.killpoints import kill_at_each_point, race, stall_at_each_point

SCENARIO = "tests.build.schedules:scenario"
NIGHTLY = "{schedule: [{cron: '30 2 * * *'}]}"


def rows(yard: Yard) -> Sequence[Schedule]:
    return yard.read(lambda work: work.session.scalars(select(Schedule).order_by(Schedule.cron)).all())


def come(yard: Yard, cron: str) -> None:
    """The time of this schedule has come."""

    def do(work: Work) -> None:
        row = work.session.scalars(select(Schedule).where(Schedule.cron == cron)).one()
        row.wake_at = database_time(work.session) - timedelta(seconds=1)

    yard.write(do)
    yard.carry_on()


def test_at_its_time_it_begins_on_the_default_branch(yard: Yard) -> None:
    sha = yard.workflow(flow(NIGHTLY))
    assert yard.runs() == []

    come(yard, "30 2 * * *")
    (run,) = yard.runs()
    assert (run.event, run.sha, run.ref, run.actor_name) == ("schedule", sha, "refs/heads/main", "ada")
    assert github(yard)["event"]["schedule"] == "30 2 * * *"
    (row,) = rows(yard)
    following = following_time(row.cron, "", yard.read(lambda work: database_time(work.session)))
    assert row.wake_at is not None
    assert following is not None
    assert timedelta() <= row.wake_at - following < timedelta(seconds=5)


def test_the_clock_goes_by_the_zone_that_the_file_names(yard: Yard) -> None:
    yard.workflow(flow("{schedule: [{cron: '30 2 * * *', timezone: Asia/Seoul}]}"))

    (row,) = rows(yard)
    assert row.wake_at is not None
    assert (row.wake_at.astimezone(UTC).hour, row.wake_at.minute) == (17, 30)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("*/5 * * * *", "", "2026-11-28T10:02:00", "2026-11-28T10:05:00"),
        ("0 9 * * MON-FRI", "", "2026-11-28T10:00:00", "2026-11-30T09:00:00"),
        ("30 2 29 2 *", "", "2026-11-28T10:00:00", "2028-02-29T02:30:00"),
        ("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00", "2027-03-28T01:00:00"),
        ("0 0 1 JAN *", "Asia/Seoul", "2026-11-28T10:00:00", "2026-12-31T15:00:00"),
        ("61 * * * *", "", "2026-11-28T10:00:00", None),
        ("0 0 31 2 *", "", "2026-11-28T10:00:00", None),
        ("0 0 * * *", "Nowhere/Here", "2026-11-28T10:00:00", None),
        ("0 0 * * *", "../../etc/passwd", "2026-11-28T10:00:00", None),
    ],
)
def test_times(cron: str, zone: str, after: str, expected: str | None) -> None:
    said = following_time(cron, zone, datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert said == (None if expected is None else datetime.fromisoformat(expected).replace(tzinfo=UTC))


def test_a_clock_that_is_handed_in(yard: Yard) -> None:
    """The next time is reckoned from what the clock says, and the row sleeps just so long."""
    yard.workflow(flow(NIGHTLY))
    noon = datetime(2026, 11, 28, 12, tzinfo=UTC)
    machine = schedules(lambda _: noon).reconciler(yard.house, "test")

    def due(work: Work) -> None:
        row = work.session.scalars(select(Schedule)).one()
        row.wake_at = database_time(work.session)

    yard.write(due)
    assert machine.once()
    (row,) = rows(yard)
    assert row.wake_at is not None
    sleeps = row.wake_at - yard.read(lambda work: database_time(work.session))
    assert timedelta(hours=14, minutes=29) < sleeps <= timedelta(hours=14, minutes=30)


def test_only_the_default_branch_counts_and_every_push_to_it(yard: Yard) -> None:
    yard.workflow(flow(NIGHTLY))
    yard.workflow(flow("{schedule: [{cron: '0 0 * * *'}]}"), branch="other")
    assert [row.cron for row in rows(yard)] == ["30 2 * * *"]
    first = rows(yard)[0]

    yard.workflow(flow("{schedule: [{cron: '30 2 * * *'}, {cron: '0 1 * * *'}]}"))
    assert [row.cron for row in rows(yard)] == ["0 1 * * *", "30 2 * * *"]
    assert (rows(yard)[1].id, rows(yard)[1].wake_at) == (first.id, first.wake_at)

    yard.workflow(flow("push"))
    assert list(rows(yard)) == []


def test_two_workflows_of_one_time_both_begin_and_others_do_not(yard: Yard) -> None:
    other = flow("{schedule: [{cron: '0 1 * * *'}]}")
    files = {"a": flow(NIGHTLY), "b": flow(NIGHTLY), "c": other, "d": flow("push")}
    sha = yard.push({f".github/workflows/{name}.yml": f"name: {name}\n{words}" for name, words in files.items()})

    come(yard, "30 2 * * *")
    assert [run.workflow_name for run in yard.runs() if run.event == "schedule"] == ["a", "b"]
    assert "Its schedule names other times." in why(yard, sha, "schedule")


def test_a_death_at_every_point(database_url: str, tmp_path: Path) -> None:
    assert kill_at_each_point(SCENARIO, database_url, tmp_path) == 3


def test_a_stall_at_every_point(database_url: str, tmp_path: Path) -> None:
    assert stall_at_each_point(SCENARIO, database_url, tmp_path) == 3


def test_a_race(database_url: str, tmp_path: Path) -> None:
    race(SCENARIO, database_url, tmp_path)


def test_a_default_branch_that_changed_without_a_push_is_read(yard: Yard) -> None:
    yard.workflow(flow("push"))
    yard.workflow(flow(NIGHTLY), branch="other")
    yard.write(lambda work: set_default(work, "other"))
    assert list(rows(yard)) == []

    yard.house.write_now(HOUSE, look_again)
    yard.house.write_now(HOUSE, look_again)
    yard.carry_on()
    assert [row.cron for row in rows(yard)] == ["30 2 * * *"]
    sha = yard.git("rev-parse", "HEAD")
    assert [each.name for each in yard.read(lambda work: verdicts_of(work, yard.project, sha))] == ["push"]
    yard.house.write_now(HOUSE, look_again)
    waiting = select(Planning.id).where(Planning.wake_at.is_not(None))
    assert yard.read(lambda work: work.session.scalars(waiting).all()) == []


def set_default(work: Work, branch: str) -> None:
    work.session.scalars(select(Repository)).one().default_branch = branch


def test_a_project_has_so_many_schedules_and_no_more(yard: Yard) -> None:
    many = [f"{{cron: '{number % 60} {number // 60} * * *'}}" for number in range(SCHEDULES_MAX + 20)]
    yard.workflow(flow(f"{{schedule: [{', '.join(many)}]}}"))
    assert len(rows(yard)) == SCHEDULES_MAX

    yard.workflow(flow(NIGHTLY))
    assert [row.cron for row in rows(yard)] == ["30 2 * * *"]
