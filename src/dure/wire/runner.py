"""What a runner and the house say to each other. The runner always calls; the house never calls a runner.

All under /api/runner/v1 with `Authorization: Bearer dure_run_…`:

    POST /join                           Join -> Joined   (with `Authorization: Bearer dure_join_…`, once)
    POST /register                       Registration -> Registered
    POST /claims                         Claim -> 200 JobOrder | 204 | 205   (held open for at most `wait_seconds`)
    POST /leave                          an ephemeral runner is gone
    POST /jobs/{job}/taken               Taken -> Orders               (not said within TAKEN_SECONDS: given to another)
    POST /jobs/{job}/reports             Report -> Orders | 409 Wanted
    POST /jobs/{job}/heartbeats          Heartbeat -> Orders
    PUT  /jobs/{job}/log?attempt&offset  bytes -> LogTaken | 409 Wanted
    PUT  /jobs/{job}/artifacts/{name}?attempt&kind&days&digest   a zip or a file, streamed -> ArtifactTaken
    GET  /runs/{run}/artifacts/{name}    those bytes, streamed
    DELETE /jobs/{job}/artifacts/{name}?attempt
    PUT  /jobs/{job}/tests/{name}?attempt       JUnit XML
    GET  /runs/{run}/artifacts           ArtifactNames

A refusal is a `Refusal`. 404 or 410 on anything about a job means that this attempt is no longer this runner's: it
ends the job and forgets it. 401: the token is not good (any more). 410 on anything else: this runner was ended. 205: it
is drained, or took its one job; it leaves when the jobs that it has are over. 5xx and silence mean: try again later.

Happenings of one attempt are numbered from 0. A report carries a run of them and says in `seq` the number of its
first. The house leaves out those that it has, and answers 409 with the number it wants where one is missing; so a
report may be sent twice and cut differently. The log is the same by bytes. All of the log up to `log_offset`, and
whatever tests and artifacts there are, arrives before the happening that comes after it; `Ended` is the very last.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

RUNNER_TOKEN_PREFIX = "dure_run"  # noqa: S105 - what such a token begins with, not a token
JOIN_TOKEN_PREFIX = "dure_join"  # noqa: S105 - the same
RUNNER_API = "/api/runner/v1"
TAKEN_SECONDS = 10
"""A job whose runner has not said by then that it took it is given to another."""
CLAIM_SECONDS_MAX = 25
LOG_CHUNK_BYTES_MAX = 4 << 20
LOG_INLINE_BYTES_MAX = 64 << 10
HAPPENINGS_MAX = 200
"""So many happenings in one report at most."""
TEST_BYTES_MAX = 20 << 20
TESTS_MAX = 50
ARTIFACT_BYTES_MAX = 4 << 30

Cancel = Literal["no", "asked", "force"]
Tier = Literal["bubblewrap", "namespaces", "none"]
"""How a runner keeps a job from the rest of its machine."""
StepResult = Literal["success", "failure", "cancelled", "skipped"]
JobResult = Literal["success", "failure", "cancelled", "lost"]
"""`lost`: the job came to an end before its first step began, by no fault of its own. It may be given out again."""
Level = Literal["notice", "warning", "error"]

Short = Annotated[str, Meta(max_length=300)]
Small = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
StepKind = Literal["step", "background", "before", "after"]
"""Those that the file does not have are done before the first step, or after the last one."""
Offset = Annotated[int, Meta(ge=0, le=2**53)]
Instant = Annotated[datetime, Meta(tz=True)]
RunnerName = Annotated[str, Meta(min_length=1, max_length=100)]
RunnerLabel = Annotated[str, Meta(min_length=1, max_length=100)]
ARTIFACT_NAME_PATTERN = r"""^(?!\.{1,2}(?![\s\S]))[^\x00-\x1f\x7f":<>|*?\\/]+(?![\s\S])"""
"""What can be the name of a file on every system: no more than that is asked of an artifact's."""
ArtifactName = Annotated[str, Meta(min_length=1, max_length=200, pattern=ARTIFACT_NAME_PATTERN)]


class Join(Struct, kw_only=True):
    """A new runner. It has made the token by which it is known from now on, and kept it before it asks."""

    name: RunnerName
    token: Annotated[str, Meta(pattern=r"^dure_run_[A-Za-z0-9_-]{40,100}$")]


class Joined(Struct, kw_only=True):
    name: str
    """By which the house calls it."""
    labels: list[str]
    """What whoever invited it wants it to take, where it says nothing itself."""
    ephemeral: bool
    """It takes one job and leaves."""
    project: str
    """The only one whose jobs it gets, owner/name; empty: those of all."""


class RunnersWanted(Struct, kw_only=True):
    """What the house posts to `autoscale_url`, signed: X-Dure-Signature-256 is `sha256=` and the HMAC of the body."""

    need: str
    """The same in each try, so that whoever has heard it need not act again."""
    house: str
    labels: list[str]
    """What the runners have to have."""
    count: int
    """So many jobs wait; so many runners may join by the token."""
    oldest_wait_seconds: float
    join_token: str
    expires_at: datetime


class Registration(Struct, kw_only=True):
    """A runner says who it is, each time it starts."""

    name: RunnerName
    labels: Annotated[list[RunnerLabel], Meta(max_length=50)]
    tier: Tier
    isolation: Annotated[str, Meta(max_length=2000)]
    """What this tier hides and what it does not, in sentences for people."""
    capacity: Annotated[int, Meta(ge=1, le=1000)]
    version: Annotated[str, Meta(max_length=50)]


class Registered(Struct, kw_only=True):
    runner_id: int
    drained: bool = False
    """It gets no job before somebody says so."""


class Claim(Struct, kw_only=True):
    """A runner has room for work."""

    wait_seconds: Annotated[float, Meta(ge=0, le=CLAIM_SECONDS_MAX)] = CLAIM_SECONDS_MAX
    free: Annotated[int, Meta(ge=1, le=1000)] = 1
    """For how many jobs there is room. One claim brings one job."""


class StepOrder(Struct, kw_only=True, omit_defaults=True):
    """One step, as the workflow writes it: texts may hold `${{ }}`, which the runner resolves when its turn comes."""

    index: int
    """From 0, in the order of the file."""
    id: str | None = None
    name: str | None = None
    condition: str | None = None
    """Its `if:`."""
    run: str | None = None
    uses: str | None = None
    """The raw words of the file: `owner/name[/path]@ref`, `./path` or `docker://image`."""
    with_: dict[str, str] = field(default_factory=dict, name="with")
    env: dict[str, str] = field(default_factory=dict)
    shell: str | None = None
    working_directory: str | None = None
    timeout_minutes: float | str | None = None
    continue_on_error: bool | str = False
    background: bool = False
    """The next step begins while this one still runs."""
    wait: list[str] = field(default_factory=list)
    """Steps in the background that this one waits for, by their ids."""
    wait_all: bool = False
    cancel: list[str] = field(default_factory=list)
    """Steps in the background that this one ends."""
    parallel: list["StepOrder"] = field(default_factory=list)
    """Steps that run at the same time; this one is over when all of them are. Each has an index of its own."""


class StepDefaults(Struct, kw_only=True, omit_defaults=True):
    """`defaults.run` of the workflow and the job, joined."""

    shell: str | None = None
    working_directory: str | None = None


class ContainerOrder(Struct, kw_only=True, omit_defaults=True):
    """A container that a job runs in, or a service beside it. Texts are templates."""

    image: str = ""
    env: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)
    ports: list[str] | str = field(default_factory=list)
    volumes: list[str] | str = field(default_factory=list)
    options: str | None = None
    entrypoint: str | None = None
    command: str | None = None


