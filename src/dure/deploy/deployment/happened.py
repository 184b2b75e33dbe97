"""What is told of deployments in the ledger."""

from dataclasses import dataclass
from typing import TypedDict

from dure import kit
from dure.code import commit_ref
from dure.deploy.deployment.deployment import Deployment
from dure.deploy.environment import Environment
from dure.kit import say, whole
from dure.ledger import Event, Work


@dataclass(frozen=True, kw_only=True)
class OfDeployment:
    """What every one of these events names."""

    project: int
    environment: str
    production: bool
    deployment: int
    number: int
    release: int
    version: str
    sha: str


@dataclass(frozen=True, kw_only=True)
class DeploymentBegun(OfDeployment, Event, kind="deploy.begun"):
    """A release was sent on its way into an environment."""

    made_for: str

    def sentence(self) -> kit.Text:
        return say("began to deploy {version} to {environment}", version=self.version, environment=self.environment)


@dataclass(frozen=True, kw_only=True)
class ApprovalAsked(OfDeployment, Event, kind="deploy.approval_asked"):
    """A deployment waits until somebody says yes."""

    def sentence(self) -> kit.Text:
        return say(
            "asks for a yes to deploy {version} to {environment}", version=self.version, environment=self.environment
        )


@dataclass(frozen=True, kw_only=True)
class Approved(OfDeployment, Event, kind="deploy.approved"):
    """Somebody said yes to a deployment."""

    def sentence(self) -> kit.Text:
        return say(
            "approved the deployment of {version} to {environment}", version=self.version, environment=self.environment
        )


@dataclass(frozen=True, kw_only=True)
class StepReached(OfDeployment, Event, kind="deploy.step_reached"):
    """The new version takes a larger share of the traffic."""

    weight: int

    def sentence(self) -> kit.Text:
        return say(
            "sent {weight} % of {environment} to {version}",
            weight=self.weight,
            version=self.version,
            environment=self.environment,
        )


@dataclass(frozen=True, kw_only=True)
class VerdictGiven(OfDeployment, Event, kind="deploy.verdict_given"):
    """What the judge says of the new version changed."""

    service: str
    verdict: str
    words: kit.Text
    e_value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", whole(self.words))

    def sentence(self) -> kit.Text:
        return say("judged {version}: {words}", version=self.version, words=self.words)


@dataclass(frozen=True, kw_only=True)
class WentLive(OfDeployment, Event, kind="deploy.went_live"):
    """A release serves all of an environment."""

    commits: tuple[str, ...]
    """All commits that it brought here, the newest last."""
    seconds: float
    made_for: str

    def sentence(self) -> kit.Text:
        return say("took {version} live in {environment}", version=self.version, environment=self.environment)


@dataclass(frozen=True, kw_only=True)
class RolledBack(OfDeployment, Event, kind="deploy.rolled_back"):
    """No request goes to this version any more; the one before serves again."""

    back_to: str | None
    why: kit.Text
    evidence: float
    by_itself: bool
    detected_seconds: float
    """From the moment at which it first got traffic."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", whole(self.why))

    def sentence(self) -> kit.Text:
        if self.back_to is None:
            return say("took {version} out of {environment}", version=self.version, environment=self.environment)
        return say(
            "rolled {environment} back from {version} to {back_to}",
            version=self.version,
            environment=self.environment,
            back_to=self.back_to,
        )


@dataclass(frozen=True, kw_only=True)
class DeploymentFailed(OfDeployment, Event, kind="deploy.failed"):
    """A deployment came to nothing; what was live stays live."""

    why: kit.Text

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", whole(self.why))

    def sentence(self) -> kit.Text:
        return say(
            "could not deploy {version} to {environment}: {why}",
            version=self.version,
            environment=self.environment,
            why=self.why,
        )


@dataclass(frozen=True, kw_only=True)
class DeploymentStopped(OfDeployment, Event, kind="deploy.stopped"):
    """A deployment was given up before it got traffic."""

    overtaken: bool

    def sentence(self) -> kit.Text:
        if self.overtaken:
            return say(
                "left {version} for {environment} behind, since a newer release came",
                version=self.version,
                environment=self.environment,
            )
        return say(
            "stopped the deployment of {version} to {environment}", version=self.version, environment=self.environment
        )


@dataclass(frozen=True, kw_only=True)
class CrashLooped(OfDeployment, Event, kind="deploy.crash_looped"):
    """A live service ends again and again."""

    service: str
    restarts: int

    def sentence(self) -> kit.Text:
        return say(
            "saw {service} of {version} end {restarts} times in {environment}",
            service=self.service,
            version=self.version,
            restarts=self.restarts,
            environment=self.environment,
        )


class Facts(TypedDict):
    """The facts that all of these events share."""

    project: int
    environment: str
    production: bool
    deployment: int
    number: int
    release: int
    version: str
    sha: str


def facts_of(deployment: Deployment, environment: Environment) -> Facts:
    """What every event of this deployment says."""
    return {
        "project": deployment.project_id,
        "environment": environment.name,
        "production": environment.is_production,
        "deployment": deployment.id,
        "number": deployment.number,
        "release": deployment.release_id,
        "version": deployment.version,
        "sha": deployment.sha,
    }


def record(work: Work, deployment: Deployment, environment: Environment, event: Event, *more: str) -> None:
    """Tell it in every thread that it belongs to."""
    about = [
        deployment.ref,
        environment.ref,
        f"release:{deployment.release_id}",
        commit_ref(deployment.project_id, deployment.sha),
        *more,
    ]
    scope = f"project:{deployment.project_id}"
    work.record(event, about=[scope, *about], within=scope)
