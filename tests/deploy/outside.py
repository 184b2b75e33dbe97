"""Pretend engines that outlive their house: what they were asked for stands in files."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from dure.deploy.platform import Instance, Ready, Seen
from dure.deploy.traffic import Counts, Route
from dure.kit import say


class Outside(msgspec.Struct):
    """All that is out there."""

    seen: dict[str, Seen] = {}
    routes: list[Route] = []
    weights: dict[str, list[int]] = {}
    """Each weight that a version was given, in order."""
    counts: dict[str, Counts] = {}


@contextmanager
def outside(folder: Path, *, change: bool = True) -> Iterator[Outside]:
    """What is out there, for one at a time."""
    with (folder / "outside.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / "outside.json"
        world = msgspec.json.decode(path.read_bytes(), type=Outside) if path.exists() else Outside()
        yield world
        if change:
            fresh = path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(world))
            os.replace(fresh, path)


class LastingPlatform:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self, digest: str, pieces: Iterable[bytes]) -> Path:
        place = self.folder / "releases" / digest
        if not place.exists():
            assert b"".join(pieces)
            place.mkdir(parents=True, exist_ok=True)
        return place

    def start(self, instance: Instance) -> None:
        with outside(self.folder) as world:
            known = world.seen.get(instance.key)
            if known is None or known.state == "stopped":
                world.seen[instance.key] = Seen(key=instance.key, state="running", port=20_000 + len(world.seen))

    def look(self, key: str) -> Seen | None:
        with outside(self.folder, change=False) as world:
            return world.seen.get(key)

    def all(self) -> list[Seen]:
        with outside(self.folder, change=False) as world:
            return list(world.seen.values())

    def ready(self, key: str, path: str | None, timeout_seconds: float) -> Ready:  # noqa: ARG002 - the port's words
        seen = self.look(key)
        return Ready(seen is not None and seen.state == "running", say("It does not run yet."))

    def stop(self, key: str, grace_seconds: float | None = None) -> None:  # noqa: ARG002 - the port's words
        with outside(self.folder) as world:
            if key in world.seen:
                world.seen[key] = msgspec.structs.replace(world.seen[key], state="stopped")

    def forget(self, key: str) -> None:
        with outside(self.folder) as world:
            world.seen.pop(key, None)

    def log_path(self, key: str) -> Path:
        return self.folder / f"{key}.log"

    def tend(self) -> None:
        """Nothing breaks here."""


class LastingTraffic:
    """A hundred visitors come between two looks; those who meet a version of the hosts that begin with `bad` fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self) -> None:
        """It serves."""

    def apply(self, routes: Sequence[Route]) -> None:
        with outside(self.folder) as world:
            world.routes = list(routes)
            for route in routes:
                for version, weight in route.weights.items():
                    given = world.weights.setdefault(f"{route.host} {version}", [])
                    if given[-1:] != [weight]:
                        given.append(weight)

    def counters(self) -> dict[tuple[str, str], Counts]:
        with outside(self.folder) as world:
            for route in world.routes:
                newest = max(route.weights, key=lambda version: int(version[1:]))
                for version, weight in route.weights.items():
                    key = f"{route.host} {version}"
                    before = world.counts.get(key, Counts())
                    bad = route.service.startswith("bad") and version == newest and len(route.weights) > 1
                    world.counts[key] = Counts(
                        requests=before.requests + weight, errors=before.errors + (weight if bad else 0)
                    )
            return {(key.split()[0], key.split()[1]): counts for key, counts in world.counts.items()}

    def alive(self) -> bool:
        return True

    def tend(self) -> None:
        """Nothing breaks here."""

    def stop(self) -> None:
        """It serves on."""
