"""The story: a good change goes round the loop to the people it was made for; a bad one is caught and taken back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dure.demo.house import HANDLE, DemoHouse
from dure.demo.shop import BAD, GOOD, Shop
from dure.demo.visible import Deployment, Run, Sight, until
from dure.demo.visitors import Visitors
from dure.kit import Refused, Text, say
from dure.wire import IncidentInfo, IssueDetail, NewIssue, NewProject, ProjectInfo

PER_SECOND = 50.0
RUN_SECONDS_MAX = 60.0
LIVE_SECONDS_MAX = 180.0
CAUGHT_SECONDS_MAX = 180.0
STAGING, PRODUCTION = "staging", "production"

Tell = Callable[[Text, str], None]
"""Says what has just happened, and where to look at it."""


@dataclass
class Measured:
    """What was seen from the outside, in seconds unless it says otherwise."""

    push_to_first_log_seconds: float = 0.0
    push_to_staging_live_seconds: float = 0.0
    push_to_production_live_seconds: float = 0.0
    bad_canary_first_error_to_weight_zero_seconds: float = 0.0
    bad_canary_errors_served: int = 0
    requests_total: int = 0
    requests_failed_by_platform: int = 0
    incident: int | None = None
    suspect_is_the_bad_commit: bool = False
    issue_closed_when_live: bool = False
    issue_opened: int | None = None
    complaints: list[str] = field(default_factory=list)
    """Of visitors who got no answer of the shop."""
    total_seconds: float = 0.0


class Story:
    def __init__(self, house: DemoHouse, folder: Path, tell: Tell, per_second: float = PER_SECOND) -> None:
        self.house, self.tell, self.per_second = house, tell, per_second
        made = house.post("/projects", NewProject(name="shop", title="The shop"), ProjectInfo)
        self.sight = Sight(house, made.path)
        self.shop = Shop(folder, f"{house.url}/{made.path}.git", house.token)
        self.measured = Measured()
        self.begun = time.monotonic()

    @property
    def visitors(self) -> Visitors:
        return Visitors(self.house.traffic, f"web.{PRODUCTION}.shop.localhost", self.per_second)

    def open_the_shop(self) -> None:
        """The first version. There is nothing to compare it with, so it goes live as soon as it is ready."""
        sha = self.shop.make()
        self.shop.push()
        self.tell(say("The shop is pushed: three services, tests and a workflow."), self.sight.url("/code"))
        run = self.run_of(sha)
        self.tell(say("Its workflow runs."), self.sight.url(f"/runs/{run.number}"))
        self.live(sha, STAGING)
        found = self.live(sha, PRODUCTION)
        self.tell(say("Version {version} is live.", version=found.version), self.address())

    def improve_it(self) -> None:
        """An issue, a good commit that fixes it, and the way of that commit."""
        asked = NewIssue(title="Show prices in won", body="Nobody knows what 9500 means.", assignees=[HANDLE])
        issue = self.house.post(f"{self.sight.base}/issues", asked, IssueDetail)
        self.tell(
            say("#{number} is opened: {title}", number=issue.number, title=issue.title),
            self.sight.url(f"/issues/{issue.number}"),
        )
        sha = self.shop.change(GOOD, f"feat(web): show prices in won\n\nFixes #{issue.number}")
        pushed = time.monotonic()
        self.shop.push()
        self.tell(say("A good commit is pushed."), self.sight.url(f"/code/commit/{sha}"))
        run = self.run_of(sha)
        until(lambda: self.sight.has_log(run), say("the first line of the log"), RUN_SECONDS_MAX)
        self.measured.push_to_first_log_seconds = since(pushed)
        self.live(sha, STAGING)
        self.measured.push_to_staging_live_seconds = since(pushed)
        self.tell(say("It is live on staging."), self.sight.url("/environments"))
        until(lambda: self.deployment(sha, PRODUCTION), say("its deployment to production"), LIVE_SECONDS_MAX)
        self.tell(say("It takes its first share of the real traffic."), self.sight.url("/deployments"))
        found = self.live(sha, PRODUCTION)
        self.measured.push_to_production_live_seconds = since(pushed)
        self.tell(
            say("Its canary was good: {version} is live for everybody.", version=found.version),
            self.sight.url(f"/deployments/{found.number}"),
        )
        closed = until(lambda: self.closed(issue.number), say("the end of the issue"), RUN_SECONDS_MAX)
        self.measured.issue_closed_when_live = closed.state == "closed"
        self.tell(
            say("#{number} closed itself, since its commit is live.", number=issue.number),
            self.sight.url(f"/issues/{issue.number}"),
        )

    def break_it(self, visitors: Visitors) -> None:
        """A bad commit that passes its tests, and how it is caught."""
        before = visitors.seen.errors
        sha = self.shop.change(BAD, "feat(web): a cheaper lantern for every customer")
        self.shop.push()
        self.tell(
            say("A bad commit is pushed. Its tests are green, but every fifth visitor gets an error."),
            self.sight.url(f"/code/commit/{sha}"),
        )
        caught = until(lambda: self.caught(sha), say("the end of the bad version"), CAUGHT_SECONDS_MAX)
        zero = time.monotonic()
        errors = visitors.seen.error_times[before:]
        self.measured.bad_canary_errors_served = len(errors)
        self.measured.bad_canary_first_error_to_weight_zero_seconds = max(zero - errors[0], 0.0) if errors else 0.0
        self.tell(
            say(
                "The canary of {version} was caught after {count} errors; nobody gets it any more.",
                version=caught.version,
                count=len(errors),
            ),
            self.sight.url(f"/deployments/{caught.number}"),
        )
        self.learn_from_it(sha)

    def learn_from_it(self, bad: str) -> None:
        found = until(self.opened, say("an incident with a suspect"), RUN_SECONDS_MAX)
        self.measured.incident, self.measured.issue_opened = found.number, found.issue
        self.measured.suspect_is_the_bad_commit = found.suspect == bad
        self.tell(
            say("An incident is open, with its timeline and its suspects."),
            self.sight.url(f"/incidents/{found.number}"),
        )
        if found.issue is not None:
            self.tell(say("An issue waits on the board."), self.sight.url(f"/issues/{found.issue}"))
        self.tell(say("The five metrics of the team, computed from all this."), self.sight.url("/insight"))

    def count(self, visitors: Visitors) -> Measured:
        """What the visitors met, once they have gone."""
        self.measured.requests_total = visitors.seen.requests
        self.measured.requests_failed_by_platform = visitors.seen.failed_by_platform
        self.measured.complaints = visitors.seen.complaints[:20]
        self.measured.total_seconds = since(self.begun)
        return self.measured

    def address(self) -> str:
        return f"http://web.{PRODUCTION}.shop.localhost:{self.house.traffic.rpartition(':')[2]}/"

    def run_of(self, sha: str) -> Run:
        return until(lambda: self.sight.run_of(sha), say("the run of {sha}", sha=sha[:10]), RUN_SECONDS_MAX)

    def deployment(self, sha: str, environment: str) -> Deployment | None:
        return self.sight.deployment_of(sha, environment)

    def live(self, sha: str, environment: str) -> Deployment:
        what = say("{sha} live in {environment}", sha=sha[:10], environment=environment)
        return until(lambda: self.is_live(sha, environment), what, LIVE_SECONDS_MAX)

    def is_live(self, sha: str, environment: str) -> Deployment | None:
        run = self.sight.run_of(sha)
        if run is not None and run.state in ("failure", "cancelled"):
            raise Refused(say("The workflow did not go well: {url}", url=self.sight.url(f"/runs/{run.number}")))
        found = self.deployment(sha, environment)
        if found is not None and found.phase in ("failed", "rolled_back", "cancelled"):
            raise Refused(
                say("The deployment did not go well: {url}", url=self.sight.url(f"/deployments/{found.number}"))
            )
        return found if found is not None and found.phase in ("live", "replaced") else None

    def caught(self, sha: str) -> Deployment | None:
        """The bad deployment, once no visitor is sent to it any more."""
        found = self.deployment(sha, PRODUCTION)
        if found is not None and found.phase == "live":
            raise Refused(say("The bad version went live: {url}", url=self.sight.url(f"/deployments/{found.number}")))
        gone = found is not None and found.phase in ("rolling_back", "rolled_back") and found.weight == 0
        return found if gone else None

    def closed(self, number: int) -> IssueDetail | None:
        issue = self.sight.issue(number)
        return issue if issue.state == "closed" else None

    def opened(self) -> IncidentInfo | None:
        return next((one for one in self.sight.incidents().incidents if one.suspect), None)


def since(moment: float) -> float:
    return round(time.monotonic() - moment, 3)
