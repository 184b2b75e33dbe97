"""How often the judge rolls a good version back, how soon it finds a bad one, and how many errors that costs.

    python -m bench.canary [--rollouts 300] [--bad-rollouts 60] [--seconds 1800]

Prints one JSON line. The judge is the real one; visitors are drawn by seeded dice. `good` are rollouts of a version
that is exactly as the old one, step by step (10 %, 50 %, a minute each at least) until the judge lets it pass;
`watched_for_ever` is the same with a look each second for the whole time, whatever it says. `bad` are rollouts of a
version that fails more, or is slower: the seconds until it was rolled back and the errors that its visitors met.
"""

import argparse
import json
import statistics
from typing import Any

from bench.ground import python_loop
from dure.deploy.judge import Rules, open_judge
from tests.deploy.crowd import Crowd, Ended, dice_of, roll_out

STEPS = (0.1, 0.5)
RULES = Rules(min_seconds=60)
GOOD = {
    "5 rps, 0.1 %": Crowd(5, 0.001, 0.001),
    "50 rps, 0.1 %": Crowd(50, 0.001, 0.001),
    "50 rps, 1 %": Crowd(50, 0.01, 0.01),
    "50 rps, 5 %, restless": Crowd(50, 0.05, 0.05, unrest=1.0),
    "50 rps, 1 %, outage of both": Crowd(50, 0.01, 0.01, outage=(20, 80)),
    "200 rps, 0.1 %": Crowd(200, 0.001, 0.001),
}
BAD = {
    "5 rps, 0.1 to 20 %": Crowd(5, 0.001, 0.2),
    "10 rps, 0.1 to 2 %": Crowd(10, 0.001, 0.02),
    "10 rps, 0.1 to 20 %": Crowd(10, 0.001, 0.2),
    "100 rps, 0.1 to 0.5 %": Crowd(100, 0.001, 0.005),
    "100 rps, 0.1 to 2 %": Crowd(100, 0.001, 0.02),
    "100 rps, 0.1 to 20 %": Crowd(100, 0.001, 0.2),
    "100 rps, 1 to 5 %": Crowd(100, 0.01, 0.05),
    "100 rps, 0 to 100 %": Crowd(100, 0.0, 1.0),
    "100 rps, 2 to 20 % slow": Crowd(100, 0.001, 0.001, canary_slow=0.2),
}


def good(crowd: Crowd, rollouts: int, most_seconds: int) -> dict[str, Any]:
    ends = [roll_out(open_judge(RULES), crowd, dice_of(seed), STEPS, most_seconds) for seed in range(rollouts)]
    return {
        "rollouts": rollouts,
        "rolled_back": sum(end.rolled_back for end in ends),
        "passed": sum(end.verdict.word == "go" for end in ends),
        "seconds_median": statistics.median(end.seconds for end in ends),
    }


def watched_for_ever(crowd: Crowd, rollouts: int, seconds: int) -> dict[str, int]:
    """Nothing ends it but a verdict: as many chances to be wrong as there are seconds."""
    wrong = 0
    for seed in range(rollouts):
        judge, dice = open_judge(RULES), dice_of(seed)
        for at in range(seconds):
            if judge.observe(crowd.second(dice, at, (0.05, 0.25, 0.5)[3 * at // seconds])).word == "roll_back":
                wrong += 1
                break
    return {"rollouts": rollouts, "rolled_back": wrong}


def bad(crowd: Crowd, rollouts: int, most_seconds: int) -> dict[str, Any]:
    ends = [roll_out(open_judge(RULES), crowd, dice_of(seed), STEPS, most_seconds) for seed in range(rollouts)]
    found = [end for end in ends if end.rolled_back]
    return {"rollouts": rollouts, "found": len(found), **costs(found)}


def costs(found: list[Ended]) -> dict[str, float]:
    if len(found) < 2:
        return {}
    errors = [end.verdict.evidence.canary_errors for end in found]
    seconds = [end.seconds for end in found]
    return {
        "seconds_median": statistics.median(seconds),
        "seconds_p90": statistics.quantiles(seconds, n=10)[8],
        "errors_median": statistics.median(errors),
        "errors_most": max(errors),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rollouts", type=int, default=300)
    parser.add_argument("--bad-rollouts", type=int, default=60)
    parser.add_argument("--seconds", type=int, default=1800)
    asked = parser.parse_args()
    told = {
        "bench": "canary",
        "alpha": RULES.alpha,
        "tolerance": RULES.tolerance,
        "good": {name: good(crowd, asked.rollouts, asked.seconds) for name, crowd in GOOD.items()},
        "watched_for_ever": watched_for_ever(GOOD["50 rps, 1 %"], asked.rollouts, asked.seconds),
        "bad": {name: bad(crowd, asked.bad_rollouts, asked.seconds) for name, crowd in BAD.items()},
        "python_loop_seconds": python_loop(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
