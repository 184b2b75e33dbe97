"""What is said about runs, their jobs, and the secrets that jobs are lent."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

RunState = Literal["queued", "running", "success", "failure", "cancelled"]
JobState = Literal["waiting", "queued", "running", "success", "failure", "cancelled", "skipped"]


class RunInfo(Struct, kw_only=True):
    """One workflow at one commit."""

    number: int
    workflow: str
    path: str
    """The file."""
    title: str
    event: str
    """As workflows name it: push, pull_request, schedule ..."""
    state: RunState
    why: str | None
    sha: str
    ref: str
    actor: str
    attempt: int
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    url: str
    """The path of its page."""


class RunList(Struct, kw_only=True):
    runs: list[RunInfo]
    next: int | None
    """The number before which to go on, when there are more."""


class RunStepInfo(Struct, kw_only=True):
    number: int
    name: str
    state: str
    exit_code: int | None
    why: str | None
    started_at: datetime | None
    ended_at: datetime | None
    log_start: int | None
    """From this byte of the log on are its words, up to `log_end`."""
    log_end: int | None
    kind: str = "step"
    """Or `background`: others ran beside it, and its lines are those with `/NUMBER` after the moment. `before` and
    `after`: what actions do before the first step and after the last one."""


class RunJobInfo(Struct, kw_only=True):
    id: int
    key: str
    """The same in each repetition of the run."""
    name: str
    state: JobState
    why: str | None
    """Why it waits, or how it came to its end."""
    needs: list[str]
    attempt: int
    runner: str | None
    isolation: str
    started_at: datetime | None
    ended_at: datetime | None
    outputs: dict[str, str]
    steps: list[RunStepInfo]
    url: str
    reused_from: int | None = None
    """The run that had done its work already; 0: it was done elsewhere."""
    reused_url: str = ""
    """The page with the log of who did the work."""
    reused_by: str = ""
    """Who brought what was done elsewhere."""
    environment: str = ""
    """Where it deploys to."""
    environment_url: str = ""
    """Where people see what it has put up."""


class RunArtifactInfo(Struct, kw_only=True):
    """A zip that a job left."""

    name: str
    digest: str
    size: int
    url: str


class WorkflowMistake(Struct, kw_only=True):
    """One thing wrong in a workflow file. Lines and columns count from 1."""

    line: int
    column: int
    message: str
    source: str
    """The line it stands in."""


class RunDetail(RunInfo, kw_only=True):
    jobs: list[RunJobInfo]
    artifacts: list[RunArtifactInfo]
    mistakes: list[WorkflowMistake]


class NewRun(Struct, kw_only=True, forbid_unknown_fields=True):
    """A workflow to be begun by hand. It has to say `on: workflow_dispatch`."""

    workflow: Annotated[str, Meta(min_length=1, max_length=300, description="Its file, or its name.")]
    ref: Annotated[str, Meta(max_length=250, description="A branch or a tag; empty for the default branch.")] = ""
    inputs: Annotated[
        dict[Annotated[str, Meta(max_length=100)], Annotated[str, Meta(max_length=65_536)]],
        Meta(max_length=50, description="Answers to its questions, by name."),
    ] = field(default_factory=dict)


class OfferInput(Struct, kw_only=True):
    """One question of a workflow to whoever begins it by hand."""

    name: str
    type: str
    """string, number, boolean, choice, environment."""
    description: str
    required: bool
    default: bool | float | str | None
    options: list[str]
    deprecation: str


class WorkflowOffer(Struct, kw_only=True):
    """A workflow that may be begun by hand."""

    path: str
    workflow: str
    ref: str
    sha: str
    inputs: list[OfferInput]


class WorkflowOffers(Struct, kw_only=True):
    workflows: list[WorkflowOffer]


class NewDispatch(Struct, kw_only=True, forbid_unknown_fields=True):
    """Something that happened outside. Workflows that say `on: repository_dispatch` begin by it."""

    event_type: Annotated[str, Meta(description="What `types` names: 1 to 100 characters.")]
    client_payload: Annotated[
        dict[str, Any], Meta(description="What they read as `github.event.client_payload`: 10 properties at most.")
    ] = field(default_factory=dict)


class DispatchMade(Struct, kw_only=True):
    """It was taken. What began by it is told at its commit."""

    event_type: str
    sha: str | None
    """The last commit of the default branch, whose workflows are asked; nothing where none of them listens."""


class VerdictInfo(Struct, kw_only=True):
    """Whether one workflow began, and why."""

    path: str
    workflow: str
    begins: bool
    why: str
    run: int | None
    """The number of the run that began."""


class PlanningInfo(Struct, kw_only=True):
    """Something that happened at a commit, and what was said of each of its workflows."""

    event: str
    type: str
    ref: str
    sha: str
    actor: str
    at: datetime
    over: bool
    """Whether the files have been read."""
    why: str | None
    """Why no workflow was asked at all."""
    verdicts: list[VerdictInfo]


class PlanningList(Struct, kw_only=True):
    plannings: list[PlanningInfo]


JobWord = Annotated[str, Meta(min_length=1, max_length=300)]


class NewAttempt(Struct, kw_only=True, forbid_unknown_fields=True):
    """A run once more, all of it or a part. What is left out keeps what it gave."""

    failed_only: Annotated[bool, Meta(description="Only what did not end well, and what needs that.")] = False
    jobs: Annotated[
        list[JobWord],
        Meta(max_length=100, description="Only these, by their names or keys, and what needs them."),
    ] = field(default_factory=list)
    debug: Annotated[bool, Meta(description="With all that actions tell only when they are asked for more.")] = False


class NewCancellation(Struct, kw_only=True, forbid_unknown_fields=True):
    """A run, or one job of it, shall end."""

    job: Annotated[str, Meta(max_length=300, description="Only this one, by its name or key.")] = ""
    force: Annotated[bool, Meta(description="At once: not even what says `always()` runs.")] = False


class NewApproval(Struct, kw_only=True, forbid_unknown_fields=True):
    """An answer to what waits for a yes."""

    job: Annotated[str, Meta(max_length=300, description="The job that waits; empty: the run itself does.")] = ""
    yes: Annotated[bool, Meta(description="No: it shall not run.")] = True


class VariableInfo(Struct, kw_only=True):
    """A value that workflows ask for by its name."""

    name: str
    value: str
    environment: str
    """Empty: for all jobs."""
    updated_at: datetime


class VariableList(Struct, kw_only=True):
    variables: list[VariableInfo]


class VariableValue(Struct, kw_only=True, forbid_unknown_fields=True):
    value: Annotated[str, Meta(max_length=48_000)]


class JobEnvironmentInfo(Struct, kw_only=True):
    """A place that jobs may name."""

    name: str
    approvers: str
    """The lowest role that may let its jobs go; empty: nobody has to."""


class JobEnvironmentList(Struct, kw_only=True):
    environments: list[JobEnvironmentInfo]


class JobEnvironmentRule(Struct, kw_only=True, forbid_unknown_fields=True):
    approvers: Annotated[str, Meta(max_length=20, description="developer, maintainer, owner, or empty: nobody.")] = ""


class OutsidersRule(Struct, kw_only=True, forbid_unknown_fields=True):
    rule: Annotated[str, Meta(max_length=20, description="never, first-timers, or all.")]


class SecretInfo(Struct, kw_only=True):
    """A secret of a project. Its value is never told."""

    name: str
    version: int
    updated_at: datetime
    lent_at: datetime | None


class SecretList(Struct, kw_only=True):
    secrets: list[SecretInfo]


class SecretValue(Struct, kw_only=True, forbid_unknown_fields=True):
    value: Annotated[str, Meta(min_length=1, max_length=65_536)]


class RunnerJobInfo(Struct, kw_only=True):
    """What a runner does at this moment, as far as one may see it."""

    name: str
    project: str
    url: str
    since: datetime | None


class RunnerInfo(Struct, kw_only=True):
    """A program that does jobs."""

    name: str
    project: str
    """The only one whose jobs it takes; empty: all."""
    ephemeral: bool
    labels: list[str]
    tier: str
    isolation: str
    """What it hides from a job, and what it does not."""
    capacity: int
    version: str
    other_version: bool
    """It is not of the version of the house."""
    away: bool
    drained: bool
    drained_by: str
    busy: int
    """How many jobs it has."""
    jobs: list[RunnerJobInfo]
    """Those of them that one may see."""
    seen_at: datetime | None


class RunnerList(Struct, kw_only=True):
    runners: list[RunnerInfo]


class NewRunner(Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)]


class NewInvitation(Struct, kw_only=True, forbid_unknown_fields=True):
    """A token that lets runners join."""

    project: Annotated[str, Meta(max_length=100, description="owner/name; empty: the jobs of all projects.")] = ""
    labels: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=100)]],
        Meta(max_length=50, description="What its runners take, unless they say something themselves."),
    ] = field(default_factory=list)
    ephemeral: Annotated[bool, Meta(description="Its runners take one job each, and are gone.")] = False
    uses: Annotated[int, Meta(ge=1, le=1000, description="How many runners may join by it.")] = 1


class InvitationMade(Struct, kw_only=True):
    token: str
    """Told this once."""
    expires_at: datetime
    command: str
    """What to type on the other machine. It asks for the token."""


class RunnerMade(Struct, kw_only=True):
    name: str
    token: str
    """Told this once."""


class BadgeKey(Struct, kw_only=True):
    """Whoever knows it may see how the workflows of this project fare."""

    key: str


class QueuedJobInfo(Struct, kw_only=True):
    """A job that waits for its turn."""

    id: int
    name: str
    project: str
    run: int
    state: Literal["queued", "held"]
    labels: list[str]
    """What its runner has to have."""
    since: datetime
    why: str
    url: str


class WaitingInfo(Struct, kw_only=True):
    """How many jobs wait for the same labels, and who could take them."""

    labels: list[str]
    count: int
    since: datetime | None
    runners: int
    free: int
    """How many jobs these runners could take at this moment."""


class QueueList(Struct, kw_only=True):
    """The oldest first."""

    jobs: list[QueuedJobInfo]
    next: int | None
    """The job after which to go on, when there are more."""
    waiting: list[WaitingInfo]
