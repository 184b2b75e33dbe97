"""The port through which visitors reach services: whole desired state in, counts out.

The life of a traffic engine:

    start     it listens and serves, and goes on without the house
    apply     the whole list of routes as it shall be; returns when visitors are served by it
    counters  what came, for each host and version, since it began to count
    alive     does it serve at this moment
    stop      it listens no more

To take a version out and drop nothing: apply with its weight 0 but its upstreams kept, wait until `active` of its
counts is 0 (or the grace is over), apply without it, then stop its instances.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from dure.kit import Refused

# The last bucket holds all that took longer than the one before.
LATENCY_EDGES_MS = (
    *(1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 56, 80, 110, 160, 220, 320, 450, 640, 900),
    *(1250, 1800, 2500, 3500, 5000, 7000, 10_000, 20_000, 40_000, 3_600_000),
)

Upstream = tuple[str, int]
Latency = tuple[tuple[float, int], ...]


class TrafficRefused(Refused):
    """The traffic engine cannot serve what is asked; the sentence says why."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One host name and where its requests go.

    A version with a weight and no upstream gets nothing: its share goes to the others. A host with no upstream at all
    answers 503 with a sentence.
    """

    host: str
    service: str
    # Percent for each version; they count in proportion.
    weights: Mapping[str, int]
    upstreams: Mapping[str, Sequence[Upstream]]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What one version of one host answered: counts that only grow, as long as the engine's object lives."""

    requests: int = 0
    # Answers from 500 to 599, and requests that the version did not answer.
    errors: int = 0
    # How many answers took at most this many milliseconds and more than the edge before.
    latency: Latency = ()
    # Requests under way at this moment.
    active: int = 0

    def since(self, earlier: "Counts | None") -> "Counts":
        """What was added. If the counts are lower than they were, they began anew: then all of them were added.
        So an `earlier` that was kept over a restart of the house may be used."""
        if earlier is None:
            return self
        if self.requests < earlier.requests or self.errors < earlier.errors:
            return self
        before = dict(earlier.latency)
        added = tuple((edge, max(0, count - before.get(edge, 0))) for edge, count in self.latency)
        return Counts(
            requests=self.requests - earlier.requests,
            errors=self.errors - earlier.errors,
            latency=tuple((edge, count) for edge, count in added if count),
            active=self.active,
        )


class Traffic(Protocol):
    """What stands between visitors and instances."""

    def start(self) -> None:
        """Serve, or go on serving: an engine left by a house that was killed is found again, with its routes and
        its visitors. Refused when it cannot listen."""

    def apply(self, routes: Sequence[Route]) -> None:
        """Make this, and nothing else, the routes. Nothing is dropped by the change. Cheap when nothing changed.
        Refused when the engine does not take it in time; it is then taken as soon as the engine is back."""

    def counters(self) -> dict[tuple[str, str], Counts]:
        """Counts by (host, version). A dead engine answers what it answered last; versions that left the routes
        are gone from here once they are idle."""

    def alive(self) -> bool:
        """Whether visitors are served at this moment."""

    def tend(self) -> None:
        """Put right what broke since; called as the platform's."""

    def stop(self) -> None:
        """Serve no more."""
