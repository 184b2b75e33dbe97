"""The pretended engines keep the lives that the ports describe, so tests that use them mean something."""

from pathlib import Path

import pytest

from dure.deploy.engines.pretend import PretendPlatform, PretendTraffic
from dure.deploy.platform import Instance, PlatformRefused
from dure.deploy.traffic import Counts, Route, TrafficRefused
from dure.kit import say


def instance(key: str, version: str = "d1") -> Instance:
    return Instance(
        key=key, project=1, environment="staging", service="web", version=version, command=("app",), directory=Path("/")
    )


def test_an_instance_lives_and_ends(tmp_path: Path) -> None:
    platform = PretendPlatform(tmp_path)
    platform.start(instance("d1-web-0"))
    platform.start(instance("d1-web-0"))
    platform.start(instance("d2-web-0", "d2"))
    platform.unready.add("d2")

    assert [(seen.key, seen.state, seen.port) for seen in platform.all()] == [
        ("d1-web-0", "running", 20_000),
        ("d2-web-0", "running", 20_001),
    ]
    assert platform.ready("d1-web-0", "/up", 1).well
    assert platform.ready("d2-web-0", "/up", 1).status == 503
    platform.crash("d1-web-0", 2)
    platform.fail("d2-web-0", say("It does not run yet."))
    assert [(seen.state, seen.restarts) for seen in platform.all()] == [("running", 2), ("failed", 0)]
    with pytest.raises(PlatformRefused):
        platform.forget("d1-web-0")
    platform.stop("d1-web-0")
    platform.stop("d1-web-0")
    platform.forget("d1-web-0")
    assert (platform.look("d1-web-0"), platform.stopped) == (None, ["d1-web-0"])


def test_visitors_are_spread_by_the_weights() -> None:
    traffic, up = PretendTraffic(), {"d1": [("127.0.0.1", 1)], "d2": [("127.0.0.1", 2)]}
    route = Route(host="a", service="a", weights={"d1": 90, "d2": 10}, upstreams=up)
    traffic.apply([route])
    traffic.apply([route])

    assert traffic.serve("a", 1000, failing={"d2": 0.5}, slow={"d1": 0.1}) == {"d1": 900, "d2": 100}
    before = traffic.counters()["a", "d1"]
    traffic.serve("a", 10)
    traffic.hold("a", "d2", 3)

    assert len(traffic.applied) == 1
    assert before == Counts(requests=900, latency=((10.0, 810), (640.0, 90)))
    assert traffic.counters()["a", "d1"].since(before) == Counts(requests=9, latency=((10.0, 9),))
    assert (traffic.counters()["a", "d2"].errors, traffic.counters()["a", "d2"].active) == (50, 3)
    traffic.down = True
    with pytest.raises(TrafficRefused):
        traffic.apply([])


def test_counts_that_began_anew_are_all_new() -> None:
    earlier, now = Counts(requests=100, errors=5, latency=((10, 100),)), Counts(requests=7, latency=((10, 7),))

    assert now.since(earlier) == now
    assert now.since(None) == now