class JobOrder(Struct, kw_only=True, omit_defaults=True):
    """One job to be done."""

    job_id: int
    run_id: int
    attempt: Annotated[int, Meta(ge=1)]
    lease_seconds: Annotated[float, Meta(gt=0)]
    """Without a word from the runner for so long, the job counts as lost."""
    project: str
    """owner/name"""
    repository_url: str
    """From where the runner fetches by git: `{house}/{owner}/{name}.git`."""
    job_token: str
    """Reads this project's repository as long as the job runs. Basic authentication, any user, this password."""
    sha: str
    ref: str
    """refs/heads/main"""
    key: str
    """The job's name in the file: `github.job`."""
    name: str
    """As people see it: "build (3.12)"."""
    steps: list[StepOrder]
    env: dict[str, str] = field(default_factory=dict)
    """`env` of the workflow and the job, joined; templates."""
    defaults: StepDefaults = field(default_factory=StepDefaults)
    contexts: dict[str, Any] = field(default_factory=dict)
    """github, matrix, needs, vars, strategy, inputs. `github.event` and what the house knows of `github` are in it;
    the runner adds workspace, token, job, action and the like."""
    secrets: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    """Templates, resolved after the last step."""
    timeout_minutes: float = 360
    cancel_timeout_minutes: float = 5
    """So long may steps take that run although the job was cancelled or out of time."""
    log_bytes_max: int = 200_000_000
    hold: bool = False
    """Whether it waits with its sandbox for somebody to look into it when a step failed."""
    container: ContainerOrder | str | None = None
    """What its `run:` steps run in. A `str` is one template that comes to an image or a mapping; so with services."""
    services: dict[str, ContainerOrder | str] = field(default_factory=dict)
    """What runs beside it, by the name it is reached by."""
    permissions: dict[str, str] = field(default_factory=dict)
    """What the job's token may do: read or write, by GitHub's names for it."""
    artifact_days: int = 90
    """So long an artifact is kept at most, and where its job says nothing."""
    environment_url: str = ""
    """Where people see what it has put up: a template, resolved after the last step."""
    mirrored: list[str] = field(default_factory=list)
    """Which of the actions that the runner can stand in for the house has itself: owner/repo."""


