"""Runners as their pages show them: how each is, and what it does at this moment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from sqlalchemy import select

from dure import policy
from dure.build.run import IS_WITH_RUNNER, Job, Run, Step
from dure.build.runners import Runner, runners_of
from dure.ledger import Work
from dure.people import is_admin
from dure.plan import Project

HERE_VERSION = version("dure")
JOBS_MAX = 5_000
HEALTHS = ("away", "drained", "never", "busy", "idle")


@dataclass(frozen=True)
class Doing:
    """One job that a runner has."""

    job: Job
    run: Run
    project: Project
    step: str
    """The name of the step it is at."""

    @property
    def url(self) -> str:
        return f"/{self.project.path}/runs/{self.run.number}/jobs/{self.job.id}"


@dataclass(frozen=True)
class RunnerSeen:
    runner: Runner
    project: Project | None
    """The only one whose jobs it takes."""
    busy: int
    jobs: Sequence[Doing]
    """Those of its jobs that the reader may see."""
    may_manage: bool

    @property
    def is_of_other_version(self) -> bool:
        return bool(self.runner.version) and self.runner.version != HERE_VERSION

    @property
    def health(self) -> str:
        """In one word: never seen, away, drained, busy, idle."""
        if self.runner.seen_at is None:
            return "never"
        if self.runner.is_away:
            return "away"
        if self.runner.takes_none:
            return "drained"
        return "busy" if self.busy else "idle"


@dataclass(frozen=True)
class Hall:
    """All runners that somebody may see, and what they may do with them."""

    project: Project | None
    runners: Sequence[RunnerSeen]
    may_invite: bool

    @property
    def by_health(self) -> dict[str, int]:
        """How many are how, those first that somebody should look at."""
        counted = Counter(seen.health for seen in self.runners)
        return {health: counted[health] for health in HEALTHS if counted[health]}

    @property
    def there(self) -> list[RunnerSeen]:
        """Those that take jobs at this moment, or will when one is over."""
        return [seen for seen in self.runners if seen.health in ("busy", "idle")]

    @property
    def busy(self) -> int:
        return sum(seen.busy for seen in self.there)

    @property
    def capacity(self) -> int:
        return sum(seen.runner.capacity for seen in self.there)


def hall_of(work: Work, project: Project) -> Hall:
    """The runners that take jobs of this project."""
    policy.require(work, "build.read", project.scope)
    seen = seen_runners(work, runners_of(work, project.id))
    return Hall(project, seen, policy.may(work, "build.runners", project.scope))


# open: of runners for all projects nothing is a secret among who is signed in; `runners_of` keeps the others.
def whole_hall(work: Work) -> Hall:
    return Hall(None, seen_runners(work, runners_of(work)), is_admin(work))


def seen_runners(work: Work, runners: Sequence[Runner]) -> list[RunnerSeen]:
    may_read, admin = policy.readable(work), is_admin(work)
    at_step = steps_under_way(work)
    busy: dict[int, int] = {}
    doing: dict[int, list[Doing]] = {}
    with_one = select(Job, Run, Project).join(Run, Run.id == Job.run_id).join(Project, Project.id == Job.project_id)
    under_way = with_one.where(IS_WITH_RUNNER, Job.runner_id.is_not(None)).order_by(Job.id)
    for job, run, project in work.session.execute(under_way.limit(JOBS_MAX)):
        its = job.runner_id or 0
        busy[its] = busy.get(its, 0) + 1
        if may_read(project.scope):
            doing.setdefault(its, []).append(Doing(job, run, project, at_step.get(job.id, "")))
    mine = {runner.project_id for runner in runners if runner.project_id is not None}
    projects = {one.id: one for one in work.session.scalars(select(Project).where(Project.id.in_(mine)))}
    return [
        RunnerSeen(
            runner,
            None if runner.project_id is None else projects.get(runner.project_id),
            busy.get(runner.id, 0),
            doing.get(runner.id, []),
            admin if runner.project_id is None else policy.may(work, "build.runners", runner.within),
        )
        for runner in runners
    ]


# open: only names of steps, which `seen_runners` shows to whom may read their projects.
def steps_under_way(work: Work) -> dict[int, str]:
    """By job, the latest of its steps that run."""
    mine = (Job.id == Step.job_id) & (Job.attempt == Step.attempt)
    query = select(Step.job_id, Step.name).join(Job, mine).where(IS_WITH_RUNNER, Step.state == "running")
    found = work.session.execute(query.order_by(Step.number).limit(JOBS_MAX))
    return {row[0]: row[1] for row in found}
