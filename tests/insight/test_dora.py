"""The five metrics, against small histories whose answers can be worked out by hand, and against what must hold."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dure.insight.dora import Came, Delivered, Dora, compute

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def delivered(
    number: int,
    minutes: float,
    *,
    live: bool = True,
    failed: bool = False,
    recovered: float | None = None,
    unplanned: bool = False,
    commits: tuple[str, ...] = (),
) -> Delivered:
    return Delivered(
        id=number,
        number=number,
        version=f"1.0.{number}",
        traffic_at=at(minutes),
        live_at=at(minutes) if live else None,
        recovered_at=None if recovered is None else at(recovered),
        failed=failed,
        unplanned=unplanned,
        commits=commits,
    )


def measure(*deployments: Delivered, came: dict[str, Came] | None = None, days: float = 10) -> Dora:
    return compute(deployments, came or {}, START, START + days * DAY)


def test_a_team_that_has_shipped_nothing_has_no_numbers() -> None:
    found = measure()
    assert found.per_day == 0
    assert (found.lead_time.median, found.gap, found.recovery.median) == (None, None, None)
    assert (found.change_fail.ratio, found.rework.ratio) == (None, None)


def test_a_commit_counts_where_it_first_went_live() -> None:
    came = {"a": Came(at(0), at(-60)), "b": Came(at(10), at(5))}
    found = measure(delivered(1, 30, commits=("a",)), delivered(2, 90, commits=("a", "b")), came=came)
    assert {(one.sha, one.deployment, one.seconds, one.authored_seconds) for one in found.lead_times} == {
        ("a", 1, 30 * 60, 90 * 60),
        ("b", 2, 80 * 60, 85 * 60),
    }
    assert found.lead_time.median == 55 * 60


def test_a_canary_that_was_taken_back_delivers_nothing_and_fails() -> None:
    came = {"a": Came(at(0), at(0))}
    found = measure(
        delivered(1, 10, live=False, failed=True, recovered=12, commits=("a",)),
        delivered(2, 60, commits=("a",)),
        came=came,
    )
    assert [one.deployment for one in found.lead_times] == [2]
    assert found.change_fail.ratio == 0.5
    assert found.recovery.median == 120
    assert found.per_day == 0.1


def test_frequency_is_days_and_the_gap_between() -> None:
    found = measure(delivered(1, 0), delivered(2, 60), delivered(3, 180), days=2)
    assert found.per_day == 1.5
    assert found.gap == 90 * 60


def test_what_came_before_the_time_is_not_counted_but_is_known() -> None:
    came = {"a": Came(START - 3 * DAY, START - 3 * DAY)}
    before = delivered(1, -60 * 24, commits=("a",))
    found = measure(before, delivered(2, 60, commits=("a",)), came=came)
    assert len(found.deployments) == 1
    assert found.lead_times == []


def test_repairs_are_rework() -> None:
    found = measure(delivered(1, 0, failed=True, recovered=5), delivered(2, 5, unplanned=True), delivered(3, 60))
    assert (found.rework.part, found.rework.whole) == (1, 3)


shas = st.text("abcdef", min_size=1, max_size=2)
histories = st.lists(
    st.builds(
        delivered,
        st.integers(1, 10**6),
        st.floats(-10_000, 20_000),
        live=st.booleans(),
        failed=st.booleans(),
        recovered=st.none() | st.floats(20_000, 30_000),
        unplanned=st.booleans(),
        commits=st.lists(shas, max_size=4).map(tuple),
    ),
    max_size=20,
)
births = st.dictionaries(shas, st.builds(Came, st.floats(-20_000, 20_000).map(at), st.floats(-20_000, 20_000).map(at)))


@given(histories, births)
def test_no_share_passes_the_whole_and_no_time_is_negative(history: list[Delivered], came: dict[str, Came]) -> None:
    found = measure(*sorted(history, key=lambda one: one.traffic_at), came=came)
    assert 0 <= (found.change_fail.ratio or 0) <= 1
    assert 0 <= (found.rework.ratio or 0) <= 1
    assert all(one.seconds >= 0 and one.authored_seconds >= 0 for one in found.lead_times)
    assert len({one.sha for one in found.lead_times}) == len(found.lead_times)
