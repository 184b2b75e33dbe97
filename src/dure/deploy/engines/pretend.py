"""A platform and a traffic engine that only remember what was asked of them. For tests."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from dure.deploy.platform import Instance, PlatformRefused, Ready, Seen
from dure.deploy.traffic import Counts, Route, TrafficRefused
from dure.kit import Text, say

FIRST_PORT = 20_000
FAST_MS = 10.0
SLOW_MS = 640.0


class PretendPlatform:
    """Instances run and are ready as soon as they are wanted, unless the test says otherwise."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, Seen] = {}
        self._begun = 0
        self.instances: dict[str, Instance] = {}
        self.prepared: dict[str, bytes] = {}
        self.stopped: list[str] = []
        # Keys of instances that do not come up.
        self.starting: set[str] = set()
        # Keys or versions that come up and answer 503.
        self.unready: set[str] = set()

    def prepare(self, digest: str, pieces: Iterable[bytes]) -> Path:
        place = self._folder / "releases" / digest
        if digest not in self.prepared:
            self.prepared[digest] = b"".join(pieces)
            place.mkdir(parents=True, exist_ok=True)
        return place

    def start(self, instance: Instance) -> None:
        seen = self._seen.get(instance.key)
        if seen is not None and seen.state != "stopped":
            return
        self.instances[instance.key] = instance
        number = self._begun = self._begun + 1
        self._seen[instance.key] = Seen(
            key=instance.key,
            state="running",
            pid=number,
            port=FIRST_PORT + number - 1 if instance.wants_port else None,
        )

    def look(self, key: str) -> Seen | None:
        seen = self._seen.get(key)
        if seen is not None and key in self.starting:
            return msgspec.structs.replace(seen, state="starting", pid=None)
        return seen

    def all(self) -> list[Seen]:
        return [seen for key in self._seen if (seen := self.look(key))]

    def ready(self, key: str, path: str | None, timeout_seconds: float) -> Ready:  # noqa: ARG002 - the port's words
        seen = self.look(key)
        if seen is None or seen.state != "running":
            return Ready(False, say("It does not run yet."))
        if key in self.unready or self.instances[key].version in self.unready:
            return Ready(False, say("It answers {status} to {path}.", status=503, path=path or "/"), 503)
        return Ready(True, say("It answers {status} to {path}.", status=200, path=path or "/"), 200)

    def stop(self, key: str, grace_seconds: float | None = None) -> None:  # noqa: ARG002 - the port's words
        seen = self._seen.get(key)
        if seen is not None and seen.state != "stopped":
            self._seen[key] = msgspec.structs.replace(seen, state="stopped", pid=None)
            self.stopped.append(key)

    def forget(self, key: str) -> None:
        seen = self._seen.get(key)
        if seen is not None and seen.state != "stopped":
            raise PlatformRefused(say("{key} still runs; stop it first.", key=key))
        self._seen.pop(key, None)

    def log_path(self, key: str) -> Path:
        return self._folder / f"{key}.log"

    def tend(self) -> None:
        """Nothing breaks here."""

    def crash(self, key: str, times: int = 1) -> None:
        """Its process ended, and was started again."""
        seen = self._seen[key]
        self._seen[key] = msgspec.structs.replace(seen, restarts=seen.restarts + times, exit_code=1)

    def fail(self, key: str, words: Text) -> None:
        """It does not stay up."""
        self._seen[key] = msgspec.structs.replace(self._seen[key], state="failed", pid=None, why=words)


class PretendTraffic:
    """Routes that are remembered, and visitors that the test sends."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.applied: list[list[Route]] = []
        self.down = False
        self._counts: dict[tuple[str, str], Counts] = {}

    def start(self) -> None:
        self.down = False

    def apply(self, routes: Sequence[Route]) -> None:
        if self.down:
            raise TrafficRefused(say("The traffic engine is down."))
        if list(routes) != self.routes:
            self.routes = list(routes)
            self.applied.append(self.routes)
        wanted = {(route.host, version) for route in routes for version in route.upstreams}
        self._counts = {key: counts for key, counts in self._counts.items() if key in wanted or counts.active}
        for key in wanted:
            self._counts.setdefault(key, Counts())

    def counters(self) -> dict[tuple[str, str], Counts]:
        return dict(self._counts)

    def alive(self) -> bool:
        return not self.down

    def tend(self) -> None:
        """Nothing breaks here."""

    def stop(self) -> None:
        self.down = True

    def serve(
        self,
        host: str,
        requests: int,
        failing: Mapping[str, float] = {},
        slow: Mapping[str, float] = {},
    ) -> dict[str, int]:
        """So many visitors come, spread by the weights to the last one; `failing` and `slow` say for which share of
        a version's requests. Answers how many each version got."""
        route = next(route for route in self.routes if route.host == host)
        got = spread(requests, {version: share for version, share in route.weights.items() if route.upstreams[version]})
        for version, count in got.items():
            late = round(count * slow.get(version, 0))
            before = self._counts[host, version]
            latency = dict(before.latency)
            for edge, added in ((FAST_MS, count - late), (SLOW_MS, late)):
                latency[edge] = latency.get(edge, 0) + added
            self._counts[host, version] = Counts(
                requests=before.requests + count,
                errors=before.errors + round(count * failing.get(version, 0)),
                latency=tuple(sorted(latency.items())),
                active=before.active,
            )
        return got

    def hold(self, host: str, version: str, active: int) -> None:
        """So many requests are under way now."""
        self._counts[host, version] = msgspec.structs.replace(self._counts[host, version], active=active)


def spread(requests: int, weights: Mapping[str, int]) -> dict[str, int]:
    """The requests of each version: in proportion, and not one lost to rounding."""
    whole, given, passed = sum(weights.values()), 0, 0
    got: dict[str, int] = {}
    for version, weight in weights.items():
        passed += weight
        got[version] = (requests * passed // whole if whole else 0) - given
        given += got[version]
    return got
