"""The judge: good versions pass, bad ones are found by few errors, and nobody is blamed for silence."""

import statistics
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.deploy.judge import Judge, Rules, Tick, open_judge, open_odds
from dure.deploy.traffic import Counts
from tests.deploy.crowd import Crowd, dice_of, roll_out

RULES = Rules(min_seconds=30)
STEPS = (0.1, 0.5)
GOOD_CANARIES = 240


def tick(canary: tuple[int, int] = (0, 0), control: tuple[int, int] = (0, 0), seconds: float = 1.0) -> Tick:
    return Tick(
        seconds=seconds,
        canary=Counts(requests=canary[0], errors=canary[1]),
        control=Counts(requests=control[0], errors=control[1]),
    )


@pytest.mark.parametrize(
    "crowd",
    [
        Crowd(50, 0.001, 0.001),
        Crowd(50, 0.05, 0.05, unrest=1.0),
        Crowd(50, 0.01, 0.01, outage=(5, 25)),
    ],
    ids=["calm", "restless", "outage of both"],
)
def test_good_versions_are_hardly_ever_rolled_back(crowd: Crowd) -> None:
    ends = [roll_out(open_judge(RULES), crowd, dice_of(seed), STEPS, 600) for seed in range(GOOD_CANARIES)]

    rolled_back = sum(end.rolled_back for end in ends)
    assert rolled_back <= 0.01 * GOOD_CANARIES, f"{rolled_back} of {GOOD_CANARIES}"
    assert sum(end.verdict.word == "go" for end in ends) >= 0.98 * GOOD_CANARIES


@pytest.mark.parametrize(
    ("crowd", "errors_median", "found_least"),
    [
        (Crowd(100, 0.001, 0.02), 9, 60),
        (Crowd(100, 0.001, 0.2), 6, 60),
        (Crowd(100, 0.01, 0.1), 12, 60),
        (Crowd(5, 0.0, 1.0), 7, 60),
    ],
    ids=["0.1 to 2 %", "0.1 to 20 %", "1 to 10 %", "all"],
)
def test_bad_versions_are_found_by_few_errors(crowd: Crowd, errors_median: int, found_least: int) -> None:
    ends = [roll_out(open_judge(RULES), crowd, dice_of(seed), STEPS, 3600) for seed in range(60)]

    assert sum(end.rolled_back for end in ends) >= found_least
    assert statistics.median(end.verdict.evidence.canary_errors for end in ends) <= errors_median


def test_a_slow_version_is_found_and_the_sentence_says_so() -> None:
    end = roll_out(open_judge(RULES), Crowd(100, 0.001, 0.001, canary_slow=0.5), dice_of(1), STEPS, 600)

    assert end.rolled_back
    assert "slow" in str(end.verdict.words)
    assert end.verdict.evidence.slow_above_ms == 14


def test_a_little_unrest_in_latency_is_no_reason() -> None:
    crowd = Crowd(50, 0.001, 0.001, canary_slow=0.03, unrest=0.5)

    assert not any(roll_out(open_judge(RULES), crowd, dice_of(seed), STEPS, 600).rolled_back for seed in range(60))


def test_nobody_is_blamed_for_silence() -> None:
    judge = open_judge(RULES)

    verdict = judge.observe(tick(control=(400, 0), seconds=40))
    late = judge.observe(tick(control=(9000, 3), seconds=900))

    assert (verdict.word, verdict.ask) == ("hold", False)
    assert "Nobody asked the new version" in str(verdict.words)
    assert (late.word, late.ask) == ("hold", True)
    assert late.evidence.e_value == pytest.approx(1.0)


def test_a_step_lasts_its_time_and_wants_enough_requests() -> None:
    judge = open_judge(Rules(min_seconds=10, enough_requests=100))

    assert judge.observe(tick((500, 0), (500, 0), seconds=5)).word == "hold"
    assert judge.observe(tick((1, 0), (1, 0), seconds=6)).word == "go"
    judge.next_step()
    few = judge.observe(tick((99, 0), (99, 0), seconds=11))
    assert few.word == "hold"
    assert "99 requests" in str(few.words)
    assert judge.observe(tick((1, 0), (1, 0))).word == "go"


