"""What is said about deployments and environments."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

DeploymentPhase = Literal[
    "waiting",
    "preparing",
    "starting",
    "canary",
    "rolling",
    "promoting",
    "live",
    "rolling_back",
    "rolled_back",
    "failed",
    "superseded",
    "cancelled",
    "replaced",
]
MadeFor = Literal["push", "hand", "rollback"]
PointWord = Literal["evidence", "weight", "requests", "errors"]
EnvironmentName = Annotated[str, Meta(max_length=40, description="The name of an environment.")]


class DeploymentInfo(Struct, kw_only=True):
    """A deployment as it is listed."""

    number: int
    environment: str
    production: bool
    version: str
    sha: str
    phase: DeploymentPhase
    over: bool
    """Whether nothing will happen to it by itself any more, other than that it is replaced."""
    strategy: str
    made_for: MadeFor
    made_by: str
    made_at: datetime
    started_at: datetime | None
    live_at: datetime | None
    ended_at: datetime | None
    weight: int
    """The percent of the traffic that it has, or had last."""
    verdict: str
    why: str | None
    """Why it is where it is."""
    needs_approval: bool
    approved_by: str | None = None
    url: str
    """The path of its page."""


class InstanceInfo(Struct, kw_only=True):
    """One running copy of a service."""

    key: str
    service: str
    wanted: bool


class DeploymentDetail(DeploymentInfo, kw_only=True):
    """A deployment with its steps and what runs for it."""

    steps: list[int]
    step: int
    rollback_of: int | None
    """The number of the deployment that was left by this one."""
    control: int | None
    """The number of the deployment against which it is judged."""
    hosts: list[str]
    instances: list[InstanceInfo]


class DeploymentList(Struct, kw_only=True):
    """Deployments, the newest first."""

    deployments: list[DeploymentInfo]
    next: int | None
    """The number before which to go on, when there are more."""


class NewDeployment(Struct, kw_only=True, forbid_unknown_fields=True):
    """A release to deploy: the newest to the first environment, unless something else is said."""

    environment: EnvironmentName = ""
    version: Annotated[str, Meta(max_length=40, description="The version of a release.")] = ""


class NewRollback(Struct, kw_only=True, forbid_unknown_fields=True):
    """Back to the last release that ran well: in production, or the only environment, unless one is said."""

    environment: EnvironmentName = ""


class EnvironmentInfo(Struct, kw_only=True):
    """An environment, and what runs in it."""

    name: str
    production: bool
    way: Literal["automatic", "approval"]
    after: str
    """The environment whose deployments go on to this one."""
    live: DeploymentInfo | None
    moving: DeploymentInfo | None
    paused_by: str | None
    """Who went back, so that the release that was left does not come again by itself."""
    hosts: list[str]
    url: str = ""
    """Where jobs of workflows say that it is to be seen."""


class EnvironmentList(Struct, kw_only=True):
    """The environments of a project, in the order in which a release goes through them."""

    environments: list[EnvironmentInfo]
