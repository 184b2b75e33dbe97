"""A run: one workflow at one commit, from what began it to its end."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.code import commit_ref
from dure.kit import Missing, kept, say
from dure.ledger import BIG, Event, Moment, Table, Work
from dure.people import Role
from dure.plan import Project
from dure.workflow import Plan, Workflow

RunState = Literal["queued", "running", "success", "failure", "cancelled"]
RUN_STATES: tuple[str, ...] = get_args(RunState)
ENDS = frozenset({"success", "failure", "cancelled"})
PLAIN = frozenset({"push", "workflow_dispatch"})
OF_A_CHANGE = frozenset({"pull_request", "pull_request_target"})
OF_A_COMMIT = PLAIN | {"create", "merge_group"}
"""What an issue or the clock begins runs at a commit too, but says nothing of it, and holds no release of it back."""

policy.action("build.read", Role.GUEST, say("see the runs of this project"), token="read")  # noqa: S106
policy.action("build.start", Role.DEVELOPER, say("start, stop and repeat runs"))
policy.action("build.secrets", Role.MAINTAINER, say("keep the secrets of this project"), token="admin")  # noqa: S106


class Run(Table):
    __tablename__ = "build_run"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_build_run_sha", "project_id", "sha"),
        Index("ix_build_run_group", "project_id", "group_name"),
        Index("ix_build_run_state", "project_id", "state", "number"),
        Index("ix_build_run_actor", "actor", "state", "ended_at"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    number: Mapped[int]
    workflow_path: Mapped[str]
    workflow_name: Mapped[str]
    title: Mapped[str]
    """What the workflow says of this run (`run-name`), else the commit's title."""
    sha: Mapped[str]
    ref: Mapped[str]
    event: Mapped[str]
    """As workflows name it: push, pull_request, schedule ..."""
    actor: Mapped[str]
    actor_name: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)
    definition: Mapped[str] = mapped_column(Text)
    """The workflow and all that it calls, as they were when it began, as JSON; empty when it could not be read."""
    mistakes: Mapped[str] = mapped_column(Text, default="")
    """Why it could not be read, as JSON."""
    contexts: Mapped[str] = mapped_column(Text, default="{}")
    """What its expressions may ask about, as JSON: github, inputs, vars."""
    group_name: Mapped[str] = mapped_column(default="")
    """Runs of one group go one after another."""
    group_ends_others: Mapped[bool] = mapped_column(default=False)
    group_keeps_all: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False)
    """Another run of its group has to end first."""
    state: Mapped[str] = mapped_column(default="queued")
    attempt: Mapped[int] = mapped_column(default=1)
    debug: Mapped[bool] = mapped_column(default=False)
    """Its jobs tell more than they usually do."""
    why: Mapped[str] = mapped_column(Text, default="")
    cancel_asked_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    started_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, default=None)

    @property
    def ref_name(self) -> str:
        return self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/").removeprefix("refs/pull/")

    @property
    def scope(self) -> str:
        return f"project:{self.project_id}"

    @property
    def key(self) -> str:
        """What the ledger calls it."""
        return run_ref(self.id)

    @property
    def about(self) -> list[str]:
        commits = {self.sha, self.checked_sha or self.sha}
        return [self.scope, self.key, *(commit_ref(self.project_id, sha) for sha in sorted(commits))]

    @property
    def check(self) -> str:
        """Under this name it stands beside its commit. A push and a merge request may ask the same of one commit."""
        event = "" if self.event in PLAIN else f" ({self.event})"
        return f"build/{self.workflow_name}{event}"

    @property
    def checked_sha(self) -> str | None:
        """The commit that it says something of: of a merge request, what was pushed, not what both sides come to."""
        if self.event in OF_A_CHANGE:
            told = self.known()["github"].get("event", {}).get("pull_request", {}).get("head", {}).get("sha")
            return str(told) if told else self.sha
        return self.sha if self.event in OF_A_COMMIT else None

    @property
    def is_over(self) -> bool:
        return self.state in ENDS

    @property
    def reason(self) -> kit.Text | None:
        return kept(self.why)

    @property
    def plan(self) -> Plan:
        return plan_in(self.definition)

    @property
    def workflow(self) -> Workflow:
        return self.plan.top.workflow

    @property
    def found_mistakes(self) -> list["RunMistake"]:
        return msgspec.json.decode(self.mistakes, type=list[RunMistake]) if self.mistakes else []

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    def known(self) -> dict[str, Any]:
        """What its expressions may ask about, with what is known only now."""
        contexts: dict[str, Any] = msgspec.json.decode(self.contexts)
        numbers = {"run_id": str(self.id), "run_number": str(self.number), "run_attempt": str(self.attempt)}
        return {**contexts, "github": {**contexts.get("github", {}), **numbers}}


