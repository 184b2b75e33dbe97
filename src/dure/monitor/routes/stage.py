"""What the Loop shows of this room: how the last minute went in production."""

from collections.abc import Callable, Sequence

from dure.kit import say
from dure.ledger import Work
from dure.monitor import Pulse, Telemetry, places_of
from dure.plan import Project
from dure.shell import Stage

BAD_SHARE, BAD_ERRORS_MIN = 0.05, 3
"""So large a share of errors is bad, unless it is of a handful of requests."""


def stages(telemetry: Telemetry) -> Callable[[Work, Project], Sequence[Stage]]:
    """Asks memory alone, so the page of a project never waits for the store."""

    def told(work: Work, project: Project) -> Sequence[Stage]:
        production = {place.id: len(place.services) for place in places_of(work, project) if place.is_production}
        services = sum(production.values())
        if not services:
            return []
        pulses = [pulse for pulse in telemetry.pulses(project.id) if pulse.key.environment in production]
        return [stage_of(project, services, pulses)]

    return told


def stage_of(project: Project, services: int, pulses: Sequence[Pulse]) -> Stage:
    label, url = say("Monitor"), f"/{project.path}/services"
    requests, errors = sum(pulse.requests for pulse in pulses), sum(pulse.errors for pulse in pulses)
    if not requests:
        return Stage("monitor", label, url, services, "idle", say("No requests"))
    if errors >= BAD_ERRORS_MIN and errors >= BAD_SHARE * requests:
        return Stage(
            "monitor", label, url, services, "bad", say("{percent} % errors", percent=f"{errors / requests:.1%}"[:-1])
        )
    rate = sum(pulse.requests_per_second for pulse in pulses)
    return Stage("monitor", label, url, services, "good", say("{rate} requests/s", rate=f"{rate:.1f}"))
