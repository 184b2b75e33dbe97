"""How often the judge rolls a good version back, how soon it finds a bad one, and how many errors that costs.

    python -m bench.canary [--rollouts 300] [--bad-rollouts 60] [--seconds 1800] [--real 5]

Prints one JSON line. The judge is the real one; visitors are drawn by seeded dice. `good` are rollouts of a version
that is exactly as the old one, step by step (10 %, 50 %, a minute each at least) until the judge lets it pass;
`watched_for_ever` is the same with a look each second for the whole time, whatever it says. `bad` are rollouts of a
version that fails more, or is slower: the seconds until it was rolled back and the errors that its visitors met.
`real` is no simulation: real instances, the real Envoy, visitors who come without pause, and a new version that fails
each 20th request at a weight of 10 %; `weight_zero` is when no visitor is sent to it any more.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bench.ground import python_loop
from dure.deploy.engines.envoy import Envoy
from dure.deploy.engines.process import Processes
from dure.deploy.judge import Rules, Tick, open_judge
from dure.deploy.traffic import Route
from tests.deploy.crowd import Crowd, Ended, dice_of, roll_out
from tests.deploy.engines.ground import clear, instance_of, release_of, sample, up
from tests.deploy.engines.visitors import Visitors

HOST, PORT = "web.production.shop.localhost", 28_480
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


def real(times: int) -> dict[str, Any]:
    """From the first visitor of a bad version to the last one."""
    with stage() as (platform, traffic):
        release = release_of(platform, sample())
        old = up(platform, instance_of(release, key="d1-web-0", version="d1"))
        took, errors, wrong = [], [], 0
        with Visitors(PORT, HOST, at_once=4) as visitors:
            for number in range(times):
                version = f"d{number + 2}"
                key, failing = f"{version}-web-0", {"FAIL_EACH": "20"}
                new = up(platform, instance_of(release, key=key, version=version, variables=failing))
                upstreams = {"d1": [("127.0.0.1", old.port or 0)], version: [("127.0.0.1", new.port or 0)]}
                route = Route(host=HOST, service="web", weights={"d1": 90, version: 10}, upstreams=upstreams)
                began = time.perf_counter()
                traffic.apply([route])
                wrong += not watched_until_judged(traffic, version)
                traffic.apply([msgspec.structs.replace(route, weights={"d1": 100, version: 0})])
                took.append(time.perf_counter() - began)
                errors.append(traffic.counters()[HOST, version].errors)
                platform.stop(key)
    return {
        "rollouts": times,
        "not_found": wrong,
        "weight_zero_seconds": [round(each, 2) for each in took],
        "errors": errors,
        "requests": visitors.requests,
        "lost": len(visitors.lost),
    }


def watched_until_judged(traffic: Envoy, version: str) -> bool:
    """Look each second, as the house does."""
    judge, last = open_judge(RULES), {name: traffic.counters()[HOST, name] for name in ("d1", version)}
    for _ in range(120):
        time.sleep(1)
        now = traffic.counters()
        added = {name: now[HOST, name].since(last[name]) for name in last}
        last = {name: now[HOST, name] for name in last}
        if judge.observe(Tick(seconds=1, control=added["d1"], canary=added[version])).word == "roll_back":
            return True
    return False


@contextmanager
def stage() -> Iterator[tuple[Processes, Envoy]]:
    folder = Path(tempfile.mkdtemp(prefix="dure-bench-"))
    folder.chmod(0o711)
    try:
        traffic = Envoy(folder / "traffic", f"127.0.0.1:{PORT}")
        traffic.start()
        yield Processes(folder / "deploy"), traffic
    finally:
        clear(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rollouts", type=int, default=300)
    parser.add_argument("--bad-rollouts", type=int, default=60)
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--real", type=int, default=5)
    asked = parser.parse_args()
    told = {
        "bench": "canary",
        "alpha": RULES.alpha,
        "tolerance": RULES.tolerance,
        "good": {name: good(crowd, asked.rollouts, asked.seconds) for name, crowd in GOOD.items()},
        "watched_for_ever": watched_for_ever(GOOD["50 rps, 1 %"], asked.rollouts, asked.seconds),
        "bad": {name: bad(crowd, asked.bad_rollouts, asked.seconds) for name, crowd in BAD.items()},
        "real": real(asked.real),
        "python_loop_seconds": python_loop(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