@lru_cache(maxsize=32)
def plan_in(definition: str) -> Plan:
    """Read once for all the reports on a run, since it never changes and may be long."""
    return msgspec.json.decode(definition, type=Plan)


class RunMistake(msgspec.Struct, frozen=True):
    """One thing wrong in a workflow file, and the line it stands in."""

    line: int
    column: int
    words: str
    source: str = ""

    @property
    def text(self) -> kit.Text | None:
        return kept(self.words)


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event, kind="build.run_started"):
    project: int
    run: int
    number: int
    workflow: str
    sha: str
    ref: str

    def sentence(self) -> kit.Text:
        return say(
            "started run {number} of {workflow} at {sha}", number=self.number, workflow=self.workflow, sha=self.sha[:7]
        )


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event, kind="build.run_ended"):
    project: int
    run: int
    number: int
    workflow: str
    sha: str
    ref: str
    conclusion: str
    seconds: float

    def sentence(self) -> kit.Text:
        how = {
            "success": say("ended run {number} of {workflow}: success", number=self.number, workflow=self.workflow),
            "failure": say("ended run {number} of {workflow}: failure", number=self.number, workflow=self.workflow),
        }
        cancelled = say("ended run {number} of {workflow}: cancelled", number=self.number, workflow=self.workflow)
        return how.get(self.conclusion, cancelled)


@dataclass(frozen=True, kw_only=True)
class RunCancelled(Event, kind="build.run_cancelled"):
    project: int
    run: int
    number: int
    workflow: str

    def sentence(self) -> kit.Text:
        return say("cancelled run {number} of {workflow}", number=self.number, workflow=self.workflow)


@dataclass(frozen=True, kw_only=True)
class RunRepeated(Event, kind="build.run_repeated"):
    project: int
    run: int
    number: int
    workflow: str
    attempt: int

    def sentence(self) -> kit.Text:
        return say("ran run {number} of {workflow} again", number=self.number, workflow=self.workflow)


@dataclass(frozen=True, kw_only=True)
class NothingToRun(Event, kind="build.nothing_to_run"):
    project: int
    sha: str
    ref: str

    def sentence(self) -> kit.Text:
        return say("found no workflow to run at {sha}", sha=self.sha[:7])


def run_ref(run_id: int) -> str:
    return f"run:{run_id}"


def run_of(work: Work, project: Project, number: int) -> Run:
    """The run with this number."""
    policy.require(work, "build.read", project.scope)
    run = work.session.scalars(select(Run).where(Run.project_id == project.id, Run.number == number)).one_or_none()
    if run is None:
        raise Missing(say("There is no run {number} here.", number=number))
    return run


# open: whoever has a run's id from an event of the ledger; the caller asks for the project.
def run_with(work: Work, run_id: int) -> Run | None:
    return work.session.get(Run, run_id)


def locked_run(work: Work, run_id: int) -> Run:
    """The run, and nobody else changes it or its jobs until the commit."""
    query = select(Run).where(Run.id == run_id).with_for_update().execution_options(populate_existing=True)
    return work.session.scalars(query).one()
