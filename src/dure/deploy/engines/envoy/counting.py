"""Counts that only grow, made of an engine's counts that begin anew with each of its processes."""

from pathlib import Path

import msgspec

from dure.deploy.engines.watched import write_whole
from dure.deploy.traffic import Counts, Latency


class Past(msgspec.Struct, frozen=True):
    """What was counted before the process `epoch` began, by name."""

    epoch: str = ""
    counts: dict[str, Counts] = {}


class Counter:
    """Sums up, for each name, what every process of the engine counted.

    The past is kept in a file, so the next house counts on. If the engine began anew while no house looked, what it
    counted last is unknown: then all begins at nothing, and `Counts.since` sees that by itself.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._past = msgspec.json.decode(file.read_bytes(), type=Past)
        except (FileNotFoundError, msgspec.DecodeError):
            self._past = Past()
        # What the process said last.
        self._last: dict[str, Counts] = {}

    def take(self, epoch: str, raw: dict[str, Counts]) -> None:
        """Take in what the process `epoch` says now."""
        anew = epoch != self._past.epoch
        counts = dict(self._past.counts) if self._last or not anew else {}
        for name, last in self._last.items():
            now = raw.get(name)
            if anew or now is None or now.requests < last.requests:
                counts[name] = together(counts.get(name), last)
        self._last = raw
        self._keep(Past(epoch, counts))

    def forget_all_but(self, names: set[str]) -> None:
        self._last = {name: counts for name, counts in self._last.items() if name in names}
        self._keep(
            Past(self._past.epoch, {name: counts for name, counts in self._past.counts.items() if name in names})
        )

    def so_far(self, name: str) -> Counts:
        last = self._last.get(name, Counts())
        return msgspec.structs.replace(together(self._past.counts.get(name), last), active=last.active)

    def _keep(self, past: Past) -> None:
        if past != self._past:
            self._past = past
            write_whole(self._file, msgspec.json.encode(past))


def together(one: Counts | None, other: Counts) -> Counts:
    if one is None:
        return msgspec.structs.replace(other, active=0)
    return Counts(
        requests=one.requests + other.requests,
        errors=one.errors + other.errors,
        latency=summed(one.latency, other.latency),
    )


def summed(one: Latency, other: Latency) -> Latency:
    sums = dict(one)
    for edge, count in other:
        sums[edge] = sums.get(edge, 0) + count
    return tuple(sorted(sums.items()))
