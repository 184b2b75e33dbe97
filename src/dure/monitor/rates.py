"""Rates: what the versions of one service answered, slot by slot."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dure.kit import Invalid, say
from dure.monitor.latency import added, percentile
from dure.monitor.store import METRIC_DAYS, Counted, CountsAsked, ServiceKey

SLOTS_MAX = 1500
VERSIONS_MAX = 6
STEPS_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400)
SLOTS_WANTED = 240
LATE_SECONDS = 3
"""Counts of a second are in the store this much later; a slot that is not whole yet would look like a fall."""


@dataclass(frozen=True)
class Slot:
    """What one version answered in one slot of time."""

    requests: int = 0
    errors: int = 0
    latency: Sequence[int] = ()

    @property
    def error_share(self) -> float | None:
        return self.errors / self.requests if self.requests else None

    def percentile(self, share: float) -> float | None:
        return percentile(self.latency, share)


NOTHING = Slot()


@dataclass(frozen=True)
class Rates:
    """The slots of a time, and what each version answered in them. The newest version comes first."""

    step_seconds: int
    slots: Sequence[int]
    versions: dict[str, list[Slot]] = field(default_factory=dict)
    left_out: int = 0
    """Versions that had least to do, where there are too many to tell apart."""

    def whole(self, version: str) -> Slot:
        """All slots of one version in one."""
        whole: list[int] = []
        for slot in self.versions[version]:
            whole = added(whole, slot.latency)
        slots = self.versions[version]
        return Slot(sum(slot.requests for slot in slots), sum(slot.errors for slot in slots), whole)


def asked_for(key: ServiceKey, now: float, minutes: int, step_seconds: int | None = None) -> CountsAsked:
    """The last so many minutes, in whole slots. Whoever asks at about the same time asks the same."""
    seconds = minutes * 60
    step = step_seconds or next(
        step for step in STEPS_SECONDS if seconds / step <= SLOTS_WANTED or step == STEPS_SECONDS[-1]
    )
    if not 1 <= seconds / step <= SLOTS_MAX or minutes > METRIC_DAYS * 24 * 60:
        raise Invalid({"step": say("A chart has {count} points at most; take longer steps.", count=SLOTS_MAX)})
    until = int(now - LATE_SECONDS) // step * step
    return CountsAsked(key=key, since=until - seconds // step * step, until=until, step_seconds=step)


def rates_in(asked: CountsAsked, counted: Sequence[Counted]) -> Rates:
    slots = range(asked.since, asked.until, asked.step_seconds)
    totals: dict[str, int] = {}
    for one in counted:
        totals[one.version] = totals.get(one.version, 0) + one.requests
    kept = sorted(sorted(totals, key=lambda version: -totals[version])[:VERSIONS_MAX], key=age, reverse=True)
    versions = {version: [NOTHING] * len(slots) for version in kept}
    for one in counted:
        if one.version in versions:
            slot = Slot(one.requests, one.errors, one.latency)
            versions[one.version][(one.slot - asked.since) // asked.step_seconds] = slot
    return Rates(asked.step_seconds, slots, versions, len(totals) - len(kept))


def age(version: str) -> tuple[list[int], str]:
    """The order of versions as people count them: 1.9.0 before 1.10.0."""
    return [int(part) for part in version.split(".") if part.isdecimal()], version