def test_a_crash_loop_ends_it_at_once_and_for_good() -> None:
    judge = open_judge(RULES)

    verdict = judge.observe(Tick(seconds=1, control=Counts(), canary=Counts(), crash_loop=True))

    assert verdict.word == "roll_back"
    assert judge.observe(tick((1000, 0), (1000, 0), seconds=100)) == verdict


def test_crashes_of_the_new_version_add_up() -> None:
    judge = open_judge(RULES)
    crash = Tick(
        seconds=1, control=Counts(requests=90), canary=Counts(requests=10), control_crashes=0, canary_crashes=1
    )

    verdicts = [judge.observe(crash) for _ in range(40)]

    assert verdicts[2].word == "hold"
    assert verdicts[-1].word == "roll_back"
    assert "crashed" in str(verdicts[-1].words)


@pytest.mark.parametrize(
    ("canary", "control", "word"),
    [
        ((5, 5), (50, 0), "roll_back"),
        ((5, 5), (0, 0), "roll_back"),
        ((4, 4), (0, 0), "hold"),
        ((5, 4), (0, 0), "hold"),
        ((5, 5), (50, 50), "hold"),
        ((5, 5), (50, 25), "hold"),
    ],
)
def test_a_version_that_does_nothing_right_is_rolled_back_unless_both_fail(
    canary: tuple[int, int], control: tuple[int, int], word: str
) -> None:
    assert open_judge(RULES).observe(tick(canary, control)).word == word


def test_a_restarted_house_goes_on_where_it_was() -> None:
    crowd, whole, dice = Crowd(80, 0.01, 0.03), open_judge(RULES), dice_of(5)
    parted: Judge = open_judge(RULES)
    for at in range(200):
        second = crowd.second(dice, at, 0.2)
        parted = msgspec.json.decode(msgspec.json.encode(parted), type=Judge)

        assert parted.observe(second) == whole.observe(second)
    assert msgspec.json.decode(msgspec.json.encode(parted), type=Judge) == parted


def test_what_is_usual_is_learned_once() -> None:
    judge = open_judge(RULES, baseline=((20.0, 190), (40.0, 8), (900.0, 2)))
    assert judge.slow_above_ms == 28

    judge.observe(Tick(seconds=1, canary=Counts(), control=Counts(requests=500, latency=((5000.0, 500),))))

    assert judge.slow_above_ms == 28


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1e6)),
        max_size=30,
    ),
    st.floats(1.0, 50.0),
)
def test_whatever_it_is_told_its_numbers_stay_numbers(
    told: list[tuple[int, int, float, float, float]], tolerance: float
) -> None:
    judge = open_judge(Rules(tolerance=tolerance))
    for canary, control, canary_failing, control_failing, seconds in told:
        verdict = judge.observe(
            tick((canary, int(canary * canary_failing)), (control, int(control * control_failing)), seconds)
        )
        for number in msgspec.structs.asdict(verdict.evidence).values():
            assert number is None or 0 <= number <= sys.float_info.max
        assert str(verdict.words)
        assert verdict.words.into("ko")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 0.999), st.integers(0, 50), st.integers(0, 50)), max_size=20))
def test_the_evidence_is_the_formula(events: list[tuple[float, int, int]]) -> None:
    """The mean of products of simple ratios, computed here without any logarithm."""
    events = [(share, canary % 4, control % 4) for share, canary, control in events]
    odds, tolerance = open_odds(1.25), 1.25
    for event in events:
        odds.note(*event)

    whole = 0.0
    for multiple in (1.6, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0):
        product = 1.0
        for share, canary, control in events:
            worse = multiple * tolerance * share / (multiple * tolerance * share + 1 - share)
            alike = tolerance * share / (tolerance * share + 1 - share)
            product *= (worse / alike) ** canary * ((1 - worse) / (1 - alike)) ** control
        whole += product / 7
    assert odds.e_value() == pytest.approx(min(whole, 1e12), rel=1e-6)


def test_the_risk_is_below_its_upper_bound() -> None:
    dice, over = dice_of(3), 0
    for _ in range(200):
        odds, bounds = open_odds(1.25), []
        for _ in range(150):
            canary = dice.random() < 0.5 * 2.0 / (0.5 * 2.0 + 0.5)
            odds.note(0.5, int(canary), int(not canary))
            bounds.append(odds.risk_upper(0.01))
        over += any(bound is not None and bound < 2.0 for bound in bounds)
        assert bounds[-1] is None or bounds[-1] >= 1.25
    assert over <= 6
