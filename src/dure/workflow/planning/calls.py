"""Workflows that call workflows: all that one comes to call, near or far, read once and kept together.

A job with `uses` runs the jobs of another file in its place. Which files those are stands in the text, never in an
expression, so the whole of it is known before anything runs, and no later change of a file changes a run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dure.kit import Text, say
from dure.workflow.handed import CALLED_MAX, LOCAL, too_many
from dure.workflow.mistake import Mistake
from dure.workflow.planning.handing import misgiven
from dure.workflow.workflow import Job, Workflow

LEVELS_MAX = 10
"""The workflow that began, and nine more below it."""
FOLDERS = (".github/workflows/", ".dure/workflows/")
RULE = "workflow-call"
TOP = ""
"""The key of the workflow that began."""


@dataclass(frozen=True)
class Source:
    """Where a workflow file stands. `ref` is how whoever names it calls that commit."""

    project: str
    path: str
    sha: str
    ref: str

    @property
    def key(self) -> str:
        return f"{self.project}/{self.path}@{self.sha}"

    @property
    def reference(self) -> str:
        """As `github.workflow_ref` writes it."""
        return f"{self.project}/{self.path}@{self.ref}"


@dataclass(frozen=True)
class Planned:
    """One file of a plan. `calls` says for each of its jobs that calls, which file: by the key in the plan."""

    source: Source
    workflow: Workflow
    calls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A workflow with everything it calls."""

    top: Planned
    called: Mapping[str, Planned] = field(default_factory=dict)

    def at(self, key: str) -> Planned:
        return self.called[key] if key else self.top


@dataclass(frozen=True)
class CallWords:
    """What `uses` of a job names: a file of the same project and commit when no project is named."""

    project: str
    path: str
    ref: str


Brought: TypeAlias = "tuple[Source, Workflow] | Text"
Bring: TypeAlias = Callable[[Source, CallWords], Brought]
"""Fetches what a file names. A text says why that cannot be had."""


def read_call(uses: str) -> CallWords | Text:
    """The words of `uses`, taken apart."""
    if uses.startswith(LOCAL):
        path = uses[2:]
        if "@" in path:
            return say("'{uses}' is a file of the same commit, so no @ may follow it.", uses=uses[:200])
        return CallWords("", path, "") if is_workflow(path) else wrong_words(uses)
    words, at, ref = uses.partition("@")
    parts = words.split("/", 2)
    if len(parts) < 3 or not all(parts) or not at or not ref or not is_workflow(parts[2]):
        return wrong_words(uses)
    return CallWords(f"{parts[0]}/{parts[1]}", parts[2], ref)


def is_workflow(path: str) -> bool:
    folder = next((folder for folder in FOLDERS if path.startswith(folder)), None)
    name = path.removeprefix(folder or "")
    return folder is not None and "/" not in name and name.endswith((".yml", ".yaml"))


def wrong_words(uses: str) -> Text:
    return say(
        "'{uses}' names no workflow. Write ./.github/workflows/file.yml or owner/name/.github/workflows/file.yml@ref.",
        uses=uses[:200],
    )


def plan_calls(workflow: Workflow, source: Source, bring: Bring) -> tuple[Plan, tuple[Mistake, ...]]:
    """The workflow with everything it calls, and what is wrong with its calls."""
    reader = Reader(bring)
    top = reader.file(source, workflow, (source.key,), None)
    return Plan(top, reader.called), tuple(reader.mistakes)


class Reader:
    """Follows the calls, each file once."""

    def __init__(self, bring: Bring) -> None:
        self.bring = bring
        self.brought: dict[tuple[str, CallWords], Brought] = {}
        self.called: dict[str, Planned] = {}
        self.heights: dict[str, int] = {}
        """How many levels each file takes, itself and all below it."""
        self.mistakes: list[Mistake] = []

    def file(self, source: Source, workflow: Workflow, chain: tuple[str, ...], line: int | None) -> Planned:
        """One file. `line` is where the file that began calls towards it, since mistakes are shown in that one."""
        calls: dict[str, str] = {}
        for job in workflow.jobs.values():
            if job.uses is None:
                continue
            place = line or job.line
            found = self.follow(source, job, chain, place)
            if isinstance(found, str):
                calls[job.id] = found
            else:
                self.mistakes.append(Mistake(place, 1, told(found, source, job, line), RULE))
        self.heights[source.key] = 1 + max((self.heights[key] for key in calls.values()), default=0)
        return Planned(source, workflow, calls)

    def follow(self, source: Source, job: Job, chain: tuple[str, ...], line: int) -> str | Text:
        """The key of what a job calls, with all that follows from it read as well."""
        words = read_call(job.uses or "")
        if isinstance(words, Text):
            return words
        brought = self.fetch(source, words)
        if isinstance(brought, Text):
            return brought
        where, workflow = brought
        problem = self.trouble(where, workflow, job, chain)
        if problem is not None:
            return problem
        if where.key not in self.called:
            # Counted before it is read.
            self.called[where.key] = Planned(where, workflow)
            self.called[where.key] = self.file(where, workflow, (*chain, where.key), line)
        return where.key

    def fetch(self, source: Source, words: CallWords) -> Brought:
        key = (source.key if not words.project else "", words)
        if key not in self.brought:
            self.brought[key] = self.bring(source, words)
        return self.brought[key]

    def trouble(self, where: Source, workflow: Workflow, job: Job, chain: tuple[str, ...]) -> Text | None:
        if where.key in chain:
            return say("{path} calls itself in the end.", path=where.path)
        if len(chain) + self.heights.get(where.key, 1) > LEVELS_MAX:
            return say("Workflows call each other more than {count} levels deep.", count=LEVELS_MAX)
        if where.key not in self.called and len(self.called) >= CALLED_MAX:
            return too_many()
        call = workflow.triggers.call
        if call is None:
            return say("{path} cannot be called: its `on` does not name workflow_call.", path=where.path)
        return misgiven(call, job)


def told(why: Text, source: Source, job: Job, line: int | None) -> Text:
    """In a file that is called itself, where that stands is said too."""
    if line is None:
        return why
    return say("{path}, line {line}: {why}", path=source.path, line=job.line, why=why)
