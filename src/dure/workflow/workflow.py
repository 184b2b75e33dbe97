"""What a workflow file says, as records of plain values that can be kept as JSON and read back.

A text may hold `${{ expressions }}`; they have been read once to see that they are sound. Where a number or a flag
may also be a `str`, it is such a text. The value of a key `${{ insert }}` comes to more entries of its mapping. Further
ones have a number after it (`${{ insert }}#2`), and one expression in place of a whole mapping is kept as such an
entry. `resolve_texts` works such mappings out, `joined` puts them together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dure.workflow.expression import Value
from dure.workflow.mistake import Mistake

Level: TypeAlias = Literal["read", "write", "none"]
InputType: TypeAlias = Literal["string", "number", "boolean", "choice", "environment"]
Texts: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class EventFilter:
    """Which events of a kind begin it. None: the file does not say."""

    types: tuple[str, ...] | None = None
    branches: tuple[str, ...] | None = None
    branches_ignore: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    tags_ignore: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None
    paths_ignore: tuple[str, ...] | None = None
    workflows: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    versions: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Schedule:
    """Begun by the clock. Without a time zone it means UTC."""

    cron: str
    timezone: str | None
    line: int


@dataclass(frozen=True)
class DispatchInput:
    """One question to whoever begins it by hand."""

    type: InputType = "string"
    description: str = ""
    required: bool = False
    default: bool | float | str | None = None
    options: tuple[str, ...] = ()
    deprecation: str = ""
    """Why it should not be answered any more."""


@dataclass(frozen=True)
class DispatchTrigger:
    """It may be begun by hand."""

    inputs: Mapping[str, DispatchInput] = field(default_factory=dict)


@dataclass(frozen=True)
class CallInput:
    """What a caller gives. A default that is a text may be an expression."""

    type: Literal["string", "number", "boolean"]
    description: str = ""
    required: bool = False
    default: bool | float | str | None = None
    deprecation: str = ""
    line: int = 0


@dataclass(frozen=True)
class CallSecret:
    description: str = ""
    required: bool = False


@dataclass(frozen=True)
class CallTrigger:
    """It may be called by a job of another workflow. `outputs` are texts that ask `jobs` and `inputs`."""

    inputs: Mapping[str, CallInput] = field(default_factory=dict)
    secrets: Mapping[str, CallSecret] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Triggers:
    """What begins it. `events` holds every named event but `workflow_dispatch`, `workflow_call` and `schedule`."""

    events: Mapping[str, EventFilter] = field(default_factory=dict)
    dispatch: DispatchTrigger | None = None
    call: CallTrigger | None = None
    schedules: tuple[Schedule, ...] = ()


@dataclass(frozen=True)
class Defaults:
    """What a step that does not say otherwise is run with."""

    shell: str | None = None
    working_directory: str | None = None


@dataclass(frozen=True)
class Concurrency:
    """Those of one group go one after another. `single`: a newcomer takes the place of whoever waits."""

    group: str
    cancel_in_progress: bool | str = False
    queue: Literal["single", "max"] = "single"


@dataclass(frozen=True)
class Permissions:
    """What the job's token may do: everything at one level, or what is named and nothing else."""

    all: Literal["read", "write"] | None = None
    scopes: Mapping[str, Level] = field(default_factory=dict)


@dataclass(frozen=True)
class RunsOn:
    """Where a job runs: labels a runner must have, and the group it must be of."""

    labels: tuple[str, ...]
    group: str | None = None


@dataclass(frozen=True)
class Strategy:
    """How often a job runs. `matrix` is as it stands in the file, expressions and all. `whole` is the one expression
    that comes to all of it, and then nothing else is said."""

    matrix: Value = None
    fail_fast: bool | str = True
    max_parallel: float | str | None = None
    whole: str | None = None


@dataclass(frozen=True)
class Container:
    """A container: the one that a job's steps run in, or a service beside it."""

    image: str = ""
    credentials: Texts = field(default_factory=dict)
    env: Texts = field(default_factory=dict)
    ports: tuple[str, ...] | str = ()
    volumes: tuple[str, ...] | str = ()
    options: str | None = None
    entrypoint: str | None = None
    command: str | None = None


@dataclass(frozen=True)
class Environment:
    """Where a job deploys to. `deployment` false: it only uses what the environment keeps."""

    name: str
    url: str | None = None
    deployment: bool | str = True


@dataclass(frozen=True)
class CacheInputs:
    """`x-cache`: the files a job depends on. While none of them changes, its work need not be done twice."""

    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One thing a job does: `run` a script, use an action, wait for or end what runs beside, or a few steps at once."""

    id: str | None
    name: str | None
    condition: str | None
    run: str | None
    uses: str | None
    """The raw words: `owner/name@ref`, `./path` or `docker://image`."""
    with_: Texts
    env: Texts
    shell: str | None
    working_directory: str | None
    timeout_minutes: float | str | None
    continue_on_error: bool | str
    line: int
    background: bool = False
    """The steps after it begin while it runs."""
    wait: tuple[str, ...] = ()
    """Steps in the background that it waits for, by their ids."""
    wait_all: bool = False
    cancel: tuple[str, ...] = ()
    """Steps in the background that it ends."""
    parallel: tuple["Step", ...] = ()
    """Steps that run at once; it is over when all of them are."""


@dataclass(frozen=True)
class Job:
    """Steps that run one after another in one place, or another workflow that is called (`uses`)."""

    id: str
    name: str | None
    needs: tuple[str, ...]
    condition: str | None
    runs_on: RunsOn
    strategy: Strategy | None
    env: Texts
    defaults: Defaults
    concurrency: Concurrency | None
    permissions: Permissions | None
    outputs: Mapping[str, str]
    timeout_minutes: float | str
    continue_on_error: bool | str
    steps: tuple[Step, ...]
    line: int
    uses: str | None = None
    with_: Mapping[str, Value] = field(default_factory=dict)
    secrets: Mapping[str, str] | Literal["inherit"] | None = None
    """What a called workflow is given; `inherit`: all there are."""
    container: Container | str | None = None
    """A `str` is one expression that comes to an image or to a mapping; so with services."""
    services: Mapping[str, Container | str] = field(default_factory=dict)
    environment: Environment | None = None
    cancel_timeout_minutes: float | str | None = None
    snapshot: Value = None
    cache: CacheInputs | None = None


@dataclass(frozen=True)
class Workflow:
    """A whole file. Jobs stand in its order. `warnings` are no mistakes, but worth knowing."""

    name: str
    path: str
    run_name: str | None
    triggers: Triggers
    env: Texts
    defaults: Defaults
    concurrency: Concurrency | None
    permissions: Permissions | None
    jobs: Mapping[str, Job]
    warnings: tuple[Mistake, ...] = ()