class Taken(Struct, kw_only=True):
    attempt: int


class Orders(Struct, kw_only=True):
    """What the house wants of a job, said in every answer about it."""

    cancel: Cancel = "no"
    lease_seconds: float = 30


class Wanted(Struct, kw_only=True):
    """409: something before is missing. From here, please."""

    wanted: int
    """The number of the next happening, or how many bytes of the log are here."""
    of: Literal["happenings", "log"] = "happenings"
    """Which of the two, in the answer to a report."""


class Heartbeat(Struct, kw_only=True):
    attempt: int


class Started(Struct, kw_only=True, tag="started", tag_field="what"):
    """The job has a place to run in."""

    isolation: str
    at: Instant


class StepStarted(Struct, kw_only=True, tag="step_started", tag_field="what", omit_defaults=True):
    """Steps that the file does not have are numbered too: those before the first one have numbers below 0, those after
    the last one those that follow."""

    index: Small
    name: Short
    """With its templates resolved."""
    log_offset: Offset
    at: Instant
    kind: StepKind = "step"
    """Beside a step in the background others run. Its lines stand between theirs, each with its number: after the
    moment comes `/3 `, not ` `."""


class StepEnded(Struct, kw_only=True, tag="step_ended", tag_field="what"):
    """Also said of a step that did not run (skipped); then no StepStarted came before."""

    index: Small
    name: Short
    conclusion: StepResult
    """After continue-on-error."""
    outcome: StepResult
    """Before it."""
    log_offset: Offset
    log_start: Offset | None = None
    """Where its words begin, when not where it did: runners before 2026-11-29 wrote steps in the background down at
    their end."""
    at: Instant
    exit_code: Small | None = None
    why: str = ""
    """A sentence, where the step did not simply run: why it was skipped, that it took too long."""


class Annotation(Struct, kw_only=True, tag="annotation", tag_field="what", omit_defaults=True):
    """What a step remarked on, perhaps with a place in a file."""

    step: Small
    level: Level
    message: Annotated[str, Meta(max_length=65_536)]
    title: Short = ""
    file: Annotated[str, Meta(max_length=4096)] = ""
    line: Small | None = None
    end_line: Small | None = None
    column: Small | None = None
    end_column: Small | None = None


class Summary(Struct, kw_only=True, tag="summary", tag_field="what"):
    """The Markdown that a step left for the page of its run."""

    step: Small
    markdown: Annotated[str, Meta(max_length=1 << 20)]


class Ended(Struct, kw_only=True, tag="ended", tag_field="what"):
    """The very last word of an attempt."""

    conclusion: JobResult
    outputs: dict[str, str]
    at: Instant
    why: str = ""
    """A sentence, where there is more to say than the steps say."""
    environment_url: Annotated[str, Meta(max_length=2000)] = ""
    """Where people see what the job has put up."""


Happening = Started | StepStarted | StepEnded | Annotation | Summary | Ended


class Report(Struct, kw_only=True, omit_defaults=True):
    attempt: int
    seq: Annotated[int, Meta(ge=0)]
    """The number of the first of these, from 0."""
    happenings: Annotated[list[Happening], Meta(min_length=1, max_length=HAPPENINGS_MAX)]
    log: Annotated[bytes, Meta(max_length=LOG_INLINE_BYTES_MAX)] = b""
    """The next bytes of the log, where they are few. They count as said before the happenings."""
    log_offset: Offset = 0
    """Where they begin."""


class LogTaken(Struct, kw_only=True):
    length: int
    """So many bytes of the log are here now."""


class ArtifactTaken(Struct, kw_only=True):
    digest: str
    size: int
    id: int = 0


class ArtifactCard(Struct, kw_only=True):
    """One artifact of a run."""

    id: int
    name: str
    digest: str
    size: int
    kind: str
    """Its media type: of a zip, or of the one file that it is."""
    job_id: int
    kept_at: Instant
    stale: bool = False
    """Left by an earlier try of its job, which may now leave another under this name."""


class ArtifactNames(Struct, kw_only=True):
    """The artifacts of one run so far."""

    names: list[str]
    artifacts: list[ArtifactCard] = field(default_factory=list)
