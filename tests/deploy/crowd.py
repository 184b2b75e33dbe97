"""Visitors by the thousand, drawn by a seeded die, for the judge: what it is told of a rollout second by second."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dure.deploy.judge import Judge, Tick, Verdict
from dure.deploy.traffic import Counts

FAST_MS, SLOW_MS = 10.0, 640.0


@dataclass(frozen=True)
class Crowd:
    """How many come each second, and what they meet. Shares are of all requests."""

    requests_per_second: float
    control_failing: float
    canary_failing: float
    control_slow: float = 0.02
    canary_slow: float = 0.02
    # The variance of a rate that wanders from second to second, for each version by itself.
    unrest: float = 0.0
    # From when to when both versions fail this many times more.
    outage: tuple[int, int] = (0, 0)
    outage_times: float = 20.0

    def second(self, dice: random.Random, at: int, weight: float) -> Tick:
        times = self.outage_times if self.outage[0] <= at < self.outage[1] else 1.0
        return Tick(
            seconds=1.0,
            control=self.side(dice, 1 - weight, self.control_failing * times, self.control_slow),
            canary=self.side(dice, weight, self.canary_failing * times, self.canary_slow),
        )

    def side(self, dice: random.Random, weight: float, failing: float, slow: float) -> Counts:
        requests = poisson(dice, self.requests_per_second * weight)
        wander = dice.gammavariate(1 / self.unrest, self.unrest) if self.unrest else 1.0
        late = binomial(dice, requests, min(1.0, slow * wander))
        return Counts(
            requests=requests,
            errors=binomial(dice, requests, min(1.0, failing * wander)),
            latency=((FAST_MS, requests - late), (SLOW_MS, late)),
        )


@dataclass(frozen=True)
class Ended:
    """How a rollout came out."""

    verdict: Verdict
    seconds: int

    @property
    def rolled_back(self) -> bool:
        return self.verdict.word == "roll_back"


def roll_out(judge: Judge, crowd: Crowd, dice: random.Random, weights: Sequence[float], most_seconds: int) -> Ended:
    """A rollout as it is done: each step lasts until the judge says go."""
    ticks, verdict = seconds(crowd, dice, weights, judge), None
    for at, tick in enumerate(ticks):
        verdict = judge.observe(tick)
        if verdict.word == "roll_back" or at >= most_seconds:
            return Ended(verdict, at + 1)
    assert verdict is not None
    return Ended(verdict, round(judge.seconds))


def seconds(crowd: Crowd, dice: random.Random, weights: Sequence[float], judge: Judge) -> Iterator[Tick]:
    at = 0
    for weight in weights:
        judge.next_step()
        while True:
            yield crowd.second(dice, at, weight)
            at += 1
            if judge.judge(crash_loop=False).word == "go":
                break


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - dice that fall alike in every run


def poisson(dice: random.Random, mean: float) -> int:
    """By the gaps between arrivals; near enough by the bell curve for many."""
    if mean > 50:
        return max(0, round(dice.gauss(mean, mean**0.5)))
    count, passed = 0, dice.expovariate(1.0) if mean else mean
    while passed < mean:
        count += 1
        passed += dice.expovariate(1.0)
    return count


def binomial(dice: random.Random, tries: int, chance: float) -> int:
    return sum(dice.random() < chance for _ in range(tries))
