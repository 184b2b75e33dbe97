"""How long answers took, as counts under edges: they add up over seconds, versions and instances; averages do not."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

EDGES_MS = (
    *(1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 56, 80, 110, 160, 220, 320, 450, 640, 900),
    *(1250, 1800, 2500, 3500, 5000, 7000, 10_000, 20_000, 40_000, 3_600_000),
)
"""What lies in the store for a month was counted under these, so they do not follow those of the traffic engine."""


def under_edges(latency: Iterable[tuple[float, int]]) -> list[int]:
    """Counts by the edge they lie under, in our order. An edge that is not ours goes to the next wider one."""
    counts = [0] * len(EDGES_MS)
    for edge, count in latency:
        counts[min(bisect_left(EDGES_MS, edge), len(EDGES_MS) - 1)] += count
    while counts and not counts[-1]:
        counts.pop()
    return counts


def added(one: Sequence[int], other: Sequence[int]) -> list[int]:
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return [count + (shorter[place] if place < len(shorter) else 0) for place, count in enumerate(longer)]


def percentile(counts: Sequence[int], share: float) -> float | None:
    """The time that this share of the answers stayed under, in ms: as if they lay evenly between two edges.

    Of the last bucket nothing is known but where it begins, so that is the answer there.
    """
    total = sum(counts)
    if not total:
        return None
    rank, passed = share * total, 0
    for place, count in enumerate(counts):
        if count and passed + count >= rank:
            lower = EDGES_MS[place - 1] if place else 0
            if place == len(EDGES_MS) - 1:
                return float(lower)
            return lower + (EDGES_MS[place] - lower) * max(rank - passed, 0) / count
        passed += count
    return float(EDGES_MS[-2])
