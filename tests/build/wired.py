"""A house with a project in it, real git beside it, and the machines of build carried on by hand or by threads."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from dure import build, people, plan
from dure.build.leaving import Logs
from dure.build.reactions import reactions as build_reactions
from dure.build.run import Job, Run, jobs_of, run_of
from dure.build.runners import Desk, claim, known_runner, make_runner, register, report, taken
from dure.code import Queues, Reception, Repositories, Requests, repository_of
from dure.code.reactions import reactions as code_reactions
from dure.ledger import HOUSE, House, Work, deliverer
from dure.people import Caller
from dure.plan import Project
from dure.vault import Keyring
from dure.wire import runner as wire
from dure.wire.runner import Ended, JobOrder, Orders, Registration, Report

T = TypeVar("T")
REACTIONS = [*code_reactions, *build_reactions]
URL = "http://127.0.0.1:8400"
ARTIFACT_DAYS = 30
WHEN = "2026-11-21T10:00:00+00:00"
AT = datetime.fromisoformat(WHEN)
NOBODY = Caller("anonymous", "", signed_in=False)
"""Who asks at the runners' door: somebody without any role."""


@dataclass
class Yard:
    """Everything a test touches."""

    house: House
    folder: Path
    keys: Keyring
    ada: Caller
    project: Project
    repositories: Repositories
    reception: Reception
    logs: Logs
    runners: dict[str, int] = field(default_factory=dict)
    rules: build.ActionRules = field(default_factory=build.ActionRules)
    job_minutes: int = 360

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    def git(self, *words: str) -> str:
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        for who in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{who}_NAME": "Ada", f"GIT_{who}_EMAIL": "ada@example.org", f"GIT_{who}_DATE": WHEN}
        done = subprocess.run(
            ["git", "-C", str(self.tree), *words], capture_output=True, text=True, check=True, env=environment
        )
        return done.stdout.strip()

    def repository_id(self) -> int:
        found = self.read(lambda work: repository_of(work, self.project))
        assert found is not None
        return found.id

    def push(self, files: Mapping[str, str], message: str = "Change", branch: str = "main") -> str:
        """Commit these files and push them; what follows from it is carried out."""
        repository = self.repository_id()
        bare = self.repositories.path(repository)
        if not self.tree.exists():
            self.tree.mkdir(parents=True)
            self.git("init", "-q", "-b", branch)
            self.git("remote", "add", "origin", str(bare))
        for name, words in files.items():
            path = self.tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(words)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", "--force", "origin", f"HEAD:refs/heads/{branch}")
        self.received()
        return self.git("rev-parse", "HEAD")

    def received(self) -> None:
        """Git has taken something in: write it down, and carry out what follows."""
        self.reception.settle(self.repository_id(), self.ada)
        self.carry_on()

    def workflow(self, words: str, message: str = "Change", branch: str = "main") -> str:
        return self.push({".github/workflows/ci.yml": words}, message, branch)

    def carry_on(self) -> None:
        """Deliver and plan until nothing is due; a program that is served does that by itself."""
        delivering = deliverer(self.house, "test")
        planning = build.plannings(self.repositories, URL, ARTIFACT_DAYS).reconciler(self.house, "test")
        weighing = build.weighings(self.repositories, self.rules).reconciler(self.house, "test")
        clock = build.schedules().reconciler(self.house, "test")
        requests = Requests(self.repositories, self.reception).phases().reconciler(self.house, "test")
        queues = Queues(self.repositories).phases().reconciler(self.house, "test")
        while any(each.once() for each in (delivering, planning, weighing, clock, requests, queues)):
            pass

    def read(self, do: Callable[[Work], T]) -> T:
        return self.house.read_now(self.ada, do)

    def write(self, do: Callable[[Work], T]) -> T:
        return self.house.write_now(self.ada, do)

    def run(self, number: int = 1) -> Run:
        return self.read(lambda work: run_of(work, self.project, number))

    def runs(self) -> list[Run]:
        return list(reversed(self.read(lambda work: build.runs_of(work, self.project))))

    def jobs(self, number: int = 1) -> dict[str, Job]:
        """The jobs of a run by the name people see."""
        return {job.name: job for job in self.read(lambda work: jobs_of(work, run_of(work, self.project, number)))}

    def states(self, number: int = 1) -> dict[str, str]:
        return {name: job.state for name, job in self.jobs(number).items()}

    def runner(self, name: str = "one", *labels: str) -> int:
        """A runner that has said who it is."""
        if name not in self.runners:
            secret = self.house.write_now(HOUSE, lambda work: make_runner(work, name))
            runner_id = self.house.read_now(HOUSE, lambda work: known_runner(work, secret).id)
            told = Registration(
                name=name,
                labels=[*(labels or ("ubuntu-latest", "self-hosted", "linux"))],
                tier="namespaces",
                isolation="",
                capacity=4,
                version="0",
            )
            self.house.write_now(HOUSE, lambda work: register(work, runner_id, told))
            self.runners[name] = runner_id
        return self.runners[name]

    @property
    def desk(self) -> Desk:
        return Desk(self.keys, URL, 1_000_000, self.job_minutes)

    def claim(self, runner: str = "one") -> JobOrder | None:
        runner_id = self.runner(runner)
        return self.house.write_now(NOBODY, lambda work: claim(work, runner_id, self.desk))

    def take(self, runner: str = "one") -> JobOrder:
        order = self.claim(runner)
        assert order is not None, "there was nothing to do"
        self.taken(order, runner)
        return order

    def taken(self, order: JobOrder, runner: str = "one") -> Orders:
        runner_id = self.runner(runner)
        return self.house.write_now(NOBODY, lambda work: taken(work, runner_id, order.job_id, order.attempt))

    def tell(self, order: JobOrder, *happenings: wire.Happening, seq: int = 0, runner: str = "one") -> Orders:
        runner_id = self.runner(runner)
        told = Report(attempt=order.attempt, seq=seq, happenings=list(happenings))
        return self.house.write_now(NOBODY, lambda work: report(work, runner_id, order.job_id, told, "build_log:test"))

    def end(
        self,
        order: JobOrder,
        conclusion: wire.JobResult = "success",
        outputs: dict[str, str] | None = None,
        seq: int = 0,
        why: str = "",
    ) -> Orders:
        return self.tell(order, Ended(conclusion=conclusion, outputs=outputs or {}, at=AT, why=why), seq=seq)

    def do_all(self, ending: Mapping[str, wire.JobResult] | None = None) -> list[str]:
        """Do whatever there is to do, each job with the conclusion named for it. Returns their names in order."""
        done: list[str] = []
        while (order := self.claim()) is not None:
            self.taken(order)
            self.end(order, (ending or {}).get(order.name, "success"))
            done.append(order.name)
        return done


def settle(house: House) -> tuple[Caller, Project]:
    ada = house.write_now(
        HOUSE, lambda work: people.caller_for(people.make_account(work, handle="ada", name="Ada", admin=True))
    )
    project = house.write_now(ada, lambda work: plan.make_project(work, owner="ada", name="shop", title="Shop"))
    return ada, project
