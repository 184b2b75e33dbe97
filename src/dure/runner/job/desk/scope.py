"""What the expressions of steps may name, as it stands at each moment: of a job, and of each action made of steps."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dure.wire import JobOrder, StepOrder, StepResult
from dure.workflow import (
    Status,
    Value,
    as_flag,
    as_number,
    condition,
    evaluate,
    interpolate,
    resolve_texts,
    status_functions,
    text_of,
    truthy,
)

ARCHITECTURES = {"x86_64": "X64", "aarch64": "ARM64", "arm64": "ARM64"}
HASHED_PATTERNS_MAX = 100
OF_JOBS = ("secrets", "needs")
"""What an action does not see: it is told what it shall know by its inputs."""


@dataclass(frozen=True)
class Standing:
    """The action in which a step stands."""

    path: str
    """Its directory, as the job sees it."""
    repository: str = ""
    ref: str = ""
    inputs: Mapping[str, Value] | None = None
    """None outside of an action that is made of steps."""


@dataclass
class Scope:
    """The contexts of a job, or of one action in it."""

    order: JobOrder
    room: str
    """The job's directory, as the job sees it."""
    runner_name: str
    hash_files: Callable[[Sequence[str]], str] = field(default=lambda _: "")
    status: Status = "success"
    env: dict[str, str] = field(default_factory=dict)
    """The job's variables and those that steps have set since."""
    paths: list[str] = field(default_factory=list)
    """Directories that steps have put before the search path, the last one first."""
    steps: dict[str, Value] = field(default_factory=dict)
    boxes: Mapping[str, Value] = field(default_factory=dict)
    """What the context `job` says of containers."""
    around: dict[str, str] = field(default_factory=dict)
    """Variables of the steps that use the actions we are in."""
    standing: Standing | None = None
    outer: "Scope | None" = None

    def within(self, standing: Standing, around: Mapping[str, str]) -> "Scope":
        """The scope of an action that is made of steps. What its steps set for later ones, the whole job sees."""
        status: Status = "cancelled" if self.status == "cancelled" else "success"
        return replace(self, status=status, steps={}, standing=standing, around={**self.around, **around}, outer=self)

    def aside(self) -> "Scope":
        """As it stands now, for a step that goes on while others change it."""
        return replace(self, env=dict(self.env), paths=list(self.paths), steps=dict(self.steps))

    def mark(self, status: Status) -> None:
        """How it goes with everything from here up to the job."""
        scope: Scope | None = self
        while scope is not None:
            scope.status = status
            scope = scope.outer

    @property
    def workspace(self) -> str:
        return f"{self.room}/work"

    @property
    def secrets(self) -> dict[str, str]:
        return {**self.order.secrets, "GITHUB_TOKEN": self.order.job_token}

    @property
    def is_debugging(self) -> bool:
        told = self.order.contexts.get("vars")
        said = told.get("ACTIONS_STEP_DEBUG") if isinstance(told, Mapping) else None
        return "true" in (said, self.order.secrets.get("ACTIONS_STEP_DEBUG"))

    def github(self) -> dict[str, Value]:
        said = self.order.contexts.get("github")
        known: dict[str, Value] = {
            "repository": self.order.project,
            "repository_owner": self.order.project.partition("/")[0],
            "sha": self.order.sha,
            "ref": self.order.ref,
            "ref_name": self.order.ref.removeprefix("refs/heads/").removeprefix("refs/tags/"),
            "ref_type": "tag" if self.order.ref.startswith("refs/tags/") else "branch",
            "run_id": str(self.order.run_id),
            "run_attempt": str(self.order.attempt),
        }
        ours: dict[str, Value] = {
            "job": self.order.key,
            "token": self.order.job_token,
            "workspace": self.workspace,
            "event_path": f"{self.room}/commands/event.json",
        }
        return {**known, **(said if isinstance(said, dict) else {}), **ours, **self.of_action()}

    def of_action(self) -> dict[str, Value]:
        if self.standing is None:
            return {}
        told: dict[str, Value] = {"action_path": self.standing.path, "action_status": self.status}
        if self.standing.repository:
            told |= {"action_repository": self.standing.repository, "action_ref": self.standing.ref}
        return told

    def runner(self) -> dict[str, Value]:
        told: dict[str, Value] = {
            "os": "Linux",
            "arch": ARCHITECTURES.get(platform.machine(), platform.machine().upper()),
            "name": self.runner_name,
            "environment": "self-hosted",
            "temp": f"{self.room}/temp",
            "tool_cache": f"{self.room}/tools",
        }
        return {**told, "debug": "1"} if self.is_debugging else told

    def contexts(self, step_env: Mapping[str, str] | None = None) -> dict[str, Value]:
        told: dict[str, Value] = {
            **self.order.contexts,
            "github": self.github(),
            "runner": self.runner(),
            "job": {"status": self.status, **self.boxes},
            "secrets": {**self.secrets},
            "steps": self.steps,
            "env": {**self.env, **self.around, **(step_env or {})},
        }
        if self.standing is not None and self.standing.inputs is not None:
            told["inputs"] = dict(self.standing.inputs)
            for name in OF_JOBS:
                told.pop(name, None)
        return told

    def functions(self) -> Mapping[str, Callable[[Sequence[Value]], Value]]:
        return status_functions(self.status, self.hashed)

    def hashed(self, patterns: Sequence[Value]) -> Value:
        return self.hash_files([text_of(pattern) for pattern in patterns[:HASHED_PATTERNS_MAX]])

    def text(self, template: str, step_env: Mapping[str, str] | None = None) -> str:
        if "${{" not in template:
            return template
        return interpolate(template, self.contexts(step_env), self.functions())

    def texts(self, templates: Mapping[str, str], step_env: Mapping[str, str] | None = None) -> dict[str, str]:
        if not any("${{" in name or "${{" in template for name, template in templates.items()):
            return dict(templates)
        return resolve_texts(templates, self.contexts(step_env), self.functions())

    def holds(self, said: str | None, step_env: Mapping[str, str]) -> bool:
        """Whether a condition does."""
        if said is None:
            return self.status == "success"
        return truthy(evaluate(condition(said), self.contexts(step_env), self.functions()))

    def flag(self, said: bool | str, step_env: Mapping[str, str]) -> bool:
        return said if isinstance(said, bool) else as_flag(said, self.contexts(step_env), self.functions())

    def number(self, said: float | str, step_env: Mapping[str, str]) -> float:
        return as_number(said, self.contexts(step_env), self.functions()) if isinstance(said, str) else said

    def remember(
        self, step: StepOrder, outputs: Mapping[str, str], outcome: StepResult, conclusion: StepResult
    ) -> None:
        if step.id:
            self.steps[step.id] = {"outputs": {**outputs}, "outcome": outcome, "conclusion": conclusion}
        if conclusion == "failure" and self.status == "success":
            self.status = "failure"
