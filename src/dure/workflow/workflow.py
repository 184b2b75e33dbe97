"""What a workflow file says, as records of plain values that can be kept as JSON and read back.

A text may hold `${{ expressions }}`; they have been read once to see that they are sound. Where a number or a flag may
also be a `str`, it is such a text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dure.workflow.expression import Value
from dure.workflow.mistake import Mistake

Level: TypeAlias = Literal["read", "write", "none"]
InputType: TypeAlias = Literal["string", "number", "boolean", "choice", "environment"]


@dataclass(frozen=True)
class PushTrigger:
    """Which pushes begin it. None: the file does not say."""

    branches: tuple[str, ...] | None = None
    branches_ignore: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    tags_ignore: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None
    paths_ignore: tuple[str, ...] | None = None


@dataclass(frozen=True)
class DispatchInput:
    """One question to whoever begins it by hand."""

    type: InputType = "string"
    description: str = ""
    required: bool = False
    default: bool | float | str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class DispatchTrigger:
    """It may be begun by hand."""

    inputs: Mapping[str, DispatchInput] = field(default_factory=dict)


@dataclass(frozen=True)
class OtherTrigger:
    """An event of GitHub's that does not happen here yet."""

    event: str
    line: int
    column: int


@dataclass(frozen=True)
class Triggers:
    push: PushTrigger | None = None
    dispatch: DispatchTrigger | None = None
    others: tuple[OtherTrigger, ...] = ()


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
    """How often a job runs. `matrix` is as it stands in the file, expressions and all."""

    matrix: Value = None
    fail_fast: bool | str = True
    max_parallel: float | str | None = None


@dataclass(frozen=True)
class Uses:
    """A built-in action, in lower case, and the version that was asked for."""

    action: str
    version: str


@dataclass(frozen=True)
class Step:
    """One thing a job does: `run` a script, or `uses` an action."""

    id: str | None
    name: str | None
    condition: str | None
    run: str | None
    uses: Uses | None
    with_: Mapping[str, str]
    env: Mapping[str, str]
    shell: str | None
    working_directory: str | None
    timeout_minutes: float | str | None
    continue_on_error: bool | str
    line: int


@dataclass(frozen=True)
class Job:
    """Steps that run one after another in one place."""

    id: str
    name: str | None
    needs: tuple[str, ...]
    condition: str | None
    runs_on: RunsOn
    strategy: Strategy | None
    env: Mapping[str, str]
    defaults: Defaults
    concurrency: Concurrency | None
    permissions: Permissions | None
    outputs: Mapping[str, str]
    timeout_minutes: float | str
    continue_on_error: bool | str
    steps: tuple[Step, ...]
    line: int


@dataclass(frozen=True)
class Workflow:
    """A whole file. Jobs stand in its order. `warnings` are no mistakes, but worth knowing."""

    name: str
    path: str
    run_name: str | None
    triggers: Triggers
    env: Mapping[str, str]
    defaults: Defaults
    concurrency: Concurrency | None
    permissions: Permissions | None
    jobs: Mapping[str, Job]
    warnings: tuple[Mistake, ...] = ()
