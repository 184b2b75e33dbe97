"""What the story can see of the house from the outside: the answers of its API, as far as they matter here."""

import time
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from dure.demo.house import DemoHouse
from dure.kit import Refused, Text, say
from dure.wire import ChangeList, DoraInfo, IncidentList, IssueDetail

T = TypeVar("T")
LOOK_SECONDS = 0.05


class Run(Struct):
    number: int
    sha: str
    state: str


class RunList(Struct):
    runs: list[Run]


class Job(Struct):
    id: int
    name: str
    state: str


class RunDetail(Run):
    jobs: list[Job]


class Deployment(Struct):
    number: int
    environment: str
    sha: str
    version: str
    phase: str
    weight: int


class DeploymentList(Struct):
    deployments: list[Deployment]


class NotInTime(Refused):
    """What the story waited for did not happen."""


class Sight:
    """One project of one house, looked at from the outside."""

    def __init__(self, house: DemoHouse, project: str) -> None:
        self.house, self.project, self.base = house, project, f"/projects/{project}"

    def url(self, path: str) -> str:
        return f"{self.house.url}/{self.project}{path}"

    def run_of(self, sha: str) -> Run | None:
        found = self.house.get(f"{self.base}/runs?sha={sha}", RunList).runs
        return next((run for run in found if run.sha == sha), None)

    def has_log(self, run: Run) -> bool:
        """Whether a first line of any of its jobs can be read."""
        jobs = self.house.get(f"{self.base}/runs/{run.number}", RunDetail).jobs
        return any(self.log_of(run, job) for job in jobs)

    def log_of(self, run: Run, job: Job) -> bytes:
        status, said = self.house.send(
            "GET",
            f"/api/v1{self.base}/runs/{run.number}/jobs/{job.id}/log",
            None,
            {"Authorization": f"Bearer {self.house.token}"},
        )
        return said if status == 200 else b""

    def deployment_of(self, sha: str, environment: str) -> Deployment | None:
        found = self.house.get(f"{self.base}/deployments", DeploymentList).deployments
        return next((one for one in found if one.sha == sha and one.environment == environment), None)

    def issue(self, number: int) -> IssueDetail:
        return self.house.get(f"{self.base}/issues/{number}", IssueDetail)

    def incidents(self) -> IncidentList:
        return self.house.get(f"{self.base}/incidents", IncidentList)

    def dora(self) -> DoraInfo:
        return self.house.get(f"{self.base}/dora", DoraInfo)

    def where(self, what: str) -> ChangeList:
        return self.house.get(f"{self.base}/where?what={what.replace('#', '%23')}", ChangeList)


def until(look: Callable[[], T | None], what: Text, seconds: float) -> T:
    """Look again and again until there is something to see."""
    give_up_at = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > give_up_at:
            raise NotInTime(say("{what} did not happen within {seconds} s.", what=what, seconds=round(seconds)))
        time.sleep(LOOK_SECONDS)
