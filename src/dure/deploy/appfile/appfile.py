"""The app file as the rest of the house sees it: what runs, how it takes traffic, and through which environments."""

from dataclasses import dataclass, field
from typing import Literal

Strategy = Literal["canary", "rolling"]
Way = Literal["automatic", "approval"]


@dataclass(frozen=True)
class EnvironmentRule:
    """One environment, and how releases come into it."""

    name: str
    deploy: Way = "automatic"
    after: str = ""
    production: bool = False


@dataclass(frozen=True)
class Readiness:
    """How it is seen that an instance can serve."""

    http: str | None = None
    """A path that answers with a status below 400; without one a connection to the port is enough."""
    interval_seconds: float = 1.0
    timeout_seconds: float = 2.0
    retries: int = 30
    start_period_seconds: float = 0.0

    @property
    def patience_seconds(self) -> float:
        """How long an instance may take until it is ready."""
        return self.start_period_seconds + self.retries * self.interval_seconds


@dataclass(frozen=True)
class RolloutRule:
    """How a new version takes over from the old one."""

    strategy: Strategy = "canary"
    steps: tuple[int, ...] = (10, 50, 100)
    step_seconds: float = 10.0
    alpha: float = 0.01
    tolerance: float = 1.25
    enough_requests: int = 100
    """So many requests to the new version are enough to pass a step."""
    bake_seconds: float = 60.0
    """How long after going live a crash loop makes it go back by itself."""
    keep_old_seconds: float = 60.0
    """How long the version before is kept running without traffic, so that going back is one change of weights."""


@dataclass(frozen=True)
class ServiceFile:
    """One service: a command, what it is given, and how it is looked after."""

    name: str
    command: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    env_files: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    working_dir: str = "."
    replicas: int = 1
    grace_seconds: int = 10
    needs: tuple[str, ...] = ()
    port: bool = False
    """Whether it takes requests, on the port that it finds in the variable PORT."""
    readiness: Readiness = Readiness()
    rollout: RolloutRule = RolloutRule()


DEFAULT_ENVIRONMENTS = (
    EnvironmentRule("staging"),
    EnvironmentRule("production", after="staging", production=True),
)


@dataclass(frozen=True)
class AppFile:
    """Everything that one release runs. The services stand in the order in which they start."""

    services: tuple[ServiceFile, ...]
    environments: tuple[EnvironmentRule, ...] = DEFAULT_ENVIRONMENTS

    @property
    def rollout(self) -> RolloutRule:
        """The strictest of all services that say how: all of them move together."""
        usual = RolloutRule()
        rules = [service.rollout for service in self.services if service.rollout != usual] or [usual]
        canary = any(rule.strategy == "canary" for rule in rules)
        most = max(rules, key=lambda rule: len(rule.steps))
        return RolloutRule(
            strategy="canary" if canary else "rolling",
            steps=most.steps,
            step_seconds=max(rule.step_seconds for rule in rules),
            alpha=min(rule.alpha for rule in rules),
            tolerance=min(rule.tolerance for rule in rules),
            enough_requests=max(rule.enough_requests for rule in rules),
            bake_seconds=max(rule.bake_seconds for rule in rules),
            keep_old_seconds=max(rule.keep_old_seconds for rule in rules),
        )

    def rollout_of(self, service: ServiceFile) -> RolloutRule:
        """How one service is judged: as it says, else as the others are."""
        return self.rollout if service.rollout == RolloutRule() else service.rollout
