"""Timers: cron expressions as people in their zone read the clock, each time done once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from dure.kit import now
from dure.ledger import HOUSE, Every, House, Reconciler, Timer, Work, every
from dure.ledger.machine import Timetable
from dure.ledger.machine.timer import next_time
from tests.ledger.conftest import OpenHouse
from tests.ledger.notes import told, write_note

BERLIN, NEW_YORK, SEOUL = "Europe/Berlin", "America/New_York", "Asia/Seoul"

TIMES = [
    # An ordinary night, in winter and in summer.
    ("0 3 * * *", BERLIN, "2026-01-10T12:00", ["2026-01-11T02:00", "2026-01-12T02:00"]),
    ("0 3 * * *", BERLIN, "2026-07-10T12:00", ["2026-07-11T01:00", "2026-07-12T01:00"]),
    # Spring: 02:30 does not come on 29 March; it is made up for at once, and the next day is as usual.
    ("30 2 * * *", BERLIN, "2026-03-28T00:00", ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]),
    # Autumn: 02:30 comes twice on 25 October; it is done once.
    ("30 2 * * *", BERLIN, "2026-10-24T00:00", ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]),
    ("30 2 * * *", NEW_YORK, "2026-03-07T00:00", ["2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"]),
    ("30 1 * * *", NEW_YORK, "2026-10-31T00:00", ["2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"]),
    # What happens by the hour happens in each hour that comes, the doubled one too.
    ("0 * * * *", BERLIN, "2026-10-24T23:30", ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"]),
    # Seoul has no summer time.
    ("30 2 * * *", SEOUL, "2026-03-28T00:00", ["2026-03-28T17:30", "2026-03-29T17:30", "2026-03-30T17:30"]),
    ("30 2 * * *", SEOUL, "2026-10-24T00:00", ["2026-10-24T17:30", "2026-10-25T17:30", "2026-10-26T17:30"]),
    ("0 0 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
]


@pytest.mark.parametrize(("cron", "zone", "after", "expected"), TIMES)
def test_the_next_times(cron: str, zone: str, after: str, expected: list[str]) -> None:
    time = datetime.fromisoformat(after).replace(tzinfo=UTC)
    times: list[str] = []
    for _ in expected:
        time = next_time(cron, zone, time)
        times.append(time.strftime("%Y-%m-%dT%H:%M"))
    assert times == expected


@pytest.mark.parametrize(
    ("cron", "zone"),
    [("every day", "UTC"), ("61 * * * *", "UTC"), ("0 0 30 2 *", "UTC"), ("0 0 * * *", "Mars/Olympus")],
)
def test_what_never_comes_or_is_not_understood_fails_at_once(cron: str, zone: str) -> None:
    with pytest.raises(Exception, match=r"."):
        every("test.never", cron, lambda _: None, zone=zone)


def note(words: str) -> Callable[[Work], None]:
    """Writes a note with a number, so that a second run shows."""

    def write(work: Work) -> None:
        write_note(work, f"{words} {len(told(work, 'pile:1'))}")

    return write


def hang_up(house: House, *timers: Every) -> Reconciler[Timer]:
    timetable = Timetable(timers)
    house.write_now(HOUSE, timetable.hang_up)
    return timetable.phases.reconciler(house, "one")


def timers(house: House) -> dict[str, Timer]:
    return house.read_now(HOUSE, lambda work: {timer.name: timer for timer in work.session.scalars(select(Timer))})


def miss(house: House, **ago: float) -> None:
    past = update(Timer).values(wake_at=now() - timedelta(**ago))
    house.write_now(HOUSE, lambda work: work.session.execute(past))


def notes(house: House) -> list[str]:
    return house.read_now(HOUSE, lambda work: told(work, "pile:1"))


def test_a_new_timer_waits_for_its_first_time(house: House) -> None:
    one = hang_up(house, every("test.sweep", "0 3 * * *", note("swept"), zone=SEOUL))
    timer = timers(house)["test.sweep"]
    assert (timer.cron, timer.zone) == ("0 3 * * *", SEOUL)
    assert timer.wake_at is not None
    assert timer.wake_at > now()
    assert timer.wake_at.strftime("%H:%M") == "18:00"
    assert not one.once()


def test_times_missed_while_the_house_was_down_are_done_once(house: House) -> None:
    sweep = every("test.sweep", "* * * * *", note("swept"))
    hang_up(house, sweep)
    miss(house, days=30)

    one = hang_up(house, sweep)
    assert one.once()
    assert not one.once()
    assert notes(house) == ["wrote swept 0"]
    timer = timers(house)["test.sweep"]
    assert timer.wake_at is not None
    assert timer.wake_at > now() - timedelta(minutes=1)


def test_a_changed_expression_counts_from_now(house: House) -> None:
    hang_up(house, every("test.sweep", "0 3 1 1 *", note("swept")))
    before = timers(house)["test.sweep"]
    miss(house, days=1)
    one = hang_up(house, every("test.sweep", "0 3 1 1 *", note("swept"), zone=SEOUL))
    after = timers(house)["test.sweep"]
    assert (after.id, after.zone) == (before.id, SEOUL)
    assert after.wake_at is not None
    assert after.wake_at > now()
    assert not one.once()


def test_an_unchanged_timer_keeps_its_time(house: House) -> None:
    sweep = every("test.sweep", "0 3 1 1 *", note("swept"))
    hang_up(house, sweep)
    before = timers(house)["test.sweep"].wake_at
    hang_up(house, sweep, every("test.dust", "0 4 1 1 *", note("dusted")))
    assert timers(house)["test.sweep"].wake_at == before


def test_a_removed_timer_is_taken_down(house: House) -> None:
    hang_up(house, every("test.sweep", "0 3 * * *", note("swept")), every("test.dust", "0 4 * * *", note("dusted")))
    hang_up(house, every("test.dust", "0 4 * * *", note("dusted")))
    assert list(timers(house)) == ["test.dust"]


def test_a_timer_that_fails_leaves_nothing_and_tries_again(house: House) -> None:
    def fail(work: Work) -> None:
        write_note(work, "half")
        raise RuntimeError("no broom")

    one = hang_up(house, every("test.sweep", "0 3 * * *", fail))
    miss(house, hours=1)
    assert one.once()
    timer = timers(house)["test.sweep"]
    assert (timer.tries, timer.trouble) == (1, "RuntimeError: no broom")
    assert notes(house) == []

    one = hang_up(house, every("test.sweep", "0 3 * * *", note("swept")))
    miss(house, hours=1)
    assert one.once()
    assert notes(house) == ["wrote swept 0"]
    assert timers(house)["test.sweep"].trouble == ""


def test_a_timer_changed_while_it_runs_is_not_run_twice(house: House) -> None:
    def change(work: Work) -> None:
        write_note(work, "swept")

    one = hang_up(house, every("test.sweep", "0 3 * * *", change))
    miss(house, hours=1)
    (row,) = house.write_now(HOUSE, lambda work: list(work.session.scalars(select(Timer))))
    assert row.fence == 0
    changed = Timetable([every("test.sweep", "0 4 * * *", change)])
    one.pause = lambda _: house.write_now(HOUSE, changed.hang_up)
    assert one.once()
    assert not one.once()
    assert notes(house) == ["wrote swept"]


def test_two_houses_that_start_together_hang_up_one_timetable(open_house: OpenHouse) -> None:
    houses = [open_house() for _ in range(4)]
    sweep = every("test.sweep", "0 3 * * *", note("swept"))
    with ThreadPoolExecutor(len(houses)) as pool:
        list(pool.map(lambda house: hang_up(house, sweep), houses))
    assert list(timers(houses[0])) == ["test.sweep"]
